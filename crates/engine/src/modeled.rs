//! What a template calls by a name, and where its values stand in a device's twin.

use bellwether_model::template::{Access, Capability, CapabilityModel, DeviceTemplate};
use bellwether_store::{PropertySection, Records, StoreError};

/// The model of a template that is there.
///
/// # Errors
/// The store failed, or what it kept cannot be read.
pub(crate) fn model_of(records: &Records<'_>, template: &str) -> Result<Option<CapabilityModel>, StoreError> {
    records.get::<DeviceTemplate>(template)?.map(|stored| read_model(&stored.record)).transpose()
}

/// The model of a template that is kept.
///
/// # Errors
/// It cannot be read any more.
pub(crate) fn read_model(template: &DeviceTemplate) -> Result<CapabilityModel, StoreError> {
    template.model().map_err(|fault| StoreError::Damaged(format!("device template {}: {fault}", template.id)))
}

/// Where the values stand; `None` for what is no property.
pub(crate) fn section_of(capability: &Capability) -> Option<PropertySection> {
    Some(match capability.property()?.access {
        Access::Cloud => PropertySection::Tags,
        Access::ReadOnly | Access::Writable => PropertySection::Reported,
    })
}
