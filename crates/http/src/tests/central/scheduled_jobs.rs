//! Scheduled jobs as a client sees them.

use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::device_groups::{COOLER, fleet};
use super::{Central, OWN, make_token, outcome};

/// The members `name` of a list's items.
async fn each(central: &Central, path: &str, name: &str) -> String {
    super::device_groups::each(&central.ask_own(&format!("GET {path}"), "").await, name)
}

async fn central() -> Central {
    let central = fleet().await;
    let group = json!({"displayName": "G", "filter": "SELECT * FROM devices"}).to_string();
    assert_eq!(central.ask("PUT /deviceGroups/g", &group).await.status, 200);
    central
}

fn body() -> Value {
    json!({
        "group": "g",
        "data": [{"type": "property", "target": COOLER, "path": "target", "value": 21.5}],
        "schedule": {"start": "2090-05-24T22:29:01Z", "recurrence": "daily"}
    })
}

#[tokio::test]
async fn made_changed_and_deleted() {
    let central = central().await;
    let made = central.ask("PUT /scheduledJobs/night_1", &body().to_string()).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let mut expected = body();
    expected["id"] = json!("night_1");
    expected["description"] = json!("");
    expected["enabled"] = json!(true);
    expected["completed"] = json!(false);
    expected["schedule"]["start"] = json!("2090-05-24T22:29:01.0000000Z");
    let mut document = made.json();
    let etag = document.as_object_mut().unwrap().remove("etag").unwrap();
    assert_eq!(document, expected);
    assert_eq!(central.ask("GET /scheduledJobs/night_1", "").await.json()["etag"], etag);

    // What a patch does not touch keeps its digits; null takes a member away.
    let patch = r#"{"schedule":{"recurrence":null,"end":{"type":"date","date":"2091-01-31"}},"displayName":"Night",
        "batch":{"type":"percentage","value":12.50},
        "data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":"1e1"}]}"#;
    let patched = central.ask("PATCH /scheduledJobs/night_1", patch).await;
    assert_eq!(patched.status, 200, "{}", patched.text);
    let patch = r#"{"enabled":false,"schedule":{"end":null}}"#;
    let patched = central.ask("PATCH /scheduledJobs/night_1", patch).await;
    for part in [
        r#""batch":{"type":"percentage","value":12.50}"#,
        r#""value":"1e1""#,
        r#""schedule":{"start":"2090-05-24T22:29:01.0000000Z"}"#,
        r#""displayName":"Night""#,
        r#""enabled":false,"completed":false"#,
    ] {
        assert!(patched.text.contains(part), "{part} in {}", patched.text);
    }

    let stale = [("If-Match", etag.as_str().unwrap())];
    let token = Some(central.token.as_str());
    let version = "2022-10-31-preview";
    let refused = central.ask_as(token, version, "PATCH /scheduledJobs/night_1", &stale, "{}").await;
    assert_eq!(outcome(&refused), "412 PreconditionFailed");
    // The group is in use as long as it is referred to.
    assert_eq!(outcome(&central.ask("DELETE /deviceGroups/g", "").await), "409 Conflict");
    assert_eq!(central.ask("DELETE /scheduledJobs/night_1", "").await.status, 204);
    assert_eq!(outcome(&central.ask("DELETE /scheduledJobs/night_1", "").await), "404 NotFound");
    assert_eq!(outcome(&central.ask("PATCH /scheduledJobs/night_1", "{}").await), "404 NotFound");
    assert_eq!(central.ask("DELETE /deviceGroups/g", "").await.status, 204);
}

#[tokio::test]
async fn lists_have_pages() {
    let central = central().await;
    for id in ["a", "b", "c"] {
        assert_eq!(central.ask(&format!("PUT /scheduledJobs/{id}"), &body().to_string()).await.status, 200);
    }
    let page = central.ask("GET /scheduledJobs?maxpagesize=2", "").await.json();
    let ids = |page: &Value| page["value"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&page), ["a", "b"]);
    let link = page["nextLink"].as_str().unwrap();
    let target = link.split_once("/api").unwrap().1;
    let rest = central.ask(&format!("GET {target}"), "").await.json();
    assert_eq!((ids(&rest), rest.get("nextLink")), (vec![json!("c")], None));
}

