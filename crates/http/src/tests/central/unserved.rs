//! Parts of IoT Central that are not served: known, and no typing mistakes.

use super::{Central, outcome};

#[tokio::test]
async fn what_is_not_served_says_so() {
    let central = Central::start().await;
    for (call, part) in [
        ("GET /deploymentManifests", "deployment manifests"),
        ("PUT /deploymentManifests/m1", "deployment manifests"),
        ("POST /devices/d1/applyDeploymentManifest", "deployment manifests"),
        ("GET /fileUploads", "file uploads"),
        ("PUT /fileUploads", "file uploads"),
        ("GET /dataExport/destinations", "data exports"),
        ("PATCH /dataExport/exports/e1", "data exports"),
        ("GET /dataExport/exports/e1/destinations", "data exports"),
        ("DELETE /dashboards/d1", "dashboards"),
    ] {
        let reply = central.ask(call, "{}").await;
        assert_eq!(outcome(&reply), "501 NotImplemented", "{call}");
        assert!(reply.text.contains(part), "{call}: {}", reply.text);
    }
    // Where a version does not have it, neither do we.
    let reply = central.ask_in("2022-07-31", "GET /dashboards", "").await;
    assert_eq!(outcome(&reply), "404 NotFound");
    assert_eq!(outcome(&central.ask_in("2022-07-31", "GET /fileUploads", "").await), "501 NotImplemented");
    assert_eq!(outcome(&central.ask("GET /dashboard", "").await), "404 NotFound");
}
