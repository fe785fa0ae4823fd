use std::num::NonZeroU16;

use bellwether_model::provisioning::Failure;
use rmqtt_codec::types::Protocol;

use super::super::connect::Greeting;
use super::super::session::Session;
use super::*;

const REGISTER: &str = "$dps/registrations/PUT/iotdps-register/?$rid=1";
const POLL: &str = "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=4.a.b";

fn at(seconds: u64) -> Now {
    Now { wall: Time(1_000_000_000).plus_seconds(seconds as i64), uptime: Duration::from_secs(seconds) }
}

fn connect(username: &str, client_id: &str) -> Connect {
    Connect {
        protocol: Protocol(4),
        clean_session: false,
        keep_alive: 60,
        last_will: None,
        client_id: client_id.to_owned().into(),
        username: Some(username.to_owned().into()),
        password: Some("token".into()),
        cert: None,
    }
}

fn usual() -> Connect {
    connect("0ne000TEST/registrations/dev-01/api-version=2019-03-31&ClientVersion=py", "dev-01")
}

fn id(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

fn publish(topic: &str, qos: QoS) -> Packet {
    Packet::Publish(Box::new(Publish {
        dup: false,
        retain: false,
        qos,
        topic: topic.to_owned().into(),
        packet_id: (qos != QoS::AtMostOnce).then(|| id(7)),
        payload: "{}".into(),
        properties: None,
    }))
}

fn subscribe(filters: &[(&str, QoS)]) -> Packet {
    let topic_filters = filters.iter().map(|(filter, qos)| ((*filter).to_owned().into(), *qos)).collect();
    Packet::Subscribe { packet_id: id(3), topic_filters }
}

/// What came out, in a word each.
fn words(out: Vec<Command>) -> Vec<String> {
    let word = |command| match command {
        Command::Send(Packet::ConnectAck(ack)) => {
            format!("CONNACK {} {}", u8::from(ack.return_code), ack.session_present)
        }
        Command::Send(Packet::PublishAck { packet_id }) => format!("PUBACK {packet_id}"),
        Command::Send(Packet::SubscribeAck { status, .. }) => format!("SUBACK {status:?}"),
        Command::Send(Packet::UnsubscribeAck { .. }) => "UNSUBACK".to_owned(),
        Command::Send(Packet::PingResponse) => "PINGRESP".to_owned(),
        Command::Send(Packet::Publish(publish)) => {
            let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
            format!("PUBLISH {} {:?} {payload}", publish.topic, publish.packet_id)
        }
        Command::AuthenticateRegistrant(who) => format!("authenticate {} {}", who.scope, who.id),
        Command::Registration(RegistrationRequest::Register { who, body }) => {
            format!("register {} {}", who.id, String::from_utf8(body.to_vec()).unwrap())
        }
        Command::Registration(RegistrationRequest::Poll { who, operation_id }) => {
            format!("poll {} {operation_id}", who.id)
        }
        Command::Close(reason) => format!("close: {reason}"),
        other => format!("{other:?}"),
    };
    out.into_iter().map(word).collect()
}

struct World {
    session: Session,
    seconds: u64,
}

impl World {
    /// A session that was let in until `ends` seconds.
    fn admitted(ends: u64) -> World {
        let mut world = World { session: Session::new(5, at(0), Duration::from_secs(60)), seconds: 0 };
        assert_eq!(world.take(Packet::Connect(Box::new(usual()))), ["authenticate 0ne000TEST dev-01"]);
        assert!(!world.session.wants_packets());
        let mut out = Vec::new();
        world.session.admit_registrant(at(ends).wall, at(0), &mut out);
        assert_eq!(words(out), ["CONNACK 0 false"]);
        world
    }

    fn take(&mut self, packet: Packet) -> Vec<String> {
        let mut out = Vec::new();
        self.session.packet(packet, at(self.seconds), &mut out);
        words(out)
    }

    fn answer(&mut self, result: Result<Reply, Failure>) -> Vec<String> {
        let mut out = Vec::new();
        self.session.registration_answered(result, at(self.seconds), &mut out);
        words(out)
    }

    fn tick(&mut self, seconds: u64) -> Vec<String> {
        self.seconds = seconds;
        let mut out = Vec::new();
        self.session.tick(at(seconds), &mut out);
        words(out)
    }
}

#[test]
fn greetings() {
    let read = |username: &str, client_id: &str| Greeting::read(&connect(username, client_id));
    for username in [
        "0ne000TEST/registrations/dev-01/api-version=2019-03-31",
        "0ne000TEST/registrations/dev-01/?api-version=2021-06-01",
        "0ne000TEST/registrations/dev-01",
        "0ne000TEST/registrations/dev-01/",
    ] {
        let Ok(Greeting::Provisioning(who)) = read(username, "dev-01") else { panic!("{username}") };
        assert_eq!((&*who.scope, &*who.id, who.token.as_deref()), ("0ne000TEST", "dev-01", Some("token")));
        assert!(!format!("{who:?}").contains("token"));
        assert_eq!(read(username, "dev-02"), Err(Refusal::ClientId));
    }
    assert_eq!(read("/registrations/dev-01/api-version=1", "dev-01"), Err(Refusal::UserName));
    // A hub's device may have this name, and modules.
    for (username, client_id) in [
        ("hub1/registrations/?api-version=1", "registrations"),
        ("hub1/registrations/api-version=1", "registrations"),
        ("hub1/registrations/mod1/?api-version=1", "registrations/mod1"),
        ("hub1/dev-01/?api-version=1", "dev-01"),
    ] {
        assert!(matches!(read(username, client_id), Ok(Greeting::Hub(_))), "{username}");
    }
}

#[test]
fn a_registration() {
    let mut world = World::admitted(600);
    let granted = world.take(subscribe(&[(ANSWERS, QoS::AtLeastOnce), ("$iothub/methods/POST/#", QoS::AtMostOnce)]));
    assert_eq!(granted, ["SUBACK [Success(AtLeastOnce), Failure]"]);
    // PUBACK first.
    assert_eq!(world.take(publish(REGISTER, QoS::AtLeastOnce)), ["PUBACK 7", "register dev-01 {}"]);
    assert!(!world.session.wants_packets(), "one request at a time");
    let answer = world.answer(Ok(Reply { status: 202, retry_after: Some(3), body: "{1}".to_owned() }));
    assert_eq!(answer, ["PUBLISH $dps/registrations/res/202/?$rid=1&retry-after=3 Some(1) {1}"]);
    assert!(world.session.wants_packets());
    assert_eq!(world.take(Packet::PublishAck { packet_id: id(1) }), [""; 0]);
    // The C SDK polls with QoS 0.
    assert_eq!(world.take(publish(POLL, QoS::AtMostOnce)), ["poll dev-01 4.a.b"]);
    let answer = world.answer(Ok(Reply { status: 200, retry_after: None, body: "{2}".to_owned() }));
    assert_eq!(answer, ["PUBLISH $dps/registrations/res/200/?$rid=2 Some(2) {2}"]);
    world.take(publish(POLL, QoS::AtMostOnce));
    let answer = world.answer(Err(Failure::not_found("no")));
    assert!(answer[0].starts_with("PUBLISH $dps/registrations/res/404/?$rid=2 Some(3) {\"errorCode\":404204,"));
    assert_eq!(world.take(Packet::PingRequest), ["PINGRESP"]);
    assert_eq!(world.take(Packet::Unsubscribe { packet_id: id(4), topic_filters: vec![ANSWERS.into()] }), ["UNSUBACK"]);
    assert_eq!(world.take(Packet::Disconnect), ["close: the device disconnected"]);
}

#[test]
fn who_does_not_listen_is_not_told() {
    let mut world = World::admitted(600);
    assert_eq!(world.take(publish(REGISTER, QoS::AtMostOnce)), ["register dev-01 {}"]);
    assert_eq!(world.answer(Err(Failure::server())), [""; 0]);
    world.take(subscribe(&[(ANSWERS, QoS::AtMostOnce)]));
    // Without a request id it is done and not answered.
    assert_eq!(world.take(publish("$dps/registrations/PUT/iotdps-register/", QoS::AtMostOnce)), ["register dev-01 {}"]);
    assert_eq!(world.answer(Err(Failure::server())), [""; 0]);
    assert!(world.session.wants_packets());
}

#[test]
fn what_ends_it() {
    let long = format!("{REGISTER}{}", "x".repeat(2000));
    for (packet, reason) in [
        (publish(REGISTER, QoS::ExactlyOnce), "close: PUBLISH with QoS 2"),
        (publish("devices/dev-01/messages/events/", QoS::AtMostOnce), "close: PUBLISH to a topic that is not one"),
        (publish("$iothub/twin/GET/?$rid=1", QoS::AtMostOnce), "close: PUBLISH to a topic that is not one"),
        (publish(&long, QoS::AtMostOnce), "close: protocol error: a request id that is too long"),
        (Packet::Connect(Box::new(usual())), "close: protocol error: a packet that has no place"),
        (Packet::PingResponse, "close: protocol error: a packet that has no place"),
    ] {
        let words = World::admitted(600).take(packet);
        assert!(words.len() == 1 && words[0].starts_with(reason), "{words:?}");
    }
    let mut world = World::admitted(600);
    assert_eq!(world.session.next_tick(at(0)), Some(Duration::from_secs(90)));
    assert_eq!(world.tick(89), [""; 0]);
    assert_eq!(world.tick(90), ["close: silent for too long"]);
    // The silence is ours while a request is worked on.
    let mut world = World::admitted(600);
    world.take(publish(REGISTER, QoS::AtMostOnce));
    assert_eq!(world.tick(599), [""; 0]);
    assert_eq!(world.tick(600), ["close: the token has expired"]);
}
