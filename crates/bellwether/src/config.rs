//! The settings of a server: one struct, four sources.
//!
//! A setting is given as a flag, as an environment variable `BELLWETHER_…`, or in the TOML file that
//! `--config` names; a flag beats the environment, the environment beats the file, the file beats the
//! default. The file's values go through the same parser as the flags, so that a rule stands once.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use bellwether_model::sas::without_port;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, Command, ValueEnum};

use crate::connection::address;
use crate::cors::CorsOrigin;

/// Everything that can be set about a server.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// TOML file with these same settings, named as the flags without `--`.
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub config: Option<PathBuf>,

    /// Folder of everything that is kept: database, certificates, keys. Made when absent.
    #[arg(long, value_name = "DIR", env = "BELLWETHER_DATA", default_value = "bellwether-data")]
    pub data: PathBuf,

    /// Address of the service API. Some clients dial 443 only, the npm service SDK among them.
    #[arg(long, value_name = "ADDR", env = "BELLWETHER_HTTPS", default_value = "0.0.0.0:8443")]
    pub https: SocketAddr,

    /// Address for devices, MQTT over TLS. The Python device SDK dials 8883 only.
    #[arg(long, value_name = "ADDR", env = "BELLWETHER_MQTTS", default_value = "0.0.0.0:8883")]
    pub mqtts: SocketAddr,

    /// Address for devices, MQTT over plain TCP: keys and data can be read on the way. Off unless set.
    #[arg(long, value_name = "ADDR", env = "BELLWETHER_MQTT")]
    pub mqtt: Option<SocketAddr>,

    /// A name or address under which clients reach this server: goes into the certificate and is accepted
    /// in tokens. Repeatable; the first one stands in the connection string. localhost and loopback always work.
    #[arg(long, value_name = "NAME", env = "BELLWETHER_HOST_NAME", value_delimiter = ',', action = ArgAction::Append)]
    pub host_name: Vec<HostName>,

    /// Certificate chain (PEM) to use in place of a generated one; needs --tls-key.
    #[arg(long, value_name = "FILE", env = "BELLWETHER_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key (PEM) of --tls-cert.
    #[arg(long, value_name = "FILE", env = "BELLWETHER_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// How long a stopping server waits for the device calls in flight, 0 to 3600.
    #[arg(long, value_name = "SECONDS", env = "BELLWETHER_DRAIN", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub drain: u64,

    /// What is logged.
    #[arg(long, value_name = "LEVEL", env = "BELLWETHER_LOG_LEVEL", default_value = "info")]
    pub log_level: LogLevel,

    /// How it is logged.
    #[arg(long, value_name = "FORMAT", env = "BELLWETHER_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// How long a shared access token is still taken after its expiry, 0 to 300.
    #[arg(long, value_name = "SECONDS", env = "BELLWETHER_TOKEN_ALLOWANCE", default_value_t = 0,
          value_parser = clap::value_parser!(u16).range(0..=300))]
    pub token_allowance: u16,

    /// Longest job condition, 1 to 16777216 (16 MiB).
    #[arg(long, value_name = "BYTES", env = "BELLWETHER_JOB_CONDITION_MAX_BYTES", default_value_t = 1024 * 1024,
          value_parser = clap::value_parser!(u32).range(1..=16 * 1024 * 1024))]
    pub job_condition_max_bytes: u32,

    /// How far ahead the start time of a job may lie, 1 to 87600 (ten years).
    #[arg(long, value_name = "HOURS", env = "BELLWETHER_JOB_START_MAX_HOURS_AHEAD", default_value_t = 168,
          value_parser = clap::value_parser!(u32).range(1..=87_600))]
    pub job_start_max_hours_ahead: u32,

    /// Hold jobs to the documentation's rule on characters: names and values of a twin patch only printable
    /// US-ASCII without $ ( ) < > @ , ; : \ " / [ ] ? = { } and blanks.
    #[arg(long, value_name = "BOOL", env = "BELLWETHER_STRICT_CHARACTERS", default_value_t = false,
          action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub strict_characters: bool,

    /// Most device connections at one time, 1 to 10000000.
    #[arg(long, value_name = "N", env = "BELLWETHER_MAX_CONNECTIONS", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub max_connections: u32,

    /// Most jobs that run side by side; a further one waits and says why. No limit unless set; IoT Central has 5
    #[arg(long, value_name = "N", env = "BELLWETHER_JOBS_AT_ONCE", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub jobs_at_once: Option<u32>,

    /// Seconds after a start in which a command job of IoT Central waits for devices that were connected when the server
    /// last ended, 0 to 3600. Any other absent device fails at once
    #[arg(long, value_name = "SECONDS", env = "BELLWETHER_RECONNECT_GRACE", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub reconnect_grace: u32,

    /// Most organizations. No limit unless set; IoT Central has 200.
    #[arg(long, value_name = "N", env = "BELLWETHER_ORGANIZATIONS_MAX", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub organizations_max: Option<u32>,

    /// How deep organizations may lie below each other, 1 to 100; IoT Central has 5
    #[arg(long, value_name = "N", env = "BELLWETHER_ORGANIZATION_DEPTH_MAX", default_value_t = 100,
          value_parser = clap::value_parser!(u16).range(1..=100))]
    pub organization_depth_max: u16,

    /// The hub that devices are told when they register with the provisioning service, where they reach this
    /// server under another name or port than the first --host-name and the port of --mqtts. SDKs other than
    /// Node's dial 8883 only.
    #[arg(long, value_name = "HOST[:PORT]", env = "BELLWETHER_ASSIGNED_HUB")]
    pub assigned_hub: Option<HubAddress>,

    /// How long a device that registers is told to wait before it asks what came of it, 1 to 3600.
    #[arg(long, value_name = "SECONDS", env = "BELLWETHER_PROVISIONING_RETRY_AFTER", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub provisioning_retry_after: u32,

    /// Whose web pages may call the IoT Central API from a browser: `any`, `none`, or an origin such as
    /// `https://console.example`. Repeatable. Pages need a token of their own in any case.
    #[arg(long, value_name = "ORIGIN", env = "BELLWETHER_CORS_ORIGIN", default_value = "any", value_delimiter = ',',
          action = ArgAction::Append)]
    pub cors_origin: Vec<CorsOrigin>,

    /// Most requests a second to the IoT Central API, of all callers together. No limit unless set; IoT Central has 20.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_REQUESTS_PER_SECOND")]
    pub central_requests_per_second: Option<NonZeroU32>,

    /// Most of these that are queries. No limit unless set; IoT Central has 1.
    #[arg(long, value_name = "N", env = "BELLWETHER_CENTRAL_QUERIES_PER_SECOND")]
    pub central_queries_per_second: Option<NonZeroU32>,
}

