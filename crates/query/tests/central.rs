//! The query of IoT Central.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::{
    Candidate, CentralDevice, CentralQuery, CentralQueryError, CentralRows, JsonDocument, Metadata, Value,
};
use proptest::prelude::*;

/// A device in IoT Central's form, with the values of its properties in a member `properties`.
struct Device(JsonDocument<'static>);

impl Candidate for Device {
    fn metadata(&self, field: Metadata) -> Value<'_> {
        self.0.metadata(field)
    }

    fn capability(&self, component: Option<&str>, name: &str) -> Value<'_> {
        self.0.capability(component, name)
    }
}

impl CentralDevice for Device {
    fn timestamp(&self) -> Value<'_> {
        self.0.member("ts")
    }
}

fn devices() -> Vec<Device> {
    [
        r#"{"id":"d1","provisioned":true,"simulated":false,"ts":"2026-01-01","properties":{"t":21.50,"fw":"1.2","fan":{"speed":3}}}"#,
        r#"{"id":"d2","provisioned":false,"simulated":false,"ts":"2026-01-03","properties":{"t":9,"fw":"1.1","group":true}}"#,
        r#"{"id":"d3","provisioned":true,"simulated":true,"ts":"2026-01-02","properties":{"fw":"1.2","where":{"lat":1.0,"lon":2}}}"#,
    ]
    .map(|text| Device(JsonDocument::parse(text).unwrap()))
    .into()
}

fn run(text: &str) -> Result<String, CentralQueryError> {
    let query = CentralQuery::parse(text)?;
    let mut rows = CentralRows::new(&query);
    for device in devices() {
        if !rows.push(&device).unwrap() {
            break;
        }
    }
    Ok(rows.finish().join(" "))
}

