//! Failures in the hub's own shape (iot-hub §6).
//!
//! Everywhere the gateway form, under `/methods` the numeric form nested in it, always with the header
//! `iothub-errorcode`: that satisfies every client (§6.1).

use std::error::Error;
use std::fmt;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use bellwether_model::json::{ObjectWriter, push_string};
use bellwether_model::twin::TwinError;
use bellwether_store::StoreError;

use crate::auth::Denied;
use crate::body::BodyError;
use crate::tracking::Tracking;

/// Which failure, beside the status (iot-hub §6.1).
pub(super) const ERROR_CODE: HeaderName = HeaderName::from_static("iothub-errorcode");
/// Seconds after which a caller may come back when the server is stopping or starting.
const RETRY_AFTER_SECONDS: u32 = 10;

macro_rules! codes {
    ($($(#[$doc:meta])* $symbol:ident = $number:literal,)*) => {
        /// The codes that this crate answers with: symbol and number (iot-hub §6.2). The number's first three
        /// digits are the HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[$doc])* $symbol = $number,)*
        }

        impl Code {
            /// The symbol, as in the header `iothub-errorcode`.
            pub fn symbol(self) -> &'static str {
                match self {
                    $(Code::$symbol => stringify!($symbol),)*
                }
            }
        }
    };
}

codes! {
    GenericBadRequest = 400_000,
    InvalidProtocolVersion = 400_001,
    ArgumentInvalid = 400_004,
    ArgumentNull = 400_005,
    IotHubFormatError = 400_006,
    DeviceDefinedMultipleTimes = 400_011,
    BulkRegistryOperationFailure = 400_013,
    RequestTimedOut = 400_024,
    IotHubUnauthorizedAccess = 401_002,
    IotHubQuotaExceeded = 403_002,
    GenericNotFound = 404_000,
    DeviceNotFound = 404_001,
    JobNotFound = 404_002,
    FeatureNotSupported = 404_013,
    DeviceNotOnline = 404_103,
    GenericMethodNotAllowed = 405_000,
    OperationNotAllowedInCurrentState = 405_102,
    DeviceAlreadyExists = 409_001,
    JobAlreadyExists = 409_104,
    PreconditionFailed = 412_001,
    MessageTooLarge = 413_001,
    TooManyDevices = 413_002,
    ServerError = 500_001,
    GenericBadGateway = 502_000,
    ServiceUnavailable = 503_001,
    GatewayTimeout = 504_101,
}

impl Code {
    /// The number, as in the numeric form.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        u16::try_from(self.number() / 1000)
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// How a failure stands in a body (iot-hub §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Form 1: `ErrorCode:<Symbol>;<text>`.
    Gateway,
    /// Form 3: the number in an object that is a string in form 1.
    Nested,
}

/// What a caller is told, and what only the log is.
#[derive(Debug)]
pub(crate) struct HubError {
    /// Which failure.
    pub code: Code,
    /// What the caller can do about it. Never empty: npm's client loses the code then.
    pub text: String,
    /// For the log alone.
    pub cause: Option<String>,
    /// Headers beside the usual ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl HubError {
    /// A failure with its code and the text for the caller.
    pub fn new(code: Code, text: impl fmt::Display) -> HubError {
        HubError { code, text: text.to_string(), cause: None, headers: Vec::new() }
    }

    /// An argument that breaks a rule; `text` names both.
    pub fn invalid(text: impl fmt::Display) -> HubError {
        HubError::new(Code::ArgumentInvalid, text)
    }

