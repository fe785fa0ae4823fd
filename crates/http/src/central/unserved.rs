//! Parts of IoT Central that this server does not have (iot-central §1.1, §10). Their paths are known, so that a
//! caller learns that, and does not look for a mistake in its address.

use super::call::{Answer, Call};
use super::error::CentralError;

/// Everything below `/deploymentManifests`, and `applyDeploymentManifest`.
pub(crate) async fn deployment_manifests(_call: Call) -> Result<Answer, CentralError> {
    Err(CentralError::not_served("deployment manifests"))
}

/// `/fileUploads`.
pub(crate) async fn file_uploads(_call: Call) -> Result<Answer, CentralError> {
    Err(CentralError::not_served("file uploads"))
}

/// Everything below `/dataExport`.
pub(crate) async fn data_export(_call: Call) -> Result<Answer, CentralError> {
    Err(CentralError::not_served("data exports"))
}

/// Everything below `/dashboards`.
pub(crate) async fn dashboards(_call: Call) -> Result<Answer, CentralError> {
    Err(CentralError::not_served("dashboards"))
}