#[test]
fn what_queries_answer() {
    for (text, expected) in [
        ("SELECT $id FROM dtmi:a;1", r#"{"$id":"d1"} {"$id":"d2"} {"$id":"d3"}"#),
        ("select $ID as device from dtmi:a;1", r#"{"device":"d1"} {"device":"d2"} {"device":"d3"}"#),
        ("SELECT TOP 1 t FROM x", r#"{"t":21.50}"#),
        ("SELECT t, fan.speed FROM x", r#"{"t":21.50,"fan.speed":3} {"t":9} {}"#),
        ("SELECT where FROM x", "syntax"),
        ("SELECT [[where]] FROM x WHERE $simulated = true", r#"{"where":{"lat":1.0,"lon":2}}"#),
        ("SELECT $id FROM x WHERE [[group]] = TRUE", r#"{"$id":"d2"}"#),
        ("SELECT $id FROM x WHERE t > 9 AND $provisioned = true", r#"{"$id":"d1"}"#),
        ("SELECT $id FROM x WHERE t <> 9", r#"{"$id":"d1"}"#),
        ("SELECT $id FROM x WHERE t = '9'", ""),
        ("SELECT $id FROM x WHERE t = 9 OR fw = \"1.2\" AND $simulated = true", r#"{"$id":"d2"} {"$id":"d3"}"#),
        ("SELECT $id FROM x WHERE (t = 9 OR fw = '1.2') AND $simulated = true", r#"{"$id":"d3"}"#),
        ("SELECT $id AS i FROM x WHERE i IN [\"d3\", 'd1', 'd9']", r#"{"i":"d1"} {"i":"d3"}"#),
        ("SELECT t AS warm FROM x WHERE warm > 10", r#"{"warm":21.50}"#),
        ("SELECT $id FROM x ORDER BY t", r#"{"$id":"d2"} {"$id":"d1"} {"$id":"d3"}"#),
        ("SELECT $id FROM x ORDER BY t DESC", r#"{"$id":"d1"} {"$id":"d2"} {"$id":"d3"}"#),
        ("SELECT $id FROM x ORDER BY fw ASC, $ts DESC", r#"{"$id":"d2"} {"$id":"d3"} {"$id":"d1"}"#),
        ("SELECT TOP 1 $id, $ts AS at FROM x ORDER BY at DESC", r#"{"$id":"d2","at":"2026-01-03"}"#),
        ("SELECT $id FROM x WHERE $ts >= '2026-01-02' AND $ts < '2026-01-03'", r#"{"$id":"d3"}"#),
    ] {
        let found = run(text).unwrap_or_else(|_| "syntax".to_owned());
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_is_refused() {
    for (text, expected) in [
        ("", "1:1 expected SELECT, found the end of the text"),
        (
            "SELECT FROM x",
            "1:8 expected a property, component.property, $id, $ts, $provisioned or $simulated, found 'FROM'",
        ),
        ("SELECT * FROM x", "1:8 * is not supported; name the columns"),
        (
            "SELECT $displayName FROM x",
            "1:8 there is no $displayName; the names are $id, $ts, $provisioned, $simulated",
        ),
        ("SELECT a.b.c FROM x", "1:11 a property is written name or component.name"),
        ("SELECT a, b AS a FROM x", "1:11 two columns are called a; use AS"),
        ("SELECT a FROM", "1:14 expected the id of a device template after FROM, found the end of the text"),
        ("SELECT a x", "1:10 expected ',', AS or FROM after an item, found 'x'"),
        ("SELECT TOP 0 a FROM x", "1:8 TOP takes 1 to 1000 rows of properties"),
        ("SELECT TOP 1001 a FROM x", "1:8 TOP takes 1 to 1000 rows of properties"),
        ("SELECT TOP x a FROM x", "1:12 expected a whole number of rows after TOP, found 'x'"),
        ("SELECT a FROM x LIMIT 5", "1:17 expected WHERE, ORDER BY or the end of the query, found 'LIMIT'"),
        ("SELECT a FROM x WHERE a", "1:24 expected a comparison: = != <> < <= > >=, or IN, found the end of the text"),
        ("SELECT a FROM x WHERE NOT a = 1", "1:23 NOT is not supported; use != or <>"),
        ("SELECT a FROM x WHERE a = b", "1:27 expected a string, a number, true or false, found 'b'"),
        ("SELECT a FROM x WHERE a = null", "1:27 a value is compared with a string, a number, true or false"),
        ("SELECT a FROM x WHERE a IN [1]", "1:25 IN takes $id only; join comparisons with OR"),
        ("SELECT a FROM x WHERE $id IN ('a')", "1:30 IN takes its list in square brackets: IN ['a', 'b']"),
        ("SELECT a FROM x WHERE (a = 1", "1:29 expected ')', found the end of the text"),
        ("SELECT a FROM x WHERE lower(a) = 'b'", "1:23 there is no function lower"),
        ("SELECT a FROM x ORDER a", "1:23 expected BY after ORDER, found 'a'"),
        ("SELECT a FROM x ORDER BY a UP", "1:28 expected ',', ASC, DESC or the end of the query, found 'UP'"),
    ] {
        match CentralQuery::parse(text) {
            Err(CentralQueryError::Text(error)) => {
                assert_eq!(format!("{}:{} {}", error.line, error.column, error.message), expected, "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn telemetry_is_not_served_and_the_error_says_so() {
    for (text, what) in [
        ("SELECT AVG(t) FROM x", "AVG"),
        ("SELECT $id, count ( t ) AS n FROM x", "COUNT"),
        ("SELECT t FROM x WHERE WITHIN_WINDOW(P1D)", "WITHIN_WINDOW"),
        ("SELECT t FROM x WHERE t > 1 AND within_window('a/b')", "WITHIN_WINDOW"),
        ("SELECT t FROM x GROUP BY WINDOW(PT1H)", "GROUP BY WINDOW"),
    ] {
        match CentralQuery::parse(text) {
            Err(CentralQueryError::Unserved(message)) => {
                assert!(message.starts_with(&format!("{what} is for telemetry: this server keeps")), "{message}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    // Without a bracket these are names like any other.
    assert_eq!(run("SELECT last, sum.peak FROM x").unwrap(), "{} {} {}");
}

#[test]
fn limits() {
    let columns = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    assert!(run(&format!("SELECT {} FROM x", columns(15))).is_ok());
    assert!(run(&format!("SELECT {} FROM x", columns(16))).unwrap_err().to_string().contains("at most 15 items"));
    let tests = |count: usize| vec!["a=1"; count].join(" OR ");
    assert!(run(&format!("SELECT a FROM x WHERE {}", tests(11))).is_ok());
    let error = run(&format!("SELECT a FROM x WHERE {}", tests(12))).unwrap_err().to_string();
    assert!(error.contains("at most 10 operators"), "{error}");
    let long = |length: usize| format!("SELECT é FROM x{}", " ".repeat(length - 15));
    assert!(run(&long(350)).is_ok());
    assert!(run(&long(351)).unwrap_err().to_string().contains("at most 350 characters"));
    let nested = format!("SELECT a FROM x WHERE {}a=1{}", "(".repeat(160), ")".repeat(160));
    assert!(run(&nested).is_ok());
}

#[test]
fn no_more_rows_than_the_limit_and_the_first_in_order() {
    for (text, first, last) in [
        ("SELECT t FROM x", "0", "999"),
        ("SELECT t FROM x ORDER BY t DESC", "4999", "4000"),
        ("SELECT TOP 3 t FROM x ORDER BY t", "0", "2"),
    ] {
        let query = CentralQuery::parse(text).unwrap();
        let mut rows = CentralRows::new(&query);
        for t in 0..5000 {
            let text: &'static str = format!(r#"{{"properties":{{"t":{t}}}}}"#).leak();
            if !rows.push(&Device(JsonDocument::parse(text).unwrap())).unwrap() {
                break;
            }
        }
        let rows = rows.finish();
        let row = |t: &str| format!(r#"{{"t":{t}}}"#);
        assert_eq!((rows.first(), rows.last()), (Some(&row(first)), Some(&row(last))), "{text}");
        assert_eq!(rows.len(), if text.contains("TOP") { 3 } else { 1000 });
    }
}

/// A device whose every property is this JSON text.
struct Large(String);

impl Candidate for Large {
    fn metadata(&self, _: Metadata) -> Value<'_> {
        Value::Undefined
    }

    fn capability(&self, _: Option<&str>, _: &str) -> Value<'_> {
        Value::json(&self.0)
    }
}

impl CentralDevice for Large {
    fn timestamp(&self) -> Value<'_> {
        Value::Undefined
    }
}

#[test]
fn a_result_has_a_limit_in_bytes() {
    let device = Large(format!("[{}1]", "1,".repeat(1 << 19)));
    for (query, expected) in [("SELECT t FROM x", None), ("SELECT TOP 3 t FROM x ORDER BY t", Some(3))] {
        let query = CentralQuery::parse(query).unwrap();
        let mut rows = CentralRows::new(&query);
        let pushed = (0..100).try_for_each(|_| rows.push(&device).map(|_| ()));
        assert_eq!(pushed.is_ok().then(|| rows.finish().len()), expected);
    }
}

/// Texts that are queries more often than not.
fn query() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "$id",
        "$ts",
        "t",
        "fan.speed",
        "AS",
        "a",
        ",",
        "WHERE",
        "AND",
        "OR",
        "(",
        ")",
        "=",
        "<>",
        "'x'",
        "1",
        "IN",
        "['d1']",
        "ORDER BY",
        "DESC",
        "TOP 5",
        "AVG(",
        "GROUP",
        "é",
        "'",
    ]);
    prop::collection::vec(word, 0..16).prop_map(|words| format!("SELECT $id FROM x WHERE {}", words.join(" ")))
}

proptest! {
    #[test]
    fn no_text_panics(any in any::<String>(), words in query()) {
        for text in [any, words.replacen(" FROM x WHERE", "", 1), words] {
            if let Err(CentralQueryError::Text(error)) = run(&text) {
                prop_assert!(error.line >= 1 && error.column >= 1);
            }
        }
    }
}
