//! The table of routes held against the published descriptions: what a version describes is there in that version,
//! and nothing else is (iot-central §1.1).

use std::collections::BTreeSet;

use super::schema::Description;
use crate::central::routes::ROUTES;
use crate::central::version::Version;

/// Described, and outside this product (iot-central §1.1).
const UNSERVED: [&str; 6] = [
    "/dashboards",
    "/dataExport",
    "/continuousDataExports",
    "/fileUploads",
    "/deploymentManifests",
    "/devices/{}/applyDeploymentManifest",
];

/// A path whose parameters have no names, and no slash at its end.
fn bare(path: &str) -> String {
    let parts = path.trim_end_matches('/').split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn is_served(call: &str) -> bool {
    let (_, path) = call.split_once(' ').unwrap();
    !UNSERVED.iter().any(|unserved| path.starts_with(unserved))
}

#[test]
fn every_version_has_the_routes_that_it_describes() {
    for version in Version::published() {
        let described: BTreeSet<String> = Description::of(version)
            .operations()
            .iter()
            .map(|operation| format!("{} {}", operation.method(), bare(operation.path)))
            .filter(|call| is_served(call))
            .collect();
        let routes: BTreeSet<String> = ROUTES
            .iter()
            .filter(|route| route.versions.contains(version))
            .map(|route| format!("{} {}", route.method, bare(route.path)))
            .filter(|call| is_served(call))
            .collect();
        let missing: Vec<_> = described.difference(&routes).collect();
        let undescribed: Vec<_> = routes.difference(&described).collect();
        assert!(
            missing.is_empty() && undescribed.is_empty(),
            "{}: missing {missing:#?}, not described {undescribed:#?}",
            version.as_str()
        );
    }
}
