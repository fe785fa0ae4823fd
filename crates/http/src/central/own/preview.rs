//! What a job would do: it is checked as if it were made, and nothing is kept.

use bellwether_engine::{Engine, JobQuestion, JobTarget, NOT_ON_THE_HUB_FACE};
use bellwether_model::identity::Device;
use bellwether_model::job::{Delivery, Job};
use bellwether_model::schedule::{Progress, Schedule, ScheduledJob};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::call::{Answer, Call, said};
use super::super::description::schedules::JobSchedule;
use super::super::error::CentralError;
use super::super::job_wire::{JobBody, NO_DATA};
use super::super::schedule_wire;
use super::jobs::{NewJob, RerunOf};

/// Runs that a preview says.
const NEXT_RUNS: usize = 5;

/// A job that may be made, with its schedule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "describes what is read as a job and as a schedule")]
pub(crate) struct PreviewJob {
    /// The job.
    #[serde(flatten)]
    pub job: NewJob,
    /// When it is to run; absent: now.
    pub schedule: Option<JobSchedule>,
    /// The scheduled job that is being changed: its next runs go on from where it stands. Beside `schedule`.
    pub scheduled_job: Option<String>,
    /// The job is a rerun: instead of `group` and `devices`. `data`, `batch` and `cancellationThreshold` are as in
    /// `PUT /jobs/{jobId}/rerun/{rerunId}`.
    pub rerun_of: Option<RerunOf>,
}

/// What a body has beside a job and its schedule. Of a rerun, what is absent and what is null are not the same.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    scheduled_job: Option<String>,
    rerun_of: Option<RerunOf>,
    #[serde(default, deserialize_with = "said")]
    batch: Option<Option<IgnoredAny>>,
    #[serde(default, deserialize_with = "said")]
    cancellation_threshold: Option<Option<IgnoredAny>>,
    data: Option<IgnoredAny>,
}

/// What would happen.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobPreview {
    /// How many devices it would run on if it began now.
    pub devices: u64,
    /// Of these, connected now.
    pub connected: u64,
    /// Some of them: at most 20.
    pub sample: Vec<PreviewDevice>,
    /// How many batches.
    pub batches: u64,
    /// Devices in each batch but the last.
    pub batch_size: u64,
    /// Devices in the last.
    pub last_batch_size: u64,
    /// Failed devices that are borne, of the job or of a full batch; absent without a threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures_borne: Option<u64>,
    /// Failures are counted anew in each batch.
    pub per_batch: bool,
    /// When it would run: the next five times; empty without a schedule.
    #[schema(format = DateTime)]
    pub next_runs: Vec<String>,
    /// These are all devices with a template, and more than one, that there are where the job would belong.
    pub selects_all: bool,
    /// What keeps it from being made; empty: it can be.
    pub problems: Vec<Problem>,
}

/// A device that a job would run on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PreviewDevice {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// Is it connected?
    pub connected: bool,
}

impl PreviewDevice {
    /// A device with what is live of its presence.
    pub fn of(engine: &Engine, device: &Device) -> PreviewDevice {
        PreviewDevice {
            id: device.id.to_string(),
            display_name: device.display_name().to_owned(),
            connected: engine.presence(device).connected,
        }
    }
}

/// A rule that is broken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// The member: `group`, `data[1].value`, `batch.value`, …; absent when no single one is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The rule in a sentence.
    pub message: String,
}

