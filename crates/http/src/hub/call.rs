//! What an operation is given, and what it gives back.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use bellwether_engine::Engine;
use bellwether_model::DeviceId;
use bellwether_model::identity::IfMatch;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::error::{Code, HubError};
use super::paging::{CONTINUATION, PageRequest};
use crate::ApiState;
use crate::query_string::QueryString;

/// One request that was let in.
pub(crate) struct Call {
    /// Everything that lives longer than the request.
    pub state: Arc<ApiState>,
    /// The policy that asks.
    pub policy: String,
    /// What stands in the path for the pattern's parameters, decoded.
    pub params: Vec<String>,
    /// What stands behind the `?`.
    pub query: QueryString,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's body.
    pub body: String,
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
    pub fn device_id(&self) -> Result<DeviceId, HubError> {
        device_id(self.param(0))
    }

    /// The caller's condition on the etag; `None` without the header (iot-hub §2.2).
    ///
    /// # Errors
    /// 400: the header is not text. It is never taken for absent: that would drop the caller's condition.
    pub fn if_match(&self) -> Result<Option<IfMatch>, HubError> {
        let Some(value) = self.headers.get(header::IF_MATCH) else { return Ok(None) };
        let text = value.to_str().map_err(|_| HubError::invalid("If-Match must be printable ASCII"))?;
        Ok(Some(IfMatch::from_header(text)))
    }

    /// The page that is asked for.
    ///
    /// # Errors
    /// 400: the size is no positive number.
    pub fn page(&self) -> Result<PageRequest, HubError> {
        PageRequest::read(&self.headers, &self.query)
    }

    /// The body as what it should be.
    ///
    /// # Errors
    /// 400: `IotHubFormatError` when it is no JSON, `ArgumentInvalid` when a member has the wrong type.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, HubError> {
        from_json(&self.body)
    }

    /// The elements of a body that is a bare array.
    ///
    /// # Errors
    /// As [`Call::json`].
    pub fn json_array<'a, T: Deserialize<'a>>(&'a self) -> Result<Vec<T>, HubError> {
        read_json(&self.body)
    }

    /// The body, once it is known to be JSON.
    ///
    /// # Errors
    /// 400 `IotHubFormatError`.
    pub fn json_text(&self) -> Result<&str, HubError> {
        self.json::<&RawValue>().map(RawValue::get)
    }
}

/// The one place where device ids of requests are read (iot-hub §2.3).
///
/// # Errors
/// 400: no device can have this name.
pub(crate) fn device_id(text: &str) -> Result<DeviceId, HubError> {
    text.parse().map_err(HubError::invalid)
}

/// JSON text as what it should be.
///
/// # Errors
/// 400: `IotHubFormatError` when it is no JSON, `ArgumentInvalid` when a member has the wrong type.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, HubError> {
    // A derived reader would take the members of an array by their place.
    let is_array = text.trim_ascii_start().starts_with('[');
    if is_array && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Err(HubError::invalid("the body must be a JSON object"));
    }
    read_json(text)
}

fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, HubError> {
    serde_json::from_str(text).map_err(|error| {
        let code = match error.classify() {
            Category::Syntax | Category::Eof | Category::Io => Code::IotHubFormatError,
            Category::Data => Code::ArgumentInvalid,
        };
        HubError::new(code, format!("the body cannot be read: {error}"))
    })
}

/// What an operation answers when it succeeds.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 200, or 204 without a body.
    pub status: StatusCode,
    /// JSON text.
    pub body: String,
    /// Headers beside the usual ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Answer {
    /// 200 with a document.
    pub fn json(body: String) -> Answer {
        Answer { status: StatusCode::OK, body, headers: Vec::new() }
    }

    /// 200 with a bare array of documents: that, and no object around it, is what clients read (iot-hub §1.6).
    pub fn array(documents: &[String]) -> Answer {
        Answer::json(format!("[{}]", documents.join(",")))
    }

    /// 204.
    pub fn nothing() -> Answer {
        Answer { status: StatusCode::NO_CONTENT, ..Answer::json(String::new()) }
    }

    /// With the header `ETag`, quoted (iot-hub §2.2).
    pub fn with_etag(self, etag: &str) -> Answer {
        self.with(header::ETAG, &format!("\"{etag}\""))
    }

    /// With what the items are: the .NET client throws without it (iot-hub §5.3).
    pub fn with_item_type(self, item_type: &str) -> Answer {
        self.with(HeaderName::from_static("x-ms-item-type"), item_type)
    }

    /// With the token for the next page. Without one there is no header at all: npm's client takes an empty one
    /// for "more" (client-traffic §3).
    pub fn with_continuation(self, token: Option<String>) -> Answer {
        match token {
            Some(token) => self.with(HeaderName::from_static(CONTINUATION), &token),
            None => self,
        }
    }

    fn with(mut self, name: HeaderName, value: &str) -> Answer {
        // Etags, item types and tokens are plain ASCII.
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }
}
