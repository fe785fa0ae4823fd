//! Live updates of a job: read over the router while it runs.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt;

use super::super::{HOST, Hub};
use super::jobs::{command, fleet};
use super::{Central, OWN, outcome};
use crate::Limits;

/// A stream as a client reads it.
struct Events {
    body: Body,
    text: String,
    heartbeats: usize,
}

/// One event: its name, its id, what it holds.
type Event = (String, u64, Value);

impl Events {
    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let event = field("event: ").zip(field("id: ")).zip(field("data: "));
                self.heartbeats += usize::from(block.starts_with(':'));
                self.text = rest.to_owned();
                if let Some(((name, id), data)) = event {
                    return Some((name, id.parse().unwrap(), serde_json::from_str(&data).unwrap()));
                }
                continue;
            }
            let frame = timeout(Duration::from_secs(10), self.body.frame()).await.expect("a stream is silent");
            let bytes = frame?.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// All that is left, to the end of the stream. The numbers go on without a gap after `told`.
    async fn rest(&mut self, mut told: u64) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            let (name, id, data) = &event;
            if name == "job" {
                assert_eq!((&data["first"], &data["last"]), (&json!(told + 1), &json!(id)), "{data}");
                assert!(*id > told);
                told = *id;
            }
            all.push(event);
        }
        assert_eq!(all.last().map(|(name, id, _)| (name.as_str(), *id)), Some(("end", told)));
        all
    }
}

