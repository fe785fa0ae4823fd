//! One connection's state machine: packets, results and time in, [`Command`]s out.
//!
//! It does no I/O and reads no clock. What a session may do depends on where it stands:
//!
//! ```text
//!  Expecting ──CONNECT──> Authenticating ──admit──> Open ──DISCONNECT, error, time──> Closed
//!      ├── anything else, 60 s ──────────┴─refuse──────────────────────────────────────^
//!      └──CONNECT of provisioning──> Registering ──the same─────────────────────────────┘
//! ```

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use bellwether_model::method::MethodCall;
use bellwether_model::provisioning::{Failure, Reply};
use bellwether_model::{Time, twin};
use bytes::Bytes;
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v3::{ConnectAck, ConnectAckReason, Packet, SubscribeReturnCode};

use super::answer;
use super::command::{CloseReason, Command, TwinRequest};
use super::connect::{ConnectRequest, Greeting, Refusal};
use super::frame::{BadFrame, Expect};
use super::keep_alive::silence_allowed;
use super::outgoing::{Outgoing, qos_of};
use super::registrant::Registrant;
use super::subscriptions::{Granted, Subscriptions};
use super::topic::{self, Published};
use super::twin_failure::{TwinFailure, tracking_id};

/// The present, as the session is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock: tokens end by it.
    pub wall: Time,
    /// Time since some fixed moment, never set back: silence is measured by it.
    pub uptime: Duration,
}

/// Longest `$rid` of a twin request, in bytes; SDKs send at most 36. It comes back in the answer's topic,
/// which MQTT limits.
pub const RID_MAX: usize = 1024;

/// What an accepted CONNECT starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The connection ends here: the token's `se` and the allowance (device-protocol §2.2).
    pub ends: Time,
    /// What the store keeps for the device; `None` when it has no stored session.
    pub stored: Option<Subscriptions>,
}

/// The session of one connection.
#[derive(Debug)]
pub struct Session {
    number: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing was received; CONNECT has to come before this uptime.
    Expecting { until: Duration },
    /// CONNECT was well-formed and is being checked.
    Authenticating(Box<ConnectRequest>),
    /// CONNACK 0 was sent.
    Open(Open),
    /// The device asks for its hub; a session without twin, methods and telemetry.
    Registering(Box<Registrant>),
    /// The session asks for nothing any more.
    Closed,
}

#[derive(Debug)]
struct Open {
    device: Box<str>,
    /// Subscriptions are kept beyond the connection.
    kept: bool,
    will: bool,
    silence_allowed: Duration,
    heard: Duration,
    ends: Time,
    subscriptions: Subscriptions,
    outgoing: Outgoing,
}

impl Session {
    /// A fresh connection that has to send CONNECT within `patience`. `number` tells sessions apart in
    /// tracking ids.
    pub fn new(number: u64, now: Now, patience: Duration) -> Session {
        Session { number, state: State::Expecting { until: now.uptime + patience } }
    }

    /// What the next packet may be.
    pub fn expect(&self) -> Expect {
        match self.state {
            State::Expecting { .. } => Expect::Connect,
            State::Authenticating(_) | State::Open(_) | State::Registering(_) | State::Closed => Expect::Any,
        }
    }

    /// May bytes be turned into packets now? Not while credentials are checked, and not after the end.
    pub fn wants_packets(&self) -> bool {
        match &self.state {
            State::Expecting { .. } | State::Open(_) => true,
            State::Registering(registrant) => registrant.wants_packets(),
            State::Authenticating(_) | State::Closed => false,
        }
    }

    /// Has the session ended?
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// The device's subscriptions; none before CONNACK 0.
    pub fn subscriptions(&self) -> Option<&Subscriptions> {
        match &self.state {
            State::Open(open) => Some(&open.subscriptions),
            State::Expecting { .. } | State::Authenticating(_) | State::Registering(_) | State::Closed => None,
        }
    }

