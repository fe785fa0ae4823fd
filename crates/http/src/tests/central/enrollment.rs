//! Enrollment groups, a device's own enrollment, its credentials (iot-central §7.5, §10).

use bellwether_engine::Registrant;
use bellwether_model::identity::SymmetricKey;
use bellwether_model::provisioning::derive_key;
use bellwether_model::sas;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use super::super::NOW;
use super::{Central, outcome};

/// A certificate as base64 of DER.
pub(super) const CERTIFICATE: &str = concat!(
    "MIIBfDCCASGgAwIBAgIUeYzq99zXKbyXMUCRoGpu5bmUq4swCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHRmFjdG9yeTAgFw0yNjEx",
    "MjExMzQ5MzNaGA8yMTI2MTAyODEzNDkzM1owEjEQMA4GA1UEAwwHRmFjdG9yeTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBIx",
    "CV3UGPMD95UHGSbQ05CjHN2G1r1b0cSL7dmCuwTywirier0yl+6dLLdybfSYAUNbruYdHqbmWhZTPe7L/IGjUzBRMB0GA1UdDgQW",
    "BBRKLrXM2TlPiNuTVBIscMw78rBpJjAfBgNVHSMEGDAWgBRKLrXM2TlPiNuTVBIscMw78rBpJjAPBgNVHRMBAf8EBTADAQH/MAoG",
    "CCqGSM49BAMCA0kAMEYCIQCQblwH4GwDRCj0GHxxVNVIHs6wssjVhP9HAfwdshUByAIhANU+m85CwhDdxq8spLrSVvd2CSbC2pFJ",
    "MeYeSuwtf6iZ",
);

const KEYS: &str = r#"{"primaryKey":"AAAAAAAAAAAAAAAAAAAAAA==","secondaryKey":"AAAAAAAAAAAAAAAAAAAAAQ=="}"#;

fn group(attestation: &Value) -> String {
    json!({"displayName": "Factory", "type": "iot", "attestation": attestation}).to_string()
}

impl Central {
    /// A success' body.
    async fn json(&self, call: &str, body: &str) -> Value {
        let reply = self.ask(call, body).await;
        assert_eq!(outcome(&reply), "200", "{call} {body}: {}", reply.text);
        reply.json()
    }

    /// Does this key let the device register?
    async fn registers(&self, device: &str, key: &Value) -> bool {
        let engine = &self.hub.state.engine;
        let key = SymmetricKey::try_from(key.as_str().unwrap().to_owned()).unwrap().bytes();
        let resource = format!("{}/registrations/{device}", engine.id_scope());
        let token = sas::make(&resource, &key, NOW.plus_seconds(60), None);
        let who = Registrant { scope: engine.id_scope(), id: device, token: Some(&token), allowance: 0 };
        engine.register(&who, b"").await.is_ok()
    }

    /// The keys that the hub takes.
    async fn hub_keys(&self, device: &str) -> Value {
        let document = self.hub.ask(&format!("GET /devices/{device}"), &[], "").await.json();
        document["authentication"]["symmetricKey"].clone()
    }
}

