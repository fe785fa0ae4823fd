//! Devices that ask for their hub over HTTPS (device-protocol §9.2).

use bellwether_model::provisioning::EnrollmentGroup;
use serde_json::json;

use super::*;

impl Hub {
    /// A device's token by the first group's key.
    async fn registration_token(&self, device: &str) -> String {
        let engine = &self.state.engine;
        let group = engine.store().record::<EnrollmentGroup>("SAS-IoT-Devices").await.unwrap().unwrap().record;
        let key = group.keys_of(device).unwrap().primary.bytes();
        let resource = format!("{}/registrations/{device}", engine.id_scope());
        sas::make(&resource, &key, NOW.plus_seconds(60), Some("registration"))
    }

    /// `call` is `VERB path`; the path begins after the registration's own.
    pub(super) async fn provision(&self, device: &str, call: &str, body: &str) -> Reply {
        let token = self.registration_token(device).await;
        let (method, rest) = call.split_once(' ').unwrap();
        let uri = format!("/{}/registrations/{device}{rest}?api-version=2021-06-01", self.state.engine.id_scope());
        let request = Request::builder().method(method).uri(uri).header("Authorization", token);
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

/// Status and the first digits of `errorCode`, which agree.
fn refusal(reply: &Reply) -> u16 {
    let status = reply.status.as_u16();
    let error = reply.json();
    assert_eq!(error["errorCode"].as_u64().unwrap() / 1000, u64::from(status), "{error}");
    for member in ["trackingId", "message", "timestampUtc"] {
        assert!(error[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {error}");
    }
    status
}

#[tokio::test]
async fn register_then_ask() {
    let hub = Hub::start().await;
    assert_eq!(refusal(&hub.provision("dev-01", "POST ", "").await), 404, "it may, and has not");
    let reply = hub.provision("dev-01", "PUT /register", r#"{"registrationId":"dev-01"}"#).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (202, Some("3")));
    let taken = reply.json();
    assert_eq!(taken["status"], "assigning");
    let reply =
        hub.provision("dev-01", &format!("GET /operations/{}", taken["operationId"].as_str().unwrap()), "").await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (200, None));
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    let ended = reply.json();
    assert_eq!((&ended["status"], &ended["operationId"]), (&json!("assigned"), &taken["operationId"]));
    assert_eq!(ended["registrationState"]["assignedHub"], "localhost");
    let reply = hub.provision("dev-01", "POST ", "").await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, ended["registrationState"].clone()));
    // The device is one of the hub.
    assert_eq!(hub.ask("GET /devices/dev-01", &[], "").await.json()["status"], "enabled");
}

#[tokio::test]
async fn refusals() {
    let hub = Hub::start().await;
    for (call, body, status) in [
        ("PUT /register", "[]", 400),
        ("PUT /register", r#"{"registrationId":"dev-02"}"#, 400),
        ("GET /operations/4.0.0", "", 404),
        ("GET /elsewhere", "", 404),
        ("GET /register", "", 405),
        ("PUT ", "", 405),
    ] {
        assert_eq!(refusal(&hub.provision("dev-01", call, body).await), status, "{call} {body}");
    }
    let large = " ".repeat(64 * 1024 + 1);
    assert_eq!(refusal(&hub.provision("dev-01", "PUT /register", &large).await), 413);
    let scope = hub.state.engine.id_scope();
    let token = hub.registration_token("dev-01").await;
    for (scope, authorization) in [
        ("0ne00000000", vec![token.as_str()]),
        (scope, vec![]),
        (scope, vec!["Bearer x"]),
        (scope, vec!["SharedAccessSignature sr=a&sig=AAAA&se=1"]),
    ] {
        let mut request = Request::builder().method("PUT").uri(format!("/{scope}/registrations/dev-01/register"));
        for value in &authorization {
            request = request.header("Authorization", *value);
        }
        assert_eq!(refusal(&hub.send(request.body(Body::empty()).unwrap()).await), 401, "{scope} {authorization:?}");
    }
    assert_eq!(hub.ask("GET /devices/dev-01", &[], "").await.status.as_u16(), 404);
    // A device of the hub may be called `registrations`.
    assert_eq!(hub.ask("GET /devices/registrations/modules", &[], "").await.outcome(), "404 FeatureNotSupported");
}
