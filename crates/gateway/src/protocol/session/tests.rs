use std::num::NonZeroU16;

use bytes::BytesMut;
use proptest::prelude::*;
use rmqtt_codec::types::Protocol;
use rmqtt_codec::v3::{Connect, LastWill};

use super::*;
use crate::protocol::frame;

const DEVICE: &str = "dev-01";

fn at(seconds: u64) -> Now {
    Now { wall: Time(0).plus_seconds(i64::try_from(seconds).unwrap()), uptime: Duration::from_secs(seconds) }
}

fn connect() -> Connect {
    Connect {
        protocol: Protocol(4),
        clean_session: false,
        keep_alive: 60,
        last_will: None,
        client_id: DEVICE.into(),
        username: Some("hub/dev-01/?api-version=2021-04-12".into()),
        password: Some("token".into()),
        cert: None,
    }
}

fn publish(topic: &str, qos: QoS, payload: &str) -> Packet {
    let packet_id = (qos != QoS::AtMostOnce).then(|| NonZeroU16::new(7).unwrap());
    Packet::Publish(Box::new(Publish {
        dup: false,
        retain: false,
        qos,
        topic: topic.to_owned().into(),
        packet_id,
        payload: payload.to_owned().into(),
        properties: None,
    }))
}

fn subscribe(filters: &[(&str, QoS)]) -> Packet {
    Packet::Subscribe {
        packet_id: NonZeroU16::new(3).unwrap(),
        topic_filters: filters.iter().map(|(f, q)| ((*f).to_owned().into(), *q)).collect(),
    }
}

struct Driver {
    session: Session,
}

impl Driver {
    /// A session that was admitted at second 0, its token ending at second 3600.
    fn open(connect: Connect, stored: &[&str]) -> (Driver, Vec<String>) {
        let mut driver = Driver { session: Session::new(1, at(0), Duration::from_secs(60)) };
        let asked = driver.packet(Packet::Connect(Box::new(connect)), 0);
        assert!(asked.iter().all(|c| c.starts_with("authenticate")), "{asked:?}");
        let stored = (!stored.is_empty()).then(|| Subscriptions::from_rows(stored.iter().map(|f| (*f, 0)), DEVICE));
        let admitted = Admitted { ends: at(3600).wall, stored };
        let said = driver.run(|s, out| s.admit(admitted, at(0), out));
        (driver, said)
    }

    fn with(stored: &[&str]) -> Driver {
        Driver::open(connect(), stored).0
    }

    fn run(&mut self, step: impl FnOnce(&mut Session, &mut Vec<Command>)) -> Vec<String> {
        let mut out = Vec::new();
        step(&mut self.session, &mut out);
        out.into_iter().map(show).collect()
    }

    fn packet(&mut self, packet: Packet, second: u64) -> Vec<String> {
        self.run(|s, out| s.packet(packet, at(second), out))
    }

    fn tick(&mut self, second: u64) -> Vec<String> {
        self.run(|s, out| s.tick(at(second), out))
    }
}

/// A command in short.
fn show(command: Command) -> String {
    match command {
        Command::Send(packet) => format!("send {}", show_packet(packet)),
        Command::Authenticate(request) => format!("authenticate {}", request.device),
        Command::AuthenticateRegistrant(who) => format!("authenticate registrant {}", who.id),
        Command::Registration(request) => format!("{request:?}"),
        Command::Subscribed => "subscribed".to_owned(),
        Command::SaveSubscriptions { rows, then } => {
            let then = then.map(|then| format!(" then {}", show_packet(then))).unwrap_or_default();
            match rows {
                Some(rows) => format!("save {}{then}", rows.len()),
                None => format!("forget{then}"),
            }
        }
        Command::Twin(TwinRequest::Read { rid }) => format!("read {rid}"),
        Command::Twin(TwinRequest::Report { rid, patch, if_version }) => {
            format!("report {rid:?} {} {if_version:?}", String::from_utf8_lossy(&patch))
        }
        Command::Answer { rid, answer: Ok(answer) } => format!("answer {rid} {} {}", answer.status, answer.payload),
        Command::Answer { rid, answer: Err(why) } => format!("answer {rid} malformed: {why}"),
        Command::Telemetry { bag, body } => format!("telemetry [{bag}] {}", String::from_utf8_lossy(&body)),
        Command::Will => "will".to_owned(),
        Command::Close(reason) => format!("close: {reason}"),
    }
}