    /// Our own failure: the caller learns that, the log learns why.
    pub fn internal(error: &dyn Error) -> HubError {
        let mut cause = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            cause.push_str(&format!(": {error}"));
            source = error.source();
        }
        HubError { cause: Some(cause), ..HubError::new(Code::ServerError, "the server failed; its log says why") }
    }

    /// The server is on its way down.
    pub fn stopping() -> HubError {
        HubError {
            headers: vec![(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS))],
            ..HubError::new(Code::ServiceUnavailable, "the server is stopping; try again later")
        }
    }

    /// No device has this id.
    pub fn no_device() -> HubError {
        HubError::new(Code::DeviceNotFound, "there is no device with this id")
    }

    /// The etag of the caller's `If-Match` is not the present one.
    pub fn etag_mismatch() -> HubError {
        HubError::new(Code::PreconditionFailed, "the etag is not the present one: read again, then write")
    }

    /// The response body.
    pub fn body(&self, form: Form, tracking: &Tracking) -> String {
        let mut out = String::with_capacity(256);
        let mut outer = ObjectWriter::open(&mut out);
        match form {
            Form::Gateway => {
                outer
                    .string("Message", &format!("ErrorCode:{};{}", self.code.symbol(), self.text))
                    .string("ExceptionMessage", &tracking.exception_message());
            }
            Form::Nested => {
                let mut nested = String::with_capacity(192);
                let mut inner = ObjectWriter::open(&mut nested);
                inner
                    .display("errorCode", self.code.number())
                    .string("trackingId", &tracking.tracking_id())
                    .string("message", &self.text)
                    .raw("info", "{}")
                    .time("timestampUtc", tracking.time);
                inner.close();
                push_string(outer.key("Message"), &nested);
                outer.string("ExceptionMessage", "");
            }
        }
        outer.close();
        out
    }
}

impl From<BodyError> for HubError {
    fn from(error: BodyError) -> HubError {
        let code = match error {
            BodyError::TooLarge(_) => Code::MessageTooLarge,
            BodyError::BrokeOff => Code::GenericBadRequest,
            BodyError::TimedOut => Code::RequestTimedOut,
            BodyError::NotText => Code::IotHubFormatError,
        };
        HubError::new(code, error)
    }
}

impl From<serde_json::Error> for HubError {
    fn from(error: serde_json::Error) -> HubError {
        HubError::internal(&error)
    }
}

impl From<StoreError> for HubError {
    fn from(error: StoreError) -> HubError {
        match &error {
            StoreError::Closed => HubError::stopping(),
            StoreError::Database(_) | StoreError::Damaged(_) => HubError::internal(&error),
        }
    }
}

impl From<Denied> for HubError {
    fn from(denied: Denied) -> HubError {
        HubError::new(Code::IotHubUnauthorizedAccess, format!("Unauthorized: {denied}"))
    }
}

impl From<TwinError> for HubError {
    fn from(error: TwinError) -> HubError {
        let code = match &error {
            TwinError::Malformed(_) => Code::IotHubFormatError,
            TwinError::Invalid { .. } | TwinError::TooLarge { .. } => Code::ArgumentInvalid,
        };
        HubError::new(code, error)
    }
}

#[cfg(test)]
mod tests {
    use bellwether_model::Time;

    use super::*;

    fn tracking() -> Tracking {
        Tracking { id: [0xA5; 16], time: Time(1_772_330_405_123_456) }
    }

    #[test]
    fn gateway_form() {
        let error = HubError::invalid("tags.\"a\": no");
        assert_eq!(
            error.body(Form::Gateway, &tracking()),
            concat!(
                r#"{"Message":"ErrorCode:ArgumentInvalid;tags.\"a\": no","ExceptionMessage":"#,
                r#""Tracking ID:A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5-G:0-TimeStamp:03/01/2026 02:00:05"}"#
            )
        );
    }

    #[test]
    fn nested_form() {
        let body = HubError::new(Code::DeviceNotOnline, "not here").body(Form::Nested, &tracking());
        let outer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(outer["ExceptionMessage"], "");
        let inner: serde_json::Value = serde_json::from_str(outer["Message"].as_str().unwrap()).unwrap();
        assert_eq!(inner["errorCode"], 404_103);
        assert_eq!(inner["message"], "not here");
        assert_eq!(inner["timestampUtc"], "2026-03-01T02:00:05.1234560Z");
        assert_eq!(inner["trackingId"], "A5".repeat(16) + "-G:0-TimeStamp:03/01/2026 02:00:05");
    }

    #[test]
    fn status_is_in_the_number() {
        assert_eq!(Code::GatewayTimeout.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(Code::PreconditionFailed.status(), StatusCode::PRECONDITION_FAILED);
        assert_eq!(Code::PreconditionFailed.symbol(), "PreconditionFailed");
    }

    #[test]
    fn causes_are_not_told() {
        let error = HubError::from(StoreError::Damaged("secret".to_owned()));
        assert_eq!(error.code, Code::ServerError);
        assert!(!error.body(Form::Gateway, &tracking()).contains("secret"));
        assert!(error.cause.unwrap().contains("secret"));
        assert_eq!(HubError::from(StoreError::Closed).code, Code::ServiceUnavailable);
    }
}
