//! `bellwether token`, and the token of the first start.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};
use support::{Server, run, text};

fn token(data: &Path, args: &[&str]) -> std::process::Output {
    let mut line = vec!["token"];
    line.extend(args);
    line.extend(["--data", data.to_str().unwrap()]);
    run(&line)
}

fn made(data: &Path, args: &[&str]) -> String {
    let made = token(data, args);
    assert!(made.status.success(), "{}", text(&made.stderr));
    text(&made.stdout).trim().to_owned()
}

#[test]
fn the_first_start_shows_an_administrators_token_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    server.process.signal(Signal::TERM);
    let printed = text(&server.process.end().stdout);
    let shown: Vec<&str> = printed.lines().filter(|line| line.starts_with("SharedAccessSignature sr=")).collect();
    assert_eq!(shown.len(), 1, "{printed}");
    // The text cannot be had from what is kept.
    let signature = shown[0].split("sig=").nth(1).unwrap().split('&').next().unwrap();
    let plain = signature.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    for file in ["bellwether.db", "bellwether.db-wal"] {
        let Ok(bytes) = std::fs::read(dir.path().join(file)) else { continue };
        for text in [signature, &*plain] {
            assert!(!bytes.windows(text.len()).any(|part| part == text.as_bytes()), "{file}");
        }
    }
    let server = Server::start(dir.path(), &[]);
    let (status, users) = server.central(shown[0], "GET", "/users", &Value::Null);
    assert_eq!((status, &users["value"][0]["email"]), (200, &json!("admin@localhost")));
    let tokens = server.central(shown[0], "GET", "/apiTokens", &Value::Null).1;
    assert_eq!(tokens["value"][0]["id"], "administrator");
    server.process.signal(Signal::TERM);
    let ended = server.process.end();
    assert_eq!(text(&ended.stdout), "");
    assert!(!text(&ended.stderr).contains(signature), "a token in the log");
}

#[test]
fn a_running_server_knows_of_them_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let never = token(dir.path(), &["create", "ci"]);
    assert_eq!(never.status.code(), Some(1));
    assert!(text(&never.stderr).contains("no server has ever run"), "{}", text(&never.stderr));

    let server = Server::start(dir.path(), &[]);
    let status = |token: &str, path: &str| server.central(token, "GET", path, &Value::Null).0;
    let ci = made(dir.path(), &["create", "ci", "--role", "operator"]);
    assert_eq!((status(&ci, "/roles"), status(&ci, "/users")), (200, 403));
    let again = token(dir.path(), &["create", "ci"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("there is a token ci already"), "{}", text(&again.stderr));

    // Both at once: neither side is locked out by the other.
    let admin = made(dir.path(), &["create", "admin"]);
    for n in 0..10 {
        let name = format!("n{n}");
        let (path, body) = (format!("/organizations/{name}"), json!({"displayName": name}));
        let (new, put) = std::thread::scope(|scope| {
            let put = scope.spawn(|| server.central(&admin, "PUT", &path, &body).0);
            (made(dir.path(), &["create", &name]), put.join().unwrap())
        });
        assert_eq!((status(&new, "/users"), put), (200, 200));
    }
    let org = made(dir.path(), &["create", "org", "--role", "org-viewer", "--organization", "n1", "--expires", "7"]);
    let seen = server.central(&org, "GET", "/organizations", &Value::Null).1;
    assert_eq!(seen, json!({"value": [{"id": "n1", "displayName": "n1"}]}));

    let revoked = token(dir.path(), &["revoke", "ci"]);
    assert!(revoked.status.success() && text(&revoked.stdout).is_empty());
    assert_eq!(status(&ci, "/roles"), 401);
    let none = token(dir.path(), &["revoke", "ci"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("there is no token ci"), "{}", text(&none.stderr));
}

#[test]
fn without_a_server() {
    let dir = tempfile::tempdir().unwrap();
    drop(Server::start(dir.path(), &[]));
    let made = token(dir.path(), &["create", "ci", "--role", "builder", "--expires", "2199-01-01T00:00:00Z", "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["expiry"], "2199-01-01T00:00:00.000Z");
    let list = token(dir.path(), &["list", "--json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    let ids: Vec<&str> = list.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["administrator", "ci"]);
    assert!(list.as_array().unwrap().iter().all(|token| token.get("token").is_none()));
    let people = text(&token(dir.path(), &["list"]).stdout);
    assert!(people.contains("NAME") && people.contains("ci") && people.contains("Builder"), "{people}");
    assert!(people.contains("2199-01-01T00:00:00.000Z"), "{people}");
    for (args, part) in [
        (&["create", "a b"][..], "tokenId"),
        (&["create", "x", "--expires", "0"], "1 to 36525 days"),
        (&["create", "x", "--expires", "2020-01-01T00:00:00Z"], "must lie in the future"),
        (&["create", "x", "--role", "owner"], "org-administrator"),
        (&["create", "x", "--role", "org-viewer"], "Org Viewer needs an organization"),
        (&["create", "x", "--role", "builder", "--organization", "eu"], "takes no organization"),
        (&["create", "x", "--role", "org-viewer", "--organization", "eu"], "there is no organization eu"),
    ] {
        let refused = token(dir.path(), args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(text(&refused.stderr).contains(part), "{}", text(&refused.stderr));
    }
    let server = Server::start(dir.path(), &[]);
    let text = made["token"].as_str().unwrap();
    assert_eq!(server.central(text, "GET", "/roles", &Value::Null).0, 200);
}
