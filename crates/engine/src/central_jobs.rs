//! Jobs of the central face: from a group, entries of data and delivery options to a job of the engine
//! (iot-central §3, §5).
//!
//! * The group and everything the entries name must be there, and the group within the caller's reach; else the job
//!   is refused and nothing is kept. Who is in the group is found out when the job starts.
//! * A job belongs to the organization that is named, else to that of its group: then who sees its devices sees it.
//! * The same request again within [`SAME_AGAIN`] seconds is answered with the job that the first one made: clients
//!   repeat a request whose answer was lost. Anything else under a used id is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_model::JobId;
use bellwether_model::access::{Caller, Scope};
use bellwether_model::group::DeviceGroup;
use bellwether_model::job::{
    Action, CentralJob, Delivery, Face, Job, JobData, JobSpec, Offline, Success, Target, plan,
};
use bellwether_model::template::{CapabilityModel, Fault};
use bellwether_store::{Records, StoreError};

use crate::access::organizations;
use crate::groups::{GroupError, check_usable};
use crate::modeled::model_of;
use crate::{CreateJobError, Engine};

/// Seconds within which an identical request is taken for a repetition.
pub const SAME_AGAIN: i64 = 600;

/// What a caller of the central face asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCentralJob {
    /// The job's name.
    pub id: JobId,
    /// What is done, and to which group.
    pub job: CentralJob,
    /// Batches and threshold.
    pub delivery: Delivery,
    /// The organization that it is to belong to; `None` is that of its group.
    pub organization: Option<String>,
}

impl NewCentralJob {
    /// The job as it is kept, belonging to the organization that stands here.
    pub(crate) fn into_spec(self, action: Action, templates: Vec<String>, owner: String) -> JobSpec {
        JobSpec {
            id: self.id,
            target: Target::Group { group: self.job.group.clone() },
            face: Face::Central(self.job),
            action,
            templates,
            delivery: self.delivery,
            start: None,
            lifetime: None,
            offline: Offline::FailNow,
            success: Success::Status2xx,
            owner,
            organization: self.organization,
            keep_previous: true,
        }
    }
}

/// Why a job was not accepted. Nothing of it is kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CentralJobError {
    /// An entry of `data`, or what it names, is wrong.
    #[error(transparent)]
    Data(#[from] Fault),
    /// A member refers to something that is not there for the caller, or breaks a rule.
    #[error("{field} {rule}")]
    Invalid {
        /// The member's name on the wire.
        field: &'static str,
        /// The rule, as the rest of a sentence.
        rule: String,
    },
    /// As for every job.
    #[error(transparent)]
    Create(#[from] CreateJobError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Checks a job of the central face and takes it: when this returns, the job is on disk and runs
    /// (iot-central §3.5). `scope` is where the caller may run jobs.
    ///
    /// # Errors
    /// The first rule that is broken; nothing is kept then.
    pub async fn create_central_job(
        self: &Arc<Self>,
        new: NewCentralJob,
        caller: &Caller,
        scope: &Scope,
    ) -> Result<Job, CentralJobError> {
        if let Some(job) = self.same_again(&new, scope).await? {
            return Ok(job);
        }
        let (owner, within) = (caller.name.clone(), scope.clone());
        let again = new.clone();
        let read = move |records: &Records<'_>| Ok(central_spec(records, new, owner, &within));
        let spec = self.store.read_records(read).await??;
        match self.create_job(spec).await {
            // The same request came twice at once, and the other was first.
            Err(CreateJobError::AlreadyExists) => {
                let other = self.same_again(&again, scope).await?;
                other.ok_or_else(|| CreateJobError::AlreadyExists.into())
            }
            made => Ok(made?),
        }
    }

    /// The job that an identical request made a short while ago, if the caller may see it.
    async fn same_again(&self, new: &NewCentralJob, scope: &Scope) -> Result<Option<Job>, CentralJobError> {
        let Some(job) = self.store.job(new.id.as_str()).await? else { return Ok(None) };
        let recent = job.created.plus_seconds(SAME_AGAIN) > self.now();
        let seen = scope.covers(job.spec.organization.as_deref());
        let same_job = job.spec.central() == Some(&new.job) && job.spec.delivery == new.delivery;
        let same_organization = new.organization.is_none() || new.organization == job.spec.organization;
        if seen && recent && same_job && same_organization {
            return Ok(Some(job));
        }
        Err(CreateJobError::AlreadyExists.into())
    }
}

/// What a job of the central face does, checked against what is there now. `scope` is where `owner` may run jobs.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn central_spec(
    records: &Records<'_>,
    new: NewCentralJob,
    owner: String,
    scope: &Scope,
) -> Result<JobSpec, CentralJobError> {
    let invalid = |field, rule: &str| CentralJobError::Invalid { field, rule: rule.to_owned() };
    let group = records.get::<DeviceGroup>(&new.job.group)?;
    let group = group.filter(|stored| scope.covers(stored.record.organization.as_deref()));
    let group = group.ok_or_else(|| invalid("group", "is no device group that you can see"))?.record;
    check_usable(records, &group).map_err(|error| match error {
        GroupError::Store(error) => CentralJobError::Store(error),
        GroupError::NotFound
        | GroupError::EtagMismatch(_)
        | GroupError::Filter(_)
        | GroupError::Invalid(_)
        | GroupError::Broken { .. }
        | GroupError::InUse { .. }
        | GroupError::TooMany(_) => {
            CentralJobError::Invalid { field: "group", rule: format!("cannot be used: {error}") }
        }
    })?;
    let plan = plan(&new.job.data, &models(records, &new.job.data)?)?;
    let organization = match &new.organization {
        None => group.organization,
        Some(id) => {
            let tree = organizations(records)?;
            if !tree.contains(id) || !scope.covers(Some(id)) {
                return Err(invalid("organizations", "holds no organization that you can see"));
            }
            let of_group = group.organization.as_deref();
            let meets = of_group.is_none_or(|of_group| {
                tree.line(id).any(|above| above == of_group) || tree.line(of_group).any(|above| above == id)
            });
            if !meets {
                return Err(invalid("organizations", "holds an organization that has no device of the group"));
            }
            new.organization.clone()
        }
    };
    Ok(NewCentralJob { organization, ..new }.into_spec(plan.action, plan.templates, owner))
}

/// The models of the templates that the entries name, as far as there are such templates.
fn models(records: &Records<'_>, data: &[JobData]) -> Result<BTreeMap<String, Arc<CapabilityModel>>, StoreError> {
    let mut models = BTreeMap::new();
    for id in data.iter().map(|entry| entry.template().1) {
        if !models.contains_key(id)
            && let Some(model) = model_of(records, id)?
        {
            models.insert(id.to_owned(), Arc::new(model));
        }
    }
    Ok(models)
}
