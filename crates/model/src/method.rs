//! Direct method calls (iot-hub §4, device-protocol §5).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::{depth, minify};
use crate::twin::patch::strict_characters;

/// Most bytes of a method's payload and of its answer (iot-hub §4).
pub const PAYLOAD_BYTES_MAX: usize = 128 * 1024;
/// Payloads and answers nest at most this deep: a deeper one cannot be read by common clients, and one device's
/// answer would hide the rows of all others from them.
pub const PAYLOAD_DEPTH_MAX: usize = 64;
const NAME_CHARACTERS_MAX: usize = 256;

/// A call that a device can be asked to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodCall {
    /// 1 to 256 printable US-ASCII characters that may stand in a topic.
    pub name: String,
    /// JSON text; `null` when the caller gave none.
    pub payload: String,
    /// How long an answer may take, 5 to 300 s.
    pub response_timeout: u16,
    /// How long a direct call waits for the device to connect, 0 to 300 s. Jobs wait by their deadline
    /// instead (iot-hub §1.10).
    pub connect_timeout: Option<u16>,
}

/// A device's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodAnswer {
    /// The device's own status; what it means is the device's business.
    pub status: i64,
    /// JSON text, `null` when the device sent none.
    pub payload: String,
}

impl MethodAnswer {
    /// The status is none of success, which are 200 to 299.
    pub fn is_rejection(&self) -> bool {
        !(200..300).contains(&self.status)
    }
}

/// Why a call cannot be made at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCall {
    /// The body is no JSON or a member has the wrong type.
    #[error("{0}")]
    Malformed(String),
    /// The name breaks the rule.
    #[error(
        "methodName must have 1 to 256 printable US-ASCII characters other than $ ( ) < > @ , ; : \\ \" / [ ] ? = {{ }} + # and space"
    )]
    Name,
    /// Over 128 KB.
    #[error("payload must not be larger than {PAYLOAD_BYTES_MAX} bytes")]
    PayloadTooLarge,
    /// Nested deeper than 64.
    #[error("payload must not nest deeper than {PAYLOAD_DEPTH_MAX}")]
    PayloadTooDeep,
    /// Outside its range.
    #[error("responseTimeoutInSeconds must be within [5; 300].")]
    ResponseTimeout,
    /// Outside its range.
    #[error("connectTimeoutInSeconds must be within [0; 300].")]
    ConnectTimeout,
    /// The response timeout is the time for everything.
    #[error("connectTimeoutInSeconds must not be larger than responseTimeoutInSeconds.")]
    ConnectLongerThanResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    method_name: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
    response_timeout_in_seconds: Option<i64>,
    connect_timeout_in_seconds: Option<i64>,
    timeout_in_seconds: Option<i64>,
}

impl MethodCall {
    /// Reads the body of a direct call, or a job's `cloudToDeviceMethod`. `timeoutInSeconds` is an old name of
    /// the response timeout (iot-hub §1.3); a missing timeout is 30 s.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn from_body(body: &str) -> Result<MethodCall, BadCall> {
        // A derived reader would take the members of an array by their place.
        if body.trim_ascii_start().starts_with('[') {
            return Err(BadCall::Malformed("a method call must be a JSON object".to_owned()));
        }
        let body: Body<'_> = serde_json::from_str(body).map_err(|e| BadCall::Malformed(e.to_string()))?;
        let name = body.method_name.ok_or(BadCall::Name)?;
        let payload = body.payload.map_or_else(|| "null".to_owned(), |raw| minify(raw.get()));
        check(&name, &payload)?;
        let within = |seconds: i64, least: u16| u16::try_from(seconds).ok().filter(|s| (least..=300).contains(s));
        let response = body.response_timeout_in_seconds.or(body.timeout_in_seconds).unwrap_or(30);
        let response_timeout = within(response, 5).ok_or(BadCall::ResponseTimeout)?;
        let connect_timeout = match body.connect_timeout_in_seconds {
            None => None,
            Some(seconds) => Some(within(seconds, 0).ok_or(BadCall::ConnectTimeout)?),
        };
        if connect_timeout.is_some_and(|seconds| seconds > response_timeout) {
            return Err(BadCall::ConnectLongerThanResponse);
        }
        Ok(MethodCall { name, payload, response_timeout, connect_timeout })
    }

    /// A call of a command of IoT Central: `payload` is JSON text, `response_timeout` in seconds; nothing is said
    /// about waiting for the device.
    ///
    /// # Errors
    /// The name or the payload breaks a rule.
    pub fn new(name: String, payload: &str, response_timeout: u16) -> Result<MethodCall, BadCall> {
        let payload = minify(payload);
        check(&name, &payload)?;
        Ok(MethodCall { name, payload, response_timeout, connect_timeout: None })
    }
}

