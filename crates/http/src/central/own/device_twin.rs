//! A device's twin as it stands, and the jobs that it had a part in.

use bellwether_engine::{ChangeTwinError, Engine};
use bellwether_model::twin::{SectionChange, Twin, TwinChange, meta::TwinMeta, patch::PatchObject, wire};
use bellwether_store::DeviceJob;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::{CentralError, Code};
use super::device_jobs::DeviceJobRow;

/// A twin with versions and times.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceTwin {
    /// The twin's etag.
    pub etag: String,
    /// Counts all changes.
    pub version: i64,
    /// Tags: cloud properties and what programs keep there.
    #[schema(value_type = serde_json::Value)]
    pub tags: Box<RawValue>,
    /// Desired properties with `$metadata` and `$version`.
    #[schema(value_type = serde_json::Value)]
    pub desired: Box<RawValue>,
    /// Reported properties with `$metadata` and `$version`.
    #[schema(value_type = serde_json::Value)]
    pub reported: Box<RawValue>,
}

/// A job that a device had a part in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobSummary {
    /// The job's id.
    pub id: String,
    /// The job's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What became of the device there.
    pub row: DeviceJobRow,
}

/// `GET /devices/{deviceId}/twin`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().twin(&call.device_id()?).await?;
    let seen = found.filter(|(device, _)| call.scope.covers(device.profile.organization.as_deref()));
    let (_, twin) = seen.ok_or_else(|| CentralError::not_found("device with this id"))?;
    Answer::one(&DeviceTwin::of(&twin)?)
}

/// What of a twin is changed, as [`DeviceTwin`] shows it: objects merge, `null` takes a member away. Also what no template
/// models, and of devices without one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceTwinPatch<'a> {
    /// Tags.
    #[serde(borrow)]
    #[schema(value_type = Option<serde_json::Value>)]
    tags: Option<&'a RawValue>,
    /// Desired properties; the device is told.
    #[serde(borrow)]
    #[schema(value_type = Option<serde_json::Value>)]
    desired: Option<&'a RawValue>,
}

/// `PATCH /devices/{deviceId}/twin`: what the patch does not name stays. `If-Match` takes the twin's etag.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let (id, if_match) = (call.device_id()?, call.if_match()?);
    let DeviceTwinPatch { tags, desired } = call.json()?;
    let merge = |name, section: Option<&RawValue>| {
        let patch = section.map(|section| PatchObject::parse(name, section.get())).transpose();
        patch.map(|patch| patch.map(SectionChange::Merge).filter(|change| !change.is_nothing()))
    };
    let change = TwinChange {
        tags: merge("tags", tags).map_err(CentralError::unprocessable)?,
        desired: merge("desired", desired).map_err(CentralError::unprocessable)?,
        reported: None,
    };
    let (_, twin) = call.engine().change_twin(&id, &call.scope, change, if_match).await?;
    Answer::one(&DeviceTwin::of(&twin)?)
}

impl From<ChangeTwinError> for CentralError {
    fn from(error: ChangeTwinError) -> CentralError {
        match error {
            ChangeTwinError::NotFound => CentralError::not_found("device with this id"),
            ChangeTwinError::EtagMismatch => CentralError::new(Code::PreconditionFailed, error),
            ChangeTwinError::Twin(_) => CentralError::unprocessable(error),
            ChangeTwinError::Store(error) => error.into(),
        }
    }
}

/// `GET /devices/{deviceId}/jobs`: those whose frozen list has the device, also jobs of the hub face. A page may hold
/// fewer than were asked for, even none, although there is a link: one request looks at a bounded number of jobs.
pub(crate) async fn jobs(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let device = call.device().await?;
    let before = call.position(&page)?;
    let found = call.engine().store().jobs_of_device(device.seq, call.scope.clone(), before, page.limit).await?;
    let next = found.next.map(|before| call.next(&before)).transpose()?;
    let jobs = found.jobs.into_iter().map(|found| DeviceJobSummary::of(found, call.engine()));
    Answer::page(jobs.collect::<Result<Vec<_>, _>>()?, next)
}

impl DeviceJobSummary {
    fn of(found: DeviceJob, engine: &Engine) -> Result<DeviceJobSummary, CentralError> {
        let spec = found.job.spec;
        Ok(DeviceJobSummary {
            display_name: spec.central().and_then(|job| job.display_name.clone()),
            row: DeviceJobRow::of(found.result, engine, spec.success, &[])?,
            id: spec.id.into(),
        })
    }
}

impl DeviceTwin {
    fn of(twin: &Twin) -> Result<DeviceTwin, CentralError> {
        let meta = TwinMeta::decode(&twin.meta);
        let (mut desired, mut reported) = (String::new(), String::new());
        wire::section(&mut desired, &twin.desired, &meta.desired, true);
        wire::section(&mut reported, &twin.reported, &meta.reported, false);
        Ok(DeviceTwin {
            etag: twin.etag_text(),
            version: twin.version,
            tags: RawValue::from_string(twin.tags.clone().unwrap_or_else(|| "{}".to_owned()))?,
            desired: RawValue::from_string(desired)?,
            reported: RawValue::from_string(reported)?,
        })
    }
}
