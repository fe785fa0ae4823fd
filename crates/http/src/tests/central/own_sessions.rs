//! Signing in, what a session may do, and how it ends.

use std::sync::Arc;

use bellwether_engine::{Credentials, Engine, Settings, World};
use bellwether_model::access::Role;
use bellwether_store::{Mode, Store};
use serde_json::{Value, json};

use super::super::{Dice, Hands, NOW, Reply};
use super::{Central, make_token, outcome};

const OWN: &str = "bellwether-1";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "a fine long password";

/// A browser that is signed in.
pub(super) struct Browser {
    pub cookie: String,
    pub csrf: String,
}

impl Browser {
    /// Of the answer to a sign-in.
    fn of(reply: &Reply) -> Browser {
        let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Browser { cookie, csrf: reply.json()["csrfToken"].as_str().unwrap().to_owned() }
    }

    pub async fn ask(&self, central: &Central, call: &str, body: &str) -> Reply {
        let headers = [("cookie", &*self.cookie), ("x-csrf-token", &*self.csrf)];
        central.ask_as(None, OWN, call, &headers, body).await
    }
}

impl Central {
    async fn try_to_sign_in(&self, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password}).to_string();
        self.ask_as(None, OWN, "POST /session", &[("content-type", "application/json")], &body).await
    }

    /// Makes a user with these roles, and the password for the first sign-in.
    async fn user(&self, id: &str, email: &str, role: Value) -> String {
        let body = json!({"type": "email", "email": email, "roles": [role]}).to_string();
        self.set_up(&format!("PUT /users/{id}"), &body).await;
        self.made_password(id).await
    }

    async fn made_password(&self, id: &str) -> String {
        let reply = self.ask_in(OWN, &format!("POST /users/{id}/password"), "").await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        reply.json()["password"].as_str().unwrap().to_owned()
    }

    /// A user who has chosen [`PASSWORD`], and a browser with a session.
    pub(super) async fn signed_in(&self, id: &str, email: &str, role: Value) -> Browser {
        let made = self.user(id, email, role).await;
        let browser = Browser::of(&self.try_to_sign_in(email, &made).await);
        let body = json!({"currentPassword": made, "newPassword": PASSWORD}).to_string();
        let reply = browser.ask(self, "PUT /session/password", &body).await;
        assert_eq!(outcome(&reply), "204", "{}", reply.text);
        browser
    }

    pub(super) fn later(&self, seconds: i64) {
        let now = self.hub.state.engine.now().plus_seconds(seconds);
        self.hub.clock.0.store(now.0, std::sync::atomic::Ordering::SeqCst);
    }
}

fn administrator() -> Value {
    json!({"role": Role::Administrator.id()})
}

