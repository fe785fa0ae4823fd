//! The query of IoT Central.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::{
    Candidate, CentralDevice, CentralQuery, CentralQueryError, CentralQueryLimits, CentralRows, JsonDocument, Metadata,
    ResultTooLarge, Value,
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

fn parse(text: &str) -> Result<CentralQuery, CentralQueryError> {
    CentralQuery::parse(text, CentralQueryLimits::default())
}

fn run(text: &str) -> Result<String, CentralQueryError> {
    let query = parse(text)?;
    let mut rows = CentralRows::new(&query);
    for device in devices() {
        if !rows.push(&device).unwrap() {
            break;
        }
    }
    Ok(rows.finish().unwrap().join(" "))
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
        ("SELECT TOP 0 a FROM x", "1:8 TOP takes at least 1 row"),
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
        match parse(text) {
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
        match parse(text) {
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
    // What IoT Central has.
    let limits = CentralQueryLimits { characters: Some(350), items: Some(15), operators: Some(10), rows: Some(1000) };
    let columns = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    let select = |count: usize| format!("SELECT {} FROM x", columns(count));
    let tests = |count: usize| format!("SELECT a FROM x WHERE {}", vec!["a=1"; count].join(" OR "));
    let long = |length: usize| format!("SELECT é FROM x{}", " ".repeat(length - 15));
    let top = |rows: usize| format!("SELECT TOP {rows} a FROM x");
    for (at_it, over_it, rule) in [
        (select(15), select(16), "at most 15 items (setting central-query-items-max)"),
        (tests(11), tests(12), "at most 10 operators AND and OR (setting central-query-operators-max)"),
        (long(350), long(351), "at most 350 characters (setting central-query-characters-max)"),
        (top(1000), top(1001), "at most 1000 rows (setting central-query-rows-max)"),
    ] {
        CentralQuery::parse(&at_it, limits).unwrap();
        let error = CentralQuery::parse(&over_it, limits).unwrap_err().to_string();
        assert!(error.contains(rule), "{error}");
        parse(&over_it).unwrap();
    }
    for text in [select(20_000), tests(20_000), long(200_000), top(usize::MAX)] {
        run(&text).unwrap();
    }
}

#[test]
fn brackets_nest_so_deep_without_any_limit() {
    let nested = |depth: usize| format!("SELECT a FROM x WHERE {}a=1{}", "(".repeat(depth), ")".repeat(depth));
    run(&nested(100)).unwrap();
    for depth in [101, 1_000_000] {
        assert!(parse(&nested(depth)).unwrap_err().to_string().contains("deeper than 100"));
    }
    // Brackets beside each other do not nest.
    run(&format!("SELECT a FROM x WHERE {}", vec!["(a=1)"; 5000].join(" AND "))).unwrap();
}

#[test]
fn no_more_rows_than_the_limit_and_the_first_in_order() {
    let limits = CentralQueryLimits { rows: Some(1000), ..CentralQueryLimits::default() };
    for (text, limits, count, first, last) in [
        ("SELECT t FROM x", limits, 1000, "0", "999"),
        ("SELECT t FROM x ORDER BY t DESC", limits, 1000, "4999", "4000"),
        ("SELECT TOP 3 t FROM x ORDER BY t", limits, 3, "0", "2"),
        ("SELECT t FROM x", CentralQueryLimits::default(), 5000, "0", "4999"),
        ("SELECT t FROM x ORDER BY t DESC", CentralQueryLimits::default(), 5000, "4999", "0"),
        ("SELECT TOP 2000 t FROM x ORDER BY t", CentralQueryLimits::default(), 2000, "0", "1999"),
    ] {
        let query = CentralQuery::parse(text, limits).unwrap();
        let mut rows = CentralRows::new(&query);
        for t in 0..5000 {
            let text: &'static str = format!(r#"{{"properties":{{"t":{t}}}}}"#).leak();
            if !rows.push(&Device(JsonDocument::parse(text).unwrap())).unwrap() {
                break;
            }
        }
        let rows = rows.finish().unwrap();
        let row = |t: &str| format!(r#"{{"t":{t}}}"#);
        assert_eq!((rows.first(), rows.last()), (Some(&row(first)), Some(&row(last))), "{text}");
        assert_eq!(rows.len(), count, "{text}");
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
    const MIB: usize = 1 << 20;
    let (small, large) = (Large("1".to_owned()), Large(format!("[{}1]", "1,".repeat(MIB / 2))));
    for (query, device, devices, expected) in [
        ("SELECT t FROM x", &large, 15, Some(15)),
        ("SELECT t FROM x", &large, 16, None),
        ("SELECT t FROM x", &large, 1000, None),
        ("SELECT TOP 3 t FROM x ORDER BY t", &large, 1000, Some(3)),
        // The values by which rows are ordered are held too.
        ("SELECT $id FROM x ORDER BY t", &large, 15, Some(15)),
        ("SELECT $id FROM x ORDER BY t", &large, 16, None),
        // So is what holds a row: rows without a value are many in no bytes of text.
        ("SELECT $id FROM x", &small, 100_000, Some(100_000)),
        ("SELECT $id FROM x", &small, 1_000_000, None),
    ] {
        let query = parse(query).unwrap();
        let mut rows = CentralRows::new(&query);
        let pushed = (0..devices).try_for_each(|_| rows.push(device).map(|_| ()));
        let found = pushed.and_then(|()| rows.finish());
        assert_eq!(found.map(|rows| rows.len()), expected.ok_or(ResultTooLarge));
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
