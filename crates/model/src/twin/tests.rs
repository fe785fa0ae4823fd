use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const T1: Time = Time(1_000_000);
const T2: Time = Time(2_000_000);
const T3: Time = Time(3_000_000);

fn desired(body: &str) -> TwinChange {
    TwinChange::merge_from_body(&format!("{{\"properties\":{{\"desired\":{body}}}}}")).unwrap()
}

fn metadata(twin: &Twin) -> Value {
    let mut out = String::new();
    wire::properties(&mut out, twin);
    serde_json::from_str::<Value>(&out).unwrap()["desired"]["$metadata"].clone()
}

#[test]
fn fresh_twin_and_versions() {
    let mut twin = Twin::fresh(T1);
    assert_eq!((twin.version, twin.etag_text().as_str()), (2, "AAAAAAAAAAE="));
    assert_eq!(twin.device_view(), r#"{"desired":{"$version":1},"reported":{"$version":1}}"#);

    let applied = twin.apply(&desired(r#"{"a":{"b":1.0}}"#), T2).unwrap();
    assert!(applied.desired && !applied.tags);
    assert_eq!((twin.version, twin.etag_text().as_str()), (3, "AAAAAAAAAAI="));
    assert_eq!((twin.desired.version, twin.desired.json.as_str()), (2, r#"{"a":{"b":1.0}}"#));

    let both = TwinChange::merge_from_body(r#"{"tags":{"x":1},"properties":{"desired":{"a":null}}}"#).unwrap();
    let applied = twin.apply(&both, T3).unwrap();
    assert_eq!((twin.version, twin.etag, twin.desired.version), (4, 3, 3));
    assert_eq!(twin.desired.json, "{}");
    assert_eq!(applied.previous.as_deref(), Some(r#"{"tags":{"x":null},"properties":{"desired":{"a":{"b":1.0}}}}"#));

    let reported = TwinChange::reported_from_device(br#"{"r":[1,2]}"#).unwrap();
    twin.apply(&reported, T3).unwrap();
    assert_eq!((twin.version, twin.etag, twin.reported.version), (5, 3, 2));
}

#[test]
fn merging_nothing_changes_nothing() {
    let mut twin = Twin::fresh(T1);
    let before = twin.clone();
    let nothing = TwinChange::merge_from_body(r#"{"tags":{},"properties":{"desired":{}}}"#).unwrap();
    assert!(nothing.is_nothing());
    assert_eq!(twin.apply(&nothing, T2), Ok(Applied::default()));
    assert_eq!(twin, before);
}

#[test]
fn metadata_at_every_level_survives_the_removal_of_a_sibling() {
    let mut twin = Twin::fresh(T1);
    twin.apply(&desired(r#"{"a":{"b":1,"c":{"d":true}},"e":[{"x":1}]}"#), T1).unwrap();
    twin.apply(&desired(r#"{"a":{"b":null}}"#), T2).unwrap();
    let (at1, at2) = (T1.to_string(), T2.to_string());
    assert_eq!(
        metadata(&twin),
        json!({
            "$lastUpdated": at2, "$lastUpdatedVersion": 3,
            "a": {"$lastUpdated": at2, "$lastUpdatedVersion": 3,
                "c": {"$lastUpdated": at1, "$lastUpdatedVersion": 2,
                    "d": {"$lastUpdated": at1, "$lastUpdatedVersion": 2}}},
            "e": {"$lastUpdated": at1, "$lastUpdatedVersion": 2}
        })
    );
    twin.apply(&desired(r#"{"a":null,"e":null,"n":1}"#), T3).unwrap();
    let at3 = T3.to_string();
    assert_eq!(
        metadata(&twin),
        json!({"$lastUpdated": at3, "$lastUpdatedVersion": 4, "n": {"$lastUpdated": at3, "$lastUpdatedVersion": 4}})
    );
}

#[test]
fn replacing_drops_what_is_left_out() {
    let mut twin = Twin::fresh(T1);
    twin.apply(&TwinChange::merge_from_body(r#"{"tags":{"a":1},"properties":{"desired":{"b":2}}}"#).unwrap(), T1)
        .unwrap();
    let change = TwinChange::replace_from_body(r#"{"tags":{"c":3,"d":null}}"#).unwrap();
    twin.apply(&change, T2).unwrap();
    assert_eq!((twin.tags.as_deref(), twin.desired.json.as_str()), (Some(r#"{"c":3}"#), "{}"));
    assert_eq!((twin.version, twin.desired.version), (4, 3));
}

#[test]
fn refusals_name_the_member_and_the_rule() {
    let deep = |levels: usize| format!("{{\"tags\":{}1{}}}", "{\"k\":".repeat(levels), "}".repeat(levels));
    let check = |body: &str, start: &str| {
        let error = TwinChange::merge_from_body(body).unwrap_err().to_string();
        assert!(error.starts_with(start), "{body}: {error}");
    };
    check("[]", "twin: must be an object");
    check("{", "EOF while parsing");
    check(r#"{"tags":[]}"#, "tags: must be an object");
    check(r#"{"desired":{"a":1}}"#, "desired: must stand inside properties");
    check(r#"{"properties":{"desired":1}}"#, "properties.desired: must be an object");
    check(r#"{"tags":{"a":{"b.c":1}}}"#, "tags.a.b.c: a key may not hold");
    check(r#"{"tags":{"a":[1,null]}}"#, "tags.a.1: an array may not hold null");
    check(r#"{"tags":{"a":[{"b":null}]}}"#, "tags.a.0: an array may not hold null");
    check(r#"{"tags":{"a":4503599627370496}}"#, "tags.a: an integer must lie");
    check(r#"{"tags":{"a":1e999}}"#, "tags.a: a number must be finite");
    check(r#"{"tags":{"a":1,"a":2}}"#, "tags.a: stands twice");
    check(r#"{"tags":{"a":1},"tags":{"b":2}}"#, "tags: stands twice");
    check(&format!("{{\"tags\":{{\"a\":\"{}\"}}}}", "x".repeat(4097)), "tags.a: a string may have");
    check(&format!("{{\"tags\":{{\"{}\":1}}}}", "x".repeat(1025)), "tags.xxx");
    assert!(TwinChange::merge_from_body(&deep(11)).is_ok());
    check(&deep(12), "tags.k.k.k.k.k.k.k.k.k.k.k: objects may nest");
    // Read-only members come back from clients that send what they read.
    let read_back = r#"{"deviceId":"d","etag":"x","version":3,"tags":null,
        "properties":{"desired":{"$metadata":{"x":1},"$version":9},"reported":{"q":1}}}"#;
    assert!(TwinChange::merge_from_body(read_back).unwrap().is_nothing());
}

#[test]
fn sections_do_not_grow_over_their_limit() {
    let mut twin = Twin::fresh(T1);
    let fill = |key: &str, n: usize| {
        TwinChange::merge_from_body(&format!("{{\"tags\":{{\"{key}\":\"{}\"}}}}", "x".repeat(n))).unwrap()
    };
    twin.apply(&fill("a", 4095), T1).unwrap();
    twin.apply(&fill("b", 4095), T1).unwrap();
    let full = twin.clone();
    let error = twin.apply(&fill("c", 1), T2).unwrap_err();
    assert_eq!(error, TwinError::TooLarge { section: "tags", size: 8194, limit: 8192 });
    assert_eq!(twin, full);
    twin.apply(&fill("a", 10), T2).unwrap();
    assert_eq!(size::counted(r#"{"ab":"x\u0001y","n":1,"t":true,"a":[1,{"k":"v"}]}"#), 2 + 2 + 9 + 5 + 1 + 8 + 2);
}

#[test]
fn a_change_that_fits_nowhere_is_seen_at_once() {
    let members: Vec<String> = (0..3).map(|n| format!("\"k{n}\":\"{}\"", "x".repeat(4000))).collect();
    let change = TwinChange::merge_from_body(&format!("{{\"tags\":{{{}}}}}", members.join(","))).unwrap();
    assert!(matches!(change.check_size(), Err(TwinError::TooLarge { section: "tags", .. })));
    let removals = TwinChange::merge_from_body(r#"{"tags":{"a":null}}"#).unwrap();
    assert_eq!(removals.check_size(), Ok(()));
}

#[test]
fn strict_characters_are_a_switch() {
    let patch = |body: &str| patch::PatchObject::parse("tags", body).unwrap();
    assert!(patch(r#"{"a":"b-c","n":1}"#).check_strict_characters("tags").is_ok());
    let error = patch(r#"{"a":{"b":"Class1, Class2"}}"#).check_strict_characters("tags").unwrap_err();
    assert!(error.to_string().starts_with("tags.a.b: names and values"));
    for inside in [r#"{"a":["x:y"]}"#, r#"{"a":[{"b c":1}]}"#, r#"{"a":[{"b":["x y"]}]}"#] {
        let body = inside.replace("b c", "b:c");
        assert!(patch(&body).check_strict_characters("tags").is_err(), "{body}");
    }
}

#[test]
fn damaged_metadata_is_harmless() {
    let mut twin = Twin::fresh(T1);
    twin.apply(&desired(r#"{"a":{"b":1}}"#), T1).unwrap();
    for cut in 0..twin.meta.len() {
        let mut damaged = twin.clone();
        damaged.meta.truncate(cut);
        metadata(&damaged);
        damaged.apply(&desired(r#"{"a":{"c":1}}"#), T2).unwrap();
        assert_eq!(damaged.desired.json, r#"{"a":{"b":1,"c":1}}"#);
    }
}

// --- the merge against a plain model ---------------------------------------------------------------

/// Merge patch as RFC 7396 writes it, over parsed values.
fn model_merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            model_merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-9i64..9).prop_map(Value::from),
        "[a-c\"\\\\é ]{0,3}".prop_map(Value::from),
        Just(json!([1, {"x": []}])),
        Just(json!({})),
    ]
}

fn tree(leaf: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let object = |values: BoxedStrategy<Value>| {
        proptest::collection::btree_map("[a-d]", values, 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    };
    object(leaf.prop_recursive(3, 12, 4, move |inner| object(inner.boxed())).boxed()).boxed()
}

fn patches() -> BoxedStrategy<Value> {
    tree(prop_oneof![leaf(), Just(Value::Null)].boxed())
}

/// A mirror of the document: true where the metadata has a node for every member.
fn mirrors(document: &Value, meta: &Value) -> bool {
    meta["$lastUpdated"].is_string()
        && document.as_object().is_none_or(|members| {
            let nodes = meta.as_object().unwrap();
            nodes.keys().filter(|key| !key.starts_with('$')).count() == members.len()
                && members.iter().all(|(key, value)| nodes.get(key).is_some_and(|node| mirrors(value, node)))
        })
}

proptest! {
    #[test]
    fn merge_equals_the_model(steps in proptest::collection::vec(patches(), 1..6)) {
        let mut twin = Twin::fresh(T1);
        let mut model = json!({});
        for (n, patch) in steps.iter().enumerate() {
            let before = (twin.clone(), model.clone());
            let now = Time(10 + n as i64);
            let change = desired(&patch.to_string());
            let applied = twin.apply(&change, now).unwrap();
            model_merge(&mut model, patch);
            prop_assert_eq!(&serde_json::from_str::<Value>(&twin.desired.json).unwrap(), &model);
            let meta = metadata(&twin);
            prop_assert!(mirrors(&model, &meta), "{} {}", model, meta);
            if change.is_nothing() {
                prop_assert_eq!(&twin, &before.0);
                continue;
            }
            prop_assert_eq!(&meta["$lastUpdated"], &json!(now.to_string()));
            prop_assert_eq!(&meta["$lastUpdatedVersion"], &json!(twin.desired.version));
            // What was replaced is kept so that the change can be taken back.
            let undo: Value = serde_json::from_str(applied.previous.as_deref().unwrap()).unwrap();
            let mut back = model.clone();
            model_merge(&mut back, &undo["properties"]["desired"]);
            prop_assert_eq!(&back, &before.1);
        }
    }
}