    /// Takes one packet.
    pub fn packet(&mut self, packet: Packet, now: Now, out: &mut Vec<Command>) {
        match &mut self.state {
            State::Expecting { .. } => match packet {
                Packet::Connect(connect) => match Greeting::read(&connect) {
                    Ok(Greeting::Provisioning(request)) => {
                        out.push(Command::AuthenticateRegistrant(Arc::clone(&request)));
                        self.state = State::Registering(Box::new(Registrant::new(request, now)));
                    }
                    Ok(Greeting::Hub(request)) => {
                        out.push(Command::Authenticate(request.clone()));
                        self.state = State::Authenticating(request);
                    }
                    Err(refusal) => self.refuse(refusal, out),
                },
                _ => self.close(CloseReason::BadFrame(BadFrame::NotConnect), out),
            },
            State::Open(open) => {
                open.heard = now.uptime;
                if let Err(reason) = open.packet(packet, out) {
                    self.close(reason, out);
                }
            }
            State::Registering(registrant) => {
                if let Err(reason) = registrant.packet(packet, now, out) {
                    self.close(reason, out);
                }
            }
            // The loop asks `wants_packets` first.
            State::Authenticating(_) | State::Closed => {}
        }
    }

    /// The stream cannot be read any further.
    pub fn bad_frame(&mut self, error: BadFrame, out: &mut Vec<Command>) {
        match (&self.state, error) {
            (State::Expecting { .. }, BadFrame::ProtocolLevel) => self.refuse(Refusal::ProtocolLevel, out),
            (State::Expecting { .. }, BadFrame::EmptyClientId) => self.refuse(Refusal::ClientId, out),
            (State::Open(_) | State::Registering(_), BadFrame::ProtocolLevel | BadFrame::EmptyClientId) => {
                self.close(CloseReason::Protocol("a second CONNECT"), out);
            }
            (
                State::Expecting { .. }
                | State::Authenticating(_)
                | State::Open(_)
                | State::Registering(_)
                | State::Closed,
                error,
            ) => self.close(CloseReason::BadFrame(error), out),
        }
    }

    /// The credentials are good: answers CONNACK 0 and restores what was stored (device-protocol §2.5).
    pub fn admit(&mut self, admitted: Admitted, now: Now, out: &mut Vec<Command>) {
        let State::Authenticating(request) = std::mem::replace(&mut self.state, State::Closed) else { return };
        let had_stored = admitted.stored.is_some();
        let kept = !request.clean_session;
        out.push(Command::Send(Packet::ConnectAck(ConnectAck {
            return_code: ConnectAckReason::ConnectionAccepted,
            session_present: kept && had_stored,
        })));
        if had_stored && !kept {
            out.push(Command::SaveSubscriptions { rows: None, then: None });
        }
        self.state = State::Open(Open {
            device: request.device,
            kept,
            will: request.will,
            silence_allowed: silence_allowed(request.keep_alive),
            heard: now.uptime,
            ends: admitted.ends,
            subscriptions: admitted.stored.filter(|_| kept).unwrap_or_default(),
            outgoing: Outgoing::default(),
        });
        out.push(Command::Subscribed);
    }

    /// The credentials of a device that asks for its hub are good until `ends`: answers CONNACK 0.
    pub fn admit_registrant(&mut self, ends: Time, now: Now, out: &mut Vec<Command>) {
        if let State::Registering(registrant) = &mut self.state {
            registrant.admit(ends, now, out);
        }
    }

    /// What came of a [`Command::Registration`].
    pub fn registration_answered(&mut self, result: Result<Reply, Failure>, now: Now, out: &mut Vec<Command>) {
        let reply = result.unwrap_or_else(|failure| {
            let tracking_id = tracking_id(self.number, now.wall);
            Reply::failed(&failure, &tracking_id, now.wall)
        });
        if let State::Registering(registrant) = &mut self.state {
            registrant.answer(reply, out);
        }
    }

    /// The CONNECT is refused: CONNACK with the code, then the end.
    pub fn refuse(&mut self, refusal: Refusal, out: &mut Vec<Command>) {
        let ack = ConnectAck { return_code: refusal.code(), session_present: false };
        out.push(Command::Send(Packet::ConnectAck(ack)));
        self.close(CloseReason::Refused(refusal), out);
    }

