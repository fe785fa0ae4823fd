//! Job drafts.

use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::device_groups::{each, fleet};
use super::{Central, OWN, make_token, outcome};

impl Central {
    async fn draft(&self, token: &str, call: &str, headers: &[(&str, &str)], body: &str) -> (String, Value) {
        let reply = self.ask_as(Some(token), OWN, call, headers, body).await;
        let document = if reply.text.is_empty() { Value::Null } else { reply.json() };
        (outcome(&reply), document)
    }
}

#[tokio::test]
async fn saved_changed_and_deleted() {
    let central = fleet().await;
    let token = central.token.as_str();
    let body = r#"{"displayName":"Half","job":{ "group": "nowhere", "batch": {"value": 12.50}, "data": null }}"#;
    let reply = central.ask_in(OWN, "PUT /jobDrafts/half", body).await;
    // Numbers keep their digits.
    let job = r#""job":{"group":"nowhere","batch":{"value":12.50},"data":null}"#;
    assert!(reply.text.contains(job), "{}", reply.text);
    let made = reply.json();
    assert_eq!(
        (&made["id"], &made["owner"], made["saved"].is_string()),
        (&json!("half"), &json!("token:administrator"), true)
    );
    assert_eq!(made.get("organizations"), None);
    assert_eq!(central.draft(token, "GET /jobDrafts/half", &[], "").await, ("200".to_owned(), made.clone()));
    // What was read can be sent back, with its etag.
    let etag = made["etag"].as_str().unwrap();
    let (found, changed) = central.draft(token, "PUT /jobDrafts/half", &[("If-Match", etag)], &made.to_string()).await;
    assert_eq!(found, "200");
    assert_ne!(changed["etag"], made["etag"]);
    for call in ["PUT /jobDrafts/half", "DELETE /jobDrafts/half"] {
        let (found, _) = central.draft(token, call, &[("If-Match", etag)], &made.to_string()).await;
        assert_eq!(found, "412 PreconditionFailed", "{call}");
    }
    assert_eq!(central.draft(token, "DELETE /jobDrafts/half", &[], "").await.0, "204");
    for call in ["GET /jobDrafts/half", "DELETE /jobDrafts/half"] {
        assert_eq!(central.draft(token, call, &[], "").await.0, "404 NotFound", "{call}");
    }

    let long = json!({"job": {"description": "x".repeat(1024 * 1024)}}).to_string();
    let name = json!({"displayName": "x".repeat(257), "job": {}}).to_string();
    for (body, expected) in [
        ("{}", "422 UnprocessableEntity"),
        (r#"{"job":[]}"#, "422 UnprocessableEntity"),
        (r#"{"job":{},"other":1}"#, "422 UnprocessableEntity"),
        (r#"{"job":{},"organizations":["nowhere"]}"#, "422 UnprocessableEntity"),
        (r#"{"job":{},"organizations":["eu","us"]}"#, "422 UnprocessableEntity"),
        (&name, "422 UnprocessableEntity"),
        (&long, "422 UnprocessableEntity"),
        ("{", "400 BadRequest"),
    ] {
        let part: String = body.chars().take(60).collect();
        assert_eq!(central.draft(token, "PUT /jobDrafts/no", &[], body).await.0, expected, "{part}");
    }
    assert_eq!(central.draft(token, "PUT /jobDrafts/a.b", &[], r#"{"job":{}}"#).await.0, "400 BadRequest");
    assert_eq!(central.draft(token, "GET /jobDrafts", &[], "").await.1, json!({"value": []}));
}

#[tokio::test]
async fn lists_begin_with_what_was_saved_last() {
    let central = fleet().await;
    for id in ["a", "b", "c", "a"] {
        assert_eq!(central.draft(&central.token, &format!("PUT /jobDrafts/{id}"), &[], r#"{"job":{}}"#).await.0, "200");
    }
    // The clock of these tests stands still: then what was made last is first.
    let first = central.ask_in(OWN, "GET /jobDrafts?maxpagesize=2", "").await;
    assert_eq!(each(&first, "id"), "c b");
    let next = first.json()["nextLink"].as_str().unwrap().split_once("/api").unwrap().1.to_owned();
    let rest = central.ask_in(OWN, &format!("GET {next}"), "").await;
    assert_eq!((each(&rest, "id"), rest.json().get("nextLink")), ("a".to_owned(), None));
    // A page ends when it has grown long.
    let long = json!({"job": {"description": "x".repeat(1024 * 1000)}}).to_string();
    for n in 0..6 {
        assert_eq!(central.draft(&central.token, &format!("PUT /jobDrafts/long{n}"), &[], &long).await.0, "200");
    }
    let page = central.ask_in(OWN, "GET /jobDrafts", "").await;
    assert_eq!(each(&page, "id"), "long5 long4 long3 long2 long1");
    assert!(page.json()["nextLink"].is_string());
}

#[tokio::test]
async fn an_organization_shares_its_drafts() {
    let central = fleet().await;
    let of = async |id: &str, roles: &[(Role, Option<&str>)]| make_token(&central.hub, id, roles).await;
    let eu = of("eu", &[(Role::OrgOperator, Some("eu"))]).await;
    let colleague = of("colleague", &[(Role::OrgOperator, Some("eu")), (Role::OrgViewer, Some("us"))]).await;
    let us = of("us", &[(Role::OrgOperator, Some("us"))]).await;
    let both = of("both", &[(Role::OrgOperator, Some("eu")), (Role::OrgOperator, Some("us"))]).await;
    let (found, made) = central.draft(&eu, "PUT /jobDrafts/mine", &[], r#"{"job":{}}"#).await;
    assert_eq!((found.as_str(), &made["organizations"]), ("200", &json!(["eu"])));
    // Saved by another it stays where it is.
    for (token, owner) in [(&colleague, "token:colleague"), (&central.token, "token:administrator")] {
        let (found, saved) = central.draft(token, "PUT /jobDrafts/mine", &[], r#"{"job":{"a":1}}"#).await;
        assert_eq!((found.as_str(), &saved["organizations"], &saved["owner"]), ("200", &json!(["eu"]), &json!(owner)));
    }
    for call in ["GET /jobDrafts/mine", "PUT /jobDrafts/mine", "DELETE /jobDrafts/mine"] {
        assert_eq!(central.draft(&us, call, &[], r#"{"job":{}}"#).await.0, "404 NotFound", "{call}");
    }
    assert_eq!(central.draft(&us, "GET /jobDrafts", &[], "").await.1, json!({"value": []}));
    assert_eq!(
        central.draft(&us, "PUT /jobDrafts/x", &[], r#"{"job":{},"organizations":["eu"]}"#).await.0,
        "422 UnprocessableEntity"
    );
    let (found, refused) = central.draft(&both, "PUT /jobDrafts/x", &[], r#"{"job":{}}"#).await;
    assert_eq!(found, "422 UnprocessableEntity");
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("organizations must name one"), "{refused}");
    assert_eq!(central.draft(&both, "PUT /jobDrafts/x", &[], r#"{"job":{},"organizations":["us"]}"#).await.0, "200");
}

#[tokio::test]
async fn found_and_sorted() {
    let central = fleet().await;
    for (id, body) in [
        ("a", r#"{"displayName":"Night","job":{"description":"All PUMPS"}}"#),
        ("b", r#"{"displayName":"day","job":{"description":7}}"#),
        ("c", r#"{"job":{"description":null}}"#),
    ] {
        assert_eq!(central.draft(&central.token, &format!("PUT /jobDrafts/{id}"), &[], body).await.0, "200");
    }
    for (query, expected) in [
        ("", "c b a"),
        ("?search=pumps", "a"),
        ("?search=DAY", "b"),
        ("?search=a", "b a"),
        ("?search=7", ""),
        ("?orderby=displayName", "a c b"),
        ("?orderby=displayName%20desc", "b c a"),
        ("?orderby=saved", "a b c"),
        ("?orderby=saved%20desc&search=a", "b a"),
    ] {
        let reply = central.ask_own(&format!("GET /jobDrafts{query}"), "").await;
        assert_eq!(each(&reply, "id"), expected, "{query}");
    }
    let first = central.ask_own("GET /jobDrafts?orderby=displayName&maxpagesize=2", "").await;
    let next = first.json()["nextLink"].as_str().unwrap().split_once("/api").unwrap().1.to_owned();
    let rest = central.ask_own(&format!("GET {next}"), "").await;
    assert_eq!((each(&first, "id"), each(&rest, "id")), ("a c".to_owned(), "b".to_owned()));
    assert_eq!(outcome(&central.ask_own("GET /jobDrafts?orderby=owner", "").await), "400 BadRequest");
}

/// What a draft holds is nobody's business: a search passes over what it cannot read.
#[tokio::test]
async fn a_draft_that_cannot_be_read_is_no_match() {
    let central = fleet().await;
    let odd = r#"{"displayName":"Odd","job":{"description":1,"description":"pump"}}"#;
    assert_eq!(outcome(&central.ask_in(OWN, "PUT /jobDrafts/odd", odd).await), "200");
    let reply = central.ask_in(OWN, "GET /jobDrafts?search=pump", "").await;
    assert_eq!((outcome(&reply), reply.json()), ("200".to_owned(), json!({"value": []})));
}

#[tokio::test]
async fn an_organization_with_drafts_stays() {
    let central = fleet().await;
    central.set_up("PUT /organizations/new", "{}").await;
    let draft = r#"{"job":{},"organizations":["new"]}"#;
    assert_eq!(central.draft(&central.token, "PUT /jobDrafts/d", &[], draft).await.0, "200");
    let refused = central.ask_own("DELETE /organizations/new", "").await;
    assert_eq!(outcome(&refused), "409 Conflict");
    assert!(refused.text.contains("saved jobs belong to it"), "{}", refused.text);
    assert_eq!(central.draft(&central.token, "DELETE /jobDrafts/d", &[], "").await.0, "204");
    assert_eq!(outcome(&central.ask_own("DELETE /organizations/new", "").await), "204");
}
