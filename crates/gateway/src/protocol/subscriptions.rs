//! What a device has subscribed to (device-protocol §2.5, §3).

use super::topic;

/// Quality of service that a subscription was granted. QoS 2 is granted as 1 (device-protocol §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Granted {
    /// At most once.
    Qos0,
    /// At least once.
    Qos1,
}

impl Granted {
    /// The number on the wire and in the store.
    pub fn as_u8(self) -> u8 {
        match self {
            Granted::Qos0 => 0,
            Granted::Qos1 => 1,
        }
    }

    /// What is granted when this number is asked for.
    pub fn for_request(qos: u8) -> Granted {
        if qos == 0 { Granted::Qos0 } else { Granted::Qos1 }
    }
}

/// Subscriptions to single methods that one device may hold beside the one to all of them.
pub const SINGLE_METHODS_MAX: usize = 16;

/// Longest method name (iot-hub §4).
const METHOD_NAME_MAX: usize = 256;

const TWIN_ANSWERS: &str = "$iothub/twin/res/#";
const DESIRED: &str = "$iothub/twin/PATCH/properties/desired/#";
const METHODS: &str = "$iothub/methods/POST/";
const DEVICEBOUND: &str = "messages/devicebound/#";

/// The subscriptions of one device. Filters are compared as text: there is no general topic matching
/// (device-protocol §3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// Cloud-to-device messages.
    pub devicebound: Option<Granted>,
    /// Answers to twin reads and patches.
    pub twin_answers: Option<Granted>,
    /// Changes of the desired section.
    pub desired: Option<Granted>,
    /// All direct methods.
    pub methods: Option<Granted>,
    /// Direct methods by name; nearly always empty, and an empty one takes no memory.
    single_methods: Vec<(Box<str>, Granted)>,
}

impl Subscriptions {
    /// Adds what `filter` names for the device called `device`; `None` (0x80 in the SUBACK) when there is no
    /// such filter for it.
    pub fn subscribe(&mut self, filter: &str, device: &str, qos: u8) -> Option<Granted> {
        let granted = Granted::for_request(qos);
        if let Some(slot) = self.slot(filter, device) {
            *slot = Some(granted);
            return Some(granted);
        }
        let name = single_method(filter)?;
        let count = self.single_methods.len();
        match self.single_methods.iter_mut().find(|(n, _)| **n == *name) {
            Some((_, slot)) => *slot = granted,
            None if count >= SINGLE_METHODS_MAX => return None,
            None => self.single_methods.push((name.into(), granted)),
        }
        Some(granted)
    }

    /// Takes away what `filter` names; nothing when it was not there.
    pub fn unsubscribe(&mut self, filter: &str, device: &str) {
        if let Some(slot) = self.slot(filter, device) {
            *slot = None;
        } else if let Some(name) = single_method(filter) {
            self.single_methods.retain(|(n, _)| **n != *name);
            self.single_methods.shrink_to_fit();
        }
    }

    fn slot(&mut self, filter: &str, device: &str) -> Option<&mut Option<Granted>> {
        match filter {
            TWIN_ANSWERS => Some(&mut self.twin_answers),
            DESIRED => Some(&mut self.desired),
            "$iothub/methods/POST/#" => Some(&mut self.methods),
            _ if topic::own(filter, device) == Some(DEVICEBOUND) => Some(&mut self.devicebound),
            _ => None,
        }
    }

    /// Can at least one direct method be delivered (device-protocol §5)?
    pub fn any_method(&self) -> bool {
        self.methods.is_some() || !self.single_methods.is_empty()
    }

    /// Can the direct method called `name` be delivered?
    pub fn method(&self, name: &str) -> bool {
        self.methods.is_some() || self.single_methods.iter().any(|(n, _)| **n == *name)
    }

    /// Filters and granted quality of service, as the store keeps them.
    pub fn to_rows(&self, device: &str) -> Vec<(String, u8)> {
        let fixed = [
            (self.devicebound, format!("devices/{device}/{DEVICEBOUND}")),
            (self.twin_answers, TWIN_ANSWERS.to_owned()),
            (self.desired, DESIRED.to_owned()),
            (self.methods, format!("{METHODS}#")),
        ];
        let fixed = fixed.into_iter().filter_map(|(granted, filter)| Some((filter, granted?.as_u8())));
        let single = self.single_methods.iter().map(|(name, g)| (format!("{METHODS}{name}/#"), g.as_u8()));
        fixed.chain(single).collect()
    }