    /// Ends the session. A will counts as telemetry unless the device said DISCONNECT (device-protocol §2).
    pub fn close(&mut self, reason: CloseReason, out: &mut Vec<Command>) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Open(open) => {
                if open.will && reason != CloseReason::Disconnected {
                    out.push(Command::Will);
                }
                out.push(Command::Close(reason));
            }
            State::Expecting { .. } | State::Authenticating(_) | State::Registering(_) => {
                out.push(Command::Close(reason));
            }
            State::Closed => {}
        }
    }

    /// The answer to a twin read: the body, or why there is none.
    pub fn twin_read(&mut self, rid: &str, result: Result<String, TwinFailure>, now: Now, out: &mut Vec<Command>) {
        match result {
            Ok(body) => self.twin_answer(rid, 200, None, body.into(), out),
            Err(failure) => self.twin_failed(rid, &failure, now, out),
        }
    }

    /// The answer to a patch: the new version of the reported section, or why it was refused.
    pub fn reported(&mut self, rid: Option<&str>, result: Result<i64, TwinFailure>, now: Now, out: &mut Vec<Command>) {
        let Some(rid) = rid else { return };
        match result {
            Ok(version) => self.twin_answer(rid, 204, Some(version), Bytes::new(), out),
            Err(failure) => self.twin_failed(rid, &failure, now, out),
        }
    }

    fn twin_failed(&mut self, rid: &str, failure: &TwinFailure, now: Now, out: &mut Vec<Command>) {
        let body = failure.body(self.number, now.wall);
        self.twin_answer(rid, failure.status, None, body.into(), out);
    }

    /// Only who is subscribed to answers gets one. Python may ask before it subscribes; nothing is kept for
    /// it then, its later requests carry new ids (device-protocol §4).
    fn twin_answer(&mut self, rid: &str, status: u16, version: Option<i64>, body: Bytes, out: &mut Vec<Command>) {
        let State::Open(open) = &mut self.state else { return };
        let Some(granted) = open.subscriptions.twin_answers else { return };
        let packet = open.outgoing.publish(topic::twin_answer(status, rid, version), body, granted);
        out.push(Command::Send(packet));
    }

    /// Sends a method call, with QoS 0 whatever was granted (device-protocol §3); `false` and nothing sent
    /// when the device is not subscribed to the method.
    #[must_use]
    pub fn call(&mut self, rid: &str, call: &MethodCall, out: &mut Vec<Command>) -> bool {
        let State::Open(open) = &mut self.state else { return false };
        if !open.subscriptions.method(&call.name) {
            return false;
        }
        let payload = Bytes::copy_from_slice(call.payload.as_bytes());
        let packet = open.outgoing.publish(topic::method_call(&call.name, rid), payload, Granted::Qos0);
        out.push(Command::Send(packet));
        true
    }

    /// Tells the device of a change of its desired section, if it is subscribed. `patch` is a JSON object
    /// without `$version`, which is added (device-protocol §4).
    pub fn desired_changed(&mut self, patch: &str, version: i64, out: &mut Vec<Command>) {
        let State::Open(open) = &mut self.state else { return };
        let Some(granted) = open.subscriptions.desired else { return };
        let mut body = String::with_capacity(patch.len() + 32);
        twin::with_version(&mut body, patch, version);
        out.push(Command::Send(open.outgoing.publish(topic::desired_change(version), body.into(), granted)));
    }

    /// Closes the session if one of its times has come.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Command>) {
        let reason = match &self.state {
            State::Expecting { until } if now.uptime >= *until => CloseReason::NoConnect,
            State::Open(open) if now.wall >= open.ends => CloseReason::TokenExpired,
            State::Open(open) if now.uptime >= open.heard + open.silence_allowed => CloseReason::KeepAlive,
            State::Registering(registrant) => match registrant.overdue(now) {
                Some(reason) => reason,
                None => return,
            },
            State::Expecting { .. } | State::Authenticating(_) | State::Open(_) | State::Closed => return,
        };
        self.close(reason, out);
    }

    /// How long from `now` until `tick` has something to do, if nothing happens until then.
    pub fn next_tick(&self, now: Now) -> Option<Duration> {
        match &self.state {
            State::Expecting { until } => Some(until.saturating_sub(now.uptime)),
            State::Open(open) => {
                let silence = (open.heard + open.silence_allowed).saturating_sub(now.uptime);
                let token = Duration::from_micros(open.ends.micros_since(now.wall));
                Some(silence.min(token))
            }
            State::Registering(registrant) => registrant.next_tick(now),
            State::Authenticating(_) | State::Closed => None,
        }
    }

    /// The gateway itself did not read for a while: the silence was not the device's.
    pub fn excuse_silence(&mut self, now: Now) {
        if let State::Open(open) = &mut self.state {
            open.heard = now.uptime;
        }
    }
}