/// `POST /jobPreview`: all rules that are broken, each with its member, and on what the job would run if it began now.
///
/// What is no JSON, a member that is unknown or has a value of another type is refused as a whole, as for a job.
pub(crate) async fn ask(call: Call) -> Result<Answer, CentralError> {
    let body: JobBody<'_> = call.json()?;
    let mut problems = Problems::default();
    problems.take(body.check_texts());
    let parts: Parts = call.json()?;
    let source = match &parts.rerun_of {
        Some(of) => problems.take(source(&call, of).await),
        None => None,
    };
    let target = match (&parts.rerun_of, body.group(), body.devices()) {
        (Some(of), None, None) => {
            // Without the job there is nothing to look at.
            source.as_ref().map(|_| JobTarget::DevicesOf { job: of.job.clone(), devices: of.devices.clone() })
        }
        (Some(_), ..) => {
            problems.add("rerunOf cannot be given beside group or devices: a job has one of them");
            None
        }
        (None, Some(_), Some(_)) => {
            problems.add("devices cannot be given beside group: a job has one of both");
            None
        }
        (None, Some(group), None) => Some(JobTarget::Group(group.to_owned())),
        (None, None, Some(devices)) => Some(JobTarget::Devices(devices.clone())),
        (None, None, None) => {
            problems.add("group must be the id of a device group");
            None
        }
    };
    let mut data = Vec::new();
    for (index, entry) in body.entries().enumerate() {
        data.extend(problems.take(entry).map(|entry| (index, entry)));
    }
    if body.entries().next().is_none() && (parts.rerun_of.is_none() || parts.data.is_some()) {
        problems.add(NO_DATA);
    }
    let mut delivery =
        Delivery { batch: problems.take(body.batch()).flatten(), threshold: problems.take(body.threshold()).flatten() };
    if let Some(source) = &source {
        let Delivery { batch, threshold } = source.spec.delivery;
        delivery.batch = if parts.batch.is_some() { delivery.batch } else { batch };
        delivery.threshold = if parts.cancellation_threshold.is_some() { delivery.threshold } else { threshold };
        if source.spec.central().is_none() {
            problems.add_foreign_to_the_hub(&body, &parts);
        }
    }
    let organization = problems.take(body.organization()).flatten();
    let schedule = problems.take(schedule_wire::read_schedule(&call.body)?).flatten();
    let edited = match &parts.scheduled_job {
        Some(id) => {
            let found = scheduled_job(&call, id).await?;
            if found.is_none() {
                problems.add("scheduledJob must be the id of a scheduled job");
            }
            found
        }
        None => None,
    };
    if parts.rerun_of.is_some() {
        let given = [("schedule", schedule.is_some()), ("organizations", organization.is_some())];
        for (name, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            problems
                .add(&format!("{name} cannot be given beside rerunOf: a rerun begins now, where its source belongs"));
        }
    }
    if schedule.is_some() && body.devices().is_some() {
        problems.add("devices cannot be given beside schedule: a scheduled job runs on a device group");
    }
    let question = JobQuestion { target, data, delivery, organization };
    let forecast = call.engine().preview_job(question, &call.scope).await?;
    problems.0.extend(
        forecast.problems.into_iter().map(|problem| Problem { member: problem.member, message: problem.message }),
    );

    let devices = forecast.devices;
    let (batches, size) = match devices {
        0 => (0, 0),
        _ => (delivery.batches(devices), delivery.batch_size(devices)),
    };
    let per_batch = delivery.threshold.is_some_and(|threshold| threshold.per_batch);
    let now = call.engine().now();
    let progress = |schedule: &Schedule| match &edited {
        // What is suspended counts from now on when it is enabled.
        Some(ScheduledJob { progress, definition, .. }) => {
            progress.changed(&definition.schedule, schedule, !definition.enabled, now)
        }
        None => Progress::begin(schedule, now),
    };
    let runs = schedule.map(|schedule| progress(&schedule).upcoming(&schedule).take(NEXT_RUNS).collect::<Vec<_>>());
    let sample = forecast.sample.iter().map(|device| PreviewDevice::of(call.engine(), device));
    Answer::one(&JobPreview {
        devices,
        connected: forecast.connected,
        sample: sample.collect(),
        batches,
        batch_size: size,
        last_batch_size: devices - size * batches.saturating_sub(1),
        failures_borne: delivery.failures_borne(if per_batch { size } else { devices }),
        per_batch,
        selects_all: forecast.selects_all,
        next_runs: runs.unwrap_or_default().iter().map(ToString::to_string).collect(),
        problems: problems.0,
    })
}

/// The scheduled job that is being changed; `None`: there is none of this id where the caller may run jobs.
async fn scheduled_job(call: &Call, id: &str) -> Result<Option<ScheduledJob>, CentralError> {
    let found = call.engine().store().record::<ScheduledJob>(id).await?.map(|stored| stored.record);
    Ok(found.filter(|job| call.scope.covers(job.definition.organization.as_deref())))
}

/// The job that a rerun is of, if the caller may see it.
async fn source(call: &Call, of: &RerunOf) -> Result<Job, CentralError> {
    let found = call.engine().store().job(&of.job).await?;
    let seen = found.filter(|job| call.scope.covers(job.spec.organization.as_deref()));
    seen.ok_or_else(|| CentralError::unprocessable("rerunOf.job is no job that you can see"))
}

/// What was found so far.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    /// The value, or the reason why there is none among the problems.
    fn take<T>(&mut self, read: Result<T, CentralError>) -> Option<T> {
        read.map_err(|error| self.add(&error.message)).ok()
    }

    /// What a rerun of a job of the hub face cannot have.
    fn add_foreign_to_the_hub(&mut self, body: &JobBody<'_>, parts: &Parts) {
        let (has_name, has_description) = body.has_texts();
        let given = [
            ("displayName", has_name),
            ("description", has_description),
            ("data", parts.data.is_some()),
            ("batch", parts.batch.is_some()),
            ("cancellationThreshold", parts.cancellation_threshold.is_some()),
        ];
        for (name, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            self.add(&format!("{name} {NOT_ON_THE_HUB_FACE}"));
        }
    }

    /// A rule whose text begins with its member, as every text about one does.
    fn add(&mut self, message: &str) {
        let member = message.split([' ', ':']).next().filter(|member| !member.is_empty());
        self.0.push(Problem { member: member.map(str::to_owned), message: message.to_owned() });
    }
}
