//! Devices in and out as CSV (iot-central §7.6).

use serde::Serialize;
use utoipa::ToSchema;

/// What an import did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportReport {
    /// Nothing was made: this was a preview, or a line is faulty.
    pub preview: bool,
    /// Lines with a device.
    pub devices: u64,
    /// Devices that were made, or would be.
    pub created: u64,
    /// Lines that cannot be taken: at most 100 of them.
    pub faults: Vec<ImportFault>,
    /// How many there are.
    pub faulty: u64,
    /// The first devices: at most 20.
    pub sample: Vec<ImportedDevice>,
}

/// A line that cannot be taken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportFault {
    /// From 1, the header among them.
    pub line: u64,
    /// The column, if one is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The rule in a sentence.
    pub message: String,
}

/// A device of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportedDevice {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
}
