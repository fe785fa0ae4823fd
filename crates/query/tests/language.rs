//! What the words mean: precedence, three-valued logic, kinds, paths, functions.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::{Collection, Condition, Document, Field, Fields, JsonDocument, Query, Value};

const TWIN: &str = r#"{
    "deviceId": "pump-1", "moduleId": "m", "version": 7, "status": "enabled", "connectionState": "Connected",
    "capabilities": {"iotEdge": true}, "parentScopes": ["s-1", "s-2"],
    "configurations": {"c-1": {"status": "Applied"}},
    "tags": {"one": 1, "two": 2.0, "neg": -3, "text": "abc", "empty": "", "yes": true, "no": false, "nil": null,
             "list": [1, "x", null, {"deep": 5}], "object": {"k": "v", "K": "V"}, "group": 9, "a-b": "dash", "undefined": 4},
    "properties": {"desired": {"x": 5, "$version": 4, "$metadata": {"$lastUpdated": "2024", "x": {"$lastUpdated": "2023"}}},
                   "reported": {"y": {"z": "deep"}, "$version": 9}}
}"#;

/// The outcome of an expression: `t`, `f` or `u`ndefined.
fn outcome(text: &str) -> char {
    let twin = JsonDocument::parse(TWIN).unwrap();
    let is_true = |text: &str| {
        let query =
            Query::parse(&format!("SELECT * FROM devices WHERE {text}")).unwrap_or_else(|e| panic!("{text}: {e}"));
        query.matches(&twin)
    };
    match (is_true(text), is_true(&format!("NOT ({text})"))) {
        (true, false) => 't',
        (false, true) => 'f',
        (false, false) => 'u',
        (true, true) => panic!("{text} is both"),
    }
}

