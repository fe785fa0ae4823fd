//! A connection that asks for its hub: provisioning over MQTT (device-protocol §9.1).
//!
//! ```text
//!  Authenticating ──admit──> Ready ──register or ask──> Busy ──answer──> Ready
//! ```
//!
//! One request at a time: while it is worked on, nothing is read. PUBACK goes out before the answer, which a .NET
//! client insists on. Nothing outlives the connection.

use std::sync::Arc;
use std::time::Duration;

use bellwether_model::Time;
use bellwether_model::provisioning::Reply;
use bytes::Bytes;
use rmqtt_codec::types::{Publish, QoS};
use rmqtt_codec::v3::{Connect, ConnectAck, ConnectAckReason, Packet, SubscribeReturnCode};

use super::command::{CloseReason, Command, RegistrationRequest};
use super::connect::{Refusal, password};
use super::keep_alive::silence_allowed;
use super::outgoing::{Outgoing, qos_of};
use super::session::{Now, bounded};
use super::subscriptions::Granted;
use super::{bag, topic};

/// What answers arrive on.
const ANSWERS: &str = "$dps/registrations/res/#";

/// A CONNECT of provisioning that is well-formed. Nothing about it is proved.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistrantRequest {
    /// The ID scope.
    pub scope: Box<str>,
    /// The registration id, as it was sent.
    pub id: Box<str>,
    /// The SAS token; `None` when there was no password.
    pub token: Option<Box<str>>,
    /// Keep alive in seconds, as asked for.
    pub keep_alive: u16,
}

/// Shows no token.
impl std::fmt::Debug for RegistrantRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrantRequest").field("scope", &self.scope).field("id", &self.id).finish_non_exhaustive()
    }
}

impl RegistrantRequest {
    /// Reads a CONNECT whose user name is `{scope}/registrations/{id}/api-version=…`; `None` when it is not one of
    /// provisioning. A hub's device may be called `registrations` and have a module: its client id tells them
    /// apart.
    ///
    /// # Errors
    /// It is one, but not as it should be.
    pub fn read(connect: &Connect) -> Result<Option<RegistrantRequest>, Refusal> {
        let Some((scope, rest)) = connect.username.as_deref().and_then(|name| name.split_once('/')) else {
            return Ok(None);
        };
        let Some(rest) = rest.strip_prefix("registrations/") else { return Ok(None) };
        let (id, _properties) = rest.split_once('/').unwrap_or((rest, ""));
        let of_a_device = id.is_empty() || id.starts_with('?') || id.contains('=');
        if of_a_device || connect.client_id.starts_with("registrations/") {
            return Ok(None);
        }
        if scope.is_empty() {
            return Err(Refusal::UserName);
        }
        if *connect.client_id != *id {
            return Err(Refusal::ClientId);
        }
        let (token, keep_alive) = (password(connect)?, connect.keep_alive);
        Ok(Some(RegistrantRequest { scope: scope.into(), id: id.into(), token, keep_alive }))
    }
}

/// The state of such a connection, from its CONNECT on.
#[derive(Debug)]
pub struct Registrant {
    request: Arc<RegistrantRequest>,
    stage: Stage,
    answers: Option<Granted>,
    heard: Duration,
    /// The token's end.
    ends: Time,
    outgoing: Outgoing,
}

#[derive(Debug)]
enum Stage {
    Authenticating,
    Ready,
    /// The request of this `$rid` is worked on; without one nobody is told.
    Busy(Option<Box<str>>),
}

impl Registrant {
    /// Its credentials have to be checked.
    pub fn new(request: Arc<RegistrantRequest>, now: Now) -> Registrant {
        Registrant {
            request,
            stage: Stage::Authenticating,
            answers: None,
            heard: now.uptime,
            ends: now.wall,
            outgoing: Outgoing::default(),
        }
    }

    /// May packets be read now?
    pub fn wants_packets(&self) -> bool {
        match self.stage {
            Stage::Ready => true,
            Stage::Authenticating | Stage::Busy(_) => false,
        }
    }

    /// The credentials are good until `ends`. The session is always a new one: .NET takes anything else for an
    /// error (device-protocol §2.3).
    pub fn admit(&mut self, ends: Time, now: Now, out: &mut Vec<Command>) {
        self.stage = Stage::Ready;
        (self.ends, self.heard) = (ends, now.uptime);
        out.push(Command::Send(Packet::ConnectAck(ConnectAck {
            return_code: ConnectAckReason::ConnectionAccepted,
            session_present: false,
        })));
    }

