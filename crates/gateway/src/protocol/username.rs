//! The user name of a CONNECT: `{hub}/{device}[/{module}]/?api-version=…&…` (device-protocol §2.1).

use std::borrow::Cow;

use super::bag;

/// What a user name says. Ids are raw text: they are never percent-encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserName<'a> {
    /// The host name the client was configured with, perhaps with a port. Not compared with anything:
    /// the token's audience is (device-protocol §2.1, §2.2).
    pub hub: &'a str,
    /// Device id.
    pub device: &'a str,
    /// Module id, when a module connects.
    pub module: Option<&'a str>,
    /// The rest: `name=value&…`, still encoded, without the question mark.
    pub properties: &'a str,
}

/// The user name has not the form of device-protocol §2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the user name is not {{hub}}/{{device}}/?api-version=…")]
pub struct BadUserName;

/// Longest model id in bytes: what the modelling language allows.
const MODEL_ID_MAX: usize = 2048;

/// Names by which properties are recognised when nothing else tells them from a module id.
const KNOWN: [&str; 5] = ["api-version=", "DeviceClientType=", "model-id=", "auth-chain=", "ClientVersion="];

impl<'a> UserName<'a> {
    /// Reads every form of device-protocol §2.1: with or without `?`, with or without properties, and the
    /// hand-written `{hub}/{device}?api-version=…`.
    pub fn parse(text: &'a str) -> Result<UserName<'a>, BadUserName> {
        let (hub, rest) = text.split_once('/').ok_or(BadUserName)?;
        let (device, module, properties) = match rest.split_once('/') {
            None => {
                let (device, properties) = without_slash(rest);
                (device, None, properties)
            }
            Some((device, rest)) if is_properties(rest) => (device, None, rest),
            Some((device, rest)) => {
                let (module, properties) = rest.split_once('/').unwrap_or_else(|| without_slash(rest));
                (device, Some(module), properties)
            }
        };
        let properties = properties.strip_prefix('?').unwrap_or(properties);
        if hub.is_empty() || device.is_empty() || module.is_some_and(str::is_empty) {
            return Err(BadUserName);
        }
        Ok(UserName { hub, device, module, properties })
    }

    /// The Plug and Play model the device announces, decoded leniently (device-protocol §2.1, §10). One that
    /// is too long to be a model's name counts as none.
    pub fn model_id(&self) -> Option<Cow<'a, str>> {
        bag::first(self.properties, "model-id").filter(|id| !id.is_empty() && id.len() <= MODEL_ID_MAX)
    }

    /// Whether `client_id` names the same identity: `{device}` or `{device}/{module}` (device-protocol §2).
    pub fn agrees_with(&self, client_id: &str) -> bool {
        match self.module {
            None => client_id == self.device,
            Some(module) => client_id.strip_prefix(self.device).and_then(|rest| rest.strip_prefix('/')) == Some(module),
        }
    }
}

/// `{id}?api-version=…`: only this very name ends an id here, for ids may contain question marks.
fn without_slash(text: &str) -> (&str, &str) {
    match text.find("?api-version=") {
        Some(at) => text.split_at(at),
        None => (text, ""),
    }
}

fn is_properties(text: &str) -> bool {
    text.is_empty()
        || text.starts_with('?')
        || KNOWN.iter().any(|name| text.starts_with(name))
        || (!text.contains('/') && text.contains('=') && !text.contains("?api-version="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, device: &str, module: Option<&str>, properties: &str) {
        let hub = text.split('/').next().unwrap();
        assert_eq!(UserName::parse(text), Ok(UserName { hub, device, module, properties }), "{text}");
    }

    #[test]
    fn forms() {
        let v = "api-version=2021-04-12";
        check("hub1.example.test/dev-01/?api-version=2021-04-12", "dev-01", None, v);
        check("hub1.example.test/dev-01/api-version=2021-04-12", "dev-01", None, v);
        check("hub1.example.test:18883/dev-01/?api-version=2021-04-12", "dev-01", None, v);
        check("hub/dev-01?api-version=2021-04-12", "dev-01", None, v);
        check("hub/dev-01", "dev-01", None, "");
        check("hub/dev-01/", "dev-01", None, "");
        check("hub/dev-01/?", "dev-01", None, "");
        check("hub/dev-01/foo=bar", "dev-01", None, "foo=bar");
        check("hub/dev-01/mod1/?api-version=2021-04-12", "dev-01", Some("mod1"), v);
        check("hub/dev-01/mod1/api-version=2021-04-12", "dev-01", Some("mod1"), v);
        check("hub/dev-01/mod1?api-version=2021-04-12", "dev-01", Some("mod1"), v);
        check("hub/dev-01/mod1", "dev-01", Some("mod1"), "");
        check("hub/dev-01/?DeviceClientType=a/b c", "dev-01", None, "DeviceClientType=a/b c");
        check("hub/dev-01/api-version=1&DeviceClientType=a/b", "dev-01", None, "api-version=1&DeviceClientType=a/b");
    }

    #[test]
    fn ids_are_raw() {
        check("hub/a%20b/?x=1", "a%20b", None, "x=1");
        check("hub/a#+$;'?b=c/?x=1", "a#+$;'?b=c", None, "x=1");
    }

    #[test]
    fn refused() {
        for text in ["", "hub", "hub/", "/dev", "hub//?api-version=1", "hub/dev//?api-version=1"] {
            assert_eq!(UserName::parse(text), Err(BadUserName), "{text}");
        }
    }

    #[test]
    fn model_id_with_and_without_encoding() {
        for properties in ["model-id=dtmi:com:example:X;1", "model-id=dtmi%3Acom%3Aexample%3AX%3B1"] {
            let text = format!("hub/dev/?api-version=2021-04-12&{properties}&DeviceClientType=x&model-id=other");
            let name = UserName::parse(&text).unwrap();
            assert_eq!(name.model_id().as_deref(), Some("dtmi:com:example:X;1"), "{text}");
        }
        assert_eq!(UserName::parse("hub/dev/?model-id=").unwrap().model_id(), None);
    }

    #[test]
    fn client_id_agrees() {
        let device = UserName::parse("hub/dev/?api-version=1").unwrap();
        let module = UserName::parse("hub/dev/mod/?api-version=1").unwrap();
        assert!(device.agrees_with("dev"));
        assert!(!device.agrees_with("Dev"));
        assert!(!device.agrees_with("dev/mod"));
        assert!(module.agrees_with("dev/mod"));
        assert!(!module.agrees_with("dev"));
        assert!(!module.agrees_with("devmod"));
    }
}