impl Settings {
    /// The arguments that stand for a whole configuration: those of the command line, and behind them those of
    /// the file that `--config` names. The environment needs no place here: the parser reads it again.
    ///
    /// `command` is the command that carries the settings (`bellwether serve`), `given` its parsed arguments.
    pub fn file_values(command: &Command, given: &ArgMatches) -> Result<Vec<OsString>, ConfigError> {
        let Some(file) = given.get_one::<PathBuf>("config") else {
            return Ok(of_command_line(command, given));
        };
        let read = |source| ConfigError::Unreadable { file: file.clone(), source };
        let text = std::fs::read_to_string(file).map_err(read)?;
        let table: toml::Table =
            text.parse().map_err(|source| ConfigError::Syntax { file: file.clone(), source: Box::new(source) })?;
        let mut line = of_file(command, given, file, &table)?;
        line.extend(of_command_line(command, given));
        Ok(line)
    }

    /// The error of a configuration whose command line alone was right.
    pub fn refused(given: &ArgMatches, error: &clap::Error) -> ConfigError {
        let file = given.get_one::<PathBuf>("config").cloned().unwrap_or_default();
        ConfigError::Refused { file, message: plain(error) }
    }

    /// How long a stopping server waits for calls in flight.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }

    /// The host under which clients reach what is bound to `bound`: the first `--host-name`, else an address that
    /// was bound by itself, else `localhost`.
    pub fn host_of(&self, bound: IpAddr) -> String {
        if let Some(name) = self.host_name.first() {
            return name.to_string();
        }
        let usual = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        if bound.is_unspecified() || usual.contains(&bound) { "localhost".to_owned() } else { bound.to_string() }
    }

    /// Every name and address that the certificate carries and that tokens may be made for, each once.
    pub fn all_hosts(&self) -> Vec<String> {
        let mut all: Vec<String> = self.host_name.iter().map(HostName::to_string).collect();
        all.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        let bound = [Some(self.https), Some(self.mqtts), self.mqtt];
        all.extend(
            bound.iter().flatten().map(SocketAddr::ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()),
        );
        let mut seen = Vec::new();
        for host in all {
            if !seen.contains(&host) {
                seen.push(host);
            }
        }
        seen
    }
}

