//! The state that the published examples and the 2021 how-to speak of, made through the API.

use serde_json::Value;

use super::Central;

/// `VERB path`, then the body, in the newest version. In this order.
const CALLS: &[(&str, &str)] = &[
    ("PUT /organizations/us", r#"{"displayName":"United States"}"#),
    ("PUT /organizations/washington", r#"{"displayName":"Washington","parent":"us"}"#),
    ("PUT /organizations/seattle", r#"{"displayName":"Seattle","parent":"washington"}"#),
    ("PUT /organizations/redmond", r#"{"displayName":"Redmond","parent":"washington"}"#),
    ("PUT /deviceTemplates/dtmi:modelDefinition:dtdlv2", PLAIN),
    ("PUT /deviceTemplates/dtmi:modelDefinition:model1", PLAIN),
    ("PUT /deviceTemplates/dtmi:modelDefinition:model2", PLAIN),
    ("PUT /deviceTemplates/dtmi:modelDefinition:model3", PLAIN),
    // What the jobs of the examples write.
    (
        "PUT /deviceTemplates/urn:1dgygpt7t:modelDefinition:02uwtefvdy",
        r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"Job","capabilityModel":{"@id":"dtmi:test:job;1","@type":"Interface","contents":[
            {"@type":"Component","name":"componentName","schema":{"@id":"dtmi:test:job:part;1","@type":"Interface","contents":[
                {"@type":"Property","name":"propertyName","schema":"string","writable":true}]}}]}}"#,
    ),
    (
        "PUT /deviceTemplates/dtmi:modelDefinition:bhmvjf0oj:k6ulbcbyndp",
        r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"Reboot","capabilityModel":{"@id":"dtmi:test:reboot;1","@type":"Interface","contents":[
            {"@type":"Command","name":"Reboot"}]}}"#,
    ),
    // The how-to's (iot-central §3.7).
    (
        "PUT /deviceTemplates/dtmi:modelDefinition:aaa:bbb",
        r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"Customer","capabilityModel":{"@id":"dtmi:test:customer;1","@type":"Interface","contents":[
            {"@type":["Property","Cloud"],"name":"CustomerName","schema":"string"}]}}"#,
    ),
    (
        "PUT /deviceTemplates/dtmi:modelDefinition:ccc:ddd",
        r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"Thermostat","capabilityModel":{"@id":"dtmi:test:thermostat;1","@type":"Interface","contents":[
            {"@type":"Property","name":"targetTemperature","schema":"double","writable":true},
            {"@type":"Command","name":"getMaxMinReport","request":{"name":"since","schema":"dateTime"}}]}}"#,
    ),
    // The device with everything, and the edge device.
    (
        "PUT /deviceTemplates/dtmi:test:mx;1",
        r#"{"@type":["ModelDefinition","DeviceModel","EdgeModel"],"displayName":"mx","capabilityModel":{"@id":"dtmi:test:mx:model;1","@type":"Interface","contents":[
            {"@type":"Component","name":"settings","schema":{"@id":"dtmi:test:mx:settings;1","@type":"Interface","contents":[
                {"@type":"Property","name":"fanSpeed","schema":"double","writable":true},
                {"@type":"Property","name":"voltage","schema":"double","writable":true},
                {"@type":"Property","name":"current","schema":"double","writable":true},
                {"@type":"Property","name":"irSwitch","schema":"boolean","writable":true}]}},
            {"@type":"Component","name":"Thermostat_1o","schema":{"@id":"dtmi:test:mx:thermostat;1","@type":"Interface","contents":[
                {"@type":"Command","name":"CoolDown","request":{"name":"degrees","schema":"double"},"response":{"name":"now","schema":"double"}}]}},
            {"@type":["Relationship","EdgeModule"],"name":"Camera","target":[{"@id":"dtmi:test:mx:Camera;1","@type":"Interface","contents":[
                {"@type":"Component","name":"componentA","schema":{"@id":"dtmi:test:mx:Camera:a;1","@type":"Interface","contents":[
                    {"@type":"Command","name":"Reboot","request":{"name":"how","schema":{"@type":"Object","fields":[{"name":"SafeMode","schema":"boolean"}]}}}]}}]}]},
            {"@type":["Relationship","EdgeModule"],"name":"camera","target":[{"@id":"dtmi:test:mx:camera2;1","@type":"Interface","contents":[
                {"@type":"Component","name":"componentA","schema":{"@id":"dtmi:test:mx:camera2:a;1","@type":"Interface","contents":[
                    {"@type":"Command","name":"AdjustFrameRate","response":{"name":"result","schema":"string"}}]}}]}]},
            {"@type":["Relationship","EdgeModule"],"name":"module_env","target":[{"@id":"dtmi:test:mx:env;1","@type":"Interface","contents":[
                {"@type":"Component","name":"componentA","schema":{"@id":"dtmi:test:mx:env:a;1","@type":"Interface","contents":[
                    {"@type":"Property","name":"SensitivityDial","schema":"integer","writable":true},
                    {"@type":"Property","name":"Status","schema":"double"}]}}]}]},
            {"@type":["Relationship","EdgeModule"],"name":"environment","target":[{"@id":"dtmi:test:mx:environment;1","@type":"Interface","contents":[
                {"@type":"Component","name":"componentA","schema":{"@id":"dtmi:test:mx:environment:a;1","@type":"Interface","contents":[
                    {"@type":"Telemetry","name":"ambient","schema":{"@type":"Object","fields":[{"name":"temperature","schema":"double"},{"name":"humidity","schema":"integer"}]}}]}}]}]}
        ]}}"#,
    ),
    (
        "PUT /deviceTemplates/dtmi:test:edge;1",
        r#"{"@type":["ModelDefinition","DeviceModel","EdgeModel"],"displayName":"edge","capabilityModel":{"@id":"dtmi:test:edge:model;1","@type":"Interface","contents":[
            {"@type":"Component","name":"LocationTracking","schema":{"@id":"dtmi:test:edge:l;1","@type":"Interface","contents":[]}},
            {"@type":["Relationship","EdgeModule"],"name":"edgemodule","target":[{"@id":"dtmi:test:edge:m;1","@type":"Interface","contents":[
                {"@type":"Component","name":"interfaceA","displayName":"InterfaceA","schema":{"@id":"dtmi:test:edge:m:a;1","@type":"Interface","contents":[]}}]}]}]}}"#,
    ),
    ("PUT /devices/Checkout4", r#"{"displayName":"Checkout4"}"#),
    (
        "PUT /devices/CheckoutThermostat",
        r#"{"template":"dtmi:contoso:testDeviceTemplate;1","simulated":true,"organizations":["seattle"]}"#,
    ),
    ("PUT /devices/mx1", r#"{"template":"dtmi:test:mx;1"}"#),
    ("PUT /devices/edgedevice1", r#"{"template":"dtmi:test:edge;1"}"#),
    ("PUT /devices/device1", r#"{"template":"dtmi:test:edge;1"}"#),
    ("PUT /devices/device2", "{}"),
    ("PUT /devices/device3", "{}"),
    ("PUT /devices/device4", "{}"),
    ("PUT /devices/ccc", "{}"),
    ("PUT /devices/group-member", r#"{"template":"dtmi:modelDefinition:dtdlv2","organizations":["seattle"]}"#),
    ("PUT /devices/therm-01", r#"{"template":"dtmi:modelDefinition:ccc:ddd"}"#),
    ("PUT /devices/customer-01", r#"{"template":"dtmi:modelDefinition:aaa:bbb"}"#),
    ("PUT /devices/device1/relationships/relationship1", r#"{"source":"device1","target":"device2"}"#),
    (
        "PUT /devices/CheckoutThermostat/attestation",
        r#"{"type":"x509","x509":{"clientCertificates":{"primary":{"certificate":"MIIBfDCCASGgAwIBAgIUeYzq99zXKbyXMUCRoGpu5bmUq4swCgYIKoZIzj0EAwIwEjEQMA4GA1UEAwwHRmFjdG9yeTAgFw0yNjExMjExMzQ5MzNaGA8yMTI2MTAyODEzNDkzM1owEjEQMA4GA1UEAwwHRmFjdG9yeTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBIxCV3UGPMD95UHGSbQ05CjHN2G1r1b0cSL7dmCuwTywirier0yl+6dLLdybfSYAUNbruYdHqbmWhZTPe7L/IGjUzBRMB0GA1UdDgQWBBRKLrXM2TlPiNuTVBIscMw78rBpJjAfBgNVHSMEGDAWgBRKLrXM2TlPiNuTVBIscMw78rBpJjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCQblwH4GwDRCj0GHxxVNVIHs6wssjVhP9HAfwdshUByAIhANU+m85CwhDdxq8spLrSVvd2CSbC2pFJMeYeSuwtf6iZ"}}}}"#,
    ),
    (
        "PUT /devices/Checkout4/attestation",
        r#"{"type":"symmetricKey","symmetricKey":{"primaryKey":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=","secondaryKey":"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="}}"#,
    ),
    (
        "PUT /deviceGroups/475cad48-b7ff-4a09-b51e-1a9021385453",
        r#"{"displayName":"DeviceGroupEntry1","filter":"SELECT * FROM devices WHERE $template = \"dtmi:modelDefinition:dtdlv2\"","organizations":["seattle"]}"#,
    ),
    (
        "PUT /deviceGroups/group1",
        r#"{"displayName":"group1","description":"Custom device group.","filter":"SELECT * FROM devices WHERE $template = \"dtmi:modelDefinition:dtdlv2\" AND $provisioned = true","organizations":["seattle"]}"#,
    ),
    (
        "PUT /deviceGroups/ad86219f-d224-48ad-a29b-b593a4e4bb38",
        r#"{"displayName":"Reboot","filter":"SELECT * FROM devices WHERE $template = \"dtmi:modelDefinition:bhmvjf0oj:k6ulbcbyndp\""}"#,
    ),
    (
        "PUT /deviceGroups/thermostats",
        r#"{"displayName":"Thermostats","filter":"SELECT * FROM devices WHERE $template = \"dtmi:modelDefinition:ccc:ddd\""}"#,
    ),
    (
        "PUT /deviceGroups/customers",
        r#"{"displayName":"Customers","filter":"SELECT * FROM devices WHERE $template = \"dtmi:modelDefinition:aaa:bbb\""}"#,
    ),
    ("PUT /scheduledJobs/newScheduledJobId", SCHEDULED),
    ("PUT /scheduledJobs/7d8f04b8-72d0-4c6e-a3ef-85ae2f398528", SCHEDULED),
];

const PLAIN: &str = r#"{"@type":["ModelDefinition","DeviceModel"],"displayName":"Plain","capabilityModel":{"@id":"dtmi:test:plain;1","@type":"Interface","contents":[{"@type":"Telemetry","name":"t","schema":"double"}]}}"#;

const SCHEDULED: &str = r#"{"displayName":"New Scheduled Job","description":"","group":"ad86219f-d224-48ad-a29b-b593a4e4bb38","data":[{"type":"command","target":"dtmi:modelDefinition:bhmvjf0oj:k6ulbcbyndp","path":"Reboot","value":null}],"schedule":{"start":"2027-05-24T22:29:01Z","recurrence":"daily"}}"#;

impl Central {
    /// A hub in the state of the examples. `template` is the example's own template.
    pub(super) async fn of_the_examples(template: &Value) -> Central {
        let central = Central::start().await;
        let put = "PUT /deviceTemplates/dtmi:contoso:testDeviceTemplate;1";
        central.set_up(put, &template.to_string()).await;
        for (call, body) in CALLS {
            central.set_up(call, body).await;
        }
        central
    }

    /// Makes a call that must succeed.
    pub(super) async fn set_up(&self, call: &str, body: &str) {
        let reply = self.ask(call, body).await;
        assert!(reply.status.is_success(), "{call}: {} {}", reply.status, reply.text);
    }
}