#[tokio::test]
async fn groups() {
    let central = Central::start().await;
    assert_eq!(central.ids(&central.token, "/enrollmentGroups").await, ["SAS-IoT-Devices", "SAS-IoT-Edge-Devices"]);
    let scope = central.hub.state.engine.id_scope();
    let made = central.json("PUT /enrollmentGroups/g", &group(&json!({"type": "symmetricKey"}))).await;
    assert_eq!((&made["id"], &made["enabled"], &made["idScope"]), (&json!("g"), &json!(true), &json!(scope)));
    let keys = made["attestation"]["symmetricKey"].clone();
    assert_ne!(keys["primaryKey"], keys["secondaryKey"]);
    // Keys that are not given stay, also when the group is replaced; those that are given count.
    let replaced = central.json("PUT /enrollmentGroups/g", &group(&json!({"type": "symmetricKey"}))).await;
    assert_eq!(replaced["attestation"]["symmetricKey"], keys);
    let patch = r#"{"enabled":false,"attestation":{"type":"symmetricKey","symmetricKey":{"primaryKey":"AAAAAAAAAAAAAAAAAAAAAA=="}}}"#;
    let patched = central.json("PATCH /enrollmentGroups/g", patch).await;
    assert_eq!((&patched["enabled"], &patched["displayName"]), (&json!(false), &json!("Factory")));
    let new = &patched["attestation"]["symmetricKey"];
    assert_eq!((&new["primaryKey"], &new["secondaryKey"]), (&json!("AAAAAAAAAAAAAAAAAAAAAA=="), &keys["secondaryKey"]));
    assert_eq!(central.json("GET /enrollmentGroups/g", "").await, patched);
    // Only the newest version knows the scope.
    let older = central.ask_in("2022-07-31", "GET /enrollmentGroups/g", "").await;
    assert_eq!((outcome(&older).as_str(), older.json().get("idScope")), ("200", None));
    let nowhere = central.ask_in("1.2-preview", "GET /enrollmentGroups/g", "").await;
    assert_eq!(outcome(&nowhere), "404 NotFound");

    let etag = patched["etag"].as_str().unwrap();
    let with_etag = |etag: &str| json!({"displayName": "N", "etag": etag}).to_string();
    central
        .check(
            &central.token,
            &[
                ("PATCH /enrollmentGroups/g", &with_etag("other"), "412 PreconditionFailed", "etag"),
                ("PATCH /enrollmentGroups/g", &with_etag(etag), "200", r#""displayName":"N""#),
                ("PATCH /enrollmentGroups/g", &with_etag(etag), "412 PreconditionFailed", "etag"),
                ("PATCH /enrollmentGroups/none", "{}", "404 NotFound", "enrollment group"),
                ("GET /enrollmentGroups/none", "", "404 NotFound", "enrollment group"),
                ("PUT /enrollmentGroups/a_b", &group(&json!({"type": "symmetricKey"})), "400 BadRequest", "letters"),
                ("PUT /enrollmentGroups/x", "{", "400 BadRequest", "JSON"),
                ("PUT /enrollmentGroups/x", "{}", "422 UnprocessableEntity", "must be given"),
                (
                    "PUT /enrollmentGroups/x",
                    r#"{"displayName":" ","type":"iot","attestation":{"type":"symmetricKey"}}"#,
                    "422 UnprocessableEntity",
                    "displayName",
                ),
                (
                    "PUT /enrollmentGroups/x",
                    r#"{"displayName":"x","type":"other","attestation":{"type":"symmetricKey"}}"#,
                    "422 UnprocessableEntity",
                    "type must be one of iot or iotEdge",
                ),
                (
                    "PUT /enrollmentGroups/x",
                    &group(&json!({"type": "symmetricKey", "symmetricKey": {"primaryKey": "?", "secondaryKey": "?"}})),
                    "422 UnprocessableEntity",
                    "attestation.symmetricKey.primaryKey",
                ),
                ("DELETE /enrollmentGroups/g", "", "204", ""),
                ("DELETE /enrollmentGroups/g", "", "404 NotFound", "enrollment group"),
            ],
        )
        .await;
}

#[tokio::test]
async fn certificates_and_their_proof() {
    let central = Central::start().await;
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "Factory");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let proof = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem();
        json!({"certificate": pem}).to_string()
    };
    let path = "/enrollmentGroups/g/certificates/primary";
    let verify = format!("POST {path}/verify");
    let generate = format!("POST {path}/generateVerificationCode");
    let certificate = json!({"certificate": authority}).to_string();
    let made = central.json("PUT /enrollmentGroups/g", &group(&json!({"type": "x509"}))).await;
    assert_eq!(made["attestation"]["type"], "x509");
    assert_eq!(outcome(&central.ask(&format!("GET {path}"), "").await), "404 NotFound");
    let put = central.json(&format!("PUT {path}"), &certificate).await;
    assert_eq!((&put["verified"], put["info"]["sha1Thumbprint"].as_str().unwrap().len()), (&json!(false), 40));
    assert_eq!(outcome(&central.ask(&verify, &proof("x")).await), "409 Conflict", "no code yet");
    let code = central.json(&generate, "").await["verificationCode"].as_str().unwrap().to_owned();
    for (body, expected) in [
        (proof("x"), "422 UnprocessableEntity"),
        (certificate.clone(), "422 UnprocessableEntity"),
        (json!({"certificate": "x"}).to_string(), "422 UnprocessableEntity"),
        ("{}".to_owned(), "422 UnprocessableEntity"),
    ] {
        assert_eq!(outcome(&central.ask(&verify, &body).await), expected, "{body}");
    }
    assert_eq!(central.json(&format!("GET {path}"), "").await["verified"], false);
    assert_eq!(outcome(&central.ask(&verify, &proof(&code)).await), "204");
    assert_eq!(central.json(&format!("GET {path}"), "").await["verified"], true);
    assert_eq!(outcome(&central.ask(&verify, &proof(&code)).await), "409 Conflict", "the code is used up");
    // Again, by the version that declares 200 for it.
    let code = central.json(&generate, "").await["verificationCode"].as_str().unwrap().to_owned();
    assert_eq!(outcome(&central.ask_in("2022-06-30-preview", &verify, &proof(&code)).await), "200");
    // Another name leaves the proof; another certificate has none.
    let renamed = central.json("PATCH /enrollmentGroups/g", r#"{"displayName":"N"}"#).await;
    assert_eq!(renamed["attestation"]["x509"]["signingCertificates"]["primary"]["verified"], true);
    let other = json!({"type": "x509", "x509": {"signingCertificates": {"primary": {"certificate": CERTIFICATE}}}});
    let changed = central.json("PATCH /enrollmentGroups/g", &json!({"attestation": other}).to_string()).await;
    assert_eq!(changed["attestation"]["x509"]["signingCertificates"]["primary"]["verified"], false);
    central
        .check(
            &central.token,
            &[
                (&format!("PUT {path}"), r#"{"certificate":"x"}"#, "422 UnprocessableEntity", "certificate must be"),
                (&format!("PUT {path}"), "{}", "422 UnprocessableEntity", "missing"),
                ("GET /enrollmentGroups/g/certificates/third", "", "400 BadRequest", "primary or secondary"),
                ("PUT /enrollmentGroups/SAS-IoT-Devices/certificates/primary", &certificate, "409 Conflict", "x509"),
                (&format!("DELETE {path}"), "", "204", ""),
                (&format!("DELETE {path}"), "", "404 NotFound", "certificate"),
            ],
        )
        .await;
}

/// Every key that is told is one that works, and no other does.
#[tokio::test]
async fn credentials_are_those_that_work() {
    let central = Central::start().await;
    let scope = json!(central.hub.state.engine.id_scope());
    let group = central.json("GET /enrollmentGroups/SAS-IoT-Devices", "").await;
    let master = group["attestation"]["symmetricKey"]["primaryKey"].as_str().unwrap().to_owned();
    let derived = derive_key(&SymmetricKey::try_from(master).unwrap(), "dev-01");
    assert!(central.registers("dev-01", &json!(derived.as_str())).await, "the group makes the device");
    let credentials = || central.json("GET /devices/dev-01/credentials", "");
    let first = credentials().await;
    assert_eq!((&first["idScope"], &first["symmetricKey"]["primaryKey"]), (&scope, &json!(derived.as_str())));
    assert_eq!(central.hub_keys("dev-01").await, first["symmetricKey"]);

    // An enrollment of its own.
    let own: Value = serde_json::from_str(KEYS).unwrap();
    let attestation = json!({"type": "symmetricKey", "symmetricKey": own});
    let path = "/devices/dev-01/attestation";
    assert_eq!(central.json(&format!("PUT {path}"), &attestation.to_string()).await, attestation);
    assert_eq!(central.json(&format!("GET {path}"), "").await, attestation);
    assert_eq!(credentials().await["symmetricKey"], own);
    assert_eq!(central.hub_keys("dev-01").await, own);
    assert!(central.registers("dev-01", &own["secondaryKey"]).await);
    assert!(!central.registers("dev-01", &json!(derived.as_str())).await, "the group's key is good no more");

    // By certificate: shown, and no key that anybody was told works.
    let x509 = json!({"type": "x509", "x509": {"clientCertificates": {"primary": {"certificate": CERTIFICATE}}}});
    let answer = central.json(&format!("PATCH {path}"), &x509.to_string()).await;
    let primary = &answer["x509"]["clientCertificates"]["primary"];
    assert_eq!((&answer["type"], primary["info"]["sha1Thumbprint"].as_str().unwrap().len()), (&json!("x509"), 40));
    assert_eq!(answer.get("symmetricKey"), None);
    let told = credentials().await;
    assert_eq!((told.get("symmetricKey"), &told["x509"]), (None, &answer["x509"]));
    assert_ne!(central.hub_keys("dev-01").await, own);
    assert!(!central.registers("dev-01", &own["primaryKey"]).await);
    let tpm = json!({"type": "tpm", "tpm": {"endorsementKey": "AToAAQALAAMAsgAg"}});
    assert_eq!(central.json(&format!("PUT {path}"), &tpm.to_string()).await, tpm);
    assert_eq!(credentials().await["tpm"], tpm["tpm"]);

    // Without one of its own it is the group's again.
    assert_eq!(outcome(&central.ask(&format!("DELETE {path}"), "").await), "204");
    assert_eq!(credentials().await, first);
    assert!(central.registers("dev-01", &json!(derived.as_str())).await);
    let refused: Vec<(String, String, &str, &str)> = [
        ("GET", "", "404 NotFound", "attestation"),
        ("DELETE", "", "404 NotFound", "attestation"),
        ("PATCH", "{}", "404 NotFound", "attestation"),
        ("PUT", "{}", "422 UnprocessableEntity", "type"),
        ("PUT", r#"{"type":"symmetricKey"}"#, "422 UnprocessableEntity", "symmetricKey is missing"),
        ("PUT", r#"{"type":"tpm","tpm":{"endorsementKey":"?"}}"#, "422 UnprocessableEntity", "tpm.endorsementKey"),
        (
            "PUT",
            r#"{"type":"x509","x509":{"clientCertificates":{"primary":{"certificate":"x"}}}}"#,
            "422 UnprocessableEntity",
            "x509.clientCertificates.primary.certificate",
        ),
        (
            "PUT",
            r#"{"type":"symmetricKey","symmetricKey":{"primaryKey":"AAAA","secondaryKey":"AAAA"}}"#,
            "422 UnprocessableEntity",
            "symmetricKey.primaryKey",
        ),
    ]
    .map(|(verb, body, expected, part)| (format!("{verb} {path}"), body.to_owned(), expected, part))
    .into();
    let cases: Vec<_> =
        refused.iter().map(|(call, body, expected, part)| (&**call, &**body, *expected, *part)).collect();
    central.check(&central.token, &cases).await;
    for path in ["attestation", "credentials"] {
        assert_eq!(outcome(&central.ask(&format!("GET /devices/nobody/{path}"), "").await), "404 NotFound");
    }
}
