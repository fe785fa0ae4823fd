//! A job as our own version shows it.

use bellwether_model::access::Permission;
use bellwether_model::job::{self, Action, Batch, CentralJob, Counters, Failures, JobEvent, JobKind, JobState, Target};
use bellwether_store::JobOverview;
use serde_json::value::RawValue;

use super::super::call::Call;
use super::super::description::jobs::JobProgress;
use super::super::error::CentralError;
use super::super::job_wire;
use super::job_reason::{JobReason, reasons};
use super::jobs::{
    Attention, HubJob, Job, JobAction, JobCounters, JobFace, JobStatus, JobType, OpenBatch, TargetKind, ThresholdGauge,
};
use super::owner::Names;

/// Jobs with what the caller may do with them.
///
/// # Errors
/// The store failed, or what is kept of a job is no JSON: a failure of ours.
pub(crate) async fn documents(call: &Call, jobs: &[JobOverview]) -> Result<Vec<Job>, CentralError> {
    let names = Names::of(call, jobs.iter().map(|overview| overview.job.spec.owner.as_str())).await?;
    let reasons = reasons(call, &jobs.iter().map(|overview| &overview.job).collect::<Vec<_>>()).await?;
    jobs.iter().zip(reasons).map(|(overview, reason)| document(call, overview, &names, reason)).collect()
}

fn document(
    call: &Call,
    overview: &JobOverview,
    names: &Names,
    reason: Option<JobReason>,
) -> Result<Job, CentralError> {
    let JobOverview { job, events, attention, rerun_of, group } = overview;
    let counters = job.counters.unwrap_or_default();
    // A job of the hub face has nothing to show of these.
    let nothing = CentralJob::default();
    let central = job.spec.central();
    let CentralJob { display_name, description, data, scheduled_job, .. } = central.unwrap_or(&nothing);
    let seen_group = group.as_ref().filter(|group| call.scope.covers(group.organization.as_deref()));
    Ok(Job {
        id: job.spec.id.to_string(),
        face: if central.is_some() { JobFace::Central } else { JobFace::Hub },
        kind: job.spec.kind().into(),
        hub: if central.is_none() { Some(hub(job)?) } else { None },
        scheduled_job_id: scheduled_job.clone(),
        display_name: display_name.clone(),
        description: description.clone(),
        target: target(&job.spec.target),
        group: job.spec.group().unwrap_or_default().to_owned(),
        group_name: seen_group.map(|group| group.display_name.clone()),
        chosen_devices: chosen(&job.spec.target),
        batch: job.spec.delivery.batch.map(|batch| raw(|out| job_wire::batch(out, batch))).transpose()?,
        cancellation_threshold: job
            .spec
            .delivery
            .threshold
            .map(|threshold| raw(|out| job_wire::threshold(out, threshold)))
            .transpose()?,
        data: raw(|out| job_wire::data(out, data))?,
        status: job.state.into(),
        progress: JobProgress {
            total: counters.targets,
            pending: counters.targets.saturating_sub(counters.succeeded + counters.failed),
            completed: counters.succeeded,
            failed: counters.failed,
        },
        organizations: job.spec.organization.clone().map(|organization| vec![organization]),
        start: job.began.map(|time| time.to_string()),
        end: job.ended.map(|time| time.to_string()),
        created: job.created.to_string(),
        owner: job.spec.owner.clone(),
        owner_name: names.get(&job.spec.owner),
        rerun_of: rerun_of.clone(),
        reason,
        counters: counters.into(),
        open_batch: job.batch.map(|batch| OpenBatch::of(batch, job)),
        gauge: job.failures().map(Into::into),
        attention: attention.map(Into::into),
        actions: actions(call, job, *attention),
        event: *events,
    })
}

/// What the state allows and the caller's roles permit. Who may run jobs somewhere may copy one that he sees.
fn actions(call: &Call, job: &job::Job, attention: Option<job::Attention>) -> Vec<JobAction> {
    let Some(scope) = call.caller.scope(Permission::RunJobs, &call.organizations) else { return Vec::new() };
    let runs = scope.covers(job.spec.organization.as_deref());
    let takes = |event| runs && job.state.step(event).is_ok();
    let all = [
        (JobAction::Stop, takes(JobEvent::Stop)),
        (
            JobAction::Resume,
            takes(JobEvent::Resume { frozen: job.counters.is_some() }) && call.engine().job_hold().is_none(),
        ),
        (JobAction::Cancel, takes(JobEvent::Cancel)),
        (JobAction::PauseAfterBatch, runs && job.may_pause()),
        (JobAction::Rerun, runs && job.may_be_run_again()),
        (JobAction::Acknowledge, runs && attention.is_some() && job.state.is_final()),
        (JobAction::Copy, job.spec.central().is_some()),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(action, _)| action).collect()
}

