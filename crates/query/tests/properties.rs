//! Properties of all texts and documents.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::{Condition, GroupFilter, JsonDocument, Query};
use proptest::prelude::*;

/// Pieces that bring arbitrary text far into the parser.
const PIECES: &[&str] = &[
    "SELECT",
    "*",
    "FROM",
    "devices",
    "devices.jobs",
    "devices.modules",
    "WHERE",
    "GROUP BY",
    "TOP 3",
    "COUNT()",
    "AVG(",
    "AS x",
    "AND",
    "OR",
    "NOT",
    "IN",
    "NIN",
    "[",
    "]",
    "(",
    ")",
    ",",
    ".",
    "=",
    "!=",
    "<",
    ">=",
    "+",
    "-",
    "||",
    "%",
    "'a'",
    "\"b\"",
    "'",
    "1",
    "0x1f",
    "1e5",
    "true",
    "null",
    "undefined",
    "tags",
    "deviceId",
    "properties.desired.$version",
    "[[a b]]",
    "[[",
    "IS_DEFINED(",
    "STARTSWITH(",
    "$id",
    "dtmi:a;1",
    "\\",
    "\\u00e9",
    "\n",
    "é",
    "😀",
    "--",
    ";",
];

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![9 => proptest::sample::select(PIECES).prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.join(" "))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), pieces(), pieces().prop_map(|rest| format!("SELECT * FROM devices WHERE {rest}"))]
}

/// A value as JSON, which is also a constant.
fn scalar() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&["1", "2", "'1'", "'x'", "true", "false", "null", "-0", "undefined"][..])
}

fn member(name: &'static str) -> impl Strategy<Value = String> {
    let json = &["1", "2.0", "\"1\"", "\"x\"", "true", "false", "null", "0", "[1]", "{\"x\":1}", ""][..];
    proptest::sample::select(json)
        .prop_map(move |value| if value.is_empty() { String::new() } else { format!("\"{name}\":{value}") })
}

fn document() -> impl Strategy<Value = String> {
    let ids = proptest::sample::select(
        &["\"deviceId\":\"a\"", "\"deviceId\":\"b\"", "\"deviceId\":\"c\"", "\"deviceId\":1", ""][..],
    );
    (ids, member("x"), member("y")).prop_map(|(id, x, y)| {
        let tags = [x, y].iter().filter(|member| !member.is_empty()).cloned().collect::<Vec<_>>().join(",");
        let id = if id.is_empty() { String::new() } else { format!("{id},") };
        format!("{{{id}\"tags\":{{{tags}}}}}")
    })
}

/// Expressions in which the device id is often restricted.
fn condition() -> impl Strategy<Value = String> {
    let id = proptest::sample::select(&["'a'", "'b'", "'c'", "1", "null"][..]);
    let path = proptest::sample::select(&["deviceId", "id", "tags.x", "tags.y", "tags.z"][..]);
    let op = proptest::sample::select(&["=", "!=", "<", ">="][..]);
    let leaf = prop_oneof![
        4 => id.clone().prop_map(|id| format!("deviceId = {id}")),
        1 => id.clone().prop_map(|id| format!("{id} = DeviceId")),
        2 => proptest::collection::vec(id.clone(), 1..4).prop_map(|ids| format!("deviceId IN [{}]", ids.join(", "))),
        1 => id.prop_map(|id| format!("deviceId NIN [{id}]")),
        3 => (path.clone(), op, scalar()).prop_map(|(path, op, value)| format!("{path} {op} {value}")),
        1 => path.clone().prop_map(|path| format!("IS_DEFINED({path})")),
        1 => path.prop_map(str::to_owned),
        1 => scalar().prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|items| format!("({})", items.join(" AND "))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|items| format!("({})", items.join(" OR "))),
            inner.clone().prop_map(|item| format!("NOT {item}")),
            inner.prop_map(|item| format!("(({item}) = true)")),
        ]
    })
}

/// JSON with few names, so that paths hit.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z\"\\\\é😀\u{1}]{0,4}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let members = proptest::collection::btree_map("[ab\"\\\\é]{1,2}", inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Into::into),
            members.prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A step of a path: a name or an index.
fn step() -> impl Strategy<Value = Result<String, usize>> {
    prop_oneof![3 => "[ab\"\\\\é]{1,2}".prop_map(Ok), 1 => (0..3usize).prop_map(Err)]
}