fn show_packet(packet: Packet) -> String {
    match packet {
        Packet::ConnectAck(ack) => format!("CONNACK {} {}", u8::from(ack.return_code), ack.session_present),
        Packet::Publish(p) => format!(
            "{} q{}{} {}",
            p.topic,
            u8::from(p.qos),
            p.packet_id.map(|id| format!(" #{id}")).unwrap_or_default(),
            String::from_utf8_lossy(&p.payload)
        ),
        Packet::SubscribeAck { status, .. } => {
            let codes = status.iter().map(|s| match s {
                SubscribeReturnCode::Success(qos) => u8::from(*qos),
                SubscribeReturnCode::Failure => 0x80,
            });
            format!("SUBACK {:?}", codes.collect::<Vec<_>>())
        }
        Packet::PublishAck { packet_id } => format!("PUBACK {packet_id}"),
        Packet::UnsubscribeAck { .. } => "UNSUBACK".to_owned(),
        other => format!("{other:?}"),
    }
}

const TWIN: &str = "$iothub/twin/res/#";
const DESIRED: &str = "$iothub/twin/PATCH/properties/desired/#";
const METHODS: &str = "$iothub/methods/POST/#";
const DEVICEBOUND: &str = "devices/dev-01/messages/devicebound/#";

#[test]
fn session_present_and_stored_subscriptions() {
    let table = [
        (false, &[][..], vec!["send CONNACK 0 false", "subscribed"]),
        (false, &[TWIN], vec!["send CONNACK 0 true", "subscribed"]),
        (true, &[], vec!["send CONNACK 0 false", "subscribed"]),
        (true, &[TWIN], vec!["send CONNACK 0 false", "forget", "subscribed"]),
    ];
    for (clean_session, stored, said) in table {
        let (driver, found) = Driver::open(Connect { clean_session, ..connect() }, stored);
        assert_eq!(found, said, "{clean_session} {stored:?}");
        let restored = driver.session.subscriptions().unwrap().twin_answers.is_some();
        assert_eq!(restored, !clean_session && !stored.is_empty());
    }
}

#[test]
fn first_packet_has_to_be_connect() {
    for packet in [Packet::PingRequest, publish("a", QoS::AtMostOnce, ""), Packet::Disconnect] {
        let mut driver = Driver { session: Session::new(1, at(0), Duration::from_secs(60)) };
        assert_eq!(driver.packet(packet, 0), ["close: the first packet is not CONNECT"]);
        assert!(driver.session.is_closed());
    }
}

#[test]
fn connect_has_to_come_in_time() {
    let mut driver = Driver { session: Session::new(1, at(0), Duration::from_secs(60)) };
    assert_eq!(driver.session.next_tick(at(10)), Some(Duration::from_secs(50)));
    assert!(driver.tick(59).is_empty());
    assert_eq!(driver.tick(60), ["close: no CONNECT in time"]);
}

#[test]
fn refusals_are_answered_then_closed() {
    let mut driver = Driver { session: Session::new(1, at(0), Duration::from_secs(60)) };
    let wrong = Connect { client_id: "dev-02".into(), ..connect() };
    assert_eq!(
        driver.packet(Packet::Connect(Box::new(wrong)), 0),
        ["send CONNACK 2 false", "close: refused: the client id does not agree with the user name"]
    );
    for (frame, code) in [(BadFrame::ProtocolLevel, 1), (BadFrame::EmptyClientId, 2)] {
        let mut driver = Driver { session: Session::new(1, at(0), Duration::from_secs(60)) };
        let said = driver.run(|s, out| s.bad_frame(frame, out));
        assert_eq!(said[0], format!("send CONNACK {code} false"));
    }
    let mut driver = Driver { session: Session::new(1, at(0), Duration::from_secs(60)) };
    driver.packet(Packet::Connect(Box::new(connect())), 0);
    assert!(!driver.session.wants_packets());
    let said = driver.run(|s, out| s.refuse(Refusal::Disabled, out));
    assert_eq!(said, ["send CONNACK 3 false", "close: refused: the device is disabled"]);
    assert!(driver.run(|s, out| s.admit(Admitted { ends: at(1).wall, stored: None }, at(0), out)).is_empty());
}

