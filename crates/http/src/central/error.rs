//! Failures in IoT Central's shape (iot-central §2.3).

use std::error::Error;
use std::fmt;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use bellwether_engine::{LimitReached, TooOften};
use bellwether_model::Time;
use bellwether_model::json::ObjectWriter;
use bellwether_store::{EtagMismatch, StoreError};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::body::BodyError;
use crate::continuation::NotOfThisQuery;

/// Seconds after which a caller may ask a stopping server again.
const RETRY_AFTER_SECONDS: u16 = 5;

/// The codes that callers see. IoT Central has published one of them, `NotFound`; the others are ours and do not
/// change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// 400: not JSON, a bad id, a filter that does not parse, no or a wrong api-version.
    BadRequest,
    /// 401: no token, or none that holds.
    Unauthorized,
    /// 403: no role of the caller allows this.
    Forbidden,
    /// 404: absent, or not the caller's to see. Also a command to a device that is not connected.
    NotFound,
    /// 405: this path takes other verbs.
    MethodNotAllowed,
    /// 409: the id is in use, or the state does not allow it: there are as many as a setting allows, for one.
    Conflict,
    /// 412: the etag is another.
    PreconditionFailed,
    /// 413: the body is over the limit.
    PayloadTooLarge,
    /// 422: readable, but a value, a reference or a missing member is wrong.
    UnprocessableEntity,
    /// 429: more often than a setting allows.
    TooManyRequests,
    /// 500: our own failure.
    InternalServerError,
    /// 501: IoT Central has this, this server does not.
    NotImplemented,
    /// 502: what the device answered breaks the protocol.
    BadGateway,
    /// 503: the server is on its way down.
    ServiceUnavailable,
    /// 504: the device did not answer in time.
    GatewayTimeout,
}

impl Code {
    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::Conflict => StatusCode::CONFLICT,
            Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::UnprocessableEntity => StatusCode::UNPROCESSABLE_ENTITY,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Code::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Code::BadGateway => StatusCode::BAD_GATEWAY,
            Code::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The word in `error.code` and in the header `x-ms-error-code`.
    pub fn symbol(self) -> &'static str {
        match self {
            Code::BadRequest => "BadRequest",
            Code::Unauthorized => "Unauthorized",
            Code::Forbidden => "Forbidden",
            Code::NotFound => "NotFound",
            Code::MethodNotAllowed => "MethodNotAllowed",
            Code::Conflict => "Conflict",
            Code::PreconditionFailed => "PreconditionFailed",
            Code::PayloadTooLarge => "PayloadTooLarge",
            Code::UnprocessableEntity => "UnprocessableEntity",
            Code::TooManyRequests => "TooManyRequests",
            Code::InternalServerError => "InternalServerError",
            Code::NotImplemented => "NotImplemented",
            Code::BadGateway => "BadGateway",
            Code::ServiceUnavailable => "ServiceUnavailable",
            Code::GatewayTimeout => "GatewayTimeout",
        }
    }
}

