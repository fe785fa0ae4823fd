//! The CONNECT packet: what it asks for, and what can be refused without looking anything up
//! (device-protocol §2).

use std::sync::Arc;

use rmqtt_codec::types::MQTT_LEVEL_311;
use rmqtt_codec::v3::{Connect, ConnectAckReason};

use super::registrant::RegistrantRequest;
use super::topic::{self, Published};
use super::username::UserName;

/// A CONNECT that is well-formed. Nothing about it is proved.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectRequest {
    /// Device id, raw text.
    pub device: Box<str>,
    /// Module id, when a module connects.
    pub module: Option<Box<str>>,
    /// The SAS token, as it was sent; `None` when there was no password.
    pub token: Option<Box<str>>,
    /// Drop stored subscriptions and store none (device-protocol §2.5).
    pub clean_session: bool,
    /// Keep alive in seconds, as asked for.
    pub keep_alive: u16,
    /// The Plug and Play model that the device announces.
    pub model_id: Option<Box<str>>,
    /// Is there a will, to be counted as telemetry when the link is lost?
    pub will: bool,
}

/// Shows no token.
impl std::fmt::Debug for ConnectRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectRequest")
            .field("device", &self.device)
            .field("module", &self.module)
            .field("clean_session", &self.clean_session)
            .field("keep_alive", &self.keep_alive)
            .field("model_id", &self.model_id)
            .field("will", &self.will)
            .finish_non_exhaustive()
    }
}

/// Why a CONNECT is refused; the number is the CONNACK code (device-protocol §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 1: not MQTT 3.1.1.
    #[error("the protocol level is not 4 (MQTT 3.1.1)")]
    ProtocolLevel,
    /// 2: the client id does not agree with the user name, or is empty.
    #[error("the client id does not agree with the user name")]
    ClientId,
    /// 3: the device is disabled. It comes back by itself.
    #[error("the device is disabled")]
    Disabled,
    /// 3: overload, shutting down, or the store does not answer.
    #[error("the service is not available")]
    Unavailable,
    /// 4: the user name has not the form of §2.1.
    #[error("the user name is missing or malformed")]
    UserName,
    /// 4: the password is no SAS token.
    #[error("the password is not a SAS token")]
    Password,
    /// 5: whatever the client can cure with a new token, and unknown devices.
    #[error("{0}")]
    NotAuthorized(&'static str),
}

impl Refusal {
    /// The CONNACK return code.
    pub fn code(self) -> ConnectAckReason {
        match self {
            Refusal::ProtocolLevel => ConnectAckReason::UnacceptableProtocolVersion,
            Refusal::ClientId => ConnectAckReason::IdentifierRejected,
            Refusal::Disabled | Refusal::Unavailable => ConnectAckReason::ServiceUnavailable,
            Refusal::UserName | Refusal::Password => ConnectAckReason::BadUserNameOrPassword,
            Refusal::NotAuthorized(_) => ConnectAckReason::NotAuthorized,
        }
    }
}

/// What a CONNECT asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Greeting {
    /// The session of a device of the hub.
    Hub(Box<ConnectRequest>),
    /// To be told its hub (device-protocol §9.1).
    Provisioning(Arc<RegistrantRequest>),
}

impl Greeting {
    /// Reads a CONNECT.
    ///
    /// # Errors
    /// It is not well-formed.
    pub fn read(connect: &Connect) -> Result<Greeting, Refusal> {
        if connect.protocol.0 != MQTT_LEVEL_311 {
            return Err(Refusal::ProtocolLevel);
        }
        match RegistrantRequest::read(connect)? {
            Some(request) => Ok(Greeting::Provisioning(Arc::new(request))),
            None => Ok(Greeting::Hub(Box::new(ConnectRequest::read(connect)?))),
        }
    }
}