fn target(target: &Target) -> TargetKind {
    match target {
        Target::Group { .. } => TargetKind::Group,
        Target::FailedOf { .. } => TargetKind::FailedOf,
        Target::Chosen { .. } | Target::Twins { device_ids: Some(_), .. } => TargetKind::Devices,
        Target::Twins { device_ids: None, .. } => TargetKind::Query,
    }
}

fn chosen(target: &Target) -> Option<u64> {
    match target {
        Target::Chosen { chosen, .. } => Some(*chosen),
        Target::Twins { device_ids, .. } => device_ids.as_ref().map(|ids| ids.len() as u64),
        Target::Group { .. } | Target::FailedOf { .. } => None,
    }
}

fn hub(job: &job::Job) -> Result<HubJob, CentralError> {
    let condition = match &job.spec.target {
        Target::Twins { condition, .. } => condition.clone(),
        Target::Group { .. } | Target::FailedOf { .. } | Target::Chosen { .. } => None,
    };
    let json = |text: &String| RawValue::from_string(text.clone());
    let (update_twin, call) = match &job.spec.action {
        Action::UpdateTwin(body) => (Some(json(body)?), None),
        Action::InvokeMethods(calls) => (None, calls.first()),
        Action::SetTemplate(_) => (None, None),
    };
    Ok(HubJob {
        condition,
        update_twin,
        method: call.map(|call| call.name.clone()),
        payload: call.map(|call| json(&call.payload)).transpose()?,
        start: job.start.to_string(),
        deadline: job.deadline.map(|time| time.to_string()),
    })
}

fn raw(write: impl FnOnce(&mut String)) -> Result<Box<RawValue>, CentralError> {
    let mut out = String::new();
    write(&mut out);
    Ok(RawValue::from_string(out)?)
}

impl From<JobKind> for JobType {
    fn from(kind: JobKind) -> JobType {
        match kind {
            JobKind::Property => JobType::Property,
            JobKind::Command => JobType::Command,
            JobKind::CloudProperty => JobType::CloudProperty,
            JobKind::DeviceTemplateMigration => JobType::DeviceTemplateMigration,
            JobKind::ScheduleUpdateTwin => JobType::ScheduleUpdateTwin,
            JobKind::ScheduleDeviceMethod => JobType::ScheduleDeviceMethod,
        }
    }
}

impl From<JobState> for JobStatus {
    fn from(state: JobState) -> JobStatus {
        match state {
            JobState::Queued | JobState::Scheduled => JobStatus::Pending,
            JobState::Running => JobStatus::Running,
            JobState::Completed => JobStatus::Complete,
            JobState::Failed => JobStatus::Failed,
            JobState::Stopped => JobStatus::Stopped,
            JobState::Cancelled => JobStatus::Cancelled,
        }
    }
}

impl From<Counters> for JobCounters {
    fn from(counters: Counters) -> JobCounters {
        let pending = counters.pending();
        let Counters { targets, succeeded, failed, never_reached, running, cancelled } = counters;
        JobCounters { total: targets, succeeded, failed, never_reached, running, pending, cancelled }
    }
}

impl OpenBatch {
    /// The batch among those of its job.
    pub fn of(batch: Batch, job: &job::Job) -> OpenBatch {
        let Batch { number, size, succeeded, failed, .. } = batch;
        let of = job.spec.delivery.batches(job.counters.unwrap_or_default().targets);
        OpenBatch { number, of, size, succeeded, failed, pauses: job.pause_after == Some(number) }
    }
}

impl From<Failures> for ThresholdGauge {
    fn from(failures: Failures) -> ThresholdGauge {
        let Failures { threshold, seen, devices, borne, .. } = failures;
        ThresholdGauge { failed: seen, borne, devices, per_batch: threshold.per_batch }
    }
}

impl From<job::Attention> for Attention {
    fn from(attention: job::Attention) -> Attention {
        match attention {
            job::Attention::Stopped => Attention::Stopped,
            job::Attention::ThresholdExceeded => Attention::ThresholdExceeded,
            job::Attention::Failed => Attention::Failed,
            job::Attention::FailedDevices => Attention::FailedDevices,
        }
    }
}
