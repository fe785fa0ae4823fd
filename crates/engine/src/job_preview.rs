//! What a job would do, before it is made: the rules of [`crate::central_jobs`], all that are broken instead of the first,
//! and the devices that it would run on if it began now. Nothing is kept.

use bellwether_model::access::Scope;
use bellwether_model::identity::Device;
use bellwether_model::job::{CentralJob, Delivery, JobData, faults, plan};
use bellwether_store::{DeviceCount, Records, StoreError};

use crate::access::organizations;
use crate::central_jobs::{CentralJobError, NewCentralJob, Place, models};
use crate::{CreateJobError, Engine, GroupError, RerunJobError};

/// Devices that a preview names.
pub const PREVIEW_SAMPLE: usize = 20;

/// A job that may be made, as far as it could be read.
#[derive(Debug, Clone, Default)]
pub struct JobQuestion {
    /// On which devices.
    pub target: Option<JobTarget>,
    /// What it is to do: the entries with their places.
    pub data: Vec<(usize, JobData)>,
    /// Batches and threshold.
    pub delivery: Delivery,
    /// The organization that is named.
    pub organization: Option<String>,
}

/// On which devices a job is to run.
#[derive(Debug, Clone)]
pub enum JobTarget {
    /// The members of the group with this id.
    Group(String),
    /// The devices with these names.
    Devices(Vec<String>),
    /// Devices of the job `job`: these, or all that failed. It belongs to the organization of that job.
    DevicesOf {
        /// The job's id; that the caller may see it is known.
        job: String,
        /// `None`: all that failed.
        devices: Option<Vec<String>>,
    },
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobProblem {
    /// The member's path on the wire; `None` when no single one is meant.
    pub member: Option<String>,
    /// What making the job would say.
    pub message: String,
}

/// What a job would do.
#[derive(Debug, Clone, Default)]
pub struct JobForecast {
    /// How many devices it would run on.
    pub devices: u64,
    /// Of these, connected.
    pub connected: u64,
    /// The first of them, at most [`PREVIEW_SAMPLE`].
    pub sample: Vec<Device>,
    /// These are all devices with a template, and more than one, that there are where the job would belong.
    pub selects_all: bool,
    /// What keeps it from being made.
    pub problems: Vec<JobProblem>,
}

impl JobForecast {
    fn counted(&mut self, count: DeviceCount) {
        (self.devices, self.connected, self.sample) = (count.devices, count.connected, count.sample);
    }
}

impl Engine {
    /// What the job would do. `scope` is where the caller may run jobs.
    ///
    /// # Errors
    /// The store failed.
    pub async fn preview_job(&self, question: JobQuestion, scope: &Scope) -> Result<JobForecast, StoreError> {
        let (engine_check, scope) = (question.clone(), scope.clone());
        let source = match &question.target {
            Some(JobTarget::DevicesOf { job, devices }) => Some(self.rerun_targets(job, devices.clone()).await),
            Some(JobTarget::Group(_) | JobTarget::Devices(_)) | None => None,
        };
        let read = {
            let scope = scope.clone();
            move |records: &Records<'_>| Ok(checked(records, &question, &scope))
        };
        let (place, mut organization, mut problems) = self.store.select_records(read).await??;
        let source = source.transpose().or_else(|error| {
            problems.push(problem_of_source(error)?);
            Ok::<_, StoreError>(None)
        })?;
        if problems.is_empty()
            && let Some(problem) = self.problem_of_action(engine_check).await?
        {
            problems.push(problem);
        }
        let mut forecast = JobForecast { problems, ..JobForecast::default() };
        let list = match (place, source) {
            (Some(Place::Devices(chosen)), _) => Some(chosen.list),
            (Some(Place::Group(group)), _) => {
                match self.count_group_members(group.id.as_str(), organization.as_deref(), PREVIEW_SAMPLE).await {
                    Ok(count) => forecast.counted(count),
                    Err(GroupError::Store(error)) => return Err(error),
                    // It went or broke between two looks.
                    Err(error) => forecast
                        .problems
                        .push(JobProblem { member: Some("group".to_owned()), message: format!("group: {error}") }),
                }
                None
            }
            (None, Some((job, list))) => {
                organization = job.spec.organization;
                Some(list)
            }
            (None, None) => None,
        };
        if let Some(list) = list.clone() {
            forecast.counted(self.store.count_chosen(list, self.live_presence(), PREVIEW_SAMPLE).await?);
            // Some may have been deleted, or handed to others, since they were in the list of an earlier job.
            forecast.sample.retain(|device| scope.covers(device.profile.organization.as_deref()));
        }
        if forecast.devices > 1 {
            let read = move |records: &Records<'_>| {
                let tree = organizations(records)?;
                Ok(organization.map_or(Scope::Everything, |id| Scope::Within(tree.branch(&id))))
            };
            let reach = self.store.read_records(read).await?;
            forecast.selects_all = self.store.is_all_of(forecast.devices, list, reach).await?;
        }
        Ok(forecast)
    }