#[tokio::test]
async fn from_the_first_password_to_signing_out() {
    let central = Central::start().await;
    let made = central.user("ada", EMAIL, administrator()).await;
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, "not the password").await), "401 Unauthorized");

    let reply = central.try_to_sign_in("Ada@Example.com", &made).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-bellwether="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let session = reply.json();
    assert_eq!((&session["userId"], &session["email"]), (&json!("ada"), &json!(EMAIL)));
    assert_eq!(session["mustChangePassword"], true);
    assert_eq!(session["permissions"].as_array().unwrap().len(), 17);
    assert_eq!(session["roles"], json!([{"role": Role::Administrator.id(), "displayName": "Administrator"}]));
    assert_eq!(
        (&session["server"]["deviceHost"], &session["server"]["confirmDevices"]),
        (&json!("localhost"), &json!(40))
    );
    assert_eq!(
        (&session["server"]["deviceHostName"], &session["server"]["devicePort"]),
        (&json!("localhost"), &json!(8883))
    );
    let ada = Browser::of(&reply);

    // Nothing but a new password.
    let reply = ada.ask(&central, "GET /session", "").await;
    assert_eq!(reply.json()["mustChangePassword"], true);
    assert_eq!(reply.header("cache-control"), Some("no-store"), "it holds the csrfToken");
    let reply = ada.ask(&central, "GET /devices", "").await;
    assert_eq!(outcome(&reply), "403 Forbidden");
    assert!(reply.text.contains("change it first"), "{}", reply.text);
    for (current, new, expected) in [
        ("not the password", PASSWORD, "currentPassword is wrong"),
        (&*made, "short", "newPassword must have at least 12"),
        (&*made, "ADA@example.com", "newPassword must not be the mail address"),
        (&*made, &*made, "newPassword must be another"),
        (&*made, &*"x".repeat(257), "newPassword may have at most 256"),
    ] {
        let body = json!({"currentPassword": current, "newPassword": new}).to_string();
        let reply = ada.ask(&central, "PUT /session/password", &body).await;
        assert_eq!(outcome(&reply), "422 UnprocessableEntity", "{new}");
        assert!(reply.text.contains(expected), "{new}: {}", reply.text);
    }
    let other = Browser::of(&central.try_to_sign_in(EMAIL, &made).await);
    let body = json!({"currentPassword": made, "newPassword": PASSWORD}).to_string();
    assert_eq!(outcome(&ada.ask(&central, "PUT /session/password", &body).await), "204");
    assert_eq!(outcome(&other.ask(&central, "GET /session", "").await), "401 Unauthorized", "other sessions end");
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, &made).await), "401 Unauthorized");

    // Now everything that the role allows, with the token of the page.
    assert_eq!(outcome(&ada.ask(&central, "GET /devices", "").await), "200");
    assert_eq!(outcome(&ada.ask(&central, "PUT /devices/a", "{}").await), "200");
    let (cookie, csrf) = (("cookie", &*ada.cookie), ada.csrf.replace(|_| true, "A"));
    for headers in [&[cookie][..], &[cookie, ("x-csrf-token", "")], &[cookie, ("x-csrf-token", &csrf)]] {
        let reply = central.ask_as(None, OWN, "DELETE /devices/a", headers, "").await;
        assert_eq!(outcome(&reply), "403 Forbidden", "{headers:?}");
        assert!(reply.text.contains("x-csrf-token"), "{}", reply.text);
    }
    let both = central.ask_as(Some(&central.token), OWN, "GET /devices", &[cookie], "").await;
    assert_eq!(outcome(&both), "401 Unauthorized");
    // Published versions take a session as well.
    let published = central.ask_as(None, super::NEWEST, "GET /devices", &[cookie], "").await;
    assert_eq!(outcome(&published), "200");

    let reply = ada.ask(&central, "DELETE /session", "").await;
    assert_eq!(outcome(&reply), "204");
    assert!(reply.header("set-cookie").unwrap().starts_with("__Host-bellwether=; Path=/; Max-Age=0;"));
    assert_eq!(outcome(&ada.ask(&central, "GET /session", "").await), "401 Unauthorized");
}

