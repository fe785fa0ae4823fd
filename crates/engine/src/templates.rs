//! Device templates: published, changed, deleted, and looked up by whoever checks a value (iot-central §8).
//!
//! A template may be changed in any way that leaves it a template. What was added is there at once; what was removed
//! or renamed is gone for jobs that are made from then on, and a group or scheduled job that names it says so when it
//! is next asked: refusing the change would not mend them, and a template in use by a million devices could never be
//! corrected.

use std::collections::HashMap;
use std::sync::Arc;

use bellwether_model::group::{DISPLAY_NAME_MAX, DeviceGroup};
use bellwether_model::identity::IfMatch;
use bellwether_model::ids::{BadId, DeviceGroupId, guid};
use bellwether_model::schedule::Definition;
use bellwether_model::template::{CapabilityModel, DeviceTemplate, Fault};
use bellwether_store::{EtagMismatch, LimitReached, RecordStamp, Records, StoreError, Stored, check_etag};
use parking_lot::Mutex;
use serde_json::Value;

use crate::Engine;
use crate::groups::add_group;
use crate::modeled::read_model;
use crate::schedules::scheduled_job_where;

/// Models kept in memory; with more templates in use than this, some are read again now and then.
const MODELS_KEPT: usize = 1024;

/// Why nothing was done with a template.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TemplateError {
    /// There is none.
    #[error("there is no device template of this id")]
    NotFound,
    /// See there.
    #[error(transparent)]
    EtagMismatch(#[from] EtagMismatch),
    /// It breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Fault),
    /// Devices are assigned to it.
    #[error("devices are assigned to the device template; migrate or delete them first")]
    HasDevices,
    /// A scheduled job refers to it.
    #[error("the scheduled job {scheduled_job} refers to the device template; delete or change it first")]
    InUse {
        /// Its id.
        scheduled_job: String,
    },
    /// There are as many templates as the installation allows, or as many groups as leave no room for its own.
    #[error(transparent)]
    TooMany(#[from] LimitReached),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Models that were read, each with the state of its record that it was read from.
#[derive(Default)]
pub(crate) struct Models(Mutex<HashMap<String, (RecordStamp, Arc<CapabilityModel>)>>);

impl Models {
    fn get(&self, id: &str) -> Option<(RecordStamp, Arc<CapabilityModel>)> {
        self.0.lock().get(id).cloned()
    }

    fn keep(&self, id: String, stamp: RecordStamp, model: &Arc<CapabilityModel>) {
        let mut kept = self.0.lock();
        if kept.len() >= MODELS_KEPT {
            kept.clear();
        }
        kept.insert(id, (stamp, Arc::clone(model)));
    }
}

impl Engine {
    /// What the devices of a template can do; `None`: there is no such template.
    ///
    /// # Errors
    /// The store failed.
    pub async fn template_model(&self, id: &str) -> Result<Option<Arc<CapabilityModel>>, StoreError> {
        let known = self.models.get(id);
        let (name, stamp) = (id.to_owned(), known.as_ref().map(|(stamp, _)| *stamp));
        let read = move |records: &Records<'_>| {
            let stands = records.stamp::<DeviceTemplate>(&name)?;
            if stands.is_none() || stands == stamp {
                return Ok((stands, None));
            }
            Ok((stands, records.get::<DeviceTemplate>(&name)?))
        };
        match self.store.read_records(read).await? {
            (None, _) => Ok(None),
            (Some(_), None) => Ok(known.map(|(_, model)| model)),
            (Some(stamp), Some(stored)) => {
                let model = Arc::new(read_model(&stored.record)?);
                self.models.keep(stored.record.id, stamp, &model);
                Ok(Some(model))
            }
        }
    }

    /// Publishes a template, new or in the place of the one with its id. `document` is in the newest API version's
    /// form. A new one gets its default group (iot-central §6.1) unless a group is there with just that filter, as
    /// after a template was deleted and published again.
    ///
    /// # Errors
    /// It breaks a rule, the one there has another etag, it or its group is one too many, or the store failed.
    pub async fn put_template(
        &self,
        id: &str,
        document: Value,
        if_match: IfMatch,
    ) -> Result<Stored<DeviceTemplate>, TemplateError> {
        let (template, model) = DeviceTemplate::new(id, document)?;
        let limits = self.settings.limits.clone();
        let mut drawn = [0; 16];
        drawn.copy_from_slice(&self.world.entropy.draw()[..16]);
        let group = guid(drawn);
        let write = move |records: &Records<'_>| {
            let stands = records.get::<DeviceTemplate>(&template.id)?;
            check_etag(&if_match, stands.as_ref())?;
            let before = stands.as_ref().map(|stored| &stored.record);
            check_capabilities(&model, before, limits.template_capabilities_max)?;
            if stands.is_none() {
                let templates = records.count::<DeviceTemplate>()? + 1;
                LimitReached::check(
                    "device templates",
                    "device-templates-max",
                    templates,
                    limits.device_templates_max,
                )?;
                add_default_group(records, &group, &template, limits.device_groups_max)?;
            }
            Ok(records.put(template)?)
        };
        self.store.change_records(write).await
    }

    /// Changes a template that is there, by a merge patch.
    ///
    /// # Errors
    /// As [`Engine::put_template`], and there is none.
    pub async fn patch_template(
        &self,
        id: &str,
        patch: Value,
        if_match: IfMatch,
    ) -> Result<Stored<DeviceTemplate>, TemplateError> {
        let (id, capabilities_max) = (id.to_owned(), self.settings.limits.template_capabilities_max);
        let write = move |records: &Records<'_>| {
            let stands = records.get::<DeviceTemplate>(&id)?.ok_or(TemplateError::NotFound)?;
            check_etag(&if_match, Some(&stands))?;
            let (template, model) = stands.record.patched(patch)?;
            check_capabilities(&model, Some(&stands.record), capabilities_max)?;
            Ok(records.put(template)?)
        };
        self.store.change_records(write).await
    }

    /// Deletes a template that nothing needs. Groups over it stay and say that it is gone.
    ///
    /// # Errors
    /// There is none, it has another etag, a device is assigned to it, a scheduled job refers to it, or the store
    /// failed.
    pub async fn delete_template(&self, id: &str, if_match: IfMatch) -> Result<(), TemplateError> {
        let id = id.to_owned();
        let delete = move |records: &Records<'_>| {
            let stands = records.get::<DeviceTemplate>(&id)?.ok_or(TemplateError::NotFound)?;
            check_etag(&if_match, Some(&stands))?;
            if records.has_devices(Some(&id), None)? {
                return Err(TemplateError::HasDevices);
            }
            let refers = |job: &Definition| job.data.iter().any(|entry| entry.template().1 == id);
            if let Some(scheduled_job) = scheduled_job_where(records, refers)? {
                return Err(TemplateError::InUse { scheduled_job: scheduled_job.id.to_string() });
            }
            records.delete::<DeviceTemplate>(&id)?;
            Ok(())
        };
        self.store.change_records(delete).await
    }
}

