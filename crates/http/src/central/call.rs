//! What an operation is given, and what it gives back.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use bellwether_engine::Engine;
use bellwether_model::DeviceId;
use bellwether_model::access::{Caller, OrganizationTree, Scope};
use bellwether_model::identity::IfMatch;
use bellwether_model::json::{Members, merge_patch_text};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;

use super::error::CentralError;
use super::member_error;
use super::paging::PageRequest;
use super::version::Version;
use crate::ApiState;
use crate::query_string::QueryString;

/// A sentence on where a thing stands that has no place in the published body.
pub(crate) const STATUS_MESSAGE: HeaderName = HeaderName::from_static("x-ms-status-message");

/// One request that was let in.
pub(crate) struct Call {
    /// Everything that lives longer than the request.
    pub state: Arc<ApiState>,
    /// Who asks.
    pub caller: Caller,
    /// On whose things the caller may do what this route is for.
    pub scope: Scope,
    /// The organizations as they are now.
    pub organizations: OrganizationTree,
    /// The version that the caller speaks. Bodies are of the newest all the same.
    pub version: Version,
    /// What stands in the path for the pattern's parameters, decoded.
    pub params: Vec<String>,
    /// What stands behind the `?`.
    pub query: QueryString,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's body in the newest version's form.
    pub body: String,
    /// The path as it was asked for, for links to further pages.
    pub path: String,
}

impl Call {
    /// Does what is asked.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.state.engine
    }

    /// The path's parameter at `index`.
    pub fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// The path's first parameter as the name of a device.
    ///
    /// # Errors
    /// 400: no device can have this name.
    pub fn device_id(&self) -> Result<DeviceId, CentralError> {
        self.param(0).parse().map_err(CentralError::bad_request)
    }

    /// The caller's condition on the etag: the header, which is a list of etags or `*`; without one, anything
    /// stands (iot-central §2).
    ///
    /// # Errors
    /// 400: the header is not text. It is never taken for absent: that would drop the caller's condition.
    pub fn if_match(&self) -> Result<IfMatch, CentralError> {
        let lines = self.headers.get_all(header::IF_MATCH).iter().map(|value| value.to_str());
        let lines = lines.collect::<Result<Vec<&str>, _>>();
        let lines = lines.map_err(|_| CentralError::bad_request("If-Match must be printable ASCII"))?;
        Ok(IfMatch::from_header(&lines.join(",")))
    }

    /// The page that is asked for.
    ///
    /// # Errors
    /// 400: the size is no positive number.
    pub fn page(&self) -> Result<PageRequest, CentralError> {
        PageRequest::read(&self.query)
    }

    /// The body as what it should be.
    ///
    /// # Errors
    /// 400 when it is no JSON, 422 when a member is missing or has the wrong type.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, CentralError> {
        from_json(&self.body)
    }

    /// A JSON merge patch applied to what stands: `stands` is the newest version's form. What it does
    /// not touch keeps its digits.
    ///
    /// # Errors
    /// 400 when the body is no JSON, 422 when it is no object or the result is not what it should be.
    pub fn merged<T: DeserializeOwned>(&self, stands: &impl Serialize) -> Result<T, CentralError> {
        // That it is an object is all that has to be known of it here.
        from_json::<Members>(&self.body)?;
        let merged = merge_patch_text(&serde_json::to_string(stands)?, &self.body);
        let merged = merged.map_err(|error| CentralError::unprocessable(format!("the body: {error}")))?;
        from_json(&merged)
    }
}

/// JSON text as what it should be.
///
/// # Errors
/// 400 when it is no JSON, 422 when it is no object, or a member is missing or has the wrong type.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, CentralError> {
    // A derived reader would take the members of an array by their place.
    let is_array = text.trim_ascii_start().starts_with('[');
    if is_array && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Err(CentralError::unprocessable("the body must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => {
            CentralError::bad_request(format!("the body is not JSON: {error}"))
        }
        Category::Data => CentralError::unprocessable(member_error::of::<T>(text)),
    })
}

/// A member that is there, null included: a merge patch takes away what it says null to.
pub(crate) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// What stands in the body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    /// Nothing.
    Empty,
    /// One document, as JSON text in the newest version's form.
    One(String),
    /// A page of a list.
    Page {
        /// JSON texts in the newest version's form.
        items: Vec<String>,
        /// What the link to the next page carries; `None` on the last one.
        next: Option<String>,
    },
    /// Something long that is made while it is sent: a download, live updates. No version changes it. When the caller
    /// goes away it is dropped, which ends whatever makes it.
    Stream(Body),
}

/// What an operation answers when it succeeds.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub content: Content,
    /// Headers beside the usual ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// 200 with a document.
    ///
    /// # Errors
    /// It has no JSON form.
    pub fn one(document: &impl Serialize) -> Result<Answer, CentralError> {
        Ok(Answer::text(serde_json::to_string(document)?))
    }

    /// 200 with a document that is JSON text already.
    pub fn text(document: String) -> Answer {
        Answer { status: StatusCode::OK, content: Content::One(document), headers: Vec::new() }
    }

    /// 200 with a page of a list.
    ///
    /// # Errors
    /// An item has no JSON form.
    pub fn page<T: Serialize>(
        items: impl IntoIterator<Item = T>,
        next: Option<String>,
    ) -> Result<Answer, CentralError> {
        let items = items.into_iter().map(|item| serde_json::to_string(&item)).collect::<Result<_, _>>()?;
        Ok(Answer { status: StatusCode::OK, content: Content::Page { items, next }, headers: Vec::new() })
    }

    /// 200 with a page of documents that are JSON text already.
    pub fn texts(items: Vec<String>, next: Option<String>) -> Answer {
        Answer { status: StatusCode::OK, content: Content::Page { items, next }, headers: Vec::new() }
    }

    /// 200 with something that is made while it is sent; `media` is its content type. No cache keeps it.
    pub fn stream(media: &'static str, body: Body) -> Answer {
        let headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static(media)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        Answer { status: StatusCode::OK, content: Content::Stream(body), headers }
    }

    /// To be saved under this name, which must be plain ASCII without quotes.
    pub fn into_file(mut self, name: &str) -> Answer {
        let value = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).ok();
        self.headers.extend(value.map(|value| (header::CONTENT_DISPOSITION, value)));
        self
    }

    /// With a sentence for people that has no place in the published body: why something waits.
    pub fn with_reason(mut self, reason: Option<String>) -> Answer {
        let value = reason.and_then(|text| HeaderValue::try_from(text).ok());
        self.headers.extend(value.map(|value| (STATUS_MESSAGE, value)));
        self
    }

    /// 204.
    pub fn nothing() -> Answer {
        Answer { status: StatusCode::NO_CONTENT, content: Content::Empty, headers: Vec::new() }
    }

    /// With another status.
    pub fn with_status(self, status: StatusCode) -> Answer {
        Answer { status, ..self }
    }
}