    /// From what the store kept. A filter that is no longer known is left out.
    pub fn from_rows<'a>(rows: impl IntoIterator<Item = (&'a str, u8)>, device: &str) -> Subscriptions {
        let mut subscriptions = Subscriptions::default();
        for (filter, qos) in rows {
            subscriptions.subscribe(filter, device, qos);
        }
        subscriptions
    }
}

/// The name in `$iothub/methods/POST/{name}/#`, a subscription to one method (device-protocol §5).
fn single_method(filter: &str) -> Option<&str> {
    let name = filter.strip_prefix(METHODS)?.strip_suffix("/#")?;
    let literal = !name.is_empty() && !name.contains(['/', '+', '#']);
    (literal && name.len() <= METHOD_NAME_MAX).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 5] = [
        "devices/dev-01/messages/devicebound/#",
        "$iothub/twin/res/#",
        "$iothub/twin/PATCH/properties/desired/#",
        "$iothub/methods/POST/#",
        "$iothub/methods/POST/reboot/#",
    ];

    #[test]
    fn granted_at_most_one() {
        for filter in ALL {
            for (asked, granted) in [(0, Granted::Qos0), (1, Granted::Qos1), (2, Granted::Qos1)] {
                assert_eq!(Subscriptions::default().subscribe(filter, "dev-01", asked), Some(granted), "{filter}");
            }
        }
    }

    #[test]
    fn unknown_filters() {
        for filter in [
            "",
            "#",
            "+",
            "$SYS/#",
            "devices/dev-02/messages/devicebound/#",
            "devices/+/messages/devicebound/#",
            "devices/dev-01/messages/#",
            "devices/dev-01/messages/devicebound/",
            "devices/dev-01/modules/m/inputs/#",
            "$iothub/#",
            "$iothub/twin/#",
            "$iothub/twin/res/200/#",
            "$iothub/methods/POST/+/#",
            "$iothub/methods/POST//#",
            "$iothub/methods/res/#",
            "$share/g/$iothub/twin/res/#",
        ] {
            let mut subscriptions = Subscriptions::default();
            assert_eq!(subscriptions.subscribe(filter, "dev-01", 0), None, "{filter}");
            assert_eq!(subscriptions, Subscriptions::default(), "{filter}");
        }
    }

    #[test]
    fn ids_are_literal() {
        for id in ["a+b", "#", "a%20b", "$x"] {
            let filter = format!("devices/{id}/messages/devicebound/#");
            let mut subscriptions = Subscriptions::default();
            assert!(subscriptions.subscribe(&filter, id, 0).is_some(), "{id}");
            assert!(subscriptions.subscribe(&filter, "other", 0).is_none(), "{id}");
        }
    }

    #[test]
    fn unsubscribe_and_store() {
        let mut subscriptions = Subscriptions::default();
        for (i, filter) in ALL.into_iter().enumerate() {
            subscriptions.subscribe(filter, "dev-01", u8::try_from(i % 2).unwrap());
        }
        let rows = subscriptions.to_rows("dev-01");
        assert_eq!(rows.len(), ALL.len());
        let rows = rows.iter().map(|(filter, qos)| (filter.as_str(), *qos));
        assert_eq!(Subscriptions::from_rows(rows, "dev-01"), subscriptions);
        for filter in ALL {
            subscriptions.unsubscribe(filter, "dev-01");
            subscriptions.unsubscribe(filter, "dev-01");
        }
        assert_eq!(subscriptions, Subscriptions::default());
    }

    #[test]
    fn single_methods() {
        let mut subscriptions = Subscriptions::default();
        assert!(!subscriptions.any_method());
        subscriptions.subscribe("$iothub/methods/POST/reboot/#", "d", 1);
        assert!(subscriptions.any_method() && subscriptions.method("reboot") && !subscriptions.method("stop"));
        for i in 1..SINGLE_METHODS_MAX {
            assert!(subscriptions.subscribe(&format!("$iothub/methods/POST/m{i}/#"), "d", 0).is_some());
        }
        assert!(subscriptions.subscribe("$iothub/methods/POST/more/#", "d", 0).is_none());
        assert!(subscriptions.subscribe("$iothub/methods/POST/reboot/#", "d", 0).is_some());
        subscriptions.subscribe("$iothub/methods/POST/#", "d", 0);
        assert!(subscriptions.method("stop"));
    }
}
