//! What a session asks the socket loop to do, and why it ends.

use std::sync::Arc;

use bellwether_model::method::MethodAnswer;
use bytes::Bytes;
use rmqtt_codec::v3::Packet;

use super::connect::{ConnectRequest, Refusal};
use super::frame::BadFrame;
use super::registrant::RegistrantRequest;

/// One thing to do, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Write a packet.
    Send(Packet),
    /// Check the credentials, then call `Session::admit` or `Session::refuse`. Read no further until then.
    Authenticate(Box<ConnectRequest>),
    /// Check the credentials of a device that asks for its hub, then call `Session::admit_registrant` or
    /// `Session::refuse`. Read no further until then.
    AuthenticateRegistrant(Arc<RegistrantRequest>),
    /// Do this, then call `Session::registration_answered`. Read no further until then.
    Registration(RegistrationRequest),
    /// The subscriptions are not what they were: tell those who deliver.
    Subscribed,
    /// Write the subscriptions down as they stand in this command, then send the packet; when that fails,
    /// close. No packet when nobody waits for one.
    SaveSubscriptions {
        /// Filter and quality of service (0 or 1); `None` forgets the stored session.
        rows: Option<Vec<(String, u8)>>,
        /// SUBACK or UNSUBACK.
        then: Option<Packet>,
    },
    /// A twin request. They are done one after the other, in order.
    Twin(TwinRequest),
    /// An answer to a call, which may be known or not.
    Answer {
        /// `$rid` as the device sent it.
        rid: Box<str>,
        /// The answer, or what is wrong with it.
        answer: Result<MethodAnswer, String>,
    },
    /// Telemetry was accepted.
    Telemetry {
        /// Its property bag, still encoded.
        bag: Box<str>,
        /// As it was sent.
        body: Bytes,
    },
    /// The connection ended without DISCONNECT, and the device left a will, which counts as telemetry.
    Will,
    /// Write what is waiting, then close.
    Close(CloseReason),
}

/// What a device asks of provisioning (device-protocol §9.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationRequest {
    /// To be registered.
    Register {
        /// With these credentials.
        who: Arc<RegistrantRequest>,
        /// JSON text, not yet read; may be empty.
        body: Bytes,
    },
    /// What came of it.
    Poll {
        /// With these credentials.
        who: Arc<RegistrantRequest>,
        /// Of this operation.
        operation_id: String,
    },
}

/// What a device asks of its twin (device-protocol §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TwinRequest {
    /// Read both sections.
    Read {
        /// Echoed in the answer.
        rid: Box<str>,
    },
    /// Merge into the reported section.
    Report {
        /// Echoed in the answer; without it there is no answer.
        rid: Option<Box<str>>,
        /// JSON text, not yet read.
        patch: Bytes,
        /// Only if the reported section has this version.
        if_version: Option<i64>,
    },
}

/// Why a connection ends (device-protocol §2.7). MQTT 3.1.1 cannot say it; the log can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The device sent DISCONNECT.
    #[error("the device disconnected")]
    Disconnected,
    /// The device or the network closed the socket.
    #[error("the link was lost")]
    LinkLost,
    /// CONNECT was answered with a refusal.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The stream is not what it should be.
    #[error("{0}")]
    BadFrame(BadFrame),
    /// A packet that a client may not send now.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// PUBLISH with QoS 2.
    #[error("PUBLISH with QoS 2")]
    Qos2,
    /// PUBLISH to a topic that is not the device's own.
    #[error("PUBLISH to a topic that is not one of the device's own")]
    UnknownTopic,
    /// No CONNECT in time.
    #[error("no CONNECT in time")]
    NoConnect,
    /// Silent for longer than its keep alive allows.
    #[error("silent for too long")]
    KeepAlive,
    /// The token's end has come.
    #[error("the token has expired")]
    TokenExpired,
    /// A newer connection of the same identity.
    #[error("a newer connection took over")]
    TakenOver,
    /// The identity was disabled or deleted, or its key changed.
    #[error("the device was disabled or deleted, or its key changed")]
    Revoked,
    /// The device reads more slowly than it is written to; it reads its twin again when it is back.
    #[error("too much was waiting for the device")]
    Overflow,
    /// Subscriptions could not be written down.
    #[error("the store failed")]
    StoreFailed,
    /// The server stops.
    #[error("the server stops")]
    ShuttingDown,
}

impl CloseReason {
    /// Does what the device reported before the end still count? Not when a newer session of it may have
    /// reported already, and not when it lost the right to.
    pub fn keeps_reports(&self) -> bool {
        match self {
            CloseReason::TakenOver | CloseReason::Revoked | CloseReason::Refused(_) => false,
            CloseReason::Disconnected
            | CloseReason::LinkLost
            | CloseReason::BadFrame(_)
            | CloseReason::Protocol(_)
            | CloseReason::Qos2
            | CloseReason::UnknownTopic
            | CloseReason::NoConnect
            | CloseReason::KeepAlive
            | CloseReason::TokenExpired
            | CloseReason::Overflow
            | CloseReason::StoreFailed
            | CloseReason::ShuttingDown => true,
        }
    }
}
