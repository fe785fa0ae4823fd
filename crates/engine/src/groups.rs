//! Device groups: kept, and asked who is in them (iot-central §6).
//!
//! A group whose template is gone, or whose filter names something that its template no longer has, is *broken*: it
//! can be read, renamed, repaired and deleted, but it has no members, and whoever asks for them is told why. It is
//! never taken for a group without members: a job over such a group fails as a whole.

use std::sync::Arc;

use bellwether_model::DeviceSeq;
use bellwether_model::access::{OrganizationTree, Scope};
use bellwether_model::group::{BadGroup, DeviceGroup, DeviceGroupChange};
use bellwether_model::identity::IfMatch;
use bellwether_model::ids::DeviceGroupId;
use bellwether_model::template::Capability;
use bellwether_query::{GroupFilter, QueryError};
use bellwether_store::{
    DeviceCount, EtagMismatch, LimitReached, MemberPage, MemberSelection, ModeledProperties, Records, StoreError,
    Stored, TargetList, check_etag,
};

use crate::Engine;
use crate::access::organizations;
use crate::modeled::{model_of, section_of};
use crate::schedules::scheduled_job_where;

/// A count for people looks at no more devices than this: about two seconds. It says when there are more.
const LOOK_AT: Option<u64> = Some(2_000_000);

