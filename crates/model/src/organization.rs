//! Organizations (iot-central §9.1).

use serde::{Deserialize, Serialize};

/// A part of the fleet with its own users; what belongs to it is seen from it and from above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its name.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// What it lies below; `None` is the root.
    pub parent: Option<String>,
}
