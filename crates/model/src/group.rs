//! Device groups (iot-central §6).

use serde::{Deserialize, Serialize};

use crate::ids::DeviceGroupId;

/// Most characters of a group's name. Not published; a limit all the same.
pub const DISPLAY_NAME_MAX: usize = 256;
/// Most characters of a group's description. Not published.
pub const DESCRIPTION_MAX: usize = 4096;
/// Most bytes of a group's filter. IoT Central publishes 100 conditions a group (iot-central §12); that
/// number is a setting here, this one always holds.
pub const FILTER_MAX: usize = 64 * 1024;

/// A live query over the devices: what is a member is asked anew each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceGroup {
    /// Its name.
    pub id: DeviceGroupId,
    /// Name for people.
    pub display_name: String,
    /// For people.
    pub description: Option<String>,
    /// Which devices are members, exactly as it was sent (query-language §9.1).
    pub filter: String,
    /// The members belong to this organization or to one below it; `None` is the root, which is everything.
    pub organization: Option<String>,
}

impl DeviceGroup {
    /// The group that a template gets when it is published (iot-central §6.1): all of its devices.
    pub fn default_for(id: DeviceGroupId, template: &str, template_name: &str) -> DeviceGroup {
        DeviceGroup {
            id,
            display_name: format!("{template_name} - All devices"),
            description: Some(format!("The default group of the device template {template_name}: all of its devices.")),
            filter: format!("SELECT * FROM devices WHERE $template = {}", quoted(template)),
            organization: None,
        }
    }
}

/// What is to become of a group's members: `None` leaves one as it is, `Some(None)` takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceGroupChange {
    /// See [`DeviceGroup`].
    pub display_name: Option<Option<String>>,
    /// See [`DeviceGroup`].
    pub description: Option<Option<String>>,
    /// See [`DeviceGroup`].
    pub filter: Option<Option<String>>,
    /// See [`DeviceGroup`].
    pub organization: Option<Option<String>>,
}

/// A member of a group breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct BadGroup {
    /// The member's name on the wire.
    pub field: &'static str,
    /// The rule, as the rest of a sentence.
    pub rule: String,
}

impl DeviceGroupChange {
    /// The group after the change; `before` is what it was, `None` for a new one.
    ///
    /// # Errors
    /// A member is missing or breaks a rule. Whether the filter can be read is not looked at here.
    pub fn apply(self, id: &DeviceGroupId, before: Option<DeviceGroup>) -> Result<DeviceGroup, BadGroup> {
        let bad = |field, rule: String| BadGroup { field, rule };
        let missing = |field| bad(field, "is missing".to_owned());
        let (name, description, filter, organization) = match before {
            Some(group) => (Some(group.display_name), group.description, Some(group.filter), group.organization),
            None => (None, None, None, None),
        };
        let group = DeviceGroup {
            id: id.clone(),
            display_name: self.display_name.unwrap_or(name).ok_or_else(|| missing("displayName"))?,
            description: self.description.unwrap_or(description),
            filter: self.filter.unwrap_or(filter).ok_or_else(|| missing("filter"))?,
            organization: self.organization.unwrap_or(organization),
        };
        let name = group.display_name.chars().count();
        if group.display_name.trim().is_empty() || name > DISPLAY_NAME_MAX {
            return Err(bad("displayName", format!("must have 1 to {DISPLAY_NAME_MAX} characters, not only spaces")));
        }
        if group.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_MAX) {
            return Err(bad("description", format!("may have at most {DESCRIPTION_MAX} characters")));
        }
        if group.filter.len() > FILTER_MAX {
            return Err(bad("filter", format!("may have at most {FILTER_MAX} bytes")));
        }
        Ok(group)
    }
}

/// A string of the filter language (query-language §2).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_group_of_a_template() {
        let group = DeviceGroup::default_for("g1".parse().unwrap(), "dtmi:a:\"cooler\\;2", "Cooler");
        assert_eq!(group.display_name, "Cooler - All devices");
        assert_eq!(group.filter, r#"SELECT * FROM devices WHERE $template = "dtmi:a:\"cooler\\;2""#);
        assert_eq!(group.organization, None);
    }

    #[test]
    fn changes() {
        let id: DeviceGroupId = "g".parse().unwrap();
        let some = |text: &str| Some(Some(text.to_owned()));
        let new = DeviceGroupChange { display_name: some("G"), filter: some("F"), ..DeviceGroupChange::default() };
        let group = new.clone().apply(&id, None).unwrap();
        assert_eq!((group.description.as_ref(), group.organization.as_ref()), (None, None));
        let full = DeviceGroupChange { description: some("d"), organization: some("eu"), ..new.clone() };
        let full = full.apply(&id, Some(group)).unwrap();
        let renamed = DeviceGroupChange { display_name: some("H"), ..DeviceGroupChange::default() };
        let renamed = renamed.apply(&id, Some(full.clone())).unwrap();
        assert_eq!(renamed, DeviceGroup { display_name: "H".to_owned(), ..full.clone() });
        let cleared = DeviceGroupChange { description: Some(None), organization: Some(None), ..new.clone() };
        let cleared = cleared.apply(&id, Some(full.clone())).unwrap();
        assert_eq!((cleared.description, cleared.organization), (None, None));
        for (field, before, change) in [
            ("displayName", None, DeviceGroupChange { display_name: None, ..new.clone() }),
            ("displayName", Some(&full), DeviceGroupChange { display_name: Some(None), ..new.clone() }),
            ("displayName", None, DeviceGroupChange { display_name: some(" "), ..new.clone() }),
            ("displayName", None, DeviceGroupChange { display_name: some(&"n".repeat(257)), ..new.clone() }),
            ("description", None, DeviceGroupChange { description: some(&"n".repeat(4097)), ..new.clone() }),
            ("filter", None, DeviceGroupChange { filter: None, ..new.clone() }),
            ("filter", None, DeviceGroupChange { filter: some(&"n".repeat(FILTER_MAX + 1)), ..new }),
        ] {
            assert_eq!(change.apply(&id, before.cloned()).unwrap_err().field, field);
        }
    }

    #[test]
    fn kept_as_json() {
        let text = r#"{"id":"g-1_a","display_name":"G","description":null,"filter":"SELECT  *","organization":"eu"}"#;
        let group: DeviceGroup = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&group).unwrap(), text);
        assert!(serde_json::from_str::<DeviceGroup>(&text.replace("g-1_a", "g.1")).is_err());
    }
}
