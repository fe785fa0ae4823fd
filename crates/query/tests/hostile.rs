//! Texts that are meant to exhaust the parser. Each is a mebibyte or so; what matters is that they end, soon
//! and without filling the stack. A test's thread has the 2 MiB of an ordinary worker thread.
#![allow(clippy::unwrap_used, clippy::panic)]
#![allow(clippy::disallowed_methods)] // measuring takes a clock

use std::time::{Duration, Instant};

use bellwether_query::{CentralQuery, CentralQueryLimits, Condition, GroupFilter, JsonDocument, Query};

const SIZE: usize = 1 << 20;

fn repeat(part: &str) -> String {
    part.repeat(SIZE / part.len())
}

/// Generous, for slow machines and builds without optimisation; quadratic work takes minutes.
fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < Duration::from_secs(10), "{what} took {:?}", start.elapsed());
    result
}

fn twin() -> JsonDocument<'static> {
    JsonDocument::parse(r#"{"deviceId":"d7","tags":{"a":1,"t":"x"}}"#).unwrap()
}

#[test]
fn refused_texts_are_refused_soon() {
    for part in [
        "(",
        "IS_DEFINED(",
        "STARTSWITH('a',",
        "((NOT ",
        "[[",
        "[",
        "'",
        "tags.",
        "NOT ",
        "-",
        "a =",
        "a IN [",
        "\\",
        "1 + ",
        "é ",
        "\n",
        "AND ",
    ] {
        let text = repeat(part);
        soon(part, || Condition::parse(&text).unwrap_err());
        soon(part, || Query::parse(&text).unwrap_err());
        soon(part, || GroupFilter::parse(&text).unwrap_err());
        // No setting bounds the text.
        soon(part, || CentralQuery::parse(&text, CentralQueryLimits::default()).unwrap_err());
        soon(part, || CentralQuery::parse(&format!("SELECT {text}"), CentralQueryLimits::default()).unwrap_err());
        // What is white space alone may stand at the end.
        let tested = format!("SELECT a FROM x WHERE a = 1 {text}");
        soon(part, || CentralQuery::parse(&tested, CentralQueryLimits::default()).is_ok());
    }
}

#[test]
fn nesting_has_a_limit_that_says_so() {
    let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Condition::parse(&nested(100)).unwrap().matches(&twin()));
    let error = Condition::parse(&nested(101)).unwrap_err();
    assert_eq!((error.column, error.message.as_str()), (101, "brackets nest deeper than 100"));
    let mixed = format!("{}true{}", "NOT (1 = 1 AND IS_DEFINED(".repeat(51), "))".repeat(51));
    assert_eq!(Condition::parse(&mixed).unwrap_err().message, "brackets nest deeper than 100");
    // A bracket that closed does not count.
    assert!(Condition::parse(&vec!["(true)"; 1000].join(" AND ")).is_ok());
}

#[test]
fn the_deepest_tree_fits_a_small_stack() {
    let level = "NOT NOT - 1 + 2 * 3 = 5 OR true AND 1 + IS_DEFINED(tags.a OR ";
    let text = format!("{}true{}", level.repeat(100), ")".repeat(100));
    let work = move || {
        let condition = Condition::parse(&text).unwrap();
        condition.matches(&twin());
        condition.narrow();
        condition.fields();
        assert_eq!(condition.clone(), condition);
    };
    // Half of what a worker thread has.
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn long_flat_texts_are_fine() {
    let twin = twin();
    for (what, text, expected) in [
        ("not", format!("{}true", "NOT ".repeat(SIZE / 4 / 2 * 2)), true),
        ("signs", format!("{} 1 = 1", "- ".repeat(SIZE / 2)), true),
        ("sum", format!("0{} > 0", " + tags.a".repeat(SIZE / 9)), true),
        ("product", format!("1{} = 1", " * tags.a".repeat(SIZE / 9)), true),
        ("concat", format!("STARTSWITH(''{}, 'xx')", " || tags.t".repeat(SIZE / 10)), true),
        ("or", format!("false{}", " OR tags.b = 1".repeat(SIZE / 14)), false),
        ("or of many", format!("false{}", (0..60_000).map(|n| format!(" OR tags.a = {n}")).collect::<String>()), true),
        (
            "or of paths",
            format!("false{}", (0..40_000).map(|n| format!(" OR tags.n{n} = {n}")).collect::<String>()),
            false,
        ),
        ("and", format!("true{}", " AND tags.a != 2".repeat(SIZE / 16)), true),
        ("brackets", format!("true{}", " AND (tags.a = 1)".repeat(SIZE / 17)), true),
        ("list", format!("tags.a IN [{}1]", "2,".repeat(SIZE / 2)), true),
        ("path", format!("IS_DEFINED(tags{})", ".a".repeat(SIZE / 2)), false),
        ("indexes", format!("IS_DEFINED(tags.a{})", "[0]".repeat(SIZE / 3)), false),
        ("string", format!("tags.t = '{}'", "x".repeat(SIZE)), false),
        ("escapes", format!("tags.t = '{}'", r"\u0041".repeat(SIZE / 6)), false),
        ("space", format!("true{}", " ".repeat(SIZE)), true),
        ("name", format!("IS_DEFINED({})", "n".repeat(SIZE)), false),
    ] {
        let condition = soon(what, || Condition::parse(&text).unwrap_or_else(|error| panic!("{what}: {error}")));
        assert_eq!(soon(what, || condition.matches(&twin)), expected, "{what}");
        soon(what, || condition.narrow());
    }
}

#[test]
fn concatenation_has_a_limit() {
    let half = "x".repeat(1 << 19);
    let text = format!("'{half}' || '{half}' > ''");
    assert!(Condition::parse(&text).unwrap().matches(&twin()));
    let text = format!("IS_DEFINED('{half}' || '{half}' || 'x')");
    assert!(!Condition::parse(&text).unwrap().matches(&twin()));
}

#[test]
fn fifty_thousand_ids_are_one_lookup() {
    let ids: Vec<String> = (0..50_000).map(|n| format!("d{}", n * 7)).collect();
    let list = Condition::parse(&format!("deviceId IN ['{}']", ids.join("','"))).unwrap();
    let chain = Condition::parse(&format!("deviceId = '{}'", ids.join("' OR deviceId = '"))).unwrap();
    let mixed = format!("(deviceId = '{}') OR deviceId IN ['d0']", ids.join("' OR 'd0' = deviceId OR deviceId = '"));
    let mixed = Condition::parse(&mixed).unwrap();
    assert_eq!(list, Condition::device_ids(ids.iter().map(String::as_str)));
    assert_eq!(list, chain);
    assert_eq!(list, mixed);
    let twin = twin();
    soon("a hundred thousand lookups", || {
        for _ in 0..100_000 {
            assert!(list.matches(&twin));
        }
    });
    assert_eq!(list.narrow().device_ids.unwrap().len(), 50_000);
}