    /// Takes one packet.
    ///
    /// # Errors
    /// The connection has to end.
    pub fn packet(&mut self, packet: Packet, now: Now, out: &mut Vec<Command>) -> Result<(), CloseReason> {
        self.heard = now.uptime;
        match packet {
            Packet::Publish(publish) => return self.published(&publish, out),
            Packet::Subscribe { packet_id, topic_filters } => {
                let status = topic_filters.iter().map(|(filter, qos)| {
                    if &**filter != ANSWERS {
                        return SubscribeReturnCode::Failure;
                    }
                    let granted = if *qos == QoS::AtMostOnce { Granted::Qos0 } else { Granted::Qos1 };
                    self.answers = Some(granted);
                    SubscribeReturnCode::Success(qos_of(granted))
                });
                let status = status.collect();
                out.push(Command::Send(Packet::SubscribeAck { packet_id, status }));
            }
            Packet::Unsubscribe { packet_id, topic_filters } => {
                if topic_filters.iter().any(|filter| &**filter == ANSWERS) {
                    self.answers = None;
                }
                out.push(Command::Send(Packet::UnsubscribeAck { packet_id }));
            }
            Packet::PingRequest => out.push(Command::Send(Packet::PingResponse)),
            // What is sent with QoS 1 is not kept.
            Packet::PublishAck { .. } => {}
            Packet::Disconnect => return Err(CloseReason::Disconnected),
            // The codec's own enum: nothing else is for a client to send here.
            _ => return Err(CloseReason::Protocol("a packet that has no place in a registration")),
        }
        Ok(())
    }

    fn published(&mut self, publish: &Publish, out: &mut Vec<Command>) -> Result<(), CloseReason> {
        if publish.qos == QoS::ExactlyOnce {
            return Err(CloseReason::Qos2);
        }
        let published = topic::parse_registration(&publish.topic).ok_or(CloseReason::UnknownTopic)?;
        let rid: Option<Box<str>> = bounded(published.rid())?.map(Into::into);
        if let Some(packet_id) = publish.packet_id {
            out.push(Command::Send(Packet::PublishAck { packet_id }));
        }
        let who = Arc::clone(&self.request);
        out.push(Command::Registration(match published {
            topic::Registration::Register { .. } => {
                RegistrationRequest::Register { who, body: publish.payload.clone() }
            }
            // The payload of a poll says nothing (device-protocol §9.1).
            topic::Registration::Poll { operation_id, .. } => {
                let operation_id = operation_id.map(|id| bag::decode(id).into_owned()).unwrap_or_default();
                RegistrationRequest::Poll { who, operation_id }
            }
        }));
        self.stage = Stage::Busy(rid);
        Ok(())
    }

    /// The request that was worked on has this answer.
    pub fn answer(&mut self, reply: Reply, out: &mut Vec<Command>) {
        let Stage::Busy(rid) = std::mem::replace(&mut self.stage, Stage::Ready) else { return };
        let (Some(rid), Some(granted)) = (rid, self.answers) else { return };
        let topic = topic::registration_answer(reply.status, &rid, reply.retry_after);
        out.push(Command::Send(self.outgoing.publish(topic, Bytes::from(reply.body), granted)));
    }

    /// Why the connection has to end now, if it has to.
    pub fn overdue(&self, now: Now) -> Option<CloseReason> {
        match self.stage {
            Stage::Authenticating => None,
            Stage::Ready | Stage::Busy(_) if now.wall >= self.ends => Some(CloseReason::TokenExpired),
            Stage::Ready if now.uptime >= self.heard + silence_allowed(self.request.keep_alive) => {
                Some(CloseReason::KeepAlive)
            }
            Stage::Ready | Stage::Busy(_) => None,
        }
    }

    /// How long until that may be.
    pub fn next_tick(&self, now: Now) -> Option<Duration> {
        match self.stage {
            Stage::Authenticating => None,
            Stage::Ready | Stage::Busy(_) => {
                let silence = (self.heard + silence_allowed(self.request.keep_alive)).saturating_sub(now.uptime);
                // A request that is worked on for longer than that is no reason to look all the time.
                let silence = if silence.is_zero() { Duration::from_secs(1) } else { silence };
                Some(silence.min(Duration::from_micros(self.ends.micros_since(now.wall))))
            }
        }
    }
}

#[cfg(test)]
mod tests;
