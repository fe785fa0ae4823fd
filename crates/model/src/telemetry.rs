//! The last value of each telemetry of a device (iot-central §7.4; device-protocol §3.1, §10).
//!
//! Only the last values are kept, not the messages. What is kept is bounded: by value, by name and by device.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Time;
use crate::json::{Members, minify};

/// Most values that are kept of one device; of more, the oldest go. IoT Central publishes 300 capabilities a template
/// (iot-central §12).
pub const VALUES_MAX: usize = 300;
/// Most bytes of a value that is kept. A larger one is not, and neither is the one before it, which it made old.
pub const VALUE_BYTES_MAX: usize = 32 * 1024;
/// Longer names of telemetry and components are passed over: no template has them (iot-central §8.1).
pub const NAME_BYTES_MAX: usize = 128;

/// What a message says of itself (device-protocol §3.1), and its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Message<'a> {
    /// `$.sub`: the component that sends; `None` or empty is the device itself.
    pub component: Option<&'a str>,
    /// `$.ct`.
    pub content_type: Option<&'a str>,
    /// `$.ce`.
    pub content_encoding: Option<&'a str>,
    /// `iothub-creation-time-utc`, or `$.ctime`: ISO 8601.
    pub created: Option<&'a str>,
    /// As it was sent.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// Does it say that its body is JSON in UTF-8? Devices that say nothing mean that.
    fn is_json(&self) -> bool {
        let essence = self.content_type.map_or("", |text| text.split(';').next().unwrap_or_default().trim());
        let encoding = self.content_encoding.unwrap_or_default().trim();
        (essence.is_empty() || essence.eq_ignore_ascii_case("application/json"))
            && (encoding.is_empty() || encoding.eq_ignore_ascii_case("utf-8"))
    }
}

/// The last value of one telemetry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastValue {
    component: Option<Box<str>>,
    name: Box<str>,
    /// When the device made it; never later than it arrived.
    pub time: Time,
    /// JSON text; `None` when it is too large to be kept.
    pub json: Option<Box<str>>,
}

impl LastValue {
    fn is(&self, component: Option<&str>, name: &str) -> bool {
        &*self.name == name && self.component.as_deref() == component
    }

    fn bytes(&self) -> usize {
        let text = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        size_of::<LastValue>() + self.name.len() + text(&self.component) + text(&self.json)
    }
}

/// The last values of one device, at most [`VALUES_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastValues(Vec<LastValue>);

impl LastValues {
    /// What a message says; empty when its body is no JSON object, as raw messages are. A `null` is no value, and
    /// of a body with more than [`VALUES_MAX`] members the first ones are read. `now` is when it arrived.
    pub fn of(message: &Message<'_>, now: Time) -> LastValues {
        let mut values = LastValues::default();
        let component = message.component.filter(|component| !component.is_empty());
        let too_long = component.is_some_and(|component| component.len() > NAME_BYTES_MAX);
        let text = std::str::from_utf8(message.body).ok().filter(|_| message.is_json() && !too_long);
        let Some(members) = text.and_then(|text| Members::of(text).ok()) else { return values };
        // A clock that runs ahead must not make a value that no later one can replace.
        let time = message.created.and_then(|text| text.parse().ok()).map_or(now, |created: Time| created.min(now));
        for (name, value) in members.0.into_iter().take(VALUES_MAX) {
            if value.get() == "null" || name.0.len() > NAME_BYTES_MAX {
                continue;
            }
            let json = minify(value.get());
            let json = (json.len() <= VALUE_BYTES_MAX).then(|| json.into());
            let name = Cow::into_owned(name.0).into();
            values.put(LastValue { component: component.map(Into::into), name, time, json });
        }
        values
    }

    /// Takes up values that arrived later; one that the device made earlier than the one it has is old news.
    pub fn merge(&mut self, later: LastValues) {
        for value in later.0 {
            self.put(value);
        }
    }

    fn put(&mut self, value: LastValue) {
        match self.0.iter_mut().find(|stands| stands.is(value.component.as_deref(), &value.name)) {
            Some(stands) if stands.time <= value.time => *stands = value,
            Some(_) => {}
            None => {
                self.0.push(value);
                if self.0.len() > VALUES_MAX
                    && let Some((oldest, _)) = self.0.iter().enumerate().min_by_key(|(_, value)| value.time)
                {
                    self.0.remove(oldest);
                }
            }
        }
    }

    /// The last value of `name`, of a component or of the device itself.
    pub fn get(&self, component: Option<&str>, name: &str) -> Option<&LastValue> {
        self.0.iter().find(|value| value.is(component, name))
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// About what it takes in memory.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(LastValue::bytes).sum()
    }
}

type Row<'a> = (Option<Cow<'a, str>>, Cow<'a, str>, Time, Option<Box<RawValue>>);

