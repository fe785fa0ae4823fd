//! Which device stands upstream of which (iot-central §7.4).

use crate::DeviceId;
use crate::ids::RelationshipId;

/// An upstream device, most often a gateway, and one behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    /// Its name, unique in the installation.
    pub id: RelationshipId,
    /// The upstream device.
    pub source: DeviceId,
    /// The downstream device, another one.
    pub target: DeviceId,
    /// What the source's template calls it; only the older API versions know it.
    pub name: Option<String>,
}

/// What is to become of a relationship; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RelationshipChange {
    /// See [`Relationship`].
    pub source: Option<DeviceId>,
    /// See [`Relationship`].
    pub target: Option<DeviceId>,
    /// See [`Relationship`].
    pub name: Option<String>,
}