/// The rules on names and payloads.
fn check(name: &str, payload: &str) -> Result<(), BadCall> {
    let allowed = strict_characters(name) && !name.contains(['+', '#']);
    if !allowed || name.is_empty() || name.len() > NAME_CHARACTERS_MAX {
        return Err(BadCall::Name);
    }
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(BadCall::PayloadTooLarge);
    }
    if depth(payload) > PAYLOAD_DEPTH_MAX {
        return Err(BadCall::PayloadTooDeep);
    }
    Ok(())
}

/// The method behind a command: in a component `component*command` (device-protocol §10).
pub fn component_method(component: Option<&str>, command: &str) -> String {
    match component {
        None => command.to_owned(),
        Some(component) => format!("{component}*{command}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        MethodCall::from_body(body).unwrap_err().to_string()
    }

    #[test]
    fn bodies() {
        let call =
            MethodCall::from_body(r#"{"methodName":"a*b.c","payload":{ "x": 1.0 },"timeoutInSeconds":7}"#).unwrap();
        assert_eq!((call.name.as_str(), call.payload.as_str()), ("a*b.c", r#"{"x":1.0}"#));
        assert_eq!((call.response_timeout, call.connect_timeout), (7, None));
        let call = MethodCall::from_body(r#"{"methodName":"m","payload":null}"#).unwrap();
        assert_eq!((call.payload.as_str(), call.response_timeout), ("null", 30));
    }

    #[test]
    fn calls_of_commands() {
        let call = MethodCall::new(component_method(Some("fan"), "stop"), "{ \"x\": 1.0 }", 30).unwrap();
        assert_eq!((call.name.as_str(), call.payload.as_str()), ("fan*stop", r#"{"x":1.0}"#));
        assert_eq!(component_method(None, "stop"), "stop");
        assert_eq!(MethodCall::new("a b".to_owned(), "null", 30), Err(BadCall::Name));
    }

    #[test]
    fn refusals() {
        for name in ["", "a b", "a/b", "a+b", "a#b", "a$", "ä", &"x".repeat(257)] {
            assert!(refusal(&format!("{{\"methodName\":\"{name}\"}}")).starts_with("methodName must"), "{name}");
        }
        let with = |member: &str| refusal(&format!("{{\"methodName\":\"m\",{member}}}"));
        assert!(with("\"responseTimeoutInSeconds\":4").starts_with("responseTimeoutInSeconds must be within"));
        assert!(with("\"responseTimeoutInSeconds\":301").starts_with("responseTimeoutInSeconds must be within"));
        assert!(with("\"connectTimeoutInSeconds\":-1").starts_with("connectTimeoutInSeconds must be within"));
        assert!(with("\"connectTimeoutInSeconds\":31").contains("not be larger than responseTimeoutInSeconds"));
        assert!(with(&format!("\"payload\":\"{}\"", "x".repeat(PAYLOAD_BYTES_MAX))).starts_with("payload must not be"));
        let nested = |deep: usize| format!("\"payload\":{}{}", "[".repeat(deep), "]".repeat(deep));
        assert!(with(&nested(65)).starts_with("payload must not nest"));
        assert!(MethodCall::from_body(&format!("{{\"methodName\":\"m\",{}}}", nested(64))).is_ok());
        assert!(refusal("[\"m\",1,null,null,null]").contains("must be a JSON object"));
        assert!(refusal("{}").starts_with("methodName must"));
    }
}
