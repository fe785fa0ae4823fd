//! The settings of a server: one struct, four sources.
//!
//! A setting is given as a flag, as an environment variable `BELLWETHER_…`, or in the TOML file that
//! `--config` names; a flag beats the environment, the environment beats the file, the file beats the
//! default. The file's values go through the same parser as the flags, so that a rule stands once (`file`).

mod file;
mod limits;
mod names;
mod people;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bellwether_http::Network;
use clap::{ArgAction, Args, ValueEnum};

use crate::cors::CorsOrigin;
pub use file::ConfigError;
pub use limits::LimitSettings;
pub use names::{HostName, HubAddress};
pub use people::{Email, People};

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

    /// Seconds after a start in which a command job of IoT Central waits for devices that were connected when the server
    /// last ended, 0 to 3600. Any other absent device fails at once
    #[arg(long, value_name = "SECONDS", env = "BELLWETHER_RECONNECT_GRACE", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub reconnect_grace: u32,

    /// How long a job that has ended is kept, with its results and the devices that were deleted since, 1 to 36500; 0 keeps
    /// it for ever. Its id is free afterwards.
    #[arg(long, value_name = "DAYS", env = "BELLWETHER_HISTORY_DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub history_days: u32,

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

    /// A proxy before this server, an address or a network such as `10.0.0.0/8`: the last element of its `X-Forwarded-For`
    /// counts as where a request comes from, in the audit log and where tries to sign in are counted. Repeatable; none
    /// unless set. Whoever can reach this server from such an address can claim any other.
    #[arg(long, value_name = "CIDR", env = "BELLWETHER_TRUSTED_PROXY", value_delimiter = ',', action = ArgAction::Append)]
    pub trusted_proxy: Vec<Network>,

    /// Who signs in, for how long, and how long it is known what was done.
    #[command(flatten)]
    pub people: People,

    /// How much there may be, and how often something may be done.
    #[command(flatten)]
    pub limits: LimitSettings,
}

impl Settings {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::{Command, FromArgMatches};

    use super::file::{of_command_line, of_file, plain};
    use super::*;

    pub(super) fn settings(line: &[&str], file: Option<&str>) -> Result<Settings, String> {
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
            (&["--trusted-proxy", "10.0.0.0/33"], None, "--trusted-proxy", "as 10.0.0.0/8"),
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
}