#[tokio::test]
async fn what_is_no_sign_in() {
    let central = Central::start().await;
    central.user("ada", EMAIL, administrator()).await;
    let json = [("content-type", "application/json; charset=utf-8")];
    for (call, headers, body, expected) in [
        ("POST /session", &[][..], r#"{"email":"a@b","password":"x"}"#, "400 BadRequest"),
        ("POST /session", &[("content-type", "text/plain")], r#"{"email":"a@b","password":"x"}"#, "400 BadRequest"),
        ("POST /session", &json, "no json", "400 BadRequest"),
        ("POST /session", &json, r#"{"email":"a@b"}"#, "422 UnprocessableEntity"),
        ("POST /session", &json, r#"{"email":"a@b","password":"x","admin":true}"#, "422 UnprocessableEntity"),
        ("PATCH /session", &json, "", "405 MethodNotAllowed"),
        ("GET /session/password", &json, "", "405 MethodNotAllowed"),
        ("GET /session", &[("cookie", "__Host-bellwether=AAAA")], "", "401 Unauthorized"),
        ("GET /session", &[], "", "401 Unauthorized"),
        ("DELETE /session", &[], "", "401 Unauthorized"),
        ("PUT /session/password", &[], r#"{"currentPassword":"x","newPassword":"y"}"#, "401 Unauthorized"),
    ] {
        let reply = central.ask_as(None, OWN, call, headers, body).await;
        assert_eq!(outcome(&reply), expected, "{call} {body}: {}", reply.text);
    }
    let token = central.ask_as(Some(&central.token), OWN, "GET /session", &[], "").await;
    assert_eq!(outcome(&token), "401 Unauthorized", "an API token has no session");
    let long = json!({"email": EMAIL, "password": "x".repeat(20_000)}).to_string();
    assert_eq!(outcome(&central.ask_as(None, OWN, "POST /session", &json, &long).await), "413 PayloadTooLarge");
    // Only our own version has sessions of its own; the description is everybody's.
    assert_eq!(outcome(&central.ask_as(None, super::NEWEST, "GET /session", &[], "").await), "404 NotFound");
    let description = central.ask_as(None, OWN, "GET /openapi.json", &[], "").await;
    assert_eq!(description.json()["openapi"].as_str().map(|version| &version[..2]), Some("3."));
}

#[tokio::test]
async fn roles_and_organizations_limit_a_session() {
    let central = Central::start().await;
    central.set_up("PUT /organizations/eu", r#"{"displayName":"EU"}"#).await;
    central.set_up("PUT /devices/in-eu", r#"{"organizations":["eu"]}"#).await;
    central.set_up("PUT /devices/elsewhere", "{}").await;
    let viewer = json!({"role": Role::OrgViewer.id(), "organization": "eu"});
    let ada = central.signed_in("ada", EMAIL, viewer).await;
    let session = ada.ask(&central, "GET /session", "").await.json();
    assert_eq!(session["roles"][0]["organization"], "eu");
    assert!(!session["permissions"].as_array().unwrap().contains(&json!("manageDevices")));
    for (call, expected) in [
        ("GET /devices/in-eu", "200"),
        ("GET /devices/elsewhere", "404 NotFound"),
        ("DELETE /devices/in-eu", "403 Forbidden"),
        ("GET /users", "403 Forbidden"),
    ] {
        assert_eq!(outcome(&ada.ask(&central, call, "").await), expected, "{call}");
    }
}

#[tokio::test]
async fn how_sessions_end() {
    let central = Central::start().await;
    let holds = async |browser: &Browser| outcome(&browser.ask(&central, "GET /session", "").await) == "200";
    let again = async || Browser::of(&central.try_to_sign_in(EMAIL, PASSWORD).await);
    let first = central.signed_in("ada", EMAIL, administrator()).await;
    // Used now and then it lives for its whole life; unused it does not.
    let unused = again().await;
    for _ in 0..11 {
        central.later(3600);
        assert!(holds(&first).await);
    }
    assert!(!holds(&unused).await);
    central.later(3600);
    assert!(!holds(&first).await);
    // A change of the user, a new password, and the user's end.
    let user = |roles: &str| format!(r#"{{"type":"email","email":"{EMAIL}","roles":[{{"role":"{roles}"}}]}}"#);
    for (email, call, body) in [
        (EMAIL, "PUT /users/ada", user(Role::Builder.id())),
        (EMAIL, "PATCH /users/ada", r#"{"email":"ada@example.org"}"#.to_owned()),
        ("ada@example.org", "PUT /users/ada", user(Role::Builder.id())),
    ] {
        let browser = Browser::of(&central.try_to_sign_in(email, PASSWORD).await);
        assert!(holds(&browser).await, "{call}");
        central.set_up(call, &body).await;
        assert!(!holds(&browser).await, "{call}");
    }
    // What changes nothing ends nothing.
    let browser = again().await;
    central.set_up("PUT /users/ada", &user(Role::Builder.id())).await;
    assert!(holds(&browser).await);
    let made = central.made_password("ada").await;
    assert!(!holds(&browser).await);
    let browser = Browser::of(&central.try_to_sign_in(EMAIL, &made).await);
    central.set_up("DELETE /users/ada", "").await;
    assert!(!holds(&browser).await);
    // A user of the same name is another one.
    central.set_up("PUT /users/ada", &user(Role::Builder.id())).await;
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, &made).await), "401 Unauthorized");
    assert!(!holds(&browser).await);
}

/// A stream that is open asks now and then whether it may go on.
#[tokio::test]
async fn what_goes_on_by_itself_is_no_use_of_a_session() {
    let central = Central::start().await;
    let ada = central.signed_in("ada", EMAIL, administrator()).await;
    let token = ada.cookie.split_once('=').unwrap().1;
    let session = Credentials::Session { token, csrf_token: None, changes: false };
    for minutes in [30, 60, 90, 119] {
        central.later(30 * 60 - i64::from(minutes == 119) * 60);
        assert!(central.hub.state.engine.admit_still(session).await.is_ok(), "{minutes}");
    }
    central.later(60);
    assert!(central.hub.state.engine.admit_still(session).await.is_err());
    assert_eq!(outcome(&ada.ask(&central, "GET /session", "").await), "401 Unauthorized");
}

/// Whoever made a password can sign in with it, as long as it was not changed.
#[tokio::test]
async fn a_made_password_ends_when_the_user_becomes_more() {
    let central = Central::start().await;
    let role = |role: Role| json!({"role": role.id()});
    let user = |email: &str, roles: Value| json!({"type": "email", "email": email, "roles": roles}).to_string();
    let (builder, both) = (json!([role(Role::Builder)]), json!([role(Role::Builder), role(Role::Administrator)]));
    for (case, change, stays) in [
        ("more roles", user(EMAIL, both.clone()), false),
        ("another role", user(EMAIL, json!([role(Role::Operator)])), false),
        ("another address", user("ada@example.org", builder.clone()), false),
        ("the same address", user("Ada@Example.com", builder.clone()), true),
    ] {
        let made = central.user("ada", EMAIL, role(Role::Builder)).await;
        central.set_up("PUT /users/ada", &change).await;
        for email in [EMAIL, "ada@example.org"] {
            let is_in = outcome(&central.try_to_sign_in(email, &made).await) == "200";
            assert_eq!(is_in, stays && email == EMAIL, "{case}: {email}");
        }
        central.set_up("DELETE /users/ada", "").await;
    }
    // Fewer roles are no harm; the user's own password stays in any case.
    let more = json!({"type": "email", "email": EMAIL, "roles": both}).to_string();
    central.set_up("PUT /users/ada", &more).await;
    let made = central.made_password("ada").await;
    central.set_up("PUT /users/ada", &user(EMAIL, builder.clone())).await;
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, &made).await), "200");
    central.set_up("DELETE /users/ada", "").await;
    central.signed_in("ada", EMAIL, role(Role::Builder)).await;
    central.set_up("PUT /users/ada", &more).await;
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, PASSWORD).await), "200");
}

