//! Jobs of the central face: from a group, entries of data and delivery options to a job of the engine
//! (iot-central §3, §5).
//!
//! * The group and everything the entries name must be there, and the group within the caller's reach; else the job
//!   is refused and nothing is kept. Who is in the group is found out when the job starts.
//! * A job belongs to the organization that is named, else to that of its group: then who sees its devices sees it.
//! * Instead of a group it may name devices; all of them must be there, and within the caller's reach. Such a job belongs
//!   to the organization that is named, which must hold all of them, else to the lowest one that does.
//! * The same request again within [`SAME_AGAIN`] seconds is answered with the job that the first one made: clients
//!   repeat a request whose answer was lost. Anything else under a used id is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_model::JobId;
use bellwether_model::access::{Caller, OrganizationTree, Scope};
use bellwether_model::group::DeviceGroup;
use bellwether_model::job::{
    Action, CentralJob, Delivery, Face, Job, JobData, JobSpec, Offline, Success, Target, plan,
};
use bellwether_model::template::{CapabilityModel, Fault};
use bellwether_store::{BadChoice, Chosen, FirstOf, Records, StoreError, TargetList};

use crate::access::organizations;
use crate::groups::{GroupError, check_usable};
use crate::modeled::model_of;
use crate::reruns::check_choice;
use crate::{CreateJobError, Engine};

/// Seconds within which an identical request is taken for a repetition.
pub const SAME_AGAIN: i64 = 600;
/// Devices that may be named one by one.
pub const CHOSEN_MAX: usize = 100_000;

/// What a caller of the central face asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCentralJob {
    /// The job's name.
    pub id: JobId,
    /// What is done, and to which group.
    pub job: CentralJob,
    /// Devices instead of the group, which is empty then.
    pub devices: Option<Vec<String>>,
    /// Batches and threshold.
    pub delivery: Delivery,
    /// The organization that it is to belong to; `None` is that of its group.
    pub organization: Option<String>,
}

