//! Connection strings of a hub: `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…` (iot-hub §7.1).

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine};

/// Names a hub and one of its policies, with a key.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// Host as written, with a port when that is not 443.
    pub host: String,
    /// Name of the policy.
    pub policy: String,
    /// Its key, decoded.
    pub key: Vec<u8>,
}

impl FromStr for ConnectionString {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut host, mut policy, mut key) = (None, None, None);
        for field in text.trim().split(';').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').ok_or(FORM)?;
            match name {
                "HostName" => host = Some(value.to_owned()),
                "SharedAccessKeyName" => policy = Some(value.to_owned()),
                "SharedAccessKey" => {
                    key = Some(BASE64_STANDARD.decode(value).map_err(|_| "SharedAccessKey must be base64")?)
                }
                _ => {}
            }
        }
        match (host, policy, key) {
            (Some(host), Some(policy), Some(key)) => Ok(ConnectionString { host, policy, key }),
            (None, _, _) | (_, None, _) | (_, _, None) => Err(FORM),
        }
    }
}

const FORM: &str = "must be HostName=…;SharedAccessKeyName=…;SharedAccessKey=… as `bellwether connection` prints it";

/// The whole string, key included.
impl fmt::Display for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode(&self.key);
        write!(f, "HostName={};SharedAccessKeyName={};SharedAccessKey={key}", self.host, self.policy)
    }
}

/// Shows no key.
impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionString {{ host: {:?}, policy: {:?} }}", self.host, self.policy)
    }
}

/// `host` alone on the port that every client dials by itself, else `host:port`; an IPv6 address in brackets.
pub fn host_with_port(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == 443 { host } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = "HostName=localhost:8443;SharedAccessKeyName=iothubowner;SharedAccessKey=AAECAw==";
        let parsed: ConnectionString = text.parse().unwrap();
        assert_eq!((parsed.host.as_str(), parsed.key.as_slice()), ("localhost:8443", &[0, 1, 2, 3][..]));
        assert_eq!(parsed.to_string(), text);
        assert!(!format!("{parsed:?}").contains("AAEC"));
    }

    #[test]
    fn refused() {
        for bad in ["", "HostName=a", "HostName=a;SharedAccessKeyName=b;SharedAccessKey=%", "nonsense"] {
            assert!(bad.parse::<ConnectionString>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ports() {
        assert_eq!(host_with_port("hub.test", 443), "hub.test");
        assert_eq!(host_with_port("hub.test", 8443), "hub.test:8443");
        assert_eq!(host_with_port("::1", 8443), "[::1]:8443");
    }
}