#[tokio::test]
async fn guessing_is_locked_out() {
    let central = Central::start().await;
    central.signed_in("ada", EMAIL, administrator()).await;
    // Who is a user and who is not reads alike.
    for email in [EMAIL, "nobody@example.com"] {
        for n in 0..10 {
            assert_eq!(outcome(&central.try_to_sign_in(email, "a wrong password").await), "401 Unauthorized", "{n}");
        }
        let reply = central.try_to_sign_in(email, PASSWORD).await;
        assert_eq!(outcome(&reply), "429 TooManyRequests", "{email}");
        assert_eq!(reply.header("retry-after"), Some("60"), "{email}");
    }
    central.later(60);
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, "a wrong password").await), "401 Unauthorized");
    let reply = central.try_to_sign_in(EMAIL, PASSWORD).await;
    assert_eq!((&*outcome(&reply), reply.header("retry-after")), ("429 TooManyRequests", Some("120")));
    // An administrator's new password lifts it.
    let made = central.made_password("ada").await;
    assert_eq!(outcome(&central.try_to_sign_in(EMAIL, &made).await), "200");
}

/// A stranger cannot keep a user out of where the user signs in.
#[tokio::test]
async fn strangers_close_no_door_but_their_own() {
    let central = Central::start().await;
    central.signed_in("ada", EMAIL, administrator()).await;
    let engine = &central.hub.state.engine;
    let try_from = async |address: &str, password: &str| {
        let address = Some(address.parse().unwrap());
        engine.sign_in(EMAIL, password.to_owned(), address).await.map_err(|error| error.to_string())
    };
    let (home, elsewhere) = ("192.0.2.1", "2001:db8::7");
    assert!(try_from(home, PASSWORD).await.is_ok());
    // From many addresses, so that none of them is closed itself.
    for n in 0..10 {
        assert!(try_from(&format!("198.51.100.{n}"), "a wrong password").await.is_err());
    }
    let refused = try_from(elsewhere, PASSWORD).await.unwrap_err();
    assert!(refused.contains("too many wrong tries"), "{refused}");
    assert!(try_from(home, PASSWORD).await.is_ok());
    assert!(try_from(elsewhere, PASSWORD).await.is_err(), "the others stay closed");
    // From there as well only so often.
    for n in 0..10 {
        assert!(!try_from(home, "a wrong password").await.unwrap_err().contains("too many"), "{n}");
    }
    assert!(try_from(home, PASSWORD).await.unwrap_err().contains("too many"));
    // Who has not signed in there for long is not known there any more; neither is who has a new password.
    central.later(3600 * 24 * 40);
    assert!(try_from(home, PASSWORD).await.is_ok());
    let tries = async || {
        for n in 0..10 {
            assert!(try_from(&format!("203.0.113.{n}"), "a wrong password").await.is_err());
        }
        try_from(home, PASSWORD).await.is_ok()
    };
    central.later(3600 * 24 * 89);
    assert!(tries().await);
    central.later(3600 * 24 * 91);
    assert!(!tries().await);
}

