//! Every route with every policy (iot-hub §7.2). The expectation is written down here a second time, on purpose.

use bellwether_model::policy::STANDARD;

use super::{Hub, token};
use crate::hub::router::ROUTES;

/// `VERB path`: the policies that are let in, by the first letters: owner, service, device, read, write.
const EXPECTED: &str = "
GET /devices: owner read write
POST /devices: owner write
POST /devices/query: owner service
GET /devices/{id}: owner read write
PUT /devices/{id}: owner write
DELETE /devices/{id}: owner write
GET /statistics/devices: owner read write
GET /statistics/service: owner read write
GET /twins/{id}: owner service
PATCH /twins/{id}: owner service
PUT /twins/{id}: owner service
POST /twins/{id}/methods: owner service
GET /jobs/v2/query: owner service read write
GET /jobs/v2/{jobId}: owner service read write
PUT /jobs/v2/{jobId}: owner service write
POST /jobs/v2/{jobId}/cancel: owner service write
PUT /jobs/v2/{deviceId}/methods/{jobId}: owner service write
GET /jobs: owner service read write
GET /jobs/{id}: owner service read write
DELETE /jobs/{id}: owner service write
POST /jobs/create: owner service write
GET /devices/{id}/modules: owner read write
GET /devices/{id}/modules/{moduleId}: owner read write
PUT /devices/{id}/modules/{moduleId}: owner write
DELETE /devices/{id}/modules/{moduleId}: owner write
GET /twins/{id}/modules/{moduleId}: owner service
PATCH /twins/{id}/modules/{moduleId}: owner service
PUT /twins/{id}/modules/{moduleId}: owner service
POST /twins/{id}/modules/{moduleId}/methods: owner service
GET /configurations: owner read write
POST /configurations/testQueries: owner read write
GET /configurations/{id}: owner read write
PUT /configurations/{id}: owner write
DELETE /configurations/{id}: owner write
POST /devices/{id}/applyConfigurationContent: owner write
DELETE /devices/{id}/commands: owner service
GET /digitaltwins/{id}: owner service
PATCH /digitaltwins/{id}: owner service
POST /digitaltwins/{id}/commands/{command}: owner service
POST /digitaltwins/{id}/components/{component}/commands/{command}: owner service
GET /messages/serviceBound/feedback: owner service
DELETE /messages/serviceBound/feedback/{token}: owner service
POST /messages/serviceBound/feedback/{token}/abandon: owner service
";

fn short(policy: &str) -> &'static str {
    match policy {
        "iothubowner" => "owner",
        "service" => "service",
        "device" => "device",
        "registryRead" => "read",
        "registryReadWrite" => "write",
        other => panic!("policy {other}"),
    }
}

#[tokio::test]
async fn every_route_with_every_policy() {
    let hub = Hub::start().await;
    let mut found = String::from("\n");
    for route in ROUTES {
        let call = format!("{} {}", route.method, route.path.replace(['{', '}'], ""));
        found.push_str(&format!("{} {}:", route.method, route.path));
        for (policy, _) in STANDARD {
            let reply = hub.ask_as(Some(&token(policy)), &call, &[], "").await;
            let outcome = reply.outcome();
            if outcome.starts_with("401") {
                assert!(outcome.starts_with("401 IotHubUnauthorizedAccess"), "{call} {policy}: {outcome}");
            } else {
                found.push_str(&format!(" {}", short(policy)));
            }
        }
        found.push('\n');
        for token in [None, Some("SharedAccessSignature sr=hub1.example.net&sig=AAAA&se=1999999999&skn=iothubowner")] {
            let reply = hub.ask_as(token, &call, &[], "").await;
            assert!(reply.outcome().starts_with("401 IotHubUnauthorizedAccess"), "{call}");
        }
    }
    assert_eq!(found, EXPECTED);
    assert_eq!(EXPECTED.trim().lines().count(), ROUTES.len());
}