impl ConnectRequest {
    /// Reads a CONNECT. Longest device id and model id are what their owners allow; here only the packet's
    /// size bounds them.
    fn read(connect: &Connect) -> Result<ConnectRequest, Refusal> {
        let username = connect.username.as_deref().ok_or(Refusal::UserName)?;
        let name = UserName::parse(username).map_err(|_| Refusal::UserName)?;
        if !name.agrees_with(&connect.client_id) {
            return Err(Refusal::ClientId);
        }
        let token = password(connect)?;
        if let Some(will) = &connect.last_will {
            let own = matches!(topic::parse(&will.topic, name.device), Some(Published::Telemetry { .. }));
            if !own || u8::from(will.qos) > 1 {
                return Err(Refusal::NotAuthorized("the will is not for the device's own telemetry topic"));
            }
        }
        Ok(ConnectRequest {
            device: name.device.into(),
            module: name.module.map(Into::into),
            token,
            clean_session: connect.clean_session,
            keep_alive: connect.keep_alive,
            model_id: name.model_id().map(Into::into),
            will: connect.last_will.is_some(),
        })
    }
}

/// The password as text.
pub(super) fn password(connect: &Connect) -> Result<Option<Box<str>>, Refusal> {
    match &connect.password {
        None => Ok(None),
        Some(password) => Ok(Some(std::str::from_utf8(password).map_err(|_| Refusal::Password)?.into())),
    }
}

#[cfg(test)]
mod tests {
    use rmqtt_codec::types::{Protocol, QoS};
    use rmqtt_codec::v3::LastWill;

    use super::*;

    fn connect() -> Connect {
        Connect {
            protocol: Protocol(4),
            clean_session: false,
            keep_alive: 60,
            last_will: None,
            client_id: "dev-01".into(),
            username: Some("hub1.example.test/dev-01/?api-version=2021-04-12&model-id=dtmi:a:b;1".into()),
            password: Some("SharedAccessSignature sr=…".into()),
            cert: None,
        }
    }

    fn will(topic: &str, qos: QoS) -> Option<LastWill> {
        Some(LastWill { qos, retain: false, topic: topic.into(), message: "gone".into() })
    }

    #[test]
    fn well_formed() {
        let Ok(Greeting::Hub(request)) = Greeting::read(&connect()) else { panic!("not for the hub") };
        assert_eq!(
            *request,
            ConnectRequest {
                device: "dev-01".into(),
                module: None,
                token: Some("SharedAccessSignature sr=…".into()),
                clean_session: false,
                keep_alive: 60,
                model_id: Some("dtmi:a:b;1".into()),
                will: false,
            }
        );
        assert!(!format!("{request:?}").contains("SharedAccessSignature"));
    }

    #[test]
    fn codes() {
        let check = |change: fn(&mut Connect), refusal: Refusal, code: u8| {
            let mut connect = connect();
            change(&mut connect);
            assert_eq!(Greeting::read(&connect), Err(refusal));
            assert_eq!(u8::from(refusal.code()), code);
        };
        check(|c| c.protocol = Protocol(3), Refusal::ProtocolLevel, 1);
        check(|c| c.client_id = "dev-02".into(), Refusal::ClientId, 2);
        check(|c| c.client_id = "DEV-01".into(), Refusal::ClientId, 2);
        check(|c| c.username = None, Refusal::UserName, 4);
        check(|c| c.username = Some("dev-01".into()), Refusal::UserName, 4);
        check(|c| c.password = Some(bytes::Bytes::from_static(&[0xff])), Refusal::Password, 4);
        let will_refused = Refusal::NotAuthorized("the will is not for the device's own telemetry topic");
        check(|c| c.last_will = will("devices/dev-02/messages/events/", QoS::AtMostOnce), will_refused, 5);
        check(|c| c.last_will = will("$iothub/twin/GET/?$rid=1", QoS::AtMostOnce), will_refused, 5);
        check(|c| c.last_will = will("devices/dev-01/messages/events/", QoS::ExactlyOnce), will_refused, 5);
        assert_eq!(u8::from(Refusal::Disabled.code()), 3);
        assert_eq!(u8::from(Refusal::Unavailable.code()), 3);
    }

    #[test]
    fn will_for_the_own_topic() {
        for topic in ["devices/dev-01/messages/events/", "devices/dev-01/messages/events/a=b"] {
            let mut connect = connect();
            connect.last_will = will(topic, QoS::AtLeastOnce);
            assert!(ConnectRequest::read(&connect).unwrap().will, "{topic}");
        }
    }

    #[test]
    fn module() {
        let mut connect = connect();
        connect.client_id = "dev-01/mod1".into();
        connect.username = Some("hub/dev-01/mod1/?api-version=2021-04-12".into());
        assert_eq!(ConnectRequest::read(&connect).unwrap().module.as_deref(), Some("mod1"));
    }
}