impl NewCentralJob {
    /// The job as it is kept, belonging to the organization that stands here.
    pub(crate) fn into_spec(self, target: Target, action: Action, templates: Vec<String>, owner: String) -> JobSpec {
        JobSpec {
            id: self.id,
            target,
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
        let (spec, chosen) = self.store.read_records(read).await??;
        match self.create_job_on(spec, chosen).await {
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
        if seen && recent && same_job && same_organization && self.same_devices(new, &job, scope).await? {
            // Nothing is made, and by whoever asks again least of all.
            drop(self.store.take_entry());
            return Ok(Some(job));
        }
        Err(CreateJobError::AlreadyExists.into())
    }

    async fn same_devices(&self, new: &NewCentralJob, job: &Job, scope: &Scope) -> Result<bool, StoreError> {
        match (&job.spec.target, new.devices.clone()) {
            (Target::Group { .. }, None) => Ok(true),
            (Target::Chosen { of: None, .. }, Some(ids)) => {
                let scope = scope.clone();
                let chosen = self.store.select_records(move |records| records.choose(&ids, &scope)).await?;
                let kept = self.store.chosen_targets(job.key).await?;
                Ok(chosen.is_ok_and(|chosen| chosen.list == kept))
            }
            (Target::Group { .. } | Target::Chosen { .. } | Target::FailedOf { .. } | Target::Twins { .. }, _) => {
                Ok(false)
            }
        }
    }
}

/// What a job of the central face does, checked against what is there now, and its devices where they were named one by
/// one. `scope` is where `owner` may run jobs.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn central_spec(
    records: &Records<'_>,
    new: NewCentralJob,
    owner: String,
    scope: &Scope,
) -> Result<(JobSpec, Option<TargetList>), CentralJobError> {
    let place = match &new.devices {
        None => Place::of_group(records, &new.job.group, scope)?,
        Some(devices) => Place::of_devices(records, devices, scope)?,
    };
    let plan = plan(&new.job.data, &models(records, new.job.data.iter())?)?;
    let organization = place.organization(records, new.organization.as_deref(), scope)?;
    let (target, chosen) = match place {
        Place::Group(group) => (Target::Group { group: group.id.into() }, None),
        Place::Devices(chosen) => (Target::Chosen { chosen: chosen.list.devices(), of: None }, Some(chosen.list)),
    };
    Ok((NewCentralJob { organization, ..new }.into_spec(target, plan.action, plan.templates, owner), chosen))
}

fn invalid(field: &'static str, rule: impl Into<String>) -> CentralJobError {
    CentralJobError::Invalid { field, rule: rule.into() }
}

/// On what a job runs.
#[derive(Debug)]
pub(crate) enum Place {
    /// The members that a group has when it starts.
    Group(DeviceGroup),
    /// These devices.
    Devices(Chosen),
}

impl Place {
    /// A group that can be asked for its members.
    ///
    /// # Errors
    /// There is none in `scope`, or it is broken.
    pub fn of_group(records: &Records<'_>, group: &str, scope: &Scope) -> Result<Place, CentralJobError> {
        let group = records.get::<DeviceGroup>(group)?;
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
            | GroupError::TooMany(_) => invalid("group", format!("cannot be used: {error}")),
        })?;
        Ok(Place::Group(group))
    }

    /// Devices that are there.
    ///
    /// # Errors
    /// None or too many are named, or one is not there in `scope`.
    pub fn of_devices(records: &Records<'_>, devices: &[String], scope: &Scope) -> Result<Place, CentralJobError> {
        check_choice(devices).map_err(|rule| invalid("devices", rule))?;
        let chosen = records.choose(devices, scope)?;
        let rule =
            |BadChoice(device)| invalid("devices", format!("holds {device}, which is no device that you can see"));
        chosen.map(Place::Devices).map_err(rule)
    }

    /// The organization that a job on it belongs to; `named` is the one that was asked for.
    ///
    /// # Errors
    /// It is none that the caller can see, or holds none of the group, or not all of the devices.
    pub fn organization(
        &self,
        records: &Records<'_>,
        named: Option<&str>,
        scope: &Scope,
    ) -> Result<Option<String>, CentralJobError> {
        let tree = organizations(records)?;
        if named.is_some_and(|id| !tree.contains(id) || !scope.covers(Some(id))) {
            return Err(invalid("organizations", "holds no organization that you can see"));
        }
        match (self, named) {
            (Place::Group(group), None) => Ok(group.organization.clone()),
            (Place::Group(group), Some(id)) => {
                let of_group = group.organization.as_deref();
                let meets = of_group.is_none_or(|of_group| {
                    tree.line(id).any(|above| above == of_group) || tree.line(of_group).any(|above| above == id)
                });
                if !meets {
                    return Err(invalid("organizations", "holds an organization that has no device of the group"));
                }
                Ok(Some(id.to_owned()))
            }
            (Place::Devices(chosen), None) => {
                let common = common(&tree, chosen.organizations.keys().map(Option::as_deref));
                if !scope.covers(common) {
                    let rule =
                        "belong to organizations that no organization of yours holds all of; make a job for each";
                    return Err(invalid("devices", rule));
                }
                Ok(common.map(str::to_owned))
            }
            (Place::Devices(chosen), Some(id)) => {
                let branch = tree.branch(id);
                let outside = chosen.organizations.iter().filter(|(organization, _)| {
                    organization.as_ref().is_none_or(|organization| !branch.contains(organization))
                });
                match outside.map(|(_, first)| first).min() {
                    None => Ok(Some(id.to_owned())),
                    Some(FirstOf { device, .. }) => {
                        let rule = format!("holds an organization that the device {device} does not belong to");
                        Err(invalid("organizations", rule))
                    }
                }
            }
        }
    }
}

/// The lowest organization that holds all of these; `None` is the root.
fn common<'t>(tree: &'t OrganizationTree, mut organizations: impl Iterator<Item = Option<&'t str>>) -> Option<&'t str> {
    let first = organizations.next()??;
    organizations.try_fold(first, |common, other| {
        let other: Vec<&str> = tree.line(other?).collect();
        tree.line(common).find(|above| other.contains(above))
    })
}

/// The models of the templates that the entries name, as far as there are such templates.
pub(crate) fn models<'d>(
    records: &Records<'_>,
    data: impl Iterator<Item = &'d JobData>,
) -> Result<BTreeMap<String, Arc<CapabilityModel>>, StoreError> {
    let mut models = BTreeMap::new();
    for id in data.map(|entry| entry.template().1) {
        if !models.contains_key(id)
            && let Some(model) = model_of(records, id)?
        {
            models.insert(id.to_owned(), Arc::new(model));
        }
    }
    Ok(models)
}
