//! What a template calls by a name, and where its values stand in a device's twin.

use bellwether_model::template::{Access, Capability, CapabilityModel, DeviceTemplate};
use bellwether_store::{PropertySection, Records, StoreError};

/// The model of a template that is there.
///
/// # Errors
/// The store failed, or what it kept cannot be read.
pub(crate) fn model_of(records: &Records<'_>, template: &str) -> Result<Option<CapabilityModel>, StoreError> {
    let Some(stored) = records.get::<DeviceTemplate>(template)? else { return Ok(None) };
    let model = stored.record.model();
    model.map(Some).map_err(|fault| StoreError::Damaged(format!("device template {template}: {fault}")))
}

/// Where the values stand; `None` for what is no property.
pub(crate) fn section_of(capability: &Capability) -> Option<PropertySection> {
    Some(match capability.property()?.access {
        Access::Cloud => PropertySection::Tags,
        Access::ReadOnly | Access::Writable => PropertySection::Reported,
    })
}
