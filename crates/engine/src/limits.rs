//! How much an installation may hold, and how fast it may be used. IoT Central's published numbers (iot-central §12) stand
//! with each limit; they are no ceilings here: a limit that is not set is not there.

use std::num::NonZeroU32;

use bellwether_query::CentralQueryLimits;

/// Limits of an installation; `None`: none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Devices, whichever face or provisioning makes them. IoT Central: 200,000.
    pub devices_max: Option<usize>,
    /// Device groups, the default groups of templates included. IoT Central: 500.
    pub device_groups_max: Option<usize>,
    /// Comparisons in the filter of one group. IoT Central: 100.
    pub device_group_filters_max: Option<usize>,
    /// Device templates. IoT Central: 1,000.
    pub device_templates_max: Option<usize>,
    /// Capabilities of one template: telemetry, properties and commands, those of its components and modules and what
    /// they inherit included. IoT Central: 300.
    pub template_capabilities_max: Option<usize>,
    /// Organizations. IoT Central: 200.
    pub organizations_max: Option<usize>,
    /// How deep organizations may lie, 1 directly below the root. IoT Central: 5. There is always such a limit: whoever
    /// is let in has every organization below his own looked up.
    pub organization_depth_max: usize,
    /// Role assignments of all users together; a user has at least one. Those of API tokens do not count. IoT Central:
    /// 200.
    pub role_assignments_max: Option<usize>,
    /// One query over the REST API, and its result.
    pub query: CentralQueryLimits,
    /// Requests a second to the central face, of all callers together. IoT Central: 20.
    pub requests_per_second: Option<NonZeroU32>,
    /// Of these, queries a second. IoT Central: 1.
    pub queries_per_second: Option<NonZeroU32>,
    /// Changes of one device's properties a second over the central face. IoT Central: 100.
    pub property_updates_per_second: Option<NonZeroU32>,
    /// Commands a second that are called on one device over the central face. IoT Central: 20.
    pub commands_per_second: Option<NonZeroU32>,
    /// Registrations a minute with the provisioning service. IoT Central: 200.
    pub registrations_per_minute: Option<NonZeroU32>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            devices_max: None,
            device_groups_max: None,
            device_group_filters_max: None,
            device_templates_max: None,
            template_capabilities_max: None,
            organizations_max: None,
            organization_depth_max: 100,
            role_assignments_max: None,
            query: CentralQueryLimits::default(),
            requests_per_second: None,
            queries_per_second: None,
            property_updates_per_second: None,
            commands_per_second: None,
            registrations_per_minute: None,
        }
    }
}