/// The values of the command line, each once more as an argument.
fn of_command_line(command: &Command, given: &ArgMatches) -> Vec<OsString> {
    let mut line = Vec::new();
    for arg in command.get_arguments() {
        let (id, Some(long)) = (arg.get_id().as_str(), arg.get_long()) else { continue };
        if NOT_SETTINGS.contains(&id) || given.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        for raw in given.get_raw(id).into_iter().flatten() {
            let mut text = OsString::from(format!("--{long}="));
            text.push(raw);
            line.push(text);
        }
    }
    line
}

/// The values of the file that neither the command line nor the environment replaces, as arguments.
fn of_file(
    command: &Command,
    given: &ArgMatches,
    file: &Path,
    table: &toml::Table,
) -> Result<Vec<OsString>, ConfigError> {
    let mut line = Vec::new();
    for (key, value) in table {
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(key));
        let Some(arg) = arg.filter(|arg| !NOT_IN_FILE.contains(&arg.get_id().as_str())) else {
            let named = command.get_arguments().filter_map(clap::Arg::get_long);
            return Err(ConfigError::unknown(file, key, named));
        };
        let wrong = |rule| ConfigError::Value { file: file.to_owned(), key: key.clone(), rule };
        let texts = texts(value, matches!(arg.get_action(), ArgAction::Append)).map_err(wrong)?;
        if texts.is_empty() && !arg.get_default_values().is_empty() {
            // Silence would mean the default, which is not what an empty list says.
            return Err(wrong("must not be an empty list"));
        }
        let source = given.value_source(arg.get_id().as_str());
        if !matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            line.extend(texts.into_iter().map(|text| format!("--{key}={text}").into()));
        }
    }
    Ok(line)
}

/// Arguments of every command that are no settings.
const NOT_SETTINGS: [&str; 2] = ["help", "version"];
/// Arguments that the file may not hold.
const NOT_IN_FILE: [&str; 3] = ["config", "help", "version"];

/// One value of the file as the text that a flag would carry; several when the flag may be repeated.
fn texts(value: &toml::Value, list: bool) -> Result<Vec<String>, &'static str> {
    let one = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            Err("must be a text, a whole number, true or false")
        }
    };
    match value {
        toml::Value::Array(items) if list => items.iter().map(one).collect(),
        toml::Value::Array(_) => Err("takes one value, not a list"),
        single => Ok(vec![one(single)?]),
    }
}

/// The parser's message without its usage lines: the first paragraph.
fn plain(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim().trim_start_matches("error: ").to_owned()
}

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

