//! The first administrator, and `bellwether user`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use rustix::process::Signal;
use serde_json::json;
use support::{Server, run, text};

/// The status of a sign-in.
fn sign_in(server: &Server, email: &str, password: &str) -> u16 {
    let body = json!({"email": email, "password": password});
    server.send("none", "POST", "/api/session?api-version=bellwether-1", &body).0
}

#[test]
fn the_first_start_shows_a_password_once_and_another_can_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let server = Server::start(dir.path(), &["--admin-email", "Ada@example.com"]);
    let missing = run(&["user", "password", "bob@example.com", "--data", data]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        text(&missing.stderr).contains("no user with the mail address bob@example.com"),
        "{}",
        text(&missing.stderr)
    );

    let made = run(&["user", "password", "ada@example.com", "--data", data]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let made = text(&made.stdout).trim().to_owned();
    assert_eq!(sign_in(&server, "ada@example.com", &made), 200);
    server.process.signal(Signal::TERM);
    let ended = server.process.end();
    let printed = text(&ended.stdout);
    let first: Vec<&str> = printed.lines().filter_map(|line| line.trim().strip_prefix("password ")).collect();
    assert_eq!(first.len(), 1, "{printed}");
    let first = first[0].trim();
    assert!(first.len() >= 20 && printed.contains("sign in as  Ada@example.com"), "{printed}");
    for password in [first, &made] {
        assert!(!text(&ended.stderr).contains(password), "a password in the log");
        for file in ["bellwether.db", "bellwether.db-wal"] {
            let Ok(bytes) = std::fs::read(dir.path().join(file)) else { continue };
            assert!(!bytes.windows(password.len()).any(|part| part == password.as_bytes()), "{file}");
        }
    }

    let server = Server::start(dir.path(), &[]);
    assert_eq!((sign_in(&server, "ada@example.com", first), sign_in(&server, "ada@example.com", &made)), (401, 200));
    server.process.signal(Signal::TERM);
    assert_eq!(text(&server.process.end().stdout), "");
}