#[tokio::test]
async fn what_is_refused_names_the_member() {
    let central = central().await;
    let cases: &[(&str, Value, &str)] = &[
        ("/schedule", json!(null), "schedule must"),
        ("/schedule/start", json!(null), "schedule.start must"),
        ("/schedule/start", json!("tomorrow"), "schedule.start is not"),
        ("/schedule/start", json!("0001-01-01T00:00:00Z"), "schedule.start must lie"),
        ("/schedule/recurrence", json!("yearly"), "schedule.recurrence must"),
        ("/schedule/end", json!({}), "schedule.end.type must"),
        ("/schedule/end", json!({"type": "date"}), "schedule.end.date must"),
        ("/schedule/end", json!({"type": "date", "date": "31.1.2091"}), "schedule.end.date must be a date"),
        ("/schedule/end", json!({"type": "date", "date": "2090-05-23"}), "schedule.end.date must not lie before"),
        ("/schedule/end", json!({"type": "occurrences"}), "schedule.end.occurrences must"),
        ("/schedule/end", json!({"type": "occurrences", "occurrences": 0}), "schedule.end.occurrences must be 1"),
        ("/schedule/end", json!({"type": "occurrences", "occurrences": 1000}), "schedule.end.occurrences must be 1"),
        ("/schedule/end", json!({"type": "occurrences", "occurrences": -4294967295i64}), "schedule.end.occurrences"),
        ("/group", json!("nowhere"), "group is no"),
        ("/data", json!([]), "data must"),
        ("/data/0/path", json!("nothing"), "data[0]"),
    ];
    for (pointer, value, expected) in cases {
        let mut body = body();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value.clone();
        let reply = central.ask("PUT /scheduledJobs/s", &body.to_string()).await;
        assert_eq!(outcome(&reply), "422 UnprocessableEntity", "{pointer} {value}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().starts_with(expected), "{}", reply.text);
    }
    assert_eq!(outcome(&central.ask("PUT /scheduledJobs/s", "{").await), "400 BadRequest");
    assert_eq!(outcome(&central.ask("PATCH /scheduledJobs/s", "[]").await), "422 UnprocessableEntity");
    assert_eq!(outcome(&central.ask("PUT /scheduledJobs/a.b", &body().to_string()).await), "400 BadRequest");
    assert_eq!(central.ask("GET /scheduledJobs", "").await.json(), json!({"value": []}));
}

#[tokio::test]
async fn our_own_version_has_zones_and_the_next_runs() {
    let central = central().await;
    let own = async |call: &str, body: &Value| {
        let reply = central.ask_in(OWN, call, &body.to_string()).await;
        assert_eq!(reply.status, 200, "{call}: {}", reply.text);
        reply.json()
    };
    let mut asked = body();
    asked["schedule"] = json!({"start": "2090-03-25T07:00:00Z", "recurrence": "daily", "zone": "Europe/Berlin"});
    let made = own("PUT /scheduledJobs/s", &asked).await;
    assert_eq!(made["schedule"]["zone"], "Europe/Berlin");
    // The clocks go forward on the 26th.
    let runs = ["25T07", "26T06", "27T06", "28T06", "29T06"].map(|run| format!("2090-03-{run}:00:00.0000000Z"));
    assert_eq!(made["nextRuns"], json!(runs));
    assert_eq!(central.ask_in(OWN, "GET /scheduledJobs", "").await.json()["value"], json!([made]));

    // The published versions do not show them, do not know them, and leave the zone alone.
    let published = central.ask("GET /scheduledJobs/s", "").await.json();
    assert_eq!((published.get("nextRuns"), published["schedule"].get("zone")), (None, None));
    let reply = central.ask("PUT /scheduledJobs/s", &asked.to_string()).await;
    assert_eq!(outcome(&reply), "422 UnprocessableEntity");
    assert!(reply.text.contains("schedule.zone is not known\""), "{}", reply.text);
    assert_eq!(central.ask("PATCH /scheduledJobs/s", r#"{"displayName":"N"}"#).await.status, 200);
    let kept = own("PATCH /scheduledJobs/s", &json!({"description": "d"})).await;
    assert_eq!((&kept["schedule"], &kept["nextRuns"]), (&made["schedule"], &made["nextRuns"]));

    // What is sent back as it was read is the same; without a zone it is UTC.
    assert_eq!(own("PUT /scheduledJobs/s", &kept).await["schedule"], made["schedule"]);
    let plain = own("PATCH /scheduledJobs/s", &json!({"schedule": {"zone": null}})).await;
    assert_eq!((plain["schedule"].get("zone"), &plain["nextRuns"][1]), (None, &json!("2090-03-26T07:00:00.0000000Z")));
    assert_eq!(own("PATCH /scheduledJobs/s", &json!({"enabled": false})).await["nextRuns"], json!([]));
    let bad = central.ask_in(OWN, "PATCH /scheduledJobs/s", r#"{"schedule":{"zone":"Nowhere"}}"#).await;
    assert_eq!(outcome(&bad), "422 UnprocessableEntity");
    assert!(bad.text.contains("schedule.zone is not the name of a time zone"), "{}", bad.text);
}

/// Whose it is, and how it went; what was read can be sent back.
#[tokio::test]
async fn our_own_version_says_whose_they_are_and_how_they_went() {
    let central = central().await;
    let browser = central.signed_in("ada", "ada@example.com", json!({"role": Role::Administrator.id()})).await;
    let mut asked = body();
    // A schedule that recurs waits for a tick that nobody missed; this one runs at once.
    asked["schedule"] = json!({"start": "2020-01-01T00:00:00Z"});
    let reply = browser.ask(&central, "PUT /scheduledJobs/once", &asked.to_string()).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let made = reply.json();
    assert_eq!((&made["owner"], &made["ownerName"]), (&json!("user:ada"), &json!("ada@example.com")));
    assert_eq!((&made["skipped"], &made["skips"]), (&json!(0), &json!([])));
    let mut document = Value::Null;
    for _ in 0..500 {
        document = central.ask_own("GET /scheduledJobs/once", "").await.json();
        if document["lastRun"]["status"] == "complete" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let run = &document["lastRun"];
    assert_eq!(run["status"], "complete", "{document}");
    let job = central.ask_own(&format!("GET /jobs/{}", run["id"].as_str().unwrap()), "").await.json();
    assert_eq!((&run["start"], &run["end"]), (&job["start"], &job["end"]));
    assert_eq!(central.ask_own("GET /scheduledJobs", "").await.json()["value"], json!([document]));
    document["displayName"] = json!("Once");
    document["schedule"]["start"] = json!("2090-01-01T00:00:00Z");
    let reply = central.ask_own("PUT /scheduledJobs/once", &document.to_string()).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let changed = reply.json();
    assert_eq!((&changed["owner"], &changed["ownerName"]), (&json!("token:administrator"), &json!("administrator")));
    assert_eq!(changed["lastRun"], document["lastRun"]);
    // The published versions have none of it.
    let published = central.ask("GET /scheduledJobs/once", "").await.json();
    for member in ["owner", "ownerName", "lastRun", "skipped", "skips"] {
        assert_eq!(published.get(member), None, "{member}");
    }
}

#[tokio::test]
async fn our_own_version_searches_and_sorts() {
    let central = central().await;
    for (id, name, description, start, enabled) in [
        ("a", "Night", "Pumps", "2090-03-01T00:00:00Z", true),
        ("b", "day", "", "2090-02-01T00:00:00Z", true),
        ("c", "Both", "", "2090-01-01T00:00:00Z", false),
    ] {
        let mut asked = body();
        asked["displayName"] = json!(name);
        asked["description"] = json!(description);
        asked["enabled"] = json!(enabled);
        asked["schedule"]["start"] = json!(start);
        assert_eq!(central.ask(&format!("PUT /scheduledJobs/{id}"), &asked.to_string()).await.status, 200);
    }
    for (query, expected) in [
        ("", "a b c"),
        ("?search=PUMP", "a"),
        ("?search=DAY", "b"),
        ("?search=a", "a b"),
        ("?search=x", ""),
        ("?orderby=displayName", "c a b"),
        ("?orderby=displayName%20desc", "b a c"),
        // What is suspended does not run again.
        ("?orderby=nextRun", "b a c"),
        ("?orderby=nextRun%20desc", "c a b"),
    ] {
        assert_eq!(each(&central, &format!("/scheduledJobs{query}"), "id").await, expected, "{query}");
    }
    for order in ["displayName", "nextRun%20desc"] {
        let all = each(&central, &format!("/scheduledJobs?orderby={order}"), "id").await;
        let mut paged = Vec::new();
        let mut path = format!("/scheduledJobs?orderby={order}&maxpagesize=1");
        while !path.is_empty() {
            let page = central.ask_own(&format!("GET {path}"), "").await;
            paged.push(super::device_groups::each(&page, "id"));
            let next = page.json()["nextLink"].as_str().map(|link| link.split_once("/api").unwrap().1.to_owned());
            path = next.unwrap_or_default();
        }
        assert_eq!(paged.join(" "), all, "{order}");
    }
    for query in ["orderby=start", "orderby=nextRun%20down", "orderby=nextRun%20desc%20x"] {
        let reply = central.ask_own(&format!("GET /scheduledJobs?{query}"), "").await;
        assert_eq!(outcome(&reply), "400 BadRequest", "{query}");
        assert!(reply.text.contains("orderby must be one of displayName, nextRun"), "{}", reply.text);
    }
}

/// Who did what is for everybody who sees it; from where, only for who may read the audit log.
#[tokio::test]
async fn activity_tells_addresses_to_few() {
    let central = central().await;
    let browser = central.signed_in("ada", "ada@example.com", json!({"role": Role::Administrator.id()})).await;
    let mut asked = body();
    asked["organizations"] = json!(["eu"]);
    let reply = browser.ask(&central, "PUT /scheduledJobs/s", &asked.to_string()).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    central.set_up("PATCH /scheduledJobs/s", r#"{"enabled":false}"#).await;
    // The mail address is another one since.
    central.set_up("PATCH /users/ada", r#"{"email":"countess@example.com"}"#).await;
    let read = async |token: &str| {
        let reply = central.ask_as(Some(token), OWN, "GET /scheduledJobs/s/activity", &[], "").await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        let entries = reply.json()["value"].as_array().unwrap().clone();
        let line =
            |entry: &Value| ["action", "actor", "actorName"].map(|name| entry[name].as_str().unwrap_or("-")).join(" ");
        (entries.iter().map(line).collect::<Vec<_>>(), entries[1].get("address").is_some())
    };
    let viewer = make_token(&central.hub, "viewer", &[(Role::OrgViewer, Some("eu"))]).await;
    let chief = make_token(&central.hub, "chief", &[(Role::OrgAdministrator, Some("eu"))]).await;
    let elsewhere =
        make_token(&central.hub, "elsewhere", &[(Role::OrgViewer, Some("eu")), (Role::OrgAdministrator, Some("us"))])
            .await;
    let told = ["update token:administrator -", "create user:ada ada@example.com"];
    assert_eq!(read(&central.token).await.0, told);
    assert_eq!(read(&chief).await.0, told);
    let others = ["update token:administrator administrator", "create user:ada countess@example.com"];
    for token in [&viewer, &elsewhere] {
        let (lines, address) = read(token).await;
        assert_eq!((lines, address), (others.map(str::to_owned).to_vec(), false));
    }
    let us = make_token(&central.hub, "us", &[(Role::OrgViewer, Some("us"))]).await;
    let reply = central.ask_as(Some(&us), OWN, "GET /scheduledJobs/s/activity", &[], "").await;
    assert_eq!(outcome(&reply), "404 NotFound");
    // Another one of the same id, of others: what was done with the first is not theirs to see.
    central.set_up("DELETE /scheduledJobs/s", "").await;
    asked["organizations"] = json!(["us"]);
    asked["group"] = json!("us-all");
    central
        .set_up(
            "PUT /deviceGroups/us-all",
            &json!({"displayName": "U", "filter": "SELECT * FROM devices",
        "organizations": ["us"]})
            .to_string(),
        )
        .await;
    central.set_up("PUT /scheduledJobs/s", &asked.to_string()).await;
    let reply = central.ask_as(Some(&us), OWN, "GET /scheduledJobs/s/activity", &[], "").await.json();
    assert_eq!(reply["value"].as_array().unwrap().len(), 1, "{reply}");
}

#[tokio::test]
async fn what_begins_in_some_days() {
    const DAY: i64 = 86_400;
    let central = central().await;
    let now = central.hub.state.engine.now();
    let later = |seconds: i64| now.plus_seconds(seconds).to_string();
    for (id, start, recurrence, zone) in [
        ("weekly", DAY, Some("weekly"), "Europe/Berlin"),
        ("once", 9 * DAY, None, "UTC"),
        ("far", 40 * DAY, None, "UTC"),
    ] {
        let mut asked = body();
        asked["schedule"] = json!({"start": later(start), "zone": zone});
        if let Some(recurrence) = recurrence {
            asked["schedule"]["recurrence"] = json!(recurrence);
        }
        asked["displayName"] = json!(id.to_uppercase());
        let reply = central.ask_in(OWN, &format!("PUT /scheduledJobs/{id}"), &asked.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let mut off = body();
    (off["enabled"], off["schedule"]["start"]) = (json!(false), json!(later(DAY)));
    assert_eq!(central.ask("PUT /scheduledJobs/off", &off.to_string()).await.status, 200);
    for (id, start) in [("waits", 2 * DAY), ("late", 7 * DAY)] {
        let hub = json!({"type": "scheduleUpdateTwin", "queryCondition": "*", "startTime": later(start),
                         "updateTwin": {}});
        assert_eq!(central.hub.ask(&format!("PUT /jobs/v2/{id}"), &[], &hub.to_string()).await.status, 200);
    }
    let told = async |query: &str| {
        let found = central.get(&format!("/upcomingRuns{query}")).await;
        let value = found["value"].as_array().unwrap();
        (value.iter().map(|run| run["id"].as_str().unwrap()).collect::<Vec<_>>().join(" "), found["more"].clone())
    };
    let all = central.get("/upcomingRuns").await;
    let expected = json!([
        {"time": later(DAY), "kind": "scheduledJob", "id": "weekly", "displayName": "WEEKLY", "group": "g",
         "zone": "Europe/Berlin"},
        {"time": later(2 * DAY), "kind": "job", "id": "waits"},
        {"time": later(7 * DAY), "kind": "job", "id": "late"},
        {"time": all["value"][3]["time"], "kind": "scheduledJob", "id": "weekly", "displayName": "WEEKLY",
         "group": "g", "zone": "Europe/Berlin"},
        {"time": later(9 * DAY), "kind": "scheduledJob", "id": "once", "displayName": "ONCE", "group": "g",
         "zone": "UTC"},
    ]);
    assert_eq!(json!(&all["value"].as_array().unwrap()[..5]), expected);
    assert_eq!(told("").await, ("weekly waits late weekly once weekly weekly weekly".to_owned(), json!(false)));
    let at = |from: i64, until: i64| format!("?from={}&until={}", later(from), later(until));
    assert_eq!(told(&at(2 * DAY, 7 * DAY)).await.0, "waits");
    assert_eq!(told(&at(32 * DAY, 41 * DAY)).await.0, "weekly far");
    for (query, message) in [
        ("?from=soon".to_owned(), "from "),
        (at(DAY, DAY), "until must be later than from, by at most 62 days"),
        (at(0, 62 * DAY + 1), "until must be later than from, by at most 62 days"),
        (at(366 * DAY + 1, 367 * DAY), "from must be at most 366 days from now"),
    ] {
        let (found, text) = central.refused(&format!("GET /upcomingRuns{query}"), &Value::Null).await;
        assert!(found == "400 BadRequest" && text.starts_with(message), "{query}: {found} {text}");
    }
    // One that was cancelled begins no more.
    central.done("POST /jobs/waits/cancel", &Value::Null).await;
    assert_eq!(told(&at(0, 3 * DAY)).await.0, "weekly");
}