/// True, false or undefined.
fn outcome(text: &str, document: &JsonDocument<'_>) -> Option<bool> {
    let is = |text: String| Query::parse(&text).unwrap().matches(document);
    match (is(format!("SELECT * FROM devices WHERE {text}")), is(format!("SELECT * FROM devices WHERE NOT ({text})"))) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
        (true, true) => panic!("{text} is true and false"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_parser_panic(text in text()) {
        let lines = text.split('\n').count();
        for error in [Query::parse(&text).err(), Condition::parse(&text).err(), GroupFilter::parse(&text).err()].into_iter().flatten() {
            prop_assert!(error.line >= 1 && error.line <= lines, "{error}");
            let line = text.split('\n').nth(error.line - 1).unwrap();
            prop_assert!(error.column >= 1 && error.column <= line.chars().count() + 1, "{error}");
            prop_assert!(!error.message.is_empty());
        }
    }

    #[test]
    fn no_document_makes_an_evaluation_panic(text in pieces(), document in any::<String>()) {
        if let (Ok(condition), Ok(document)) = (Condition::parse(&text), JsonDocument::parse(&format!("{{\"tags\":{{\"a\":{document:?}}}}}"))) {
            condition.matches(&document);
        }
    }

    #[test]
    fn following_a_path_finds_what_a_tree_has(
        tags in proptest::collection::btree_map("[ab]", json(), 0..3), steps in proptest::collection::vec(step(), 0..4), pretty in any::<bool>(),
    ) {
        let tree = serde_json::json!({ "tags": tags });
        let text = if pretty { serde_json::to_string_pretty(&tree).unwrap() } else { tree.to_string() };
        let mut path = "tags".to_owned();
        let mut expected = tree.get("tags");
        for step in &steps {
            match step {
                Ok(name) => path.push_str(&format!(".[[{name}]]")),
                Err(index) => path.push_str(&format!("[{index}]")),
            }
            expected = expected.and_then(|value| match step {
                Ok(name) => value.get(name),
                Err(index) => value.get(index),
            });
        }
        let row = Query::parse(&format!("SELECT {path} AS v FROM devices")).unwrap().project(&JsonDocument::parse(&text).unwrap());
        let row: serde_json::Value = serde_json::from_str(&row).unwrap();
        prop_assert_eq!(row.get("v"), expected, "{}", path);
    }

    #[test]
    fn narrow_never_excludes_a_match(text in condition(), document in document()) {
        let Ok(condition) = Condition::parse(&text) else { return Ok(()) };
        let document = JsonDocument::parse(&document).unwrap();
        let narrow = condition.narrow();
        prop_assert_eq!(narrow.job_ids, None);
        if let (true, Some(ids)) = (condition.matches(&document), narrow.device_ids) {
            let id = match document.member("deviceId") {
                bellwether_query::Value::String(id) => id.into_owned(),
                other => panic!("a match without an id: {other:?}"),
            };
            prop_assert!(ids.contains(&id), "{} is not in {:?}", id, ids);
            prop_assert!(ids.is_sorted());
        }
    }

    #[test]
    fn a_flat_chain_means_what_the_nested_one_means(
        items in proptest::collection::vec(condition(), 2..8), document in document(), or in any::<bool>(),
    ) {
        let document = JsonDocument::parse(&document).unwrap();
        let op = if or { "OR" } else { "AND" };
        let flat = items.join(&format!(" {op} "));
        // Comparing with a boolean keeps the outcome and hides the chain from being flattened.
        let hidden = items.iter().skip(1).fold(items[0].clone(), |left, right| format!("((({left}) = true) {op} ({right}))"));
        let nested = items.iter().rev().skip(1).fold(items[items.len() - 1].clone(), |right, left| format!("({left} {op} ({right}))"));
        let boolean = |item: &String| outcome(&format!("({item}) = true"), &document);
        let expected = items.iter().map(boolean).reduce(|left, right| match (left, right, or) {
            (Some(true), _, true) | (_, Some(true), true) => Some(true),
            (Some(false), _, false) | (_, Some(false), false) => Some(false),
            (None, _, _) | (_, None, _) => None,
            (Some(same), Some(_), _) => Some(same),
        }).unwrap();
        prop_assert_eq!(outcome(&flat, &document), expected, "flat");
        prop_assert_eq!(outcome(&nested, &document), expected, "nested");
        prop_assert_eq!(outcome(&hidden, &document), expected, "hidden");
    }

    #[test]
    fn a_list_is_its_equalities(path in proptest::sample::select(&["tags.x", "deviceId", "tags.x + 1"][..]),
        items in proptest::collection::vec(scalar(), 1..5), document in document())
    {
        let document = JsonDocument::parse(&document).unwrap();
        let list = items.join(", ");
        // Brackets around the comparison with true keep each equality apart.
        let apart = items.iter().map(|item| format!("(({path} = {item}) = true)")).collect::<Vec<_>>().join(" OR ");
        let chain = items.iter().map(|item| format!("{path} = {item}")).collect::<Vec<_>>().join(" OR ");
        let none = items.iter().map(|item| format!("{path} != {item}")).collect::<Vec<_>>().join(" AND ");
        let expected = outcome(&apart, &document);
        prop_assert_eq!(outcome(&format!("{path} IN [{list}]"), &document), expected);
        prop_assert_eq!(outcome(&chain, &document), expected);
        let opposite = expected.map(|outcome| !outcome);
        prop_assert_eq!(outcome(&format!("{path} NIN [{list}]"), &document), opposite);
        prop_assert_eq!(outcome(&none, &document), opposite);
    }
}