/// A password that somebody else made says nothing of where its user is.
#[tokio::test]
async fn who_made_a_password_is_not_known_where_it_was_tried() {
    let central = Central::start().await;
    let made = central.user("ada", EMAIL, administrator()).await;
    let engine = &central.hub.state.engine;
    let address = |text: &str| Some(text.parse().unwrap());
    assert!(engine.sign_in(EMAIL, made.clone(), address("192.0.2.1")).await.is_ok());
    for n in 0..10 {
        assert!(engine.sign_in(EMAIL, "x".to_owned(), address(&format!("198.51.100.{n}"))).await.is_err());
    }
    assert!(engine.sign_in(EMAIL, made, address("192.0.2.1")).await.is_err());
}

#[tokio::test]
async fn who_may_make_passwords() {
    let central = Central::start().await;
    central.set_up("PUT /organizations/eu", r#"{"displayName":"EU"}"#).await;
    central.user("root", "root@example.com", administrator()).await;
    central.user("of-eu", "eu@example.com", json!({"role": Role::OrgOperator.id(), "organization": "eu"})).await;
    let program = json!({"type": "servicePrincipal", "tenantId": "t", "objectId": "o", "roles": [administrator()]});
    central.set_up("PUT /users/program", &program.to_string()).await;
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgAdministrator, Some("eu"))]).await;
    for (token, user, expected) in [
        (&of_eu, "of-eu", "200"),
        (&of_eu, "root", "404 NotFound"),
        (&central.token, "root", "200"),
        (&central.token, "nobody", "404 NotFound"),
        (&central.token, "program", "422 UnprocessableEntity"),
    ] {
        let reply = central.ask_as(Some(token), OWN, &format!("POST /users/{user}/password"), &[], "").await;
        assert_eq!(outcome(&reply), expected, "{user}");
    }
}

/// Sessions and lock-outs are on disk.
#[tokio::test]
async fn a_restart_changes_nothing() {
    let central = Central::start().await;
    let ada = central.signed_in("ada", EMAIL, administrator()).await;
    central.user("bob", "bob@example.com", administrator()).await;
    for email in ["bob@example.com", "nobody@example.com"] {
        for _ in 0..10 {
            central.try_to_sign_in(email, "a wrong password").await;
        }
    }
    central.hub.state.engine.stop(std::time::Duration::ZERO).await;
    central.hub.state.engine.store().close();
    let store = Arc::new(Store::open(&central.hub._dir.path().join("hub.db"), Mode::Threaded).unwrap());
    let clock = Arc::new(Hands(std::sync::atomic::AtomicI64::new(NOW.0)));
    let world = World { port: central.hub.devices.clone(), clock, entropy: Arc::new(Dice::default()) };
    let engine = Engine::start(store, world, Settings::default(), 2).await.unwrap();
    let token = ada.cookie.split_once('=').unwrap().1;
    let session = Credentials::Session { token, csrf_token: Some(&ada.csrf), changes: true };
    assert_eq!(engine.admit(session).await.unwrap().caller.name, "user:ada");
    for email in ["bob@example.com", "Nobody@example.com"] {
        let locked = engine.sign_in(email, PASSWORD.to_owned(), None).await;
        assert!(locked.unwrap_err().to_string().contains("too many wrong tries"), "{email}");
    }
    // The first administrator is made where there is no user, and once.
    assert_eq!(engine.create_first_administrator("admin@localhost".to_owned()).await.unwrap(), None);
}

#[tokio::test]
async fn the_first_administrator() {
    let central = Central::start().await;
    let engine = &central.hub.state.engine;
    let first = || engine.create_first_administrator("admin@localhost".to_owned());
    let password = first().await.unwrap().unwrap();
    assert!(password.len() >= 20, "{password}");
    assert_eq!(first().await.unwrap(), None);
    let reply = central.try_to_sign_in("admin@localhost", &password).await;
    assert_eq!((&reply.json()["userId"], &reply.json()["mustChangePassword"]), (&json!("administrator"), &json!(true)));
    central.set_up("DELETE /users/administrator", "").await;
    assert_eq!(first().await.unwrap(), None, "who deleted it wants none");
}
