//! What holds for every request: token, version, path, CORS.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::Request;
use bellwether_engine::Limits;

use super::super::Hub;
use super::{Central, NEWEST, outcome};
use crate::CorsOrigins;

#[tokio::test]
async fn tokens() {
    let central = Central::start().await;
    let cases = [
        (Some(central.token.clone()), "200"),
        (None, "401 Unauthorized"),
        (Some("Bearer eyJ0.eyJh.c2ln".to_owned()), "401 Unauthorized"),
        (Some(central.token.replace("administrator", "operator")), "401 Unauthorized"),
        (Some(central.token.replace("sig=", "sig=AA")), "401 Unauthorized"),
        (Some(super::super::token("iothubowner")), "401 Unauthorized"),
    ];
    for (token, expected) in cases {
        let reply = central.ask_as(token.as_deref(), NEWEST, "GET /organizations", &[], "").await;
        assert_eq!(outcome(&reply), expected, "{token:?}");
    }
    let reply = central.ask_as(Some("Bearer x"), NEWEST, "GET /organizations", &[], "").await;
    assert!(reply.text.contains("single sign-on"), "{}", reply.text);
}

#[tokio::test]
async fn versions_and_paths() {
    let central = Central::start().await;
    for (version, call, expected) in [
        (NEWEST, "GET /organizations", "200"),
        (NEWEST, "GET /organizations/", "200"),
        ("1.1-preview", "GET /organizations", "200"),
        ("preview", "GET /organizations", "404 NotFound"),
        ("2099-01-01", "GET /organizations", "400 BadRequest"),
        (NEWEST, "GET /organizations/none", "404 NotFound"),
        (NEWEST, "POST /organizations/none", "405 MethodNotAllowed"),
        (NEWEST, "GET /nothing", "404 NotFound"),
    ] {
        assert_eq!(outcome(&central.ask_in(version, call, "").await), expected, "{version} {call}");
    }
}

/// A page of another origin may call with a token (iot-central §13.2).
#[tokio::test]
async fn cross_origin() {
    let central = Central::start().await;
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/api/jobs/a?api-version=2022-07-31")
        .header("Origin", "https://migrator.example")
        .header("Access-Control-Request-Method", "PUT")
        .header("Access-Control-Request-Headers", "authorization,content-type");
    let reply = central.hub.send(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status.as_u16(), 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert!(reply.header("access-control-allow-methods").is_some_and(|all| all.contains("PUT")));
    let origin = [("Origin", "https://migrator.example")];
    for token in [Some(central.token.as_str()), None] {
        let reply = central.ask_as(token, NEWEST, "GET /organizations", &origin, "").await;
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "also on a failure");
    }
}

/// Only what was let in counts, and the answer says when to come again.
#[tokio::test]
async fn requests_a_second() {
    let limits = Limits { requests_per_second: NonZeroU32::new(3), ..Limits::default() };
    let central = Central::limited(limits).await;
    for _ in 0..3 {
        let reply = central.ask_as(None, NEWEST, "GET /roles", &[], "").await;
        assert_eq!(outcome(&reply), "401 Unauthorized");
    }
    for _ in 0..3 {
        assert_eq!(outcome(&central.ask("GET /roles", "").await), "200");
    }
    let reply = central.ask("GET /roles", "").await;
    assert_eq!((outcome(&reply).as_str(), reply.header("retry-after")), ("429 TooManyRequests", Some("1")));
    assert!(reply.text.contains("central-requests-per-second"), "{}", reply.text);
    central.hub.clock.0.fetch_add(1_000_000, Ordering::SeqCst);
    assert_eq!(outcome(&central.ask("GET /roles", "").await), "200");
}

#[tokio::test]
async fn queries_a_second() {
    let one = NonZeroU32::new(1);
    let limits = Limits { requests_per_second: NonZeroU32::new(2), queries_per_second: one, ..Limits::default() };
    let central = Central::limited(limits).await;
    let query = r#"{"query":"SELECT $id FROM none"}"#;
    assert_eq!(outcome(&central.ask("POST /query", query).await), "422 UnprocessableEntity");
    let reply = central.ask("POST /query", query).await;
    assert_eq!(outcome(&reply), "429 TooManyRequests");
    assert!(reply.text.contains("central-queries-per-second"), "{}", reply.text);
    // The query that was refused took no place among the requests.
    assert_eq!(outcome(&central.ask("GET /roles", "").await), "200");
    assert_eq!(outcome(&central.ask("GET /roles", "").await), "429 TooManyRequests");
}

#[tokio::test]
async fn origins_that_were_named() {
    for (origins, answered) in [
        (CorsOrigins::Only(Vec::new()), None),
        (CorsOrigins::Only(vec!["https://other.example".parse().unwrap()]), None),
        (
            CorsOrigins::Only(vec!["https://other.example".parse().unwrap(), "https://Page.example".parse().unwrap()]),
            Some("https://page.example"),
        ),
    ] {
        let mut hub = Hub::start().await;
        hub.change(|state| state.central_origins = origins.clone());
        let central = Central::of(hub).await;
        let origin = [("Origin", "https://page.example")];
        let reply = central.ask_as(Some(&central.token), NEWEST, "GET /roles", &origin, "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("access-control-allow-origin")),
            (200, answered),
            "{origins:?}"
        );
    }
}