#[test]
fn subscribe_saves_before_it_acknowledges() {
    let mut driver = Driver::with(&[]);
    let all = subscribe(&[
        (DEVICEBOUND, QoS::AtLeastOnce),
        (TWIN, QoS::AtMostOnce),
        ("nonsense/#", QoS::AtMostOnce),
        (METHODS, QoS::ExactlyOnce),
        (DESIRED, QoS::AtMostOnce),
    ]);
    assert_eq!(driver.packet(all.clone(), 1), ["subscribed", "save 4 then SUBACK [1, 0, 128, 1, 0]"]);
    assert_eq!(driver.packet(all, 1), ["send SUBACK [1, 0, 128, 1, 0]"], "nothing new, nothing to write");
    let gone = Packet::Unsubscribe { packet_id: NonZeroU16::MIN, topic_filters: vec![TWIN.into(), "x".into()] };
    assert_eq!(driver.packet(gone.clone(), 1), ["subscribed", "save 3 then UNSUBACK"]);
    assert_eq!(driver.packet(gone, 1), ["send UNSUBACK"]);
}

#[test]
fn clean_sessions_save_nothing() {
    let (mut driver, _) = Driver::open(Connect { clean_session: true, ..connect() }, &[]);
    assert_eq!(driver.packet(subscribe(&[(TWIN, QoS::AtLeastOnce)]), 1), ["subscribed", "send SUBACK [1]"]);
}

#[test]
fn publishes() {
    let table: [(&str, QoS, &str, &[&str]); 14] = [
        ("devices/dev-01/messages/events/", QoS::AtMostOnce, "x", &["telemetry [] x"]),
        ("devices/dev-01/messages/events/a=b", QoS::AtLeastOnce, "x", &["send PUBACK 7", "telemetry [a=b] x"]),
        ("$iothub/twin/GET/?$rid=a.b", QoS::AtMostOnce, " ", &["read a.b"]),
        ("$iothub/twin/GET/?$rid=1", QoS::AtLeastOnce, "", &["send PUBACK 7", "read 1"]),
        ("$iothub/twin/GET/", QoS::AtLeastOnce, "", &["send PUBACK 7"]),
        ("$iothub/twin/PATCH/properties/reported/?$rid=1", QoS::AtMostOnce, "{}", &["report Some(\"1\") {} None"]),
        ("$iothub/twin/PATCH/properties/reported/", QoS::AtMostOnce, "{}", &["report None {} None"]),
        (
            "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=4",
            QoS::AtMostOnce,
            "{",
            &["report Some(\"1\") { Some(4)"],
        ),
        (
            "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=x",
            QoS::AtMostOnce,
            "{}",
            &["report Some(\"1\") {} Some(-1)"],
        ),
        ("$iothub/methods/res/200/?$rid=f", QoS::AtLeastOnce, "[1]", &["send PUBACK 7", "answer f 200 [1]"]),
        (
            "$iothub/methods/res/x/?$rid=f",
            QoS::AtMostOnce,
            "",
            &["answer f malformed: the status \"x\" is not an integer"],
        ),
        ("$iothub/methods/res/200/", QoS::AtMostOnce, "", &[]),
        (
            "devices/dev-02/messages/events/",
            QoS::AtLeastOnce,
            "",
            &["close: PUBLISH to a topic that is not one of the device's own"],
        ),
        ("devices/dev-01/messages/events/", QoS::ExactlyOnce, "", &["close: PUBLISH with QoS 2"]),
    ];
    for (topic, qos, payload, said) in table {
        assert_eq!(Driver::with(&[TWIN]).packet(publish(topic, qos, payload), 1), said, "{topic}");
    }
}

#[test]
fn long_request_ids_close() {
    let topic = format!("$iothub/twin/GET/?$rid={}", "a".repeat(RID_MAX + 1));
    assert!(Driver::with(&[TWIN]).packet(publish(&topic, QoS::AtMostOnce, ""), 1)[0].starts_with("close: protocol"));
}

