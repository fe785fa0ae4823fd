//! The part of an identity that its owner sets (iot-hub §2.3).

use bellwether_model::DeviceId;
use bellwether_model::identity::SymmetricKey;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::failure::Failure;

const STATUS_REASON_MAX: usize = 128;

/// May it connect?
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusArg {
    /// It may connect.
    Enabled,
    /// It may not.
    Disabled,
}

impl StatusArg {
    fn wire(self) -> &'static str {
        match self {
            StatusArg::Enabled => "enabled",
            StatusArg::Disabled => "disabled",
        }
    }
}

/// What is set; the rest stays, or is what the hub makes it.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Settings {
    /// May it connect?
    #[arg(long, value_name = "STATUS")]
    pub status: Option<StatusArg>,

    /// Why it has its status, at most 128 characters.
    #[arg(long, value_name = "TEXT")]
    pub status_reason: Option<String>,

    /// Is it an edge device?
    #[arg(long, value_name = "true|false")]
    pub edge_enabled: Option<bool>,

    /// Primary key in base64, 16 to 64 bytes; needs the other one too.
    #[arg(long, visible_alias = "pk", value_name = "KEY", requires = "secondary_key")]
    pub primary_key: Option<String>,

    /// Secondary key in base64.
    #[arg(long, visible_alias = "sk", value_name = "KEY", requires = "primary_key")]
    pub secondary_key: Option<String>,
}

impl Settings {
    /// Nothing is named.
    pub fn is_nothing(&self) -> bool {
        *self == Settings::default()
    }

    /// The first rule that is broken, with the name of the field.
    ///
    /// # Errors
    /// `(field, rule)`.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.status_reason.as_ref().is_some_and(|text| text.chars().count() > STATUS_REASON_MAX) {
            return Err(("statusReason", format!("may have at most {STATUS_REASON_MAX} characters")));
        }
        for (name, key) in [("primaryKey", &self.primary_key), ("secondaryKey", &self.secondary_key)] {
            if let Some(key) = key {
                SymmetricKey::try_from(key.clone()).map_err(|error| (name, error.to_string()))?;
            }
        }
        match (&self.primary_key, &self.secondary_key) {
            (Some(_), None) => Err(("secondaryKey", "is needed beside primaryKey".to_owned())),
            (None, Some(_)) => Err(("primaryKey", "is needed beside secondaryKey".to_owned())),
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    /// The body that creates a device.
    ///
    /// # Errors
    /// A rule is broken.
    pub fn new_identity(&self, id: &DeviceId) -> Result<Value, Failure> {
        let mut device = json!({"deviceId": id.as_str(), "status": "enabled"});
        self.change(&mut device)?;
        Ok(device)
    }

    /// Sets it in an identity's document.
    ///
    /// # Errors
    /// A rule is broken.
    pub fn change(&self, device: &mut Value) -> Result<(), Failure> {
        self.check().map_err(|(field, rule)| Failure::usage(format!("{field} {rule}")))?;
        self.set(device);
        Ok(())
    }

    /// Sets what was checked.
    pub fn set(&self, device: &mut Value) {
        if let Some(status) = self.status {
            device["status"] = json!(status.wire());
        }
        if let Some(reason) = &self.status_reason {
            device["statusReason"] = json!(reason);
        }
        if let Some(edge) = self.edge_enabled {
            device["capabilities"]["iotEdge"] = json!(edge);
        }
        if let (Some(primary), Some(secondary)) = (&self.primary_key, &self.secondary_key) {
            let keys = json!({"primaryKey": primary, "secondaryKey": secondary});
            device["authentication"] = json!({"type": "sas", "symmetricKey": keys});
        }
    }
}
