//! Files as they come: from spreadsheets, from scripts, with faults.

use serde_json::json;

use super::*;

fn faults(lines: &Lines) -> String {
    lines.faults.iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn csv_and_ndjson_say_the_same() {
    let csv = "\u{feff}id,status,tags.place.floor,tags.serial,desired.fan.speed,iotEdge,primaryKey,secondaryKey\r\n\
               pump-1,Disabled,3,\"\"\"007\"\"\",40,true,MDEyMzQ1Njc4OWFiY2RlZg==,MDEyMzQ1Njc4OWFiY2RlZg==\r\n\
               pump-2,,,007,,,,\r\n";
    let ndjson = concat!(
        r#"{"id":"pump-1","status":"disabled","tags":{"place":{"floor":3},"serial":"007"},"#,
        r#""desired":{"fan":{"speed":40}},"iotEdge":true,"#,
        r#""primaryKey":"MDEyMzQ1Njc4OWFiY2RlZg==","secondaryKey":"MDEyMzQ1Njc4OWFiY2RlZg=="}"#,
        "\n",
        r#"{"deviceId":"pump-2","tags":{"serial":"007"}}"#,
    );
    let (mut of_csv, of_ndjson) = (Lines::of_csv(csv.as_bytes()), Lines::of_ndjson(ndjson.as_bytes()));
    assert_eq!((faults(&of_csv), faults(&of_ndjson)), (String::new(), String::new()));
    for entry in &mut of_csv.entries {
        // The header is a line of its own.
        entry.line -= 1;
    }
    assert_eq!(of_csv.entries, of_ndjson.entries);
    assert_eq!(of_csv.entries[0].twin.body()["properties"]["desired"], json!({"fan": {"speed": 40}}));
}

#[test]
fn every_faulty_line_of_a_csv_file_is_named_with_its_column_and_rule() {
    let csv = "id,status,primaryKey,tags.a,tags.a.b\n\
               good,enabled,,1,\n\
               a b,enabled,,,\n\
               x,asleep,,,\n\
               \"multi\nline\",,,,\n\
               y,,a2V5,,\n\
               good,,,,\n\
               z,,,\n\
               ,,,,2\n\
               v,,,{x,\n\
               w,,,null,\n";
    assert_eq!(
        faults(&Lines::of_csv(csv.as_bytes())),
        "line 1, column 5, tags.a.b: needs an object where a has a value\n"
    );
    let csv = csv.replacen("tags.a.b", "tags.b", 1);
    insta::assert_snapshot!(faults(&Lines::of_csv(csv.as_bytes())), @r#"
    line 3, id: may hold only ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ $ ' ;
    line 4, status: must be enabled or disabled
    line 5, id: may hold only ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ $ ' ;
    line 7, primaryKey: must be base64 of 16 to 64 bytes
    line 8, id: good stands on line 2 already
    line 9: has 4 fields where the first line has 5
    line 10, id: is missing
    line 11, tags.a: begins like JSON and is none: key must be a string at character 2
    line 12, tags.a: null sets nothing: leave the cell empty, or write "null" with its quotes for the text
    "#);
    let windows = csv.replace('\n', "\r\n");
    assert_eq!(faults(&Lines::of_csv(windows.as_bytes())), faults(&Lines::of_csv(csv.as_bytes())));
}

#[test]
fn headers() {
    for (header, part) in [
        ("id;status", "line 1: the columns must be separated by commas"),
        ("id,na\u{7}me", "line 1, column 2, na\\u{7}me: is no column of devices; there are id, status"),
        ("name,status", "line 1: the first line must name the columns, and one of them must be id"),
        ("status", "one of them must be id"),
        ("id,deviceId", "line 1, deviceId: is the same as id"),
        ("id,tags.a,tags.a", "line 1, column 3, tags.a: stands twice"),
        ("id,tags.", "line 1, column 2, tags.: has an empty name"),
        ("id,tags", "line 1, column 2, tags: is no column"),
        ("", "one of them must be id"),
    ] {
        let told = faults(&Lines::of_csv(format!("{header}\n").as_bytes()));
        assert!(told.contains(part), "{header}: {told}");
    }
}

#[test]
fn every_faulty_line_of_an_ndjson_file_is_named() {
    let ndjson = concat!(
        "{\"id\":\"a\"}\n\n",
        "{\"id\":\"b\",\"tags\":[1]}\n",
        "{\"id\":\"c\",\"etag\":\"x\"}\n",
        "{\"id\":7}\n",
        "{\"id\":\"d\"\n",
        "[]\n",
        "{\"id\":\"e\",\"tags\":{\"a.b\":1}}\n",
        "{\"tags\":{}}\n",
        "{\"id\":\"f\",\"status\":\"enabled\",\"status\":\"disabled\"}\n",
        "{\"id\":\"g\",\"desired\":{\"x\":{\"y\":1,\"y\":2}}}\n",
        "{\"id\":\"a\"}\n",
    );
    insta::assert_snapshot!(faults(&Lines::of_ndjson(ndjson.as_bytes())), @r"
    line 3, tags: must be an object
    line 4, etag: is no member of devices; there are id, status, statusReason, iotEdge, primaryKey, secondaryKey, tags, desired
    line 5, id: must be text
    line 6: is no JSON object: EOF while parsing an object at character 9
    line 7: is no JSON object: invalid type: sequence, expected an object at character 0
    line 8, tags.a.b: a key may not hold control characters, '.', '$', '#' or space
    line 9, id: is missing
    line 10, status: stands twice
    line 11, desired.x.y: stands twice in one object
    line 12, id: a stands on line 1 already
    ");
}

#[test]
fn a_first_line_of_devices_shows_none_of_their_keys() {
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let told = faults(&Lines::of_csv(format!("pump-1,enabled,{key},{key}\n").as_bytes()));
    assert_eq!(told, "line 1: the first line must name the columns, and one of them must be id\n");
    let told = faults(&Lines::of_csv(format!("id,{key}\n").as_bytes()));
    assert!(told.starts_with("line 1, column 2, MDEyMzQ1Njc4OWFiY2RlZjA…: is no column"), "{told}");
}

#[test]
fn quotes_that_do_not_end_are_faults_where_they_open() {
    const OPEN: &str = "a quote opens here and is never closed";
    const TEXT: &str = "text follows the closing quote of a field";
    for (csv, line, rule) in [
        ("id,tags.a\na1,x\na2,\"hello\na3,y\na4,z\n", 3, OPEN),
        ("id,tags.a\r\n\"a\r\n1\",x\r\na2,\"he\"\"llo\r\n", 4, OPEN),
        ("\"id,tags.a\na1,x\n", 1, OPEN),
        ("id,tags.a\na1,\"", 2, OPEN),
        ("id,tags.a\na1,x\na2,\"he\"llo\n", 3, TEXT),
        ("id,tags.a\na2,\"one\ntwo\" ,x\n", 2, TEXT),
        ("\"id\";\"tags.a\"\na1;x\n", 1, TEXT),
    ] {
        let lines = Lines::of_csv(csv.as_bytes());
        assert!(lines.faults.len() == 1 && lines.entries.is_empty(), "{csv:?}: {lines:?}");
        assert!(faults(&lines).starts_with(&format!("line {line}: {rule}")), "{csv:?}: {}", faults(&lines));
    }
    let csv = "id,tags.a,tags.b\na1,\"one\ntwo, \"\"three\"\"\",\"\"\na2,5\" pipe,\"x\"";
    let lines = Lines::of_csv(csv.as_bytes());
    assert_eq!(faults(&lines), "");
    let tags: Vec<_> = lines.entries.iter().map(|entry| entry.twin.body()["tags"].clone()).collect();
    assert_eq!(tags, [json!({"a": "one\ntwo, \"three\""}), json!({"a": "5\" pipe", "b": "x"})]);
}

#[test]
fn long_numbers_are_faults_and_can_be_written_as_text() {
    let csv = "id,tags.iccid\na,89490200001234567890\nb,\"\"\"89490200001234567890\"\"\"\nc,1e999\n";
    insta::assert_snapshot!(faults(&Lines::of_csv(csv.as_bytes())), @r#"
    line 2, tags.iccid: is too large for a number; for text write it in quotes: """89490200001234567890"""
    line 4, tags.iccid: is too large for a number; for text write it in quotes: """1e999"""
    "#);
    let lines = Lines::of_csv("id,tags.iccid\nb,\"\"\"89490200001234567890\"\"\"\n".as_bytes());
    assert_eq!(lines.entries[0].twin.body()["tags"]["iccid"], "89490200001234567890");
}
