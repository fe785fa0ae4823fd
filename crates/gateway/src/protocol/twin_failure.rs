//! The answer to a twin request that failed (device-protocol §4).

use bellwether_model::Time;
use serde::Serialize;

/// Why a twin request failed, as the device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinFailure {
    /// Status in the topic: 400, 412, 429 or 5xx.
    pub status: u16,
    /// Six digits, of which the first three are the status. Never 0: the Node client takes an answer for a
    /// success unless its body has a truthy `errorCode`.
    pub code: u32,
    /// A sentence for the device's log.
    pub message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    error_code: u32,
    tracking_id: String,
    message: &'a str,
    timestamp_utc: String,
}

impl TwinFailure {
    /// The patch breaks a rule.
    pub fn bad_request(message: impl Into<String>) -> TwinFailure {
        TwinFailure { status: 400, code: 400_004, message: message.into() }
    }

    /// The patch is not JSON.
    pub fn not_json(message: impl Into<String>) -> TwinFailure {
        TwinFailure { status: 400, code: 400_006, message: message.into() }
    }

    /// The device was deleted a moment ago; its connection is about to be closed.
    pub fn not_found() -> TwinFailure {
        TwinFailure { status: 404, code: 404_001, message: "The device is not registered.".to_owned() }
    }

    /// `$version` was sent and is not the version of the reported section.
    pub fn precondition(message: impl Into<String>) -> TwinFailure {
        TwinFailure { status: 412, code: 412_001, message: message.into() }
    }

    /// Too much is asked for at once.
    pub fn throttled(message: impl Into<String>) -> TwinFailure {
        TwinFailure { status: 429, code: 429_001, message: message.into() }
    }

    /// Our own trouble; its details are for our log, not for the device.
    pub fn server() -> TwinFailure {
        let message = "The service could not complete the request.".to_owned();
        TwinFailure { status: 500, code: 500_001, message }
    }

    /// The JSON body: `{"errorCode":…,"trackingId":"…","message":"…","timestampUtc":"…"}`. `session` and `now`
    /// make up the tracking id.
    pub fn body(&self, session: u64, now: Time) -> String {
        let (tracking_id, timestamp_utc) = (tracking_id(session, now), now.to_string());
        let body = Body { error_code: self.code, tracking_id, message: &self.message, timestamp_utc };
        // Numbers and texts always serialize.
        serde_json::to_string(&body).unwrap_or_else(|_| format!("{{\"errorCode\":{}}}", self.code))
    }
}

/// Ties an answer to its session in the log.
pub fn tracking_id(session: u64, now: Time) -> String {
    format!("{session:016x}-TimeStamp:{now}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body() {
        let body = TwinFailure::bad_request("a \"b\"").body(0x2a, Time(0));
        assert_eq!(
            body,
            r#"{"errorCode":400004,"trackingId":"000000000000002a-TimeStamp:1970-01-01T00:00:00.0000000Z","message":"a \"b\"","timestampUtc":"1970-01-01T00:00:00.0000000Z"}"#
        );
    }

    #[test]
    fn status_is_the_code_in_short() {
        for failure in [
            TwinFailure::bad_request(""),
            TwinFailure::not_json(""),
            TwinFailure::not_found(),
            TwinFailure::precondition(""),
            TwinFailure::throttled(""),
            TwinFailure::server(),
        ] {
            assert_eq!(failure.code / 1000, u32::from(failure.status));
        }
    }
}