    /// What is wrong with all entries together.
    async fn problem_of_action(&self, question: JobQuestion) -> Result<Option<JobProblem>, StoreError> {
        let data: Vec<JobData> = question.data.into_iter().map(|(_, entry)| entry).collect();
        if data.is_empty() {
            return Ok(None);
        }
        let entries = data.clone();
        let read = move |records: &Records<'_>| models(records, entries.iter());
        let models = self.store.read_records(read).await?;
        let checked = plan(&data, &models).map_err(CentralJobError::from).and_then(|plan| {
            let job = CentralJob { data, ..CentralJob::default() };
            let new = NewCentralJob {
                id: self.draw_job_id(),
                job,
                devices: None,
                delivery: question.delivery,
                organization: None,
            };
            let target = bellwether_model::job::Target::Group { group: String::new() };
            let spec = new.into_spec(target, plan.action, plan.templates, String::new());
            self.check(&spec).map_err(CentralJobError::from)
        });
        checked.err().map(problem).transpose()
    }
}

type Checked = (Option<Place>, Option<String>, Vec<JobProblem>);

fn checked(records: &Records<'_>, question: &JobQuestion, scope: &Scope) -> Result<Checked, StoreError> {
    let mut problems = Vec::new();
    let place = match &question.target {
        // What is to be known of an earlier job is known without the caller.
        None | Some(JobTarget::DevicesOf { .. }) => None,
        Some(JobTarget::Group(group)) => Some(Place::of_group(records, group, scope)),
        Some(JobTarget::Devices(devices)) => Some(Place::of_devices(records, devices, scope)),
    };
    let place = match place.transpose() {
        Ok(place) => place,
        Err(error) => {
            problems.push(problem(error)?);
            None
        }
    };
    let mut organization = None;
    if let Some(place) = &place {
        let belongs = place.organization(records, question.organization.as_deref(), scope);
        // Also without an organization the group has members to count.
        organization = belongs.as_ref().ok().cloned().flatten();
        if let Err(error) = belongs {
            problems.push(problem(error)?);
        }
    }
    let models = models(records, question.data.iter().map(|(_, entry)| entry))?;
    let wrong = faults(&question.data, &models);
    problems.extend(wrong.into_iter().map(|fault| JobProblem {
        member: Some(fault.path.clone()).filter(|path| !path.is_empty()),
        message: fault.to_string(),
    }));
    Ok((place, organization, problems))
}

fn problem_of_source(error: RerunJobError) -> Result<JobProblem, StoreError> {
    let message = error.to_string();
    let member = match error {
        RerunJobError::Store(error) | RerunJobError::Create(CreateJobError::Store(error)) => return Err(error),
        RerunJobError::Invalid { field, .. } => format!("rerunOf.{field}"),
        RerunJobError::NotFound
        | RerunJobError::WrongState { .. }
        | RerunJobError::StillOut { .. }
        | RerunJobError::NothingFailed
        | RerunJobError::Data(_)
        | RerunJobError::Create(_) => "rerunOf.job".to_owned(),
    };
    Ok(JobProblem { member: Some(member), message })
}

fn problem(error: CentralJobError) -> Result<JobProblem, StoreError> {
    let message = error.to_string();
    let member = match error {
        CentralJobError::Store(error) | CentralJobError::Create(CreateJobError::Store(error)) => return Err(error),
        CentralJobError::Invalid { field, .. } | CentralJobError::Create(CreateJobError::Invalid { field, .. }) => {
            Some(field.to_owned())
        }
        CentralJobError::Data(fault) => Some(fault.path),
        CentralJobError::Create(CreateJobError::Delivery(bad)) => Some(bad.field.to_owned()),
        // What the entries come to together.
        CentralJobError::Create(CreateJobError::Twin(_)) => Some("data".to_owned()),
        CentralJobError::Create(
            CreateJobError::AlreadyExists | CreateJobError::Condition(_) | CreateJobError::Stopping,
        ) => None,
    };
    Ok(JobProblem { member, message })
}