/// Why nothing was done with a group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GroupError {
    /// There is no such group where the caller may look.
    #[error("there is no device group of this id")]
    NotFound,
    /// See there.
    #[error(transparent)]
    EtagMismatch(#[from] EtagMismatch),
    /// The filter does not parse.
    #[error("filter: {0}")]
    Filter(#[from] QueryError),
    /// A member breaks a rule, or refers to something that is not there.
    #[error(transparent)]
    Invalid(#[from] BadGroup),
    /// The group cannot be asked for its members.
    #[error("the device group is broken: {reason}")]
    Broken {
        /// Why, as a sentence without a full stop.
        reason: String,
    },
    /// A scheduled job refers to the group.
    #[error("{scheduled_job} refers to the device group; delete or change it first")]
    InUse {
        /// Which, in words.
        scheduled_job: String,
    },
    /// There are as many groups as the installation allows.
    #[error(transparent)]
    TooMany(#[from] LimitReached),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// The devices that are in the group now and belong to the organization or one below it (`None`: the root), as a
    /// target list to freeze.
    ///
    /// # Errors
    /// There is no such group, it is broken, or the store failed.
    pub async fn group_members(&self, group: &str, organization: Option<&str>) -> Result<TargetList, GroupError> {
        let within = organization.map(str::to_owned);
        let selection = self.members_of(group, move |_, tree| branch(tree, within.as_deref())).await?;
        Ok(self.store.select_members(Arc::new(selection)).await?)
    }

    /// How many devices [`Engine::group_members`] would find, with the first of them, at most `sample`.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn count_group_members(
        &self,
        group: &str,
        organization: Option<&str>,
        sample: usize,
    ) -> Result<DeviceCount, GroupError> {
        let within = organization.map(str::to_owned);
        let selection = self.members_of(group, move |_, tree| branch(tree, within.as_deref())).await?;
        Ok(self.store.count_members(Arc::new(selection), self.live_presence(), sample, None).await?)
    }

    /// One page of the devices that are in the group now and in `scope`; neither the group nor the devices are shown
    /// where the caller may not look.
    ///
    /// # Errors
    /// There is no such group in `scope`, it is broken, or the store failed.
    pub async fn group_devices(
        &self,
        group: &str,
        scope: Scope,
        after: DeviceSeq,
        limit: usize,
    ) -> Result<MemberPage, GroupError> {
        let narrowed = move |group: &DeviceGroup, _: &OrganizationTree| {
            if scope.covers(group.organization.as_deref()) { Ok(scope) } else { Err(GroupError::NotFound) }
        };
        let selection = self.members_of(group, narrowed).await?;
        Ok(self.store.members(Arc::new(selection), after, limit).await?)
    }

    /// How many devices are in the group now and in `scope`, with the first of them, at most `sample`.
    ///
    /// # Errors
    /// As [`Engine::group_devices`].
    pub async fn count_group(&self, group: &str, scope: Scope, sample: usize) -> Result<DeviceCount, GroupError> {
        let narrowed = move |group: &DeviceGroup, _: &OrganizationTree| {
            if scope.covers(group.organization.as_deref()) { Ok(scope) } else { Err(GroupError::NotFound) }
        };
        let selection = self.members_of(group, narrowed).await?;
        Ok(self.store.count_members(Arc::new(selection), self.live_presence(), sample, LOOK_AT).await?)
    }

    /// The same of a group that might be made with this filter in this organization (`None`: wherever the caller may
    /// look).
    ///
    /// # Errors
    /// The filter cannot be read or used, there is no such organization in `scope`, or the store failed.
    pub async fn preview_group(
        &self,
        filter: &str,
        organization: Option<String>,
        scope: Scope,
        sample: usize,
    ) -> Result<DeviceCount, GroupError> {
        let filter = GroupFilter::parse(filter)?;
        let resolve = move |records: &Records<'_>| Ok(preview(records, filter, organization.as_deref(), scope));
        let selection = self.store.read_records(resolve).await??;
        Ok(self.store.count_members(Arc::new(selection), self.live_presence(), sample, LOOK_AT).await?)
    }

    async fn members_of<F>(&self, group: &str, scope: F) -> Result<MemberSelection, GroupError>
    where
        F: FnOnce(&DeviceGroup, &OrganizationTree) -> Result<Scope, GroupError> + Send + 'static,
    {
        let id = group.to_owned();
        let resolve = move |records: &Records<'_>| Ok(selection(records, &id, scope));
        self.store.read_records(resolve).await?
    }

    /// Makes a group or changes one. A new one gives everything but description and organization.
    ///
    /// # Errors
    /// The group there is not in `scope`, has another etag, breaks a rule, would belong outside `scope`, or its filter
    /// cannot be read, has more comparisons than the installation allows or names what its template lacks; a new one is
    /// one too many. Nothing is changed then.
    pub async fn put_group(
        &self,
        id: DeviceGroupId,
        change: DeviceGroupChange,
        if_match: IfMatch,
        scope: Scope,
    ) -> Result<Stored<DeviceGroup>, GroupError> {
        self.change_group(id, change, if_match, scope, true).await
    }

    /// Changes a group that is there.
    ///
    /// # Errors
    /// As [`Engine::put_group`], and there is none.
    pub async fn patch_group(
        &self,
        id: DeviceGroupId,
        change: DeviceGroupChange,
        if_match: IfMatch,
        scope: Scope,
    ) -> Result<Stored<DeviceGroup>, GroupError> {
        self.change_group(id, change, if_match, scope, false).await
    }

    async fn change_group(
        &self,
        id: DeviceGroupId,
        change: DeviceGroupChange,
        if_match: IfMatch,
        scope: Scope,
        may_create: bool,
    ) -> Result<Stored<DeviceGroup>, GroupError> {
        let limits = &self.settings.limits;
        let (groups_max, filters_max) = (limits.device_groups_max, limits.device_group_filters_max);
        let write = move |records: &Records<'_>| {
            let stands = records.get::<DeviceGroup>(id.as_str())?;
            let hidden = stands.as_ref().is_some_and(|group| !scope.covers(group.record.organization.as_deref()));
            if hidden || (stands.is_none() && !may_create) {
                return Err(GroupError::NotFound);
            }
            check_etag(&if_match, stands.as_ref())?;
            let before = stands.map(|stored| stored.record);
            let group = change.apply(&id, before.clone())?;
            check_organization(records, &group, &scope)?;
            // A broken group can still be renamed; only a filter that is new has to be right.
            if before.as_ref().is_none_or(|before| before.filter != group.filter) {
                let invalid = |rule| GroupError::Invalid(BadGroup { field: "filter", rule });
                let filter = GroupFilter::parse(&group.filter)?;
                if let Some(most) = filters_max.filter(|most| filter.comparisons() > *most) {
                    let setting = "setting device-group-filters-max";
                    let count = filter.comparisons();
                    return Err(invalid(format!("has {count} comparisons and may have at most {most} ({setting})")));
                }
                properties(records, &filter).map_err(|why| match why {
                    Unusable::Because(reason) => invalid(format!("cannot be used: {reason}")),
                    Unusable::Store(error) => error.into(),
                })?;
            }
            match before {
                None => add_group(records, group, groups_max),
                Some(_) => Ok(records.put(group)?),
            }
        };
        self.store.change_records(write).await
    }

    /// Deletes a group. Jobs that ran over it keep their results.
    ///
    /// # Errors
    /// There is none in `scope`, it has another etag, a scheduled job refers to it, or the store failed.
    pub async fn delete_group(&self, id: DeviceGroupId, if_match: IfMatch, scope: Scope) -> Result<(), GroupError> {
        let delete = move |records: &Records<'_>| {
            let stands = records.get::<DeviceGroup>(id.as_str())?;
            let Some(group) = stands.filter(|group| scope.covers(group.record.organization.as_deref())) else {
                return Err(GroupError::NotFound);
            };
            check_etag(&if_match, Some(&group))?;
            if let Some(job) = scheduled_job_where(records, |definition| definition.group == id.as_str())? {
                let scheduled_job = match scope.covers(job.definition.organization.as_deref()) {
                    true => format!("the scheduled job {}", job.id),
                    // Its name is not for the caller to know.
                    false => "a scheduled job of another organization".to_owned(),
                };
                return Err(GroupError::InUse { scheduled_job });
            }
            records.delete::<DeviceGroup>(id.as_str())?;
            Ok(())
        };
        self.store.change_records(delete).await
    }
}

