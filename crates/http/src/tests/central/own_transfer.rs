//! Devices in and out as CSV.

use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::device_groups::{COOLER, each, fleet};
use super::enrollment::CERTIFICATE;
use super::{Central, OWN, make_token, outcome};

const HEADER: &str = "IOTC_DEVICEID,IOTC_DEVICENAME,IOTC_SASKEY_PRIMARY,IOTC_SASKEY_SECONDARY,\
                      IOTC_X509THUMBPRINT_PRIMARY,IOTC_X509THUMBPRINT_SECONDARY";

impl Central {
    async fn import(&self, question: &str, file: &str) -> Value {
        let reply = self.ask_own(&format!("POST /deviceImport{question}"), file).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        reply.json()
    }

    async fn export(&self, question: &str) -> String {
        let reply = self.ask_own(&format!("GET /deviceExport{question}"), "").await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"devices.csv\""));
        reply.text
    }
}

#[tokio::test]
async fn devices_are_made() {
    let central = fleet().await;
    central.template("dtmi:acme:fan;1").await;
    let file = "\u{feff}IOTC_DEVICEID,IOTC_DEVICENAME\r\nd1,Pump 1\r\nd2,\r\nd3,d3\r\n";
    let place = "?template=dtmi:acme:fan;1&organization=eu";
    let expected = json!({
        "preview": true, "devices": 3, "created": 3, "faults": [], "faulty": 0,
        "sample": [
            {"id": "d1", "displayName": "Pump 1"}, {"id": "d2", "displayName": "d2"}, {"id": "d3", "displayName": "d3"},
        ],
    });
    assert_eq!(central.import(&format!("{place}&preview=true"), file).await, expected);
    assert_eq!(outcome(&central.ask("GET /devices/d1", "").await), "404 NotFound", "a preview makes nothing");

    let made = central.import(place, file).await;
    assert_eq!((&made["preview"], &made["created"]), (&json!(false), &json!(3)));
    let device = central.ask("GET /devices/d1", "").await.json();
    assert_eq!(
        (&device["displayName"], &device["template"], &device["organizations"], &device["enabled"]),
        (&json!("Pump 1"), &json!("dtmi:acme:fan;1"), &json!(["eu"]), &json!(true))
    );
    // They begin as any other device of the template.
    let twin = central.ask_own("GET /devices/d2/twin", "").await.json();
    assert_eq!((&twin["desired"]["target"], &twin["tags"]["owner"]), (&json!(4.5), &json!("nobody")));
    let keys = |id: &str| {
        let call = format!("GET /devices/{id}/credentials");
        let central = &central;
        async move { central.ask(&call, "").await.json()["symmetricKey"].clone() }
    };
    let (first, second) = (keys("d1").await, keys("d2").await);
    assert!(first["primaryKey"] != first["secondaryKey"] && first["primaryKey"] != second["primaryKey"]);

    // Once more: they are all there, and nothing is made.
    let again = central.import(place, &format!("{file}d4,New\r\n")).await;
    assert_eq!((&again["created"], &again["faulty"]), (&json!(0), &json!(3)));
    assert_eq!(
        again["faults"][0],
        json!({"line": 2, "column": "IOTC_DEVICEID", "value": "d1", "message": "a device with this id is registered"})
    );
    assert_eq!(outcome(&central.ask("GET /devices/d4", "").await), "404 NotFound");
    assert_eq!(central.import("", "IOTC_DEVICEID\n").await["created"], 0);
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_is_made() {
    let central = fleet().await;
    let key = "MDEyMzQ1Njc4OWFiY2RlZg==";
    let long = "ü".repeat(149);
    for (file, line, column, value, message) in [
        ("IOTC_DEVICEID\nok\na b\n", 3, json!("IOTC_DEVICEID"), json!("a b"), "deviceId may hold only"),
        ("IOTC_DEVICEID\nok\n..\n", 3, json!("IOTC_DEVICEID"), json!(".."), "must not be . or .."),
        ("IOTC_DEVICEID,IOTC_DEVICENAME\nok,\n,Name\n", 3, json!("IOTC_DEVICEID"), json!(""), "1 to 128 characters"),
        (&format!("IOTC_DEVICEID,IOTC_DEVICENAME\nok,{long}\n"), 2, json!("IOTC_DEVICENAME"), json!(long), "148"),
        ("IOTC_DEVICEID\nok\nother\nok\n", 4, json!("IOTC_DEVICEID"), json!("ok"), "the same id stands in line 2"),
        ("IOTC_DEVICEID\nok\nc2\n", 3, json!("IOTC_DEVICEID"), json!("c2"), "is registered"),
        ("IOTC_DEVICEID\nok,more\n", 2, Value::Null, Value::Null, "2 cells, the first line 1"),
        ("ok\n", 1, Value::Null, Value::Null, "IOTC_DEVICEID among them"),
        ("IOTC_DEVICEID,site\nok,a\n", 1, Value::Null, Value::Null, "\"site\" is not known"),
        (&format!("{HEADER}\nok,,{key},,,\n"), 2, json!("IOTC_SASKEY_SECONDARY"), Value::Null, "a device has two keys"),
        (
            &format!("{HEADER}\nok,,{key},short,,\n"),
            2,
            json!("IOTC_SASKEY_SECONDARY"),
            Value::Null,
            "base64 of 16 to 64",
        ),
        (&format!("{HEADER}\nok,,,,AB12,\n"), 2, json!("IOTC_X509THUMBPRINT_PRIMARY"), json!("AB12"), "no certificate"),
    ] {
        for question in ["?preview=true", ""] {
            let report = central.import(question, file).await;
            assert_eq!((&report["created"], &report["faulty"]), (&json!(0), &json!(1)), "{file}");
            let fault = &report["faults"][0];
            let at = (&fault["line"], &fault["column"], &fault["value"]);
            assert_eq!(at, (&json!(line), &column, &value), "{file}");
            assert!(fault["message"].as_str().unwrap().contains(message), "{file}: {fault}");
            assert!(!report.to_string().contains("short"), "a key is not repeated");
        }
    }
    assert_eq!(outcome(&central.ask("GET /devices/ok", "").await), "404 NotFound");
    let many = format!("IOTC_DEVICEID\n{}", "a b\n".repeat(250));
    let report = central.import("", &many).await;
    assert_eq!((&report["faulty"], report["faults"].as_array().unwrap().len()), (&json!(250), 100));

    let of_us = make_token(&central.hub, "us", &[(Role::OrgOperator, Some("us"))]).await;
    for (token, question, expected, message) in [
        (&central.token, "?template=dtmi:none;1", "422 UnprocessableEntity", "no device template"),
        (&central.token, "?organization=asia", "422 UnprocessableEntity", "no organization"),
        (&central.token, "?preview=perhaps", "400 BadRequest", "true or false"),
        (&of_us, "", "422 UnprocessableEntity", "name one of us"),
        (&of_us, "?organization=eu&preview=true", "422 UnprocessableEntity", "no organization"),
        (&of_us, "?organization=us", "200", "\"created\":1"),
    ] {
        let call = format!("POST /deviceImport{question}");
        let reply = central.ask_as(Some(token), OWN, &call, &[], "IOTC_DEVICEID\nn1\n").await;
        assert_eq!(outcome(&reply), expected, "{question}: {}", reply.text);
        assert!(reply.text.contains(message), "{question}: {}", reply.text);
    }
    let lines = format!("IOTC_DEVICEID\n{}", "d\n".repeat(100_001));
    let reply = central.ask_own("POST /deviceImport", &lines).await;
    assert!(reply.text.contains("at most 100000 lines"), "{}", reply.text);
}

#[tokio::test]
async fn large_files() {
    let central = fleet().await;
    // Longer than any other body may be, and more than one transaction.
    let mut file = format!("{HEADER}\n");
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==";
    for n in 0..25_000 {
        file.push_str(&format!("large-{n},Device {n},{key},{key},,\n"));
    }
    assert!(file.len() > 4 * 1024 * 1024);
    let report = central.import("", &file).await;
    assert_eq!((&report["devices"], &report["created"]), (&json!(25_000), &json!(25_000)));
    // Each import that made something has its entry, with how many.
    central.import("", "IOTC_DEVICEID\nsmall-1\nsmall-2\n").await;
    central.import("?preview=true", "IOTC_DEVICEID\nsmall-3\n").await;
    central.import("", "IOTC_DEVICEID\nsmall-1\nsmall-3\n").await;
    let log = central.ask_own("GET /audit?kind=device", "").await.json();
    let imports = log["value"].as_array().unwrap().iter().filter(|entry| entry["action"] == "import");
    let details: Vec<&str> = imports.map(|entry| entry["detail"].as_str().unwrap()).collect();
    let of_large = "25000 of the 25000 devices of a file";
    assert_eq!(details, ["2 of the 2 devices of a file", of_large, "500 of the 25000 devices of a file"]);
    // And belongs where the devices do.
    central.set_up("PUT /organizations/isle", r#"{"displayName":"Isle"}"#).await;
    central.import("?organization=isle", "IOTC_DEVICEID\nisle-1\n").await;
    let log = central.ask_own("GET /audit?kind=device", "").await.json();
    assert_eq!((&log["value"][0]["action"], &log["value"][0]["organization"]), (&json!("import"), &json!("isle")));
    let last = central.ask("GET /devices/large-24999/credentials", "").await.json();
    assert_eq!(last["symmetricKey"]["primaryKey"], key);
    let exported = central.export("?search=large-").await;
    assert_eq!(exported.lines().count(), 25_001);
    assert!(exported.ends_with(&format!("large-24999,Device 24999,{key},{key},,\r\n")));
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let central = fleet().await;
    let awkward = [
        ("-1+1", "=1+1"),
        ("@sum", "+cmd|' /C calc'!A0"),
        ("'q", "'tis; \"quoted\", \t and\nmore"),
        ("=a", "-5"),
        ("+1", "@"),
    ];
    for (id, name) in awkward {
        let body = json!({"displayName": name, "organizations": ["eu"]}).to_string();
        let id = id.replace('+', "%2B").replace('=', "%3D");
        let reply = central.ask(&format!("PUT /devices/{id}"), &body).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
    }
    let before = central.export("?template=unassigned&filter=organizations%20eq%20'eu'").await;
    assert!(before.starts_with(&format!("{HEADER}\r\n")));
    for line in before.split("\r\n").skip(1) {
        for cell in line.split(',') {
            let formula = cell.trim_matches('"').starts_with(['=', '@', '-', '+']);
            assert!(!formula || cell.parse::<f64>().is_ok(), "{cell} in {line}");
        }
    }
    for (id, _) in awkward {
        let id = id.replace('+', "%2B").replace('=', "%3D");
        assert_eq!(outcome(&central.ask(&format!("DELETE /devices/{id}"), "").await), "204");
    }
    let report = central.import("?organization=eu", &before).await;
    assert_eq!((&report["created"], &report["faulty"]), (&json!(awkward.len()), &json!(0)), "{report}");
    assert_eq!(central.export("?template=unassigned&filter=organizations%20eq%20'eu'").await, before);
    assert_eq!(each(&central.ask_own("GET /devices?search=1%2B1", "").await, "displayName"), "=1+1");
}

#[tokio::test]
async fn keys_are_for_who_manages_the_device() {
    let central = fleet().await;
    let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let certificate = json!({"primary": {"certificate": CERTIFICATE}});
    let x509 = json!({"type": "x509", "x509": {"clientCertificates": certificate}}).to_string();
    let reply = central.ask("PUT /devices/c3/attestation", &x509).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let info = &reply.json()["x509"]["clientCertificates"]["primary"]["info"];
    let thumbprint = info["sha1Thumbprint"].as_str().unwrap().to_owned();
    let reply = central.ask("PUT /devices/c4/attestation", r#"{"type":"tpm","tpm":{"endorsementKey":"AAAA"}}"#).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let expected =
        format!("{HEADER}\r\nc1,c1,{key},{key},,\r\nc2,c2,{key},{key},,\r\nc3,c3,,,{thumbprint},\r\nc4,c4,,,,\r\n");
    assert_eq!(central.export(&format!("?template={COOLER}")).await, expected);
    let roles = [(Role::OrgViewer, Some("eu")), (Role::OrgOperator, Some("us"))];
    for (roles, expected) in [
        (&roles[..1], "c2,c2,,,,\r\nc3,c3,,,,\r\n"),
        (&roles[1..], "c4,c4,,,,\r\n"),
        (&[(Role::OrgOperator, Some("eu"))], &format!("c2,c2,{key},{key},,\r\nc3,c3,,,{thumbprint},\r\n")),
    ] {
        let token = make_token(&central.hub, &format!("t{}", expected.len()), roles).await;
        let reply = central.ask_as(Some(&token), OWN, "GET /deviceExport", &[], "").await;
        assert_eq!(reply.text, format!("{HEADER}\r\n{expected}"));
    }
    // Programs copy keys out of the file: what begins like a formula stays as it is.
    let plus = "+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pg=";
    let file = format!("{HEADER}\r\n'=plus,,{plus},{plus},,\r\n");
    assert_eq!(central.import("", &file).await["created"], 1);
    assert_eq!(central.export("?template=unassigned&search=plus").await, file.replace(",,+", ",'=plus,+"));
    let online = central.hub.seq("c2").await;
    central.hub.state.engine.device_online(online);
    assert_eq!(central.export("?connected=true").await, format!("{HEADER}\r\nc2,c2,{key},{key},,\r\n"));
    assert_eq!(outcome(&central.ask_own("GET /deviceExport?connected=x", "").await), "400 BadRequest");
    let backwards = central.export("?orderby=displayName%20desc&search=c").await;
    assert_eq!(backwards.lines().nth(1).unwrap(), "c4,c4,,,,");
}