/// As an array of `[component, name, time, value]`.
impl Serialize for LastValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).map_err(serde::ser::Error::custom);
        let row = |value: &LastValue| -> Result<_, S::Error> {
            let json = value.json.as_deref().map(raw).transpose()?;
            Ok((value.component.clone(), value.name.clone(), value.time, json))
        };
        let rows = self.0.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        rows.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LastValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = Vec::<Row<'de>>::deserialize(deserializer)?;
        let value = |(component, name, time, json): Row<'de>| LastValue {
            component: component.map(|component| component.into_owned().into()),
            name: name.into_owned().into(),
            time,
            json: json.map(|raw| raw.get().into()),
        };
        Ok(LastValues(rows.into_iter().map(value).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000_000_000);

    fn values(message: Message<'_>) -> String {
        serde_json::to_string(&LastValues::of(&message, NOW)).unwrap()
    }

    fn body(body: &str) -> Message<'_> {
        Message { body: body.as_bytes(), ..Message::default() }
    }

    #[test]
    fn what_a_message_says() {
        for (text, expected) in [
            (r#"{"t":21.50,"at":{ "lat" : 1 }}"#, r#"[[null,"t",1000000000,21.50],[null,"at",1000000000,{"lat":1}]]"#),
            (r#"{"t":1,"t":2}"#, r#"[[null,"t",1000000000,2]]"#),
            (r#"{"t":null,"u":false}"#, r#"[[null,"u",1000000000,false]]"#),
            ("{}", "[]"),
            ("[1]", "[]"),
            ("21.5", "[]"),
            ("t=21", "[]"),
            ("", "[]"),
        ] {
            assert_eq!(values(body(text)), expected, "{text}");
        }
        assert_eq!(values(Message { body: b"{\"t\":\"\xff\"}", ..Message::default() }), "[]");
        let long = format!("{{\"{}\":1,\"t\":2}}", "x".repeat(NAME_BYTES_MAX + 1));
        assert_eq!(values(body(&long)), r#"[[null,"t",1000000000,2]]"#);
    }

    #[test]
    fn headers() {
        let t = body(r#"{"t":1}"#);
        let read = |message| values(message) != "[]";
        for (content_type, read_it) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("", true),
            ("text/plain", false),
            ("application/octet-stream", false),
        ] {
            assert_eq!(read(Message { content_type: Some(content_type), ..t }), read_it, "{content_type}");
        }
        for (encoding, read_it) in [("utf-8", true), ("UTF-8", true), ("", true), ("utf-16", false), ("gzip", false)] {
            assert_eq!(read(Message { content_encoding: Some(encoding), ..t }), read_it, "{encoding}");
        }
        for (created, time) in
            [("1970-01-01T00:00:01Z", 1_000_000), ("2999-01-01T00:00:00Z", NOW.0), ("yesterday", NOW.0)]
        {
            let message = Message { created: Some(created), component: Some("fan"), ..t };
            assert_eq!(values(message), format!("[[\"fan\",\"t\",{time},1]]"), "{created}");
        }
        assert_eq!(values(Message { component: Some(""), ..t }), r#"[[null,"t",1000000000,1]]"#);
    }

    #[test]
    fn the_newest_holds() {
        let at = |time, text| LastValues::of(&body(text), Time(time));
        let mut last = at(10, r#"{"a":1,"b":1}"#);
        last.merge(at(5, r#"{"a":2,"c":2}"#));
        last.merge(at(10, r#"{"b":3}"#));
        let json = |name| last.get(None, name).and_then(|value| value.json.clone()).map(String::from);
        assert_eq!(
            ["a", "b", "c", "d"].map(json),
            [Some("1"), Some("3"), Some("2"), None].map(|o| o.map(str::to_owned))
        );
        assert_eq!(last.get(Some("fan"), "a"), None);
    }

    #[test]
    fn bounds() {
        let many: Vec<String> = (0..VALUES_MAX + 5).map(|n| format!("\"t{n}\":{n}")).collect();
        let mut last = LastValues::of(&body(r#"{"old":1}"#), Time(1));
        last.merge(LastValues::of(&body(&format!("{{{}}}", many.join(","))), NOW));
        assert_eq!(last.0.len(), VALUES_MAX);
        assert_eq!(last.get(None, "old"), None);
        let large = format!("{{\"t\":\"{}\"}}", "x".repeat(VALUE_BYTES_MAX));
        let mut last = LastValues::of(&body(r#"{"t":1}"#), NOW);
        last.merge(LastValues::of(&body(&large), NOW));
        assert_eq!(last.get(None, "t").map(|value| value.json.as_deref()), Some(None), "no old value instead");
    }

    #[test]
    fn kept_and_read_again() {
        let mut last = LastValues::of(&body(r#"{"t":1.0,"u":"\u00e4\"","v":1e400}"#), NOW);
        last.merge(LastValues::of(&Message { component: Some("f\"an"), ..body(r#"{"t":[]}"#) }, NOW));
        let text = serde_json::to_string(&last).unwrap();
        assert_eq!(serde_json::from_str::<LastValues>(&text).unwrap(), last);
    }
}