#[track_caller]
fn check(expected: char, texts: &[&str]) {
    for text in texts {
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
fn connectives_follow_the_three_valued_tables() {
    let values = [("true", 't'), ("false", 'f'), ("tags.ghost", 'u')];
    for (left, l) in values {
        for (right, r) in values {
            let and = if l == 'f' || r == 'f' {
                'f'
            } else if l == 'u' || r == 'u' {
                'u'
            } else {
                't'
            };
            let or = if l == 't' || r == 't' {
                't'
            } else if l == 'u' || r == 'u' {
                'u'
            } else {
                'f'
            };
            check(and, &[&format!("{left} AND {right}"), &format!("({left}) and ({right})")]);
            check(or, &[&format!("{left} OR {right}"), &format!("{left}\tor\n{right}")]);
        }
        let not = match l {
            't' => 'f',
            'f' => 't',
            other => other,
        };
        check(not, &[&format!("NOT {left}"), &format!("NOT NOT NOT {left}")]);
        check(l, &[&format!("NOT NOT {left}")]);
    }
    // Operands that are not boolean count as undefined.
    check('u', &["5 AND true", "'x' OR false", "null AND true", "NOT 5", "NOT NOT 'x'", "NOT tags.object"]);
    check('f', &["5 AND false", "tags.text AND false"]);
    check('t', &["5 OR true", "tags.nil OR true"]);
}

#[test]
fn operators_bind_as_published() {
    check(
        't',
        &[
            "NOT tags.one = 2 AND tags.one = 1",
            "false AND false OR true",
            "true OR false AND false",
            "NOT false OR true",
            "1 + 2 * 3 = 7",
            "(1 + 2) * 3 = 9",
            "7 - 2 - 1 = 4",
            "8 / 4 / 2 = 1",
            "7 % 4 * 2 = 6",
            "-tags.one + 2 = 1",
            "- - 1 = 1",
            "--1 = 1",
            "-+-+1 = 1",
            "2 - -3 = 5",
            "2--3=5",
            "-tags.neg = 3",
            "+tags.neg = -3",
            "'a' || 'b' || 'c' = 'abc'",
            "tags.one + 1 IN [1, 2]",
        ],
    );
    check('f', &["NOT (tags.one = 2 OR true)", "(true OR false) AND false", "1 - 1 = 1"]);
}

#[test]
fn kinds_never_mix() {
    check(
        'u',
        &[
            "tags.one = '1'",
            "tags.one != '1'",
            "tags.text = 1",
            "tags.yes = 'true'",
            "tags.yes = 1",
            "tags.nil = 0",
            "tags.nil = ''",
            "tags.nil != 1",
            "tags.one < 'a'",
            "tags.ghost = null",
            "tags.ghost = tags.ghost",
            "tags.ghost = undefined",
            "undefined = undefined",
            "tags.object = tags.object",
            "tags.list = tags.list",
            "tags.object != 1",
            "tags.object IN ['v']",
            "tags.list NIN [1]",
            "tags.ghost NIN ['a']",
            "tags.ghost IN ['a']",
        ],
    );
    check(
        't',
        &[
            "tags.nil = null",
            "tags.nil <= null",
            "tags.nil >= NULL",
            "tags.no < tags.yes",
            "tags.two = 2",
            "tags.two >= 0x2",
            "'' < 'a'",
            "'Z' < 'a'",
            "'a' < 'ab'",
            "tags.one != 2",
            "tags.one <> 2",
            "1=1",
            "2>1",
            "1<>2",
            "-0 = 0",
        ],
    );
    check('f', &["tags.nil != null", "tags.nil < null", "tags.nil > null", "'a' = 'A'", "tags.two < 2"]);
}

#[test]
fn lists_are_chains_of_equalities() {
    check(
        't',
        &[
            "tags.one IN [1]",
            "tags.one IN ['x', 1]",
            "tags.nil IN [null]",
            "tags.yes IN [false, TRUE]",
            "tags.one NIN [2, 3]",
            "tags.neg IN [-3]",
            "tags.text IN ['abc', undefined]",
            "1 IN [1]",
            "tags.one iN [+1]",
            "0 IN [-0]",
        ],
    );
    check('f', &["tags.one IN [2]", "tags.one NIN [1]", "tags.text NIN ['abc', 5]", "tags.yes IN [false]"]);
    check(
        'u',
        &[
            "tags.one IN ['x', 2]",
            "tags.one NIN ['x', 2]",
            "tags.one IN [2, null]",
            "tags.one IN [2, undefined]",
            "tags.yes IN [1]",
        ],
    );
}

#[test]
fn arithmetic_takes_numbers_only() {
    check('t', &["10 / 0 > 4", "-10 / 0 < 4", "5 % 3 = 2", "5.5 % 2 = 1.5", "-5 % 3 = -2", "1e2 = 100", "0xFF = 255"]);
    check(
        'u',
        &[
            "0 / 0 = 0",
            "1 % 0 = 0",
            "tags.text + 1 = 1",
            "tags.text + 'd' = 'abcd'",
            "tags.nil + 1 = 1",
            "tags.yes + 1 = 2",
            "-tags.text = 0",
            "+tags.text = 'abc'",
            "1 || 2 = '12'",
            "tags.text || 1 = 'abc1'",
            "tags.ghost || 'a' = 'a'",
            "1 + 1",
            "'x'",
        ],
    );
}

#[test]
fn functions() {
    check(
        't',
        &[
            "IS_DEFINED(tags.nil)",
            "is_defined (tags.object)",
            "IS_DEFINED(1)",
            "STARTSWITH(deviceId, 'pump')",
            "startswith('a', '')",
            "ENDSWITH(deviceId, '-1')",
            "ARRAY_CONTAINS(parentScopes, 's-2')",
            "ARRAY_CONTAINS(tags.list, 1)",
            "ARRAY_CONTAINS(tags.list, null)",
            "IS_NULL(tags.nil)",
            "IS_BOOL(tags.no)",
            "IS_NUMBER(tags.two)",
            "IS_STRING(tags.empty)",
            "IS_OBJECT(tags.object)",
            "IS_ARRAY(tags.list)",
            "IS_PRIMITIVE(tags.nil)",
            "IS_PRIMITIVE(1 + 1)",
            "IS_BOOL(IS_DEFINED(tags.ghost))",
            "IS_DEFINED(tags.a = 1) = false",
        ],
    );
    check(
        'f',
        &[
            "IS_DEFINED(tags.ghost)",
            "IS_DEFINED(ghost)",
            "IS_DEFINED(undefined)",
            "STARTSWITH(deviceId, 'Pump')",
            "ENDSWITH('a', 'ba')",
            "ARRAY_CONTAINS(tags.list, 2)",
            "ARRAY_CONTAINS(tags.list, '1')",
            "IS_OBJECT(tags.list)",
            "IS_ARRAY(tags.object)",
            "IS_PRIMITIVE(tags.object)",
            "IS_NULL(1)",
        ],
    );
    check(
        'u',
        &[
            "STARTSWITH(tags.one, '1')",
            "STARTSWITH(tags.text, 1)",
            "STARTSWITH(tags.ghost, 'a')",
            "ARRAY_CONTAINS(tags.object, 'v')",
            "ARRAY_CONTAINS(tags.text, 'a')",
            "ARRAY_CONTAINS(tags.list, tags.ghost)",
            "IS_NULL(tags.ghost)",
            "IS_PRIMITIVE(tags.ghost)",
        ],
    );
}

#[test]
fn paths() {
    check(
        't',
        &[
            "DEVICEID = 'pump-1'",
            "id = 'pump-1'",
            "devices.deviceId = 'pump-1'",
            "Devices . DeviceId = 'pump-1'",
            "[[deviceid]] = 'pump-1'",
            "Tags.one = 1",
            "tags.object.k = 'v'",
            "tags.object.K = 'V'",
            "tags.[[group]] = 9",
            "tags[[group]] = 9",
            "tags.[[a-b]] = 'dash'",
            "tags.list[0] = 1",
            "tags.list[3].deep = 5",
            "devices.tags.list[1] = 'x'",
            "capabilities.IOTEDGE",
            "Capabilities.[[iotedge]]",
            "configurations.[[c-1]].status = 'Applied'",
            "properties.desired.x = 5",
            "Properties.DESIRED.x = 5",
            "properties.reported.y.z = 'deep'",
            "properties.desired.$version = 4",
            "properties.reported.$version = 9",
            "properties.desired.$metadata.x.$lastUpdated = '2023'",
            "properties.desired.$metadata.$lastUpdated = '2024'",
            "IS_OBJECT(properties)",
            "IS_OBJECT(properties.desired)",
            "IS_OBJECT(properties.desired.$metadata)",
            "version = 7",
            "tags.undefined = 4",
        ],
    );
    check(
        'f',
        &[
            "IS_DEFINED(tags.One)",
            "IS_DEFINED(tags.list[4])",
            "IS_DEFINED(tags.object[0])",
            "IS_DEFINED(tags.one[0])",
            "IS_DEFINED(tags.one.x)",
            "IS_DEFINED(tags.text.x)",
            "IS_DEFINED(deviceId.x)",
            "IS_DEFINED(deviceId[0])",
            "IS_DEFINED(x)",
            "IS_DEFINED(properties.x)",
            "IS_DEFINED(properties[0])",
            "IS_DEFINED(properties.desired.X)",
            "IS_DEFINED(properties.desired.$Version)",
            "IS_DEFINED(properties.desired.$other)",
            "IS_DEFINED(devices)",
            "IS_DEFINED(devices[0])",
            "IS_DEFINED(devices.modules.deviceId)",
            "IS_DEFINED([[devices]].deviceId)",
            "IS_DEFINED(etag)",
            "IS_DEFINED(y.z)",
            "IS_DEFINED(jobId)",
        ],
    );
}

#[test]
fn collections_have_their_own_roots() {
    let row = JsonDocument::parse(
        r#"{"deviceId":"d","jobId":"j","jobType":"scheduleUpdateTwin","createdDateTimeUtc":"2024","tags":{"a":1}}"#,
    )
    .unwrap();
    for (condition, expected) in [
        ("devices.jobs.jobId = 'j'", true),
        ("devices.jobId = 'j' AND jobid = 'j'", true),
        ("createdTimeUtc = '2024' AND devices.jobs.CREATEDDATETIMEUTC = '2024'", true),
        ("IS_DEFINED(tags.a)", false),
        ("jobType = 'scheduleTwinUpdate'", true),
        ("'UPDATETWIN' = jobType", true),
        ("jobType IN ['cloudToDeviceMethod', 'ScheduledUpdateTwin']", true),
        ("jobType = 'x' OR jobType = 'scheduleTwinUpdate' OR jobType = 'y'", true),
        ("jobType != 'scheduleTwinUpdate'", false),
        ("jobType = 'scheduleDirectMethod'", false),
        ("jobType || '' = 'scheduleTwinUpdate'", false),
    ] {
        let query = Query::parse(&format!("SELECT * FROM devices.jobs WHERE {condition}")).unwrap();
        assert_eq!(query.matches(&row), expected, "{condition}");
    }
    let module = JsonDocument::parse(r#"{"deviceId":"d","moduleId":"m"}"#).unwrap();
    for (condition, expected) in [
        ("devices.modules.moduleId = 'm'", true),
        ("DEVICES.MODULES.[[moduleId]] = 'm'", true),
        ("devices.moduleId = 'm'", true),
        ("devices.jobs.moduleId = 'm'", false),
    ] {
        let query = Query::parse(&format!("SELECT * FROM devices.modules WHERE {condition}")).unwrap();
        assert_eq!((query.matches(&module), query.collection()), (expected, Collection::Modules), "{condition}");
    }
}

#[test]
fn fields_are_those_that_are_asked_for() {
    struct Recorder(std::cell::Cell<Fields>);
    impl Document for Recorder {
        fn field(&self, field: Field) -> Value<'_> {
            self.0.set(self.0.get().with(field));
            Value::Undefined
        }
    }
    let fields = |text: &str| {
        let query = Query::parse(text).unwrap();
        let asked = Recorder(std::cell::Cell::new(Fields::NONE));
        query.matches(&asked);
        query.project(&asked);
        if let Some(mut aggregation) = query.aggregation() {
            aggregation.push(&asked).unwrap();
        }
        assert_eq!(query.fields(), asked.0.get(), "{text}");
        query.fields().iter().map(|field| format!("{field:?}")).collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("SELECT * FROM devices", ""),
        ("SELECT * FROM devices WHERE tags.a = 1 OR tags.b < deviceId", "DeviceId Tags"),
        ("SELECT properties FROM devices WHERE properties.desired.a.b = 1 OR ghost = 1", "Properties Desired"),
        (
            "SELECT properties.desired, etag FROM devices WHERE IS_DEFINED(properties.reported.$version)",
            "Etag DesiredWhole ReportedVersion",
        ),
        (
            "SELECT * FROM devices WHERE properties.desired.$metadata.x = 1 AND properties.reported.$metadata = 1",
            "DesiredMetadata ReportedMetadata",
        ),
        ("SELECT SUM(tags.a), status FROM devices GROUP BY status", "Status Tags"),
        ("SELECT * FROM devices.jobs WHERE status IN ['x'] OR -outcome.a + version = 2", "Status Outcome"),
    ] {
        assert_eq!(fields(text), expected, "{text}");
    }
}

#[test]
fn conditions() {
    let twin = JsonDocument::parse(TWIN).unwrap();
    for text in ["*", " * \n", "IS_DEFINED(deviceId)", "capabilities.iotEdge", "true", "NOT 5 OR true"] {
        assert!(Condition::parse(text).unwrap().matches(&twin), "{text}");
    }
    assert!(Condition::parse("*").unwrap().is_everything());
    assert!(!Condition::parse("true").unwrap().is_everything());
    for text in ["5", "(5)", "'x'", "null", "undefined", "1 + 1", "-tags.one", "'a' || 'b'", "deviceId || 'x'"] {
        assert!(Condition::parse(text).is_err(), "{text} can never be boolean");
        assert!(!Query::parse(&format!("SELECT * FROM devices WHERE {text}")).unwrap().matches(&twin), "{text}");
    }
}

#[test]
fn conditions_of_targets() {
    let twin = JsonDocument::parse(TWIN).unwrap();
    let ids = |ids: &[&str]| Condition::device_ids(ids.iter().copied());
    assert!(ids(&["b", "pump-1"]).matches(&twin));
    assert!(!ids(&["b", "*"]).matches(&twin));
    assert!(!ids(&[]).matches(&twin));
    assert_eq!(ids(&[]).narrow().device_ids, Some(Vec::new()));
    assert_eq!(ids(&["b", "a", "b"]), Condition::parse("deviceId IN ['a', 'b']").unwrap());
    assert_eq!(ids(&["it's"]).narrow().device_ids.unwrap(), ["it's"]);

    let both = ids(&["a", "pump-1"]).and(Condition::parse("tags.one = 1").unwrap());
    assert!(both.matches(&twin));
    assert_eq!(both.narrow().device_ids.unwrap(), ["a", "pump-1"]);
    let both = both.and(ids(&["pump-1", "b"]));
    assert!(both.matches(&twin));
    assert_eq!(both.narrow().device_ids.unwrap(), ["pump-1"]);
    assert!(!both.and(ids(&["b"])).matches(&twin));
    assert!(Condition::everything().and(Condition::everything()).is_everything());
    assert_eq!(Condition::everything().and(ids(&["a"])), ids(&["a"]));
}

#[test]
fn narrow_is_what_is_proven() {
    let some = |ids: &[&str]| Some(ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>());
    for (text, expected) in [
        ("deviceId = 'a'", some(&["a"])),
        ("'a' = DeviceId", some(&["a"])),
        ("deviceId IN ['b', 'a', 'b']", some(&["a", "b"])),
        ("deviceId = 'a' OR deviceId = 'b' OR 'c' = id", some(&["a", "b", "c"])),
        ("deviceId = 'a' OR (deviceId = 'b' AND tags.x = 1)", some(&["a", "b"])),
        ("deviceId IN ['a', 'b'] AND deviceId IN ['b', 'c'] AND status = 'x'", some(&["b"])),
        ("deviceId = 'a' AND deviceId = 'b'", some(&[])),
        ("NOT NOT deviceId = 'a'", some(&["a"])),
        ("*", None),
        ("deviceId = 'a' OR tags.x = 1", None),
        ("deviceId != 'a'", None),
        ("deviceId NIN ['a']", None),
        ("NOT deviceId = 'a'", None),
        ("NOT deviceId NIN ['a']", None),
        ("deviceId IN ['a', 5]", None),
        ("deviceId = 5", None),
        ("deviceId >= 'a'", None),
        ("tags.deviceId = 'a'", None),
        ("STARTSWITH(deviceId, 'a')", None),
        ("(deviceId = 'a') = true", None),
    ] {
        assert_eq!(Condition::parse(text).unwrap().narrow().device_ids, expected, "{text}");
    }
    let narrow = |text| Query::parse(text).unwrap().narrow();
    let jobs = narrow(
        "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j' AND deviceId IN ['a', 'b'] AND status = 'failed'",
    );
    assert_eq!((jobs.job_ids, jobs.device_ids), (some(&["j"]), some(&["a", "b"])));
    assert!(narrow("SELECT * FROM devices WHERE jobId = 'j'").is_unbounded());
    assert!(narrow("SELECT * FROM devices.jobs").is_unbounded());
}