/// Has the template room for what its devices can do? One that had more before the limit was set may be changed as long
/// as it does not grow: it must be possible to correct it.
fn check_capabilities(
    model: &CapabilityModel,
    before: Option<&DeviceTemplate>,
    most: Option<usize>,
) -> Result<(), TemplateError> {
    let count = model.capability_count();
    let Some(most) = most.filter(|most| count > *most) else { return Ok(()) };
    if let Some(before) = before
        && count <= read_model(before)?.capability_count()
    {
        return Ok(());
    }
    let rule = format!("has {count} capabilities and may have at most {most} (setting template-capabilities-max)");
    Err(Fault::new(rule).under("capabilityModel").into())
}

fn add_default_group(
    records: &Records<'_>,
    id: &str,
    template: &DeviceTemplate,
    groups_max: Option<usize>,
) -> Result<(), TemplateError> {
    let id: DeviceGroupId = id.parse().map_err(|error: BadId| StoreError::Damaged(error.to_string()))?;
    let mut group = DeviceGroup::default_for(id, &template.id, template.name());
    let surplus = group.display_name.chars().count().saturating_sub(DISPLAY_NAME_MAX);
    if surplus > 0 {
        let kept: String = template.name().chars().take(template.name().chars().count() - surplus).collect();
        group = DeviceGroup::default_for(group.id, &template.id, &kept);
    }
    let same = |other: &DeviceGroup| other.filter == group.filter;
    if records.page(0, 1, same)?.records.is_empty() {
        add_group::<TemplateError>(records, group, groups_max)?;
    }
    Ok(())
}