impl Open {
    fn packet(&mut self, packet: Packet, out: &mut Vec<Command>) -> Result<(), CloseReason> {
        match packet {
            Packet::Publish(publish) => self.published(*publish, out),
            Packet::Subscribe { packet_id, topic_filters } => {
                let filters = topic_filters.iter().map(|(filter, qos)| (&**filter, u8::from(*qos)));
                self.subscribe(packet_id, filters, out);
                Ok(())
            }
            Packet::Unsubscribe { packet_id, topic_filters } => {
                let before = self.subscriptions.clone();
                for filter in &topic_filters {
                    self.subscriptions.unsubscribe(filter, &self.device);
                }
                self.subscribed(&before, Packet::UnsubscribeAck { packet_id }, out);
                Ok(())
            }
            Packet::PingRequest => {
                out.push(Command::Send(Packet::PingResponse));
                Ok(())
            }
            // What is sent with QoS 1 is not kept, so its acknowledgement ends nothing.
            Packet::PublishAck { .. } => Ok(()),
            Packet::Disconnect => Err(CloseReason::Disconnected),
            Packet::Connect(_) => Err(CloseReason::Protocol("a second CONNECT")),
            Packet::PublishReceived { .. } | Packet::PublishRelease { .. } | Packet::PublishComplete { .. } => {
                Err(CloseReason::Protocol("a packet of the QoS 2 exchange"))
            }
            Packet::ConnectAck(_)
            | Packet::SubscribeAck { .. }
            | Packet::UnsubscribeAck { .. }
            | Packet::PingResponse => Err(CloseReason::Protocol("a packet that only servers send")),
        }
    }

    fn subscribe<'a>(
        &mut self,
        packet_id: NonZeroU16,
        filters: impl Iterator<Item = (&'a str, u8)>,
        out: &mut Vec<Command>,
    ) {
        let before = self.subscriptions.clone();
        let status = filters.map(|(filter, qos)| match self.subscriptions.subscribe(filter, &self.device, qos) {
            Some(granted) => SubscribeReturnCode::Success(qos_of(granted)),
            None => SubscribeReturnCode::Failure,
        });
        let ack = Packet::SubscribeAck { packet_id, status: status.collect() };
        self.subscribed(&before, ack, out);
    }

    /// Makes the change known, and durable before it is acknowledged. Many clients subscribe to the same
    /// again and again: then there is nothing to write.
    fn subscribed(&mut self, before: &Subscriptions, ack: Packet, out: &mut Vec<Command>) {
        if self.subscriptions == *before {
            out.push(Command::Send(ack));
            return;
        }
        out.push(Command::Subscribed);
        if self.kept {
            let rows = Some(self.subscriptions.to_rows(&self.device));
            out.push(Command::SaveSubscriptions { rows, then: Some(ack) });
        } else {
            out.push(Command::Send(ack));
        }
    }

    fn published(&mut self, publish: Publish, out: &mut Vec<Command>) -> Result<(), CloseReason> {
        if publish.qos == QoS::ExactlyOnce {
            return Err(CloseReason::Qos2);
        }
        let published = topic::parse(&publish.topic, &self.device).ok_or(CloseReason::UnknownTopic)?;
        let command = match published {
            Published::Telemetry { bag } => Some(Command::Telemetry { bag: bag.into(), body: publish.payload.clone() }),
            Published::TwinRead { rid } => {
                bounded(rid)?.map(|rid| Command::Twin(TwinRequest::Read { rid: rid.into() }))
            }
            Published::ReportedPatch { rid, version } => {
                let rid = bounded(rid)?.map(Into::into);
                // A version that is no number is no version that the section has: 412.
                let if_version = version.map(|version| version.parse().unwrap_or(-1));
                Some(Command::Twin(TwinRequest::Report { rid, patch: publish.payload.clone(), if_version }))
            }
            Published::MethodAnswer { status, rid } => bounded(rid)?
                .map(|rid| Command::Answer { rid: rid.into(), answer: answer::read(status, &publish.payload) }),
        };
        if let Some(packet_id) = publish.packet_id {
            out.push(Command::Send(Packet::PublishAck { packet_id }));
        }
        out.extend(command);
        Ok(())
    }
}

/// A request id as long as one may be.
pub(super) fn bounded(rid: Option<&str>) -> Result<Option<&str>, CloseReason> {
    match rid {
        Some(rid) if rid.len() > RID_MAX => Err(CloseReason::Protocol("a request id that is too long")),
        Some(_) | None => Ok(rid),
    }
}

#[cfg(test)]
mod tests;
