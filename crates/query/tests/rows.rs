//! What leaves: projections, aggregates, offline evaluation, and group filters' members.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::offline::{Evaluation, Kind, evaluate};
use bellwether_query::{GROUPS_MAX, GroupFilter, ItemType, JsonDocument, Query};

const TWINS: [&str; 4] = [
    r#"{"deviceId":"a","version":1,"status":"enabled","capabilities":{"iotEdge":true},"tags":{"n":1.0,"s":"x","o":{"p":1,"q":2},"list":[10,20]},"properties":{"desired":{"k":1,"$version":2},"reported":{"$version":3}}}"#,
    r#"{"deviceId":"b","version":2,"status":"enabled","tags":{"n":1,"s":"x","o":{"q":2,"p":1.0},"nil":null,"list":[10]}}"#,
    r#"{"deviceId":"c","version":3,"status":"disabled","tags":{"n":"1","s":5,"list":[20]}}"#,
    r#"{"deviceId":"d","version":4,"status":"disabled","tags":{"n":2.5e0,"s":"\"\u0001é"}}"#,
];

fn rows(query: &str) -> Vec<String> {
    evaluate(Kind::Query, query, TWINS).unwrap_or_else(|error| panic!("{query}: {error}"))
}

#[test]
fn projections_keep_names_and_text() {
    for (query, expected) in [
        ("SELECT DEVICEID, Devices.Version FROM devices WHERE id = 'a'", r#"{"deviceId":"a","version":1}"#),
        ("SELECT id FROM devices WHERE id = 'a'", r#"{"deviceId":"a"}"#),
        ("SELECT tags.n, tags.o FROM devices WHERE id = 'a'", r#"{"n":1.0,"o":{"p":1,"q":2}}"#),
        ("SELECT tags.n FROM devices WHERE id = 'd'", r#"{"n":2.5e0}"#),
        ("SELECT tags.s FROM devices WHERE id = 'd'", r#"{"s":"\"\u0001é"}"#),
        ("SELECT tags.nil, tags.ghost FROM devices WHERE id = 'b'", r#"{"nil":null}"#),
        ("SELECT capabilities.IOTEDGE FROM devices WHERE id = 'a'", r#"{"iotEdge":true}"#),
        (
            "SELECT properties.DESIRED, properties.reported.$version FROM devices WHERE id = 'a'",
            r#"{"desired":{"k":1,"$version":2},"$version":3}"#,
        ),
        (
            "SELECT properties FROM devices WHERE id = 'a'",
            r#"{"properties":{"desired":{"k":1,"$version":2},"reported":{"$version":3}}}"#,
        ),
        ("SELECT tags.list[1] FROM devices WHERE id = 'a'", r#"{"list":20}"#),
        ("SELECT tags.[[list]][0] AS [[first one]] FROM devices WHERE id = 'a'", r#"{"first one":10}"#),
        ("SELECT deviceId AS x, version AS y, status AS x FROM devices WHERE id = 'a'", r#"{"y":1,"x":"enabled"}"#),
        ("SELECT version AS count, Ghost FROM devices WHERE id = 'a'", r#"{"count":1}"#),
        ("SELECT Ghost FROM devices WHERE id = 'a'", "{}"),
        ("SELECT properties.desired.$metadata FROM devices WHERE id = 'a'", "{}"),
    ] {
        assert_eq!(rows(query), [expected], "{query}");
    }
}

#[test]
fn aggregates() {
    for (query, expected) in [
        ("SELECT COUNT(), sum(tags.n), Avg (tags.n) FROM devices", r#"{"$1":4,"$2":4.5,"$3":1.5}"#),
        ("SELECT MIN(tags.n) AS lo, MAX(tags.n) AS hi FROM devices", r#"{"lo":1.0,"hi":2.5e0}"#),
        (
            "SELECT COUNT() AS n, MIN(tags.n) AS lo, SUM(tags.n) AS s, AVG(tags.n) AS m FROM devices WHERE id = 'c'",
            r#"{"n":1}"#,
        ),
        ("SELECT COUNT() AS n FROM devices WHERE false", r#"{"n":0}"#),
        ("SELECT SUM(tags.n) FROM devices WHERE false", "{}"),
        ("SELECT COUNT() AS n, SUM(version) AS n FROM devices", r#"{"n":10}"#),
        (
            "SELECT status, COUNT(), COUNT() AS m FROM devices WHERE version < 3 GROUP BY status",
            r#"{"status":"enabled","$2":2,"m":2}"#,
        ),
    ] {
        assert_eq!(rows(query), [expected], "{query}");
    }
}

#[test]
fn groups_come_in_the_order_they_are_seen() {
    assert_eq!(
        rows("SELECT COUNT() AS n, tags.n AS k FROM devices GROUP BY tags.n"),
        [r#"{"n":2,"k":1.0}"#, r#"{"n":1,"k":"1"}"#, r#"{"n":1,"k":2.5e0}"#,]
    );
    assert_eq!(
        rows("SELECT tags.nil, COUNT() AS n FROM devices GROUP BY tags.nil"),
        [r#"{"n":3}"#, r#"{"nil":null,"n":1}"#]
    );
    assert_eq!(
        rows("SELECT COUNT() AS n FROM devices GROUP BY tags.o"),
        [r#"{"n":2}"#, r#"{"n":2}"#],
        "members in any order"
    );
    assert_eq!(rows("SELECT status, tags.s AS s, COUNT() AS n FROM devices GROUP BY status, tags.s").len(), 3);
    assert_eq!(
        rows("SELECT status FROM devices GROUP BY status"),
        [r#"{"status":"enabled"}"#, r#"{"status":"disabled"}"#]
    );
    assert_eq!(rows("SELECT COUNT() FROM devices WHERE false GROUP BY status"), [] as [&str; 0]);
    assert_eq!(rows("SELECT TOP 1 status FROM devices GROUP BY status").len(), 1);
}

#[test]
fn groups_have_a_limit() {
    let query = Query::parse("SELECT deviceId, COUNT() FROM devices\nGROUP BY deviceId").unwrap();
    let mut aggregation = query.aggregation().unwrap();
    for n in 0..GROUPS_MAX {
        let text = format!(r#"{{"deviceId":"{n}"}}"#);
        aggregation.push(&JsonDocument::parse(&text).unwrap()).unwrap();
    }
    let seen = r#"{"deviceId":"0"}"#;
    aggregation.push(&JsonDocument::parse(seen).unwrap()).unwrap();
    let error = aggregation.push(&JsonDocument::parse(TWINS[0]).unwrap()).unwrap_err();
    assert_eq!((error.line, error.column), (2, 1));
    assert!(error.message.contains("more than 10000 groups"), "{error}");
    assert_eq!(aggregation.finish().len(), GROUPS_MAX);
}

#[test]
fn top_counts_rows() {
    assert_eq!(rows("SELECT TOP 2 deviceId FROM devices"), [r#"{"deviceId":"a"}"#, r#"{"deviceId":"b"}"#]);
    assert_eq!(rows("SELECT TOP 1 deviceId FROM devices WHERE version > 2"), [r#"{"deviceId":"c"}"#]);
    assert_eq!(rows("SELECT TOP 0 * FROM devices"), [] as [&str; 0]);
    assert_eq!(rows("SELECT TOP 3 * FROM devices WHERE false OR true").len(), 3);
    assert_eq!(Query::parse("select top 7 * from devices").unwrap().top(), Some(7));
}

#[test]
fn item_types() {
    for (text, expected, aggregate) in [
        ("SELECT * FROM devices", ItemType::Twin, false),
        ("SELECT * FROM devices.modules", ItemType::Twin, false),
        ("SELECT * FROM devices.jobs", ItemType::DeviceJob, false),
        ("SELECT deviceId FROM devices", ItemType::Raw, false),
        ("SELECT COUNT() FROM devices.modules", ItemType::Raw, true),
        ("SELECT status FROM devices GROUP BY status", ItemType::Raw, true),
    ] {
        let query = Query::parse(text).unwrap();
        assert_eq!((query.item_type(), query.is_aggregate()), (expected, aggregate), "{text}");
        assert_eq!(query.selects_all(), expected != ItemType::Raw, "{text}");
        assert_eq!(query.aggregation().is_some(), aggregate, "{text}");
    }
}

#[test]
fn offline_gives_documents_as_they_stand_and_errors_as_json() {
    assert_eq!(rows("SELECT * FROM devices WHERE version = 3"), [TWINS[2]]);
    assert_eq!(evaluate(Kind::JobCondition, "version >= 3", TWINS).unwrap(), [r#""c""#, r#""d""#]);
    let blank = ["", "  ", TWINS[0], "\t"];
    assert_eq!(evaluate(Kind::JobCondition, "*", blank).unwrap(), [r#""a""#]);

    let error = evaluate(Kind::JobCondition, "deviceId =", TWINS).unwrap_err();
    let message = "expected a path, a constant, a function or '(', found the end of the text";
    assert_eq!(error.to_json(), format!(r#"{{"error":{{"status":400,"line":1,"column":11,"message":"{message}"}}}}"#));
    let error = evaluate(Kind::Query, "SELECT * FROM devices", [TWINS[0], "", "[1]"]).unwrap_err();
    assert!(error.to_string().starts_with("line 3 of the documents: "), "{error}");
    assert!(
        error.to_json().starts_with(r#"{"error":{"status":400,"line":3,"column":1,"message":"documents: "#),
        "{}",
        error.to_json()
    );
}

#[test]
fn offline_can_be_stopped_early() {
    let mut evaluation = Evaluation::new(Kind::Query, "SELECT TOP 1 * FROM devices WHERE version > 1").unwrap();
    assert_eq!(evaluation.push(TWINS[0]).unwrap(), None);
    assert!(!evaluation.is_done());
    assert_eq!(evaluation.push(TWINS[1]).unwrap().unwrap(), TWINS[1]);
    assert!(evaluation.is_done());
    assert_eq!(evaluation.push(TWINS[2]).unwrap(), None);
    assert_eq!(evaluation.finish(), [] as [&str; 0]);
}

#[test]
fn group_members() {
    let device = r#"{"id":"d1","displayName":"Boiler","template":"dtmi:acme:3dPrinter;1","provisioned":true,"simulated":false,
        "enabled":true,"properties":{"t":21.5,"fw":"1.2","order":4,"info":{"maker":"Contoso"}}}"#;
    let device = JsonDocument::parse(device).unwrap();
    for (text, expected) in [
        ("SELECT * FROM devices", true),
        ("select * from Devices where $ID = 'd1'", true),
        ("SELECT*FROM devices WHERE t>=21.5 AND fw != \"1.1\"", true),
        ("SELECT * FROM devices WHERE info.maker = 'Contoso'", true),
        ("SELECT * FROM devices WHERE info.maker = 'Fabrikam' OR $enabled = TRUE", true),
        ("SELECT * FROM devices WHERE order = 4 AND [[t]] > -5", true),
        ("SELECT * FROM devices WHERE ghost != 1", false),
        ("SELECT * FROM devices WHERE ghost != 1 OR $provisioned = true", true),
        ("SELECT * FROM devices WHERE t = '21.5'", false),
        ("SELECT * FROM devices WHERE maker = 'Contoso'", false),
        ("SELECT * FROM dtmi:acme:3dPrinter;1", true),
        ("SELECT * FROM dtmi:acme:3dPrinter;1 WHERE fw = '1.2'", true),
        ("SELECT * FROM dtmi:acme:3dPrinter;2 WHERE fw = '1.2' OR t > 0", false),
    ] {
        let filter = GroupFilter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(&device), expected, "{text}");
    }
    let filter =
        GroupFilter::parse("SELECT * FROM dtmi:a;1 WHERE $id = 'x' AND fw = '1' AND info.maker = 'y'").unwrap();
    assert_eq!(filter.template(), Some("dtmi:a;1"));
    assert_eq!(filter.capabilities().collect::<Vec<_>>(), [(None, "fw"), (Some("info"), "maker")]);
    for (text, template) in [
        ("SELECT * FROM devices", None),
        ("SELECT * FROM devices WHERE $template = 'a'", Some("a")),
        ("SELECT * FROM devices WHERE $simulated = true AND $TEMPLATE = \"a\"", Some("a")),
        ("SELECT * FROM devices WHERE $template = 'a' OR $simulated = true", None),
        ("SELECT * FROM devices WHERE $template != 'a'", None),
        ("SELECT * FROM devices WHERE $template = 1 AND $id = 'a'", None),
        ("SELECT * FROM a WHERE $template = 'b'", Some("a")),
        ("SELECT * FROM a WHERE $id = 'x' OR $id = 'y'", Some("a")),
    ] {
        assert_eq!(GroupFilter::parse(text).unwrap().template(), template, "{text}");
    }
}
