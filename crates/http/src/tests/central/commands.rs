//! Commands of one device (iot-central §7.3).

use std::time::Duration;

use bellwether_engine::CallError;
use serde_json::{Value, json};

use super::{Central, outcome};

const COOLER: &str = r#"{"template":"dtmi:acme:cooler;1"}"#;

async fn start() -> (Central, bellwether_model::DeviceSeq) {
    let central = Central::start().await;
    central.template("dtmi:acme:cooler;1").await;
    assert_eq!(outcome(&central.ask("PUT /devices/c1", COOLER).await), "200");
    let seq = central.hub.seq("c1").await;
    (central, seq)
}

#[tokio::test]
async fn answers_and_history() {
    let (central, seq) = start().await;
    let devices = &central.hub.devices;
    devices.answer(seq, 200, r#"{"at":1.50}"#);
    let reply = central.ask("POST /devices/c1/commands/restart", r#"{"request":5,"responseTimeout":7}"#).await;
    assert_eq!(outcome(&reply), "201", "{}", reply.text);
    let first = reply.json();
    assert!(first["id"].as_str().is_some_and(|id| id.len() == 36));
    assert!(
        reply.text.ends_with(
            r#""connectionTimeout":0,"responseTimeout":7,"request":5,"response":{"at":1.50},"responseCode":200}"#
        ),
        "{}",
        reply.text
    );
    // A status that says an error is an answer too.
    devices.answer(seq, 501, "null");
    let second = central.ask("POST /devices/c1/commands/restart", "{}").await;
    assert_eq!(outcome(&second), "201");
    assert_eq!((&second.json()["responseCode"], &second.json()["response"]), (&json!(501), &Value::Null));
    assert_eq!(second.json().get("request"), None);
    let component = central.ask("POST /devices/c1/components/fan/commands/stop", "").await;
    assert_eq!(outcome(&component), "201", "a body is not needed: {}", component.text);
    let calls: Vec<_> = devices.calls.lock().iter().map(|call| (call.name.clone(), call.payload.clone())).collect();
    let expected = [("restart", "5"), ("restart", "null"), ("fan*stop", "null")];
    assert_eq!(calls, expected.map(|(name, payload)| (name.to_owned(), payload.to_owned())));

    let page = central.ask("GET /devices/c1/commands/restart?maxpagesize=1", "").await.json();
    assert_eq!(page["value"], json!([second.json()]), "the newest first");
    let next = page["nextLink"].as_str().unwrap().split_once("/api").unwrap().1;
    let page = central.ask(&format!("GET {next}"), "").await.json();
    assert_eq!((&page["value"], page.get("nextLink")), (&json!([first]), None));
    let page = central.ask("GET /devices/c1/components/fan/commands/stop", "").await.json();
    assert_eq!(page["value"], json!([component.json()]));
    let page = central.ask("GET /devices/c1/commands/ping", "").await.json();
    assert_eq!(page, json!({"value": []}));
}

#[tokio::test]
async fn refusals() {
    let (central, seq) = start().await;
    central.hub.devices.answer(seq, 200, "null");
    let unprocessable = "422 UnprocessableEntity";
    central
        .check(
            &central.token,
            &[
                ("POST /devices/none/commands/ping", "{}", "404 NotFound", "no device"),
                ("POST /devices/c1/commands/fly", "{}", "404 NotFound", "no command with this name"),
                ("GET /devices/c1/commands/fly", "", "404 NotFound", "no command with this name"),
                ("POST /devices/c1/commands/target", "{}", "404 NotFound", "no command with this name"),
                ("POST /devices/c1/components/wing/commands/stop", "{}", "404 NotFound", "no component"),
                ("POST /devices/c1/components/fan/commands/ping", "{}", "404 NotFound", "in this component"),
                ("POST /devices/c1/commands/restart", r#"{"request":"soon"}"#, unprocessable, "request: "),
                ("POST /devices/c1/commands/restart", r#"{"request":1.5}"#, unprocessable, "request: "),
                ("POST /devices/c1/commands/ping", r#"{"request":1}"#, unprocessable, "takes no request"),
                ("POST /devices/c1/commands/ping", r#"{"responseTimeout":4}"#, unprocessable, "responseTimeout"),
                ("POST /devices/c1/commands/ping", r#"{"responseTimeout":31}"#, unprocessable, "responseTimeout"),
                ("POST /devices/c1/commands/ping", r#"{"connectionTimeout":31}"#, unprocessable, "connectionTimeout"),
                ("POST /devices/c1/commands/ping", r#"{"connectionTimeout":-1}"#, unprocessable, "connectionTimeout"),
                ("POST /devices/c1/commands/ping", "{", "400 BadRequest", "not JSON"),
                ("POST /devices/c1/commands/later", "{}", "501 NotImplemented", "durable"),
                ("POST /devices/c1/modules/m/commands/x", "{}", "501 NotImplemented", "modules"),
                ("GET /devices/c1/modules/m/commands/x", "", "404 NotFound", "no module"),
            ],
        )
        .await;
    assert!(central.hub.devices.calls.lock().is_empty(), "nothing was sent");
    // null is no request, for any command.
    assert_eq!(outcome(&central.ask("POST /devices/c1/commands/ping", r#"{"request":null}"#).await), "201");
}

#[tokio::test]
async fn devices_that_do_not_answer() {
    let (central, seq) = start().await;
    let ask = async || central.ask("POST /devices/c1/commands/ping", "{}").await;
    let reply = ask().await;
    assert_eq!(outcome(&reply), "404 NotFound");
    assert!(reply.text.contains("not connected"), "{}", reply.text);
    for (error, expected, part) in [
        (CallError::NotConnected, "404 NotFound", "not connected"),
        (CallError::TimedOut, "504 GatewayTimeout", "in time"),
        (CallError::ConnectionLost, "504 GatewayTimeout", "after the call was sent"),
        (CallError::Malformed("no JSON".to_owned()), "502 BadGateway", "no JSON"),
    ] {
        central.hub.devices.fail(seq, error);
        let reply = ask().await;
        assert_eq!(outcome(&reply), expected);
        assert!(reply.text.contains(part), "{}", reply.text);
    }
    // Of those that were sent the history says that there is no answer; the others never happened.
    let history = central.ask("GET /devices/c1/commands/ping", "").await.json();
    let calls = history["value"].as_array().unwrap();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.get("responseCode").is_none() && call.get("response").is_none()));

    central.ask("PATCH /devices/c1", r#"{"enabled":false}"#).await;
    central.hub.devices.answer(seq, 200, "null");
    let reply = ask().await;
    assert_eq!(outcome(&reply), "404 NotFound");
    assert!(reply.text.contains("blocked"), "{}", reply.text);
}

#[tokio::test]
async fn a_device_that_connects_in_time_is_called() {
    let (central, seq) = start().await;
    let connect = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        central.hub.devices.answer(seq, 200, "1");
        central.hub.state.engine.device_reachable(seq);
    };
    let call = central.ask("POST /devices/c1/commands/ping", r#"{"connectionTimeout":30,"responseTimeout":5}"#);
    let (reply, ()) = tokio::join!(call, connect);
    assert_eq!(outcome(&reply), "201", "{}", reply.text);
}

/// Without a template the caller says what there is.
#[tokio::test]
async fn unassigned_devices() {
    let central = Central::start().await;
    central.ask("PUT /devices/u1", "{}").await;
    let seq = central.hub.seq("u1").await;
    central.hub.devices.answer(seq, 200, "null");
    for (call, expected) in [
        ("POST /devices/u1/commands/anything", "201"),
        ("POST /devices/u1/components/any/commands/thing", "201"),
        ("POST /devices/u1/commands/a%2Fb", "400 BadRequest"),
        ("GET /devices/u1/commands/other", "200"),
    ] {
        assert_eq!(outcome(&central.ask(call, "").await), expected, "{call}");
    }
    let deep = format!(r#"{{"request":{}{}}}"#, "[".repeat(65), "]".repeat(65));
    assert_eq!(outcome(&central.ask("POST /devices/u1/commands/x", &deep).await), "422 UnprocessableEntity");
}

#[tokio::test]
async fn the_newest_hundred_calls_of_a_device_are_kept() {
    let central = Central::start().await;
    central.ask("PUT /devices/u1", "{}").await;
    let seq = central.hub.seq("u1").await;
    for n in 0..103 {
        central.hub.devices.answer(seq, n, "null");
        central.ask(&format!("POST /devices/u1/commands/{}", if n < 5 { "old" } else { "new" }), "{}").await;
    }
    let codes = async |name: &str| {
        let page = central.ask(&format!("GET /devices/u1/commands/{name}?maxpagesize=100"), "").await.json();
        page["value"].as_array().unwrap().iter().map(|call| call["responseCode"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(codes("old").await, [4, 3]);
    assert_eq!(codes("new").await, (5..103).rev().collect::<Vec<_>>());
    // Thirty days later nothing is.
    let store = central.hub.state.engine.store();
    let days = |days: i64| super::super::NOW.plus_seconds(days * 86_400);
    assert!(!store.purge_command_history(days(29)).await.unwrap());
    assert_eq!(codes("old").await.len(), 2);
    assert!(!store.purge_command_history(days(31)).await.unwrap());
    assert_eq!(codes("new").await.len(), 0);
}