impl Central {
    async fn open(&self, token: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        let mark = if target.contains('?') { '&' } else { '?' };
        let mut request = Request::get(format!("/api{target}{mark}api-version={OWN}"))
            .header("Host", HOST)
            .header("Authorization", token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.hub.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn events(&self, target: &str, headers: &[(&str, &str)]) -> Events {
        let response = self.open(&self.token, target, headers).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Events { body: response.into_body(), text: String::new(), heartbeats: 0 }
    }

    /// A job of the hub face that waits for a device which is not there.
    async fn waiting_job(&self, id: &str) {
        let body =
            r#"{"type": "scheduleDeviceMethod", "queryCondition": "*", "cloudToDeviceMethod": {"methodName": "m"}}"#;
        let reply = self.hub.ask(&format!("PUT /jobs/v2/{id}"), &[], body).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
        self.hub.until(id, "running").await;
    }
}

#[tokio::test]
async fn a_job_is_followed_from_beginning_to_end() {
    let central = fleet(8).await;
    for n in 0..7 {
        let seq = central.hub.seq(&format!("d{n}")).await;
        central.hub.devices.answer(seq, 200, "null");
    }
    *central.hub.devices.delay.lock() = Duration::from_millis(150);
    let mut job = command("reboot");
    job["batch"] = json!({"type": "number", "value": 2});
    job["cancellationThreshold"] = json!({"type": "number", "value": 5});
    assert_eq!(outcome(&central.job("j", &job).await), "200");
    let all = central.events("/jobs/j/events", &[]).await.rest(0).await;
    assert!(all.len() > 3, "batch after batch is told: {}", all.len());
    let (_, _, last) = &all[all.len() - 2];
    assert_eq!(
        last["counters"],
        json!({"total": 8, "succeeded": 7, "failed": 1, "neverReached": 1, "running": 0, "pending": 0, "cancelled": 0})
    );
    assert_eq!(
        last["openBatch"],
        json!({"number": 4, "of": 4, "size": 2, "succeeded": 1, "failed": 1, "pauses": false})
    );
    assert_eq!(last["gauge"], json!({"failed": 1, "borne": 5, "devices": 8, "perBatch": false}));
    assert_eq!((&last["status"], last["time"].is_string()), (&json!("complete"), true));
    // Only what was touched since the one before.
    assert!(last["touched"].to_string().ends_with(",6]]") || last["touched"].to_string().ends_with(",7]]"), "{last}");
    let (name, _, end) = all.last().unwrap();
    assert_eq!((name.as_str(), &end["status"]), ("end", &json!("complete")));

    // It goes on after any of them, whichever way that is said; the header is the newer one.
    let known = last["last"].as_u64().unwrap();
    for (target, headers) in [
        (format!("/jobs/j/events?after={}", known - 2), vec![]),
        ("/jobs/j/events?after=1".to_owned(), vec![("Last-Event-ID", (known - 2).to_string())]),
    ] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let again = central.events(&target, &headers).await.rest(known - 2).await;
        assert_eq!(again.len(), 2, "{again:?}");
    }
    assert_eq!(central.events(&format!("/jobs/j/events?after={known}"), &[]).await.rest(known).await.len(), 1);
    // A number that the job never came to.
    let mut events = central.events("/jobs/j/events?after=1000", &[]).await;
    let (name, id, data) = events.next().await.unwrap();
    assert_eq!((name.as_str(), id, &data["first"], data.get("touched")), ("reset", known, &json!(known), None));
    assert_eq!(events.rest(known).await.len(), 1);
    // The grid says with which number it goes together.
    let page = central.ask_in(OWN, "GET /jobs/j/devices", "").await.json();
    assert_eq!(page["event"], known);
    for (call, expected) in [
        ("GET /jobs/j/events?after=x", "400 BadRequest"),
        ("GET /jobs/j/events?after=-1", "400 BadRequest"),
        ("GET /jobs/none/events", "404 NotFound"),
    ] {
        assert_eq!(outcome(&central.ask_in(OWN, call, "").await), expected, "{call}");
    }
}

/// The engine goes, and another takes the store: the numbers go on.
#[tokio::test]
async fn over_a_restart() {
    let mut central = fleet(2).await;
    let first = central.hub.seq("d0").await;
    central.hub.devices.answer(first, 200, "null");
    central.waiting_job("j").await;
    let mut events = central.events("/jobs/j/events", &[]).await;
    let mut told = 0;
    while told == 0
        || central.hub.ask("GET /jobs/v2/j", &[], "").await.json()["deviceJobStatistics"]["succeededCount"] != 1
    {
        let (_, id, data) = events.next().await.unwrap();
        assert_eq!(data["first"], told + 1);
        told = id;
    }
    drop(events);
    central.hub = central.hub.restarted(bellwether_engine::Limits::default()).await;
    let second = central.hub.seq("d1").await;
    central.hub.devices.answer(second, 200, "null");
    central.hub.state.engine.device_reachable(second);
    let rest = central.events("/jobs/j/events?after=1", &[("Last-Event-ID", &told.to_string())]).await.rest(told).await;
    let (_, _, end) = rest.last().unwrap();
    assert_eq!((&end["status"], &end["counters"]["succeeded"]), (&json!("complete"), &json!(2)));
}

#[tokio::test]
async fn nothing_happens_for_a_while() {
    let central = fleet(1).await;
    central.waiting_job("j").await;
    let mut events = central.events("/jobs/j/events", &[]).await;
    let (_, id, _) = events.next().await.unwrap();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        central.hub.ask("POST /jobs/v2/j/cancel", &[], "").await;
    };
    let (rest, ()) = tokio::join!(events.rest(id), cancel);
    assert!(events.heartbeats >= 2, "{}", events.heartbeats);
    // A cancel touches all that was pending.
    assert_eq!((&rest[0].2["status"], rest[0].2.get("touched")), (&json!("cancelled"), None));
}

#[tokio::test]
async fn a_token_that_is_revoked_sees_no_more() {
    let central = fleet(1).await;
    central.waiting_job("j").await;
    let token = super::make_token(&central.hub, "guest", &[(bellwether_model::access::Role::Operator, None)]).await;
    let body = central.open(&token, "/jobs/j/events", &[]).await.into_body();
    let mut events = Events { body, text: String::new(), heartbeats: 0 };
    events.next().await.unwrap();
    assert_eq!(outcome(&central.ask("DELETE /apiTokens/guest", "").await), "204");
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let central = fleet(1).await;
    central.waiting_job("j").await;
    let mut events = central.events("/jobs/j/events", &[]).await;
    events.next().await.unwrap();
    central.hub.state.readiness.set_draining();
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn too_many_streams() {
    let limits = Limits { streams_per_caller: 1, ..Limits::default() };
    let central = Central::of(Hub::with(limits).await).await;
    central.hub.create("d0").await;
    central.waiting_job("j").await;
    let events = central.events("/jobs/j/events", &[]).await;
    let refused = central.ask_in(OWN, "GET /jobs/j/events", "").await;
    assert_eq!((outcome(&refused).as_str(), refused.header("retry-after")), ("429 TooManyRequests", Some("15")));
    drop(events);
    central.events("/jobs/j/events", &[]).await.next().await.unwrap();
}
