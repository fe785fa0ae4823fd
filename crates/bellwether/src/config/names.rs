//! Names that settings hold.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use bellwether_model::sas::without_port;

use crate::connection::address;

/// A DNS name or an IP address, without a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(HostName(ip.to_string()));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.contains(':') {
            Err("must be a name or an address without a port; ports belong to --https and --mqtts")
        } else if text.len() > 253 || !text.split('.').all(label) {
            Err("must be a DNS name (letters, digits, hyphens and dots, at most 253) or an IP address")
        } else {
            Ok(HostName(text.to_ascii_lowercase()))
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where devices find their hub: a name or address, with a port where that is not MQTT's 8883.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubAddress(String);

impl HubAddress {
    /// Of what is served under `host` on `port`. A bare name where that is enough: most SDKs take nothing else
    /// (device-protocol §9.1).
    pub fn new(host: &str, port: u16) -> HubAddress {
        const MQTTS: u16 = 8883;
        HubAddress(if port == MQTTS { host.to_owned() } else { address(host, port) })
    }
}

impl FromStr for HubAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = without_port(text.trim());
        let name: HostName = host.parse()?;
        match text.trim()[host.len()..].strip_prefix(':').map(str::parse) {
            None => Ok(HubAddress(name.to_string())),
            Some(Ok(port)) if port > 0 => Ok(HubAddress::new(&name.to_string(), port)),
            Some(Ok(_) | Err(_)) => Err("the port must be a number from 1 to 65535"),
        }
    }
}

impl fmt::Display for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_addresses() {
        for (text, expected) in [
            ("hub.example.test", Some("hub.example.test")),
            ("hub.example.test:8883", Some("hub.example.test")),
            ("HUB:18883", Some("hub:18883")),
            ("[::1]:18883", Some("[::1]:18883")),
            ("10.0.0.1", Some("10.0.0.1")),
            ("hub:0", None),
            ("hub:99999", None),
            ("", None),
            ("a b", None),
        ] {
            let found = text.parse::<HubAddress>().ok().map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn host_names() {
        for good in ["hub", "hub.example.test", "10.0.0.1", "::1", "[::1]", "my_hub"] {
            assert!(good.parse::<HostName>().is_ok(), "{good}");
        }
        for bad in ["", "hub:8443", "a..b", "-a", "a b", "*.example.test"] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
    }
}
