//! What a telemetry message says of itself in its property bag (device-protocol §3.1).

use std::borrow::Cow;

use bellwether_model::telemetry::Message;

use super::bag;

/// The properties that are looked at; the first of a name counts.
#[derive(Debug, Default)]
pub struct Said<'a> {
    component: Option<Cow<'a, str>>,
    content_type: Option<Cow<'a, str>>,
    content_encoding: Option<Cow<'a, str>>,
    created: Option<Cow<'a, str>>,
    /// The same as a property of the application; it goes first.
    creation_time: Option<Cow<'a, str>>,
}

impl<'a> Said<'a> {
    /// Reads a bag.
    pub fn read(bag: &'a str) -> Said<'a> {
        let mut said = Said::default();
        for (name, value) in bag::pairs(bag) {
            let place = match name.as_ref() {
                "$.sub" => &mut said.component,
                "$.ct" => &mut said.content_type,
                "$.ce" => &mut said.content_encoding,
                "$.ctime" => &mut said.created,
                "iothub-creation-time-utc" => &mut said.creation_time,
                _ => continue,
            };
            if place.is_none() {
                *place = value;
            }
        }
        said
    }

    /// The message with this body.
    pub fn message<'m>(&'m self, body: &'m [u8]) -> Message<'m> {
        Message {
            component: self.component.as_deref(),
            content_type: self.content_type.as_deref(),
            content_encoding: self.content_encoding.as_deref(),
            created: self.creation_time.as_deref().or(self.created.as_deref()),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties() {
        let said = Said::read(
            "%24.sub=fan&%24.ct=application%2Fjson&%24.ce=utf-8&%24.ctime=b&x=1&iothub-creation-time-utc=a&%24.sub=no",
        );
        let expected = Message {
            component: Some("fan"),
            content_type: Some("application/json"),
            content_encoding: Some("utf-8"),
            created: Some("a"),
            body: b"{}",
        };
        assert_eq!(said.message(b"{}"), expected);
        assert_eq!(Said::read("$.ctime=b").message(b"").created, Some("b"));
        assert_eq!(Said::read("").message(b""), Message::default());
    }
}