/// What a caller is told, and what only the log is.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CentralError {
    /// Which failure.
    pub code: Code,
    /// What the caller can do about it: the member and the rule.
    pub message: String,
    /// For the log alone.
    pub cause: Option<String>,
    /// Headers beside the usual ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl CentralError {
    /// A failure with its code and the text for the caller.
    pub fn new(code: Code, message: impl fmt::Display) -> CentralError {
        CentralError { code, message: message.to_string(), cause: None, headers: Vec::new() }
    }

    /// 400.
    pub fn bad_request(message: impl fmt::Display) -> CentralError {
        CentralError::new(Code::BadRequest, message)
    }

    /// 404 for a thing that is absent, or not the caller's to see: both read alike.
    pub fn not_found(what: impl fmt::Display) -> CentralError {
        CentralError::new(Code::NotFound, format!("there is no {what}"))
    }

    /// 409.
    pub fn conflict(message: impl fmt::Display) -> CentralError {
        CentralError::new(Code::Conflict, message)
    }

    /// 422; `message` names the member and the rule.
    pub fn unprocessable(message: impl fmt::Display) -> CentralError {
        CentralError::new(Code::UnprocessableEntity, message)
    }

    /// 501: a part of IoT Central that this server does not have; `what` is its plural.
    pub fn not_served(what: &str) -> CentralError {
        CentralError::new(Code::NotImplemented, format!("{what} are not served by this server"))
    }

    /// Our own failure: the caller learns that, the log learns why.
    pub fn internal(error: &dyn Error) -> CentralError {
        let mut cause = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            cause.push_str(&format!(": {error}"));
            source = error.source();
        }
        let message = "the server failed; its log says why";
        CentralError { cause: Some(cause), ..CentralError::new(Code::InternalServerError, message) }
    }

    /// The server is on its way down.
    pub fn stopping() -> CentralError {
        CentralError {
            headers: vec![(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS))],
            ..CentralError::new(Code::ServiceUnavailable, "the server is stopping; try again later")
        }
    }

    /// The response body. The live service's messages end with request id and time too.
    pub fn body(&self, request_id: &str, time: Time) -> String {
        let mut out = String::with_capacity(256);
        let mut outer = ObjectWriter::open(&mut out);
        let mut error = ObjectWriter::open(outer.key("error"));
        error.string("code", self.code.symbol()).string("message", &self.message).string("requestId", request_id);
        if let Some(time) = rfc1123(time) {
            error.string("time", &time);
        }
        error.close();
        outer.close();
        out
    }
}

fn rfc1123(time: Time) -> Option<String> {
    let timestamp = Timestamp::from_microsecond(time.0).ok()?;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp).ok()
}

impl From<StoreError> for CentralError {
    fn from(error: StoreError) -> CentralError {
        match &error {
            StoreError::Closed => CentralError::stopping(),
            StoreError::Database(_) | StoreError::Damaged(_) => CentralError::internal(&error),
        }
    }
}

impl From<serde_json::Error> for CentralError {
    fn from(error: serde_json::Error) -> CentralError {
        CentralError::internal(&error)
    }
}

impl From<BodyError> for CentralError {
    fn from(error: BodyError) -> CentralError {
        let code = match error {
            BodyError::TooLarge(_) => Code::PayloadTooLarge,
            BodyError::BrokeOff | BodyError::TimedOut | BodyError::NotText => Code::BadRequest,
        };
        CentralError::new(code, error)
    }
}

impl From<NotOfThisQuery> for CentralError {
    fn from(error: NotOfThisQuery) -> CentralError {
        CentralError::bad_request(error)
    }
}

impl From<EtagMismatch> for CentralError {
    fn from(error: EtagMismatch) -> CentralError {
        CentralError::new(Code::PreconditionFailed, error)
    }
}

/// 409: the request is right, what there is already leaves no room for it.
impl From<LimitReached> for CentralError {
    fn from(error: LimitReached) -> CentralError {
        CentralError::conflict(error)
    }
}

impl From<TooOften> for CentralError {
    fn from(error: TooOften) -> CentralError {
        CentralError {
            headers: vec![(header::RETRY_AFTER, HeaderValue::from(error.seconds))],
            ..CentralError::new(Code::TooManyRequests, error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_shape() {
        let error = CentralError::not_found("device with this id");
        assert_eq!(
            error.body("r-1", Time(1_597_976_135_000_000)),
            concat!(
                r#"{"error":{"code":"NotFound","message":"there is no device with this id","requestId":"r-1","#,
                r#""time":"Fri, 21 Aug 2020 02:15:35 GMT"}}"#
            )
        );
    }

    #[test]
    fn causes_are_not_told() {
        let error = CentralError::from(StoreError::Damaged("secret".to_owned()));
        assert!(!error.body("r", Time(0)).contains("secret"));
        assert_eq!(CentralError::from(StoreError::Closed).code, Code::ServiceUnavailable);
    }
}