/// How much is logged; each level holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What needs somebody.
    Error,
    /// What may need somebody.
    Warn,
    /// Start, stop, jobs.
    Info,
    /// Connections and requests.
    Debug,
    /// Everything.
    Trace,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("--config: cannot read {}: {source}", file.display())]
    Unreadable {
        /// The file named by `--config`.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("--config: {} is not valid TOML: {source}", file.display())]
    Syntax {
        /// The file named by `--config`.
        file: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key that names no setting.
    #[error("{}: unknown setting `{key}`{hint}; `bellwether serve --help` lists the settings", file.display())]
    UnknownKey {
        /// The file named by `--config`.
        file: PathBuf,
        /// The key as written.
        key: String,
        /// The key that was probably meant.
        hint: String,
    },
    /// A value of the wrong kind.
    #[error("{}: setting `{key}` {rule}", file.display())]
    Value {
        /// The file named by `--config`.
        file: PathBuf,
        /// The key as written.
        key: String,
        /// What the value must be.
        rule: &'static str,
    },
    /// A value that its setting refuses.
    #[error("{}: {message}", file.display())]
    Refused {
        /// The file named by `--config`.
        file: PathBuf,
        /// Names the setting and its rule.
        message: String,
    },
}

impl ConfigError {
    fn unknown<'a>(file: &Path, key: &str, mut named: impl Iterator<Item = &'a str>) -> Self {
        let meant = key.replace('_', "-").to_ascii_lowercase();
        let hint = named.find(|name| *name == meant).map(|name| format!(" (did you mean `{name}`?)"));
        ConfigError::UnknownKey { file: file.to_owned(), key: key.to_owned(), hint: hint.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn settings(line: &[&str], file: Option<&str>) -> Result<Settings, String> {
        let command = Settings::augment_args(Command::new("serve"));
        let line = std::iter::once("serve").chain(line.iter().copied());
        let matches = command.clone().try_get_matches_from(line).map_err(|e| plain(&e))?;
        let mut values = of_command_line(&command, &matches);
        if let Some(text) = file {
            let table = text.parse().unwrap();
            values.splice(0..0, of_file(&command, &matches, Path::new("b.toml"), &table).map_err(|e| e.to_string())?);
        }
        values.insert(0, "serve".into());
        let matches = command.try_get_matches_from(values).map_err(|e| Settings::refused(&matches, &e).to_string())?;
        Settings::from_arg_matches(&matches).map_err(|e| plain(&e))
    }

    #[test]
    fn defaults() {
        let s = settings(&[], None).unwrap();
        assert_eq!((s.https.port(), s.mqtts.port(), s.mqtt), (8443, 8883, None));
        assert_eq!((s.drain, s.token_allowance, s.strict_characters), (30, 0, false));
        assert_eq!(s.host_of(s.https.ip()), "localhost");
        assert_eq!(s.all_hosts(), ["localhost", "127.0.0.1", "::1"]);
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_beats_the_default() {
        let file = "drain = 5\ntoken-allowance = 10\nhost-name = ['a.test', 'b.test']\nstrict-characters = true";
        let s = settings(&["--drain", "7"], Some(file)).unwrap();
        assert_eq!((s.drain, s.token_allowance, s.strict_characters), (7, 10, true));
        assert_eq!(s.host_of(s.https.ip()), "a.test");
        assert_eq!(s.job_start_max_hours_ahead, 168);
    }

    #[test]
    fn names_of_the_command_line_replace_those_of_the_file() {
        let s = settings(&["--host-name", "x.test", "--host-name", "y.test"], Some("host-name = ['a.test']")).unwrap();
        assert_eq!(s.host_name.iter().map(HostName::to_string).collect::<Vec<_>>(), ["x.test", "y.test"]);
    }

    #[test]
    fn switches() {
        assert!(settings(&["--strict-characters"], None).unwrap().strict_characters);
        assert!(!settings(&["--strict-characters=false"], Some("strict-characters = true")).unwrap().strict_characters);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = settings(&[], Some("dran = 5")).unwrap_err();
        assert!(error.contains("unknown setting `dran`"), "{error}");
        let error = settings(&[], Some("token_allowance = 5")).unwrap_err();
        assert!(error.contains("did you mean `token-allowance`?"), "{error}");
        assert!(settings(&[], Some("config = 'other.toml'")).is_err());
        assert!(settings(&[], Some("[drain]\nseconds = 1")).is_err());
    }

    #[test]
    fn bad_values_name_the_setting_and_the_rule() {
        for (line, file, name, rule) in [
            (&["--token-allowance", "301"][..], None, "--token-allowance", "0..=300"),
            (&["--host-name", "a.test:8443"], None, "--host-name", "without a port"),
            (&["--https", "8443"], None, "--https", "socket address"),
            (&["--tls-cert", "c.pem"], None, "--tls-key", "required"),
            (&["--cors-origin", "console.example"], None, "--cors-origin", "or any, or none"),
            (&[], Some("cors-origin = []"), "`cors-origin`", "empty list"),
            (&["--central-requests-per-second", "0"], None, "--central-requests-per-second", "zero"),
            (&[], Some("drain = 'soon'"), "--drain", "invalid digit"),
            (&[], Some("drain = [1]"), "`drain`", "one value"),
            (&[], Some("drain = 1.5"), "`drain`", "whole number"),
            (&[], Some("log-format = 'xml'"), "--log-format", "text, json"),
        ] {
            let error = settings(line, file).unwrap_err();
            assert!(error.contains(name) && error.contains(rule), "{error}");
        }
    }

    #[test]
    fn a_bound_address_is_a_name() {
        let s = settings(&["--https", "127.0.0.2:443", "--mqtts", "127.0.0.3:8883"], None).unwrap();
        assert_eq!(s.host_of(s.https.ip()), "127.0.0.2");
        assert_eq!(s.host_of(s.mqtts.ip()), "127.0.0.3");
        assert_eq!(s.all_hosts(), ["localhost", "127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"]);
    }

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
