//! Import and export.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::World;

#[test]
fn a_file_is_imported_and_what_is_exported_can_be_imported_elsewhere() {
    let world = World::start();
    world.file(
        "devices.csv",
        "id,status,tags.building,tags.floor,desired.fan.speed\np1,enabled,43,3,40\np2,disabled,\"A, B\",,\n",
    );
    let preview = world.run(&["device", "import", "devices.csv", "--dry-run"]);
    insta::assert_snapshot!(preview.out, @r#"
    LINE  DEVICE  STATUS    KEYS  TAGS                       DESIRED
    2     p1      enabled   made  {"building":43,"floor":3}  {"fan":{"speed":40}}
    3     p2      disabled  made  {"building":"A, B"}
    "#);
    let said = format!("2 devices; nothing is wrong with the file, and nothing was sent to {}.\n", world.host());
    assert_eq!(preview.err, said);
    assert_eq!(world.done(&["device", "list", "--json"]), "");

    assert!(world.run(&["device", "import", "devices.csv"]).err.ends_with("2 devices: 2 created.\n"));
    let again = world.run(&["device", "import", "devices.csv"]);
    assert_eq!(again.code, Some(1));
    let unread = world.unread(&["device", "import", "devices.csv", "--json"]);
    assert!(unread.code == Some(1) && unread.err.contains("of 2 devices 2 failed"), "{unread:?}");
    assert!(again.err.contains("of 2 devices 2 failed") && again.err.contains("line 2, p1: "), "{}", again.err);
    assert!(world.run(&["device", "import", "devices.csv", "--existing", "skip"]).err.ends_with("2 skipped.\n"));
    world.file("more.ndjson", "{\"id\":\"p2\",\"tags\":{\"new\":true}}\n{\"id\":\"p3\"}\n");
    let told = world.json(&["device", "import", "more.ndjson", "--existing", "update", "--json"]);
    let told: Vec<_> = told.iter().map(|line| (line["deviceId"].clone(), line["result"].clone())).collect();
    assert_eq!(told, [(json!("p2"), json!("updated")), (json!("p3"), json!("created"))]);
    let kept = &world.json(&["twin", "show", "p2", "--json"])[0];
    assert_eq!((&kept["tags"], &kept["status"]), (&json!({"building": "A, B", "new": true}), &json!("disabled")));

    world.done(&["device", "export", "out.csv", "--keys"]);
    let file = world.dir.path().join("out.csv");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let other = World::start();
    other.file("out.csv", &std::fs::read_to_string(&file).unwrap());
    other.done(&["device", "import", "out.csv"]);
    for args in [&["device", "export"][..], &["device", "export", "--keys"]] {
        assert_eq!(other.json(args), world.json(args));
    }
}

#[test]
fn nothing_is_sent_of_a_file_with_a_faulty_line() {
    let world = World::start();
    world.file("bad.csv", "id,status,tags.floor\ngood,enabled,1\na b,enabled,2\nc,asleep,3\ngood,enabled,\n");
    let said = world.run(&["device", "import", "bad.csv"]);
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!(said.err, @r"
    bellwether: bad.csv cannot be imported; nothing was sent
      line 3, id: may hold only ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ $ ' ;
      line 4, status: must be enabled or disabled
      line 5, id: good stands on line 2 already
    ");
    assert_eq!(world.done(&["device", "list", "--json"]), "");
    world.file("open.csv", "id,tags.a\ngood,x\nnext,\"hello\nlast,y\n");
    let open = world.run(&["device", "import", "open.csv"]);
    assert!(open.code == Some(1) && open.err.contains("line 3: a quote opens here"), "{}", open.err);
    assert_eq!(world.done(&["device", "list", "--json"]), "");
    let unnamed = world.run(&["device", "import", "-"]);
    assert!(unnamed.code == Some(2) && unnamed.err.contains("--format"), "{}", unnamed.err);
}

#[test]
fn a_device_that_the_hub_refuses_is_named_with_its_line() {
    let world = World::start();
    // More tags than a twin holds once they are merged with those that it has.
    let big: String = (0..7).map(|n| format!("\"t{n}\":\"{}\",", "x".repeat(1000))).collect();
    world.file("first.ndjson", &format!("{{\"id\":\"a\",\"tags\":{{{}\"end\":1}}}}\n", big));
    world.done(&["device", "import", "first.ndjson"]);
    let more = big.replace("\"t", "\"u");
    world.file("more.ndjson", &format!("{{\"id\":\"b\"}}\n{{\"id\":\"a\",\"tags\":{{{}\"end\":1}}}}\n", more));
    let said = world.run(&["device", "import", "more.ndjson", "--existing", "update"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("of 2 devices 1 created, 1 failed"), "{}", said.err);
    assert!(said.err.contains("line 2, a: it was updated, but without its tags"), "{}", said.err);
}
