//! A job and its reruns as one family, with the union of what became of their devices.

use bellwether_store::{FamilyDevices as Devices, FamilyJob as Member};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;
use super::jobs::{JobCounters, JobStatus};

/// Jobs on the same devices: one that ran first, its reruns, and the reruns of those.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobFamily {
    /// The oldest first, as far as the caller may see them; at most 500.
    pub jobs: Vec<FamilyJob>,
    /// There are more than 500.
    pub more: bool,
    /// Not all of them do the same: a rerun may be made with other entries.
    pub differs: bool,
    /// What became of their devices, each counted once; absent where `more` or `differs` is true. Devices of a job whose list is not
    /// frozen yet stand as the others left them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<FamilyDevices>,
    /// The last job that had devices, if those that failed in it are exactly those that are left, and no job of the family is
    /// under way: its rerun takes up the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_of: Option<String>,
}

/// A job of a family.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FamilyJob {
    /// Its id.
    pub id: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// How it stands.
    pub status: JobStatus,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// The job of the family on whose devices it runs again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<String>,
    /// Its devices by what became of them.
    pub counters: JobCounters,
}

/// What became of the devices of a family. `succeeded` and `left` add up to `total`; `running`, `pending`, `failed` and
/// `cancelled` to `left`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FamilyDevices {
    /// Devices in any of the lists.
    pub total: u64,
    /// Ended well in at least one job.
    pub succeeded: u64,
    /// Ended well in none.
    pub left: u64,
    /// Called, not answered yet.
    pub running: u64,
    /// Not begun in a job that has not ended.
    pub pending: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Of the failed ones those to which nothing was sent in any job.
    pub never_reached: u64,
    /// Not begun when their jobs were cancelled.
    pub cancelled: u64,
}

impl From<Devices> for FamilyDevices {
    fn from(devices: Devices) -> FamilyDevices {
        let Devices { targets, succeeded, running, pending, failed, never_reached, cancelled } = devices;
        let left = devices.left();
        FamilyDevices { total: targets, succeeded, left, running, pending, failed, never_reached, cancelled }
    }
}

impl From<Member> for FamilyJob {
    fn from(member: Member) -> FamilyJob {
        FamilyJob {
            id: member.id,
            display_name: member.display_name,
            status: member.state.into(),
            created: member.created.to_string(),
            rerun_of: member.rerun_of,
            counters: member.counters.unwrap_or_default().into(),
        }
    }
}

/// `GET /jobs/{jobId}/family`: the same for each job of it.
pub(crate) async fn of_job(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let family = call.engine().store().job_family(job.key, call.scope.clone()).await?;
    Answer::one(&JobFamily {
        jobs: family.jobs.into_iter().map(FamilyJob::from).collect(),
        more: family.more,
        differs: family.differs,
        devices: family.devices.map(FamilyDevices::from),
        rest_of: family.rest_of,
    })
}