#[test]
fn other_packets() {
    let id = NonZeroU16::MIN;
    for (packet, said) in [
        (Packet::PingRequest, &["send PingResponse"][..]),
        (Packet::PublishAck { packet_id: id }, &[]),
        (Packet::Disconnect, &["close: the device disconnected"]),
        (Packet::Connect(Box::new(connect())), &["close: protocol error: a second CONNECT"]),
        (Packet::PublishRelease { packet_id: id }, &["close: protocol error: a packet of the QoS 2 exchange"]),
        (Packet::PingResponse, &["close: protocol error: a packet that only servers send"]),
    ] {
        assert_eq!(Driver::with(&[]).packet(packet, 1), said);
    }
    let said = Driver::with(&[]).run(|s, out| s.bad_frame(BadFrame::ProtocolLevel, out));
    assert_eq!(said, ["close: protocol error: a second CONNECT"]);
}

#[test]
fn twin_answers_only_for_subscribers() {
    let mut driver = Driver::with(&[]);
    assert!(driver.run(|s, out| s.twin_read("1", Ok("{}".into()), at(1), out)).is_empty());
    driver.packet(subscribe(&[(TWIN, QoS::AtLeastOnce)]), 1);
    assert_eq!(
        driver.run(|s, out| s.twin_read("1", Ok("{}".into()), at(1), out)),
        ["send $iothub/twin/res/200/?$rid=1 q1 #1 {}"]
    );
    assert_eq!(
        driver.run(|s, out| s.reported(Some("%2F"), Ok(5), at(1), out)),
        ["send $iothub/twin/res/204/?$rid=%2F&$version=5 q1 #2 "]
    );
    assert!(driver.run(|s, out| s.reported(None, Ok(5), at(1), out)).is_empty());
    let said = driver.run(|s, out| s.reported(Some("2"), Err(TwinFailure::precondition("no")), at(1), out));
    assert!(said[0].starts_with(r#"send $iothub/twin/res/412/?$rid=2 q1 #3 {"errorCode":412001,"#), "{said:?}");
}

#[test]
fn calls_and_desired_changes() {
    let call = MethodCall {
        name: "thermostat1*get".into(),
        payload: "null".into(),
        response_timeout: 30,
        connect_timeout: None,
    };
    let mut out = Vec::new();
    let mut driver = Driver::with(&[]);
    assert!(!driver.session.call("f", &call, &mut out));
    driver.session.desired_changed("{}", 2, &mut out);
    assert!(out.is_empty());

    let mut driver = Driver::with(&[METHODS, DESIRED]);
    driver.packet(subscribe(&[(METHODS, QoS::AtLeastOnce)]), 1);
    assert_eq!(
        driver.run(|s, out| assert!(s.call("f", &call, out))),
        ["send $iothub/methods/POST/thermostat1*get/?$rid=f q0 null"]
    );
    for (patch, body) in
        [("{}", r#"{"$version":2}"#), (r#"{"a":null,"b":{"c":[1]}}"#, r#"{"a":null,"b":{"c":[1]},"$version":2}"#)]
    {
        assert_eq!(
            driver.run(|s, out| s.desired_changed(patch, 2, out)),
            [format!("send $iothub/twin/PATCH/properties/desired/?$version=2 q0 {body}")]
        );
    }
}

#[test]
fn silence_closes() {
    let mut driver = Driver::with(&[]);
    assert_eq!(driver.session.next_tick(at(0)), Some(Duration::from_secs(90)));
    assert!(driver.tick(89).is_empty());
    driver.packet(Packet::PingRequest, 80);
    assert!(driver.tick(169).is_empty());
    assert_eq!(driver.session.next_tick(at(169)), Some(Duration::from_secs(1)));
    driver.session.excuse_silence(at(100));
    assert!(driver.tick(170).is_empty());
    assert_eq!(driver.tick(190), ["close: silent for too long"]);
    assert_eq!(driver.session.next_tick(at(190)), None);
}

#[test]
fn the_tokens_end_closes() {
    let mut driver = Driver::with(&[]);
    driver.packet(Packet::PingRequest, 3590);
    assert_eq!(driver.session.next_tick(at(3590)), Some(Duration::from_secs(10)));
    assert!(driver.tick(3599).is_empty());
    assert_eq!(driver.tick(3600), ["close: the token has expired"]);
}

#[test]
fn a_will_counts_unless_the_device_disconnects() {
    let will = LastWill {
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "devices/dev-01/messages/events/".into(),
        message: "gone".into(),
    };
    let with_will = || Driver::open(Connect { last_will: Some(will.clone()), ..connect() }, &[]).0;
    assert_eq!(with_will().run(|s, out| s.close(CloseReason::LinkLost, out)), ["will", "close: the link was lost"]);
    assert_eq!(with_will().packet(Packet::Disconnect, 1), ["close: the device disconnected"]);
}

#[test]
fn an_idle_session_is_small() {
    assert!(size_of::<Session>() <= 160, "{}", size_of::<Session>());
}

fn admitted() -> Session {
    Driver::with(&[TWIN, DESIRED, METHODS]).session
}

/// Feeds bytes in pieces as the socket loop does; panics and memory beyond the cap are the failures.
fn feed(mut session: Session, pieces: &[Vec<u8>]) {
    let mut buffer = BytesMut::new();
    let mut out = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while session.wants_packets() {
            match frame::next_packet(&mut buffer, session.expect()) {
                Ok(None) => break,
                Ok(Some(packet)) => session.packet(packet, at(1), &mut out),
                Err(error) => session.bad_frame(error, &mut out),
            }
            if matches!(out.last(), Some(Command::Authenticate(_))) {
                session.admit(Admitted { ends: at(99).wall, stored: None }, at(1), &mut out);
            }
        }
        if session.is_closed() {
            return;
        }
        assert!(buffer.len() <= frame::PACKET_MAX, "{}", buffer.len());
        // Growth is by doubling at most; what a length field claims must not show.
        let fed: usize = pieces.iter().map(Vec::len).sum();
        assert!(buffer.capacity() <= 64 + 4 * fed, "{} for {fed}", buffer.capacity());
        for command in out.drain(..) {
            if let Command::Send(packet) = command {
                frame::encode(packet, &mut BytesMut::new()).unwrap();
            }
        }
    }
}

fn some_packet() -> impl Strategy<Value = Vec<u8>> {
    let topic = prop_oneof![
        Just("devices/dev-01/messages/events/".to_owned()),
        "\\$iothub/(twin/GET|twin/PATCH/properties/reported|methods/res/[0-9a-z]{0,4})/\\?[$a-z=&0-9]{0,20}",
        ".{0,30}",
    ];
    let filter = prop_oneof![Just(METHODS.to_owned()), "\\$iothub/methods/POST/.{0,8}/#", ".{0,30}"];
    prop_oneof![
        (topic, any::<Vec<u8>>(), 0..3_u8).prop_map(|(topic, payload, qos)| {
            let qos = QoS::try_from(qos).unwrap();
            encoded(publish(&topic, qos, &String::from_utf8_lossy(&payload)))
        }),
        (filter, 0..3_u8).prop_map(|(f, q)| encoded(subscribe(&[(&f, QoS::try_from(q).unwrap())]))),
        Just(encoded(Packet::Connect(Box::new(connect())))),
        Just(encoded(Packet::PingRequest)),
    ]
}

fn encoded(packet: Packet) -> Vec<u8> {
    let mut out = BytesMut::new();
    frame::encode(packet, &mut out).unwrap();
    out.to_vec()
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(pieces: Vec<Vec<u8>>, open: bool) {
        let session = if open { admitted() } else { Session::new(1, at(0), Duration::from_secs(60)) };
        feed(session, &pieces);
    }

    #[test]
    fn damaged_packets_never_panic(
        mut packets in prop::collection::vec(some_packet(), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..3),
        open: bool,
    ) {
        for (which, at, byte) in damage {
            let packet = which.get_mut(&mut packets);
            let at = at.index(packet.len());
            packet[at] = byte;
        }
        let session = if open { admitted() } else { Session::new(1, at(0), Duration::from_secs(60)) };
        feed(session, &packets);
    }
}
