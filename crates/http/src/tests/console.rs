//! The page at `/console`, over the files of `tests/page`.

use axum::Router;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use rust_embed::RustEmbed;
use tower::ServiceExt;

use super::*;
use crate::console_routes;

#[derive(RustEmbed)]
#[folder = "src/tests/page"]
struct Page;

/// A build without a page.
#[derive(RustEmbed)]
#[folder = "src/tests/no-such-folder"]
#[allow_missing = true]
struct Nothing;

async fn get<Files: RustEmbed + Send + Sync + 'static>(path: &str, headers: &[(&str, &str)]) -> Reply {
    let router: Router = console_routes::<Files>(Router::new()).with_state(Hub::start().await.state);
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

#[tokio::test]
async fn the_page_stands_at_every_place_in_it() {
    let mut nonces = std::collections::HashSet::new();
    for path in ["/console", "/console/", "/console/jobs/instances/j.1", "/console/index.html"] {
        let reply = get::<Page>(path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(reply.header("content-encoding"), None, "{path}");
        let policy = reply.header("content-security-policy").unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(reply.text.contains(&format!("nonce=\"{nonce}\"")), "{path}: {}", reply.text);
        assert!(!reply.text.contains("__CSP_NONCE__") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert!(nonces.insert(nonce), "{path}: a nonce came twice");
    }
}

#[tokio::test]
async fn files_go_out_packed_and_are_kept() {
    let asset = "/console/assets/main-1a2b.js";
    for (accepts, coding, text) in
        [("br, gzip", Some("br"), "BR\n"), ("gzip", Some("gzip"), "GZ\n"), ("", None, "1;\n")]
    {
        let reply = get::<Page>(asset, &[("accept-encoding", accepts)]).await;
        assert_eq!((reply.status, reply.header("content-encoding"), &*reply.text), (StatusCode::OK, coding, text));
        assert_eq!(reply.header("content-type"), Some("text/javascript"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        let again = [("accept-encoding", accepts), ("if-none-match", reply.header("etag").unwrap())];
        let same = get::<Page>(asset, &again).await;
        assert_eq!((same.status, &*same.text), (StatusCode::NOT_MODIFIED, ""));
    }
    // Its name does not change with its content.
    let icon = get::<Page>("/console/favicon.svg", &[("accept-encoding", "br")]).await;
    assert_eq!(icon.header("cache-control"), Some("no-cache"));
    assert_eq!((icon.header("content-type"), icon.header("content-encoding")), (Some("image/svg+xml"), None));
    let gone = get::<Page>("/console/assets/main-0000.js", &[]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.header("cache-control").is_none());
}

#[tokio::test]
async fn nothing_beside_the_page_is_read() {
    for path in [
        "/console/../console.rs",
        "/console/%2e%2e/console.rs",
        "/console/%2e%2e%2fconsole.rs",
        "/console/assets/..%2f..%2fconsole.rs",
    ] {
        let reply = get::<Page>(path, &[]).await;
        assert!(!reply.text.contains("nothing_beside_the_page_is_read"), "{path}");
    }
}

#[tokio::test]
async fn a_build_without_the_page_says_so() {
    for path in ["/console", "/console/jobs"] {
        let reply = get::<Nothing>(path, &[]).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(reply.text.contains("make console"), "{path}: {}", reply.text);
    }
}

/// Only `/` and `/console…` are the console's; everything else is the hub's.
#[tokio::test]
async fn the_hub_keeps_its_paths() {
    let hub = Hub::start().await;
    let root = hub.send(Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!((root.status, root.header("location")), (StatusCode::TEMPORARY_REDIRECT, Some("/console")));
    assert_eq!(hub.ask("GET /devices", &[], "").await.status, StatusCode::OK);
    for call in ["GET /consoles", "POST /", "POST /console", "PUT /console/jobs"] {
        let reply = hub.ask(call, &[], "").await;
        assert!(reply.header("iothub-errorcode").is_some(), "{call}: {}", reply.text);
    }
}