/// Keeps a group that was not there.
///
/// # Errors
/// It is one too many, or the store failed.
pub(crate) fn add_group<E>(
    records: &Records<'_>,
    group: DeviceGroup,
    groups_max: Option<usize>,
) -> Result<Stored<DeviceGroup>, E>
where
    E: From<LimitReached> + From<StoreError>,
{
    if groups_max.is_some() {
        LimitReached::check("device groups", "device-groups-max", records.count::<DeviceGroup>()? + 1, groups_max)?;
    }
    Ok(records.put(group)?)
}

/// Can the group be asked for its members?
///
/// # Errors
/// It is broken, or the store failed.
pub(crate) fn check_usable(records: &Records<'_>, group: &DeviceGroup) -> Result<(), GroupError> {
    selection(records, group.id.as_str(), |_, _| Ok(Scope::Everything)).map(|_| ())
}

/// What to select for a group as it stands.
fn selection(
    records: &Records<'_>,
    id: &str,
    scope: impl FnOnce(&DeviceGroup, &OrganizationTree) -> Result<Scope, GroupError>,
) -> Result<MemberSelection, GroupError> {
    let group = records.get::<DeviceGroup>(id)?.ok_or(GroupError::NotFound)?.record;
    let tree = organizations(records)?;
    let scope = scope(&group, &tree)?.and(&branch(&tree, group.organization.as_deref())?);
    let filter = GroupFilter::parse(&group.filter);
    usable(records, filter.map_err(|error| GroupError::Broken { reason: error.to_string() })?, scope)
}

/// What to select for a group that does not stand yet.
fn preview(
    records: &Records<'_>,
    filter: GroupFilter,
    organization: Option<&str>,
    scope: Scope,
) -> Result<MemberSelection, GroupError> {
    let tree = organizations(records)?;
    if let Some(id) = organization.filter(|id| !tree.contains(id) || !scope.covers(Some(id))) {
        return Err(BadGroup { field: "organizations", rule: format!("there is no organization {id}") }.into());
    }
    let scope = scope.and(&branch(&tree, organization)?);
    usable(records, filter, scope)
}

/// Who meets the filter, if its template has what it names.
fn usable(records: &Records<'_>, filter: GroupFilter, scope: Scope) -> Result<MemberSelection, GroupError> {
    let properties = properties(records, &filter).map_err(|why| match why {
        Unusable::Because(reason) => GroupError::Broken { reason },
        Unusable::Store(error) => error.into(),
    })?;
    Ok(MemberSelection { filter, properties, scope })
}

/// An organization and what lies below it; the root is everything.
fn branch(tree: &OrganizationTree, organization: Option<&str>) -> Result<Scope, GroupError> {
    match organization {
        None => Ok(Scope::Everything),
        Some(id) if tree.contains(id) => Ok(Scope::Within(tree.branch(id))),
        Some(id) => Err(GroupError::Broken { reason: format!("there is no organization {id} any more") }),
    }
}

fn check_organization(records: &Records<'_>, group: &DeviceGroup, scope: &Scope) -> Result<(), GroupError> {
    let rule = match &group.organization {
        // An organization elsewhere reads like one that is not there.
        Some(id) if !organizations(records)?.contains(id) || !scope.covers(Some(id)) => {
            format!("there is no organization {id}")
        }
        None if !scope.covers(None) => "must name one of your organizations".to_owned(),
        Some(_) | None => return Ok(()),
    };
    Err(BadGroup { field: "organizations", rule }.into())
}

/// Why a filter that can be read cannot be used.
enum Unusable {
    /// As a sentence without a full stop.
    Because(String),
    Store(StoreError),
}

impl From<StoreError> for Unusable {
    fn from(error: StoreError) -> Self {
        Unusable::Store(error)
    }
}

/// The properties that a filter names, as its template has them.
fn properties(records: &Records<'_>, filter: &GroupFilter) -> Result<ModeledProperties, Unusable> {
    let Some(id) = filter.template() else {
        return match filter.capabilities().next() {
            None => Ok(ModeledProperties::default()),
            Some((component, name)) => Err(Unusable::Because(format!(
                "{} is a property of some template; say which, with FROM <template> or AND $template = \"…\"",
                path(component, name)
            ))),
        };
    };
    let model = model_of(records, id)?;
    let model = model.ok_or_else(|| Unusable::Because(format!("there is no device template {id}")))?;
    let mut found = Vec::new();
    for (component, name) in filter.capabilities() {
        let capability = model.capability(component, name);
        let Some(section) = capability.and_then(section_of) else {
            let (path, what) = (path(component, name), capability.map_or("no property", Capability::word));
            return Err(Unusable::Because(format!(
                "{path} is {what} of {id}; a device group filter can only reference properties"
            )));
        };
        found.push((component, name, section));
    }
    Ok(ModeledProperties::new(found))
}

fn path(component: Option<&str>, name: &str) -> String {
    component.map_or_else(|| name.to_owned(), |component| format!("{component}.{name}"))
}
