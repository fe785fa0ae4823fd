//! Jobs as the published versions have them (iot-central §3).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A number of devices, or percent of the job's.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Amount {
    /// Which of the two.
    #[serde(rename = "type")]
    pub unit: AmountUnit,
    /// How many; a percentage is rounded up.
    pub value: f64,
}

/// What an amount counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AmountUnit {
    /// Devices.
    Number,
    /// Percent of the devices.
    Percentage,
}

/// How many devices may fail before the job is cancelled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Threshold {
    /// Which of the two.
    #[serde(rename = "type")]
    pub unit: AmountUnit,
    /// How many.
    pub value: f64,
    /// Counted anew in each batch.
    #[serde(default)]
    pub batch: bool,
}

/// One thing that a job does to each device.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum JobData {
    /// Sets a property.
    Property(Capability),
    /// Calls a command.
    Command(Capability),
    /// Sets a cloud property.
    CloudProperty(Capability),
    /// Gives the device another template.
    DeviceTemplateMigration(Migration),
}

/// A capability of a template, and a value for it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Capability {
    /// The template's id.
    pub target: String,
    /// Its name; in a component `component.name`.
    pub path: String,
    /// The value, or what the command is called with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
}

/// A template that devices are given.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Migration {
    /// The template's id.
    pub template: String,
}

/// Devices of a job as the published versions count them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobProgress {
    /// In the frozen list.
    pub total: u64,
    /// Neither completed nor failed.
    pub pending: u64,
    /// Ended well.
    pub completed: u64,
    /// Ended otherwise.
    pub failed: u64,
}
