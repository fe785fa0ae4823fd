//! What the provisioning service answers, over MQTT and HTTPS alike (device-protocol §9.1, §9.2).

use super::Registration;
use crate::identity::etag_text;
use crate::json::ObjectWriter;
use crate::{DeviceId, Time};

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// As of HTTP.
    pub status: u16,
    /// Seconds to wait before asking again.
    pub retry_after: Option<u32>,
    /// JSON text.
    pub body: String,
}

/// How a registration ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The device has a hub.
    Assigned {
        /// What is kept of it.
        registration: Registration,
        /// The name of the hub, with a port where that is not MQTT's.
        hub: String,
    },
    /// The credentials are good, the answer is no.
    Disabled {
        /// Why, as a sentence.
        reason: &'static str,
        /// When that was found.
        found: Time,
    },
}

/// Why a request was not understood or not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Six digits; the first three are the status.
    pub code: u32,
    /// A sentence for the device's log.
    pub message: String,
    /// Seconds after which the device may ask again; `None`: asking again does not help.
    pub retry_after: Option<u32>,
}

/// The number of a blocked device or disabled group; clients want one (device-protocol §9.1).
const DISABLED: u32 = 403_002;

impl Reply {
    /// The registration was taken up: ask again after `retry_after` seconds.
    pub fn assigning(operation_id: &str, retry_after: u32) -> Reply {
        let mut body = String::new();
        let mut doc = ObjectWriter::open(&mut body);
        doc.string("operationId", operation_id).string("status", "assigning");
        doc.close();
        Reply { status: 202, retry_after: Some(retry_after), body }
    }

    /// The registration has ended.
    pub fn ended(operation_id: &str, device: &DeviceId, outcome: &Outcome) -> Reply {
        let mut body = String::new();
        let mut doc = ObjectWriter::open(&mut body);
        doc.string("operationId", operation_id).string("status", outcome.status());
        outcome.write(device, doc.key("registrationState"));
        doc.close();
        Reply { status: 200, retry_after: None, body }
    }

    /// How the device stands, without an operation.
    pub fn state(device: &DeviceId, outcome: &Outcome) -> Reply {
        let mut body = String::new();
        outcome.write(device, &mut body);
        Reply { status: 200, retry_after: None, body }
    }

    /// The request failed; `tracking_id` ties it to the log.
    pub fn failed(failure: &Failure, tracking_id: &str, now: Time) -> Reply {
        let mut body = String::new();
        let mut doc = ObjectWriter::open(&mut body);
        doc.display("errorCode", failure.code)
            .string("trackingId", tracking_id)
            .string("message", &failure.message)
            .time("timestampUtc", now);
        doc.close();
        let status = u16::try_from(failure.code / 1000).unwrap_or(500);
        Reply { status, retry_after: failure.retry_after, body }
    }
}

impl Outcome {
    fn status(&self) -> &'static str {
        match self {
            Outcome::Assigned { .. } => "assigned",
            Outcome::Disabled { .. } => "disabled",
        }
    }

    fn write(&self, device: &DeviceId, out: &mut String) {
        let mut state = ObjectWriter::open(out);
        state.string("registrationId", device.as_str());
        match self {
            Outcome::Assigned { registration, hub } => {
                state
                    .time("createdDateTimeUtc", registration.created)
                    .string("assignedHub", hub)
                    .string("deviceId", device.as_str())
                    .string("status", self.status())
                    .string("substatus", "initialAssignment")
                    .time("lastUpdatedDateTimeUtc", registration.updated)
                    .string("etag", &etag_text(registration.updated.0));
            }
            Outcome::Disabled { reason, found } => {
                state
                    .string("status", self.status())
                    .display("errorCode", DISABLED)
                    .string("errorMessage", reason)
                    .time("lastUpdatedDateTimeUtc", *found);
            }
        }
        state.close();
    }
}

impl Failure {
    /// A failure that asking again does not mend.
    pub fn new(code: u32, message: impl Into<String>) -> Failure {
        Failure { code, message: message.into(), retry_after: None }
    }

    /// The request is not what it should be.
    pub fn bad_request(message: impl Into<String>) -> Failure {
        Failure::new(400_004, message)
    }

    /// The credentials are not good.
    pub fn unauthorized(message: impl Into<String>) -> Failure {
        Failure::new(401_002, message)
    }

    /// There is no such registration or operation.
    pub fn not_found(message: impl Into<String>) -> Failure {
        Failure::new(404_204, message)
    }

    /// There are as many devices as the installation allows.
    pub fn too_many_devices(message: impl Into<String>) -> Failure {
        Failure::new(403_002, message)
    }

    /// More registrations than the installation allows; clients repeat the request (device-protocol §9.1).
    pub fn throttled(message: impl Into<String>, retry_after: u32) -> Failure {
        Failure { retry_after: Some(retry_after), ..Failure::new(429_001, message) }
    }

    /// Our own trouble; its details are for our log. Clients repeat the request (device-protocol §9.1).
    pub fn server() -> Failure {
        Failure { retry_after: Some(5), ..Failure::new(500_001, "the service could not complete the request") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Time = Time(1_795_176_000_000_000);

    fn body(reply: &Reply) -> Value {
        serde_json::from_str(&reply.body).unwrap()
    }

    #[test]
    fn bodies() {
        let device: DeviceId = "dev-01".parse().unwrap();
        let reply = Reply::assigning("4.a.b", 3);
        assert_eq!((reply.status, reply.retry_after), (202, Some(3)));
        assert_eq!(body(&reply), json!({"operationId": "4.a.b", "status": "assigning"}));

        let registration = Registration { created: NOW, updated: NOW.plus_seconds(1), group: None };
        let assigned = Outcome::Assigned { registration, hub: "hub1.example.test".to_owned() };
        let state = json!({
            "registrationId": "dev-01",
            "createdDateTimeUtc": "2026-11-20T12:00:00.0000000Z",
            "assignedHub": "hub1.example.test",
            "deviceId": "dev-01",
            "status": "assigned",
            "substatus": "initialAssignment",
            "lastUpdatedDateTimeUtc": "2026-11-20T12:00:01.0000000Z",
            "etag": "MTc5NTE3NjAwMTAwMDAwMA==",
        });
        let reply = Reply::ended("4.a.b", &device, &assigned);
        assert_eq!((reply.status, reply.retry_after), (200, None));
        assert_eq!(body(&reply), json!({"operationId": "4.a.b", "status": "assigned", "registrationState": state}));
        assert_eq!(body(&Reply::state(&device, &assigned)), state);

        let disabled = Outcome::Disabled { reason: "the device is blocked", found: NOW };
        let state = &body(&Reply::ended("4.a.b", &device, &disabled))["registrationState"];
        assert_eq!((&state["status"], &state["errorCode"]), (&json!("disabled"), &json!(403_002)));

        let reply = Reply::failed(&Failure::unauthorized("no"), "t", NOW);
        assert_eq!((reply.status, reply.retry_after), (401, None));
        assert_eq!(body(&reply)["errorCode"], 401_002);
        assert_eq!(Reply::failed(&Failure::server(), "t", NOW).retry_after, Some(5));
        let reply = Reply::failed(&Failure::throttled("later", 7), "t", NOW);
        assert_eq!((reply.status, reply.retry_after, &body(&reply)["errorCode"]), (429, Some(7), &json!(429_001)));
        let reply = Reply::failed(&Failure::too_many_devices("full"), "t", NOW);
        assert_eq!((reply.status, reply.retry_after), (403, None));
    }
}
