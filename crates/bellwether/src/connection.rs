//! `bellwether connection`: what a client needs to reach the server of a data folder.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::connection_string::{ConnectionString, host_with_port};
use crate::failure::Failure;
use crate::policies;
use crate::run_file::{self, RunFile};
use crate::terminal::{note, print};

/// What is printed, and how.
#[derive(Debug, Args)]
pub struct ConnectionArgs {
    /// Data folder of the server.
    #[arg(long, value_name = "DIR", env = "BELLWETHER_DATA", default_value = "bellwether-data")]
    data: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Everything that a client needs.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Of the policy that allows everything.
    pub hub_connection_string: String,
    /// What clients must trust; none when the user brought a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The service API.
    pub https_url: String,
    /// The IoT Central API; opened with API tokens.
    pub central_url: String,
    /// `host:port` for devices over TLS.
    pub mqtts_address: String,
    /// `host:port` for devices over plain TCP, when that is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt_address: Option<String>,
}

impl Connection {
    /// From the data folder of a server that runs or ran.
    pub fn read(data: &Path) -> Result<Self, Failure> {
        let run = RunFile::read(data)?.ok_or_else(|| run_file::never_ran(data))?;
        Ok(Self::of(&run, &policies::owner_key(data)?))
    }

    /// Of a server that listens as `run` says, with the owner policy's key.
    pub fn of(run: &RunFile, owner_key: &[u8]) -> Self {
        let host = host_with_port(&run.https_host, run.https.port());
        let owner = ConnectionString {
            host: host.clone(),
            policy: bellwether_model::policy::OWNER.to_owned(),
            key: owner_key.to_vec(),
        };
        let plain = run.mqtt.zip(run.mqtt_host.as_deref());
        Connection {
            hub_connection_string: owner.to_string(),
            ca_file: run.ca_file.clone(),
            https_url: format!("https://{host}"),
            central_url: format!("https://{host}/api"),
            mqtts_address: address(&run.mqtts_host, run.mqtts.port()),
            mqtt_address: plain.map(|(bound, host)| address(host, bound.port())),
        }
    }

    /// The connection string, parsed.
    pub fn owner(&self) -> Result<ConnectionString, Failure> {
        self.hub_connection_string.parse().map_err(Failure::new)
    }

    /// For people; `data` is the server's data folder.
    pub fn text(&self, data: &Path) -> String {
        let mut text = format!(
            "connection string   {}\n                    (policy iothubowner: whoever has it may do everything)\n\
             service API         {}\n\
             IoT Central API     {}\n                    \
             (opened with API tokens: `bellwether token create NAME --data {}` makes one)\n\
             devices, MQTT/TLS   {}\n",
            self.hub_connection_string,
            self.https_url,
            self.central_url,
            data.display(),
            self.mqtts_address
        );
        if let Some(plain) = &self.mqtt_address {
            text += &format!("devices, plain      {plain}\n");
        }
        text += &match &self.ca_file {
            Some(file) => format!("CA to trust         {}\n", file.display()),
            None => "CA to trust         the one that signed your --tls-cert\n".to_owned(),
        };
        text
    }
}

/// `host:port`, an IPv6 address in brackets.
pub fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Prints what `DIR` says.
pub fn run(args: &ConnectionArgs) -> Result<(), Failure> {
    let connection = Connection::read(&args.data)?;
    if args.json {
        print(serde_json::json!(connection))?;
    } else {
        print(connection.text(&args.data).trim_end())?;
    }
    if !run_file::is_running(&args.data) {
        let dir = args.data.display();
        note(format_args!("No server is running on {dir} now; these are the addresses it had last."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_on(https: &str, mqtt: Option<&str>) -> RunFile {
        RunFile {
            https: https.parse().unwrap(),
            mqtts: "127.0.0.1:8883".parse().unwrap(),
            mqtt: mqtt.map(|text| text.parse().unwrap()),
            https_host: "hub.test".into(),
            mqtts_host: "hub.test".into(),
            mqtt_host: mqtt.map(|_| "127.0.0.2".into()),
            ca_file: Some("/data/tls/ca.pem".into()),
            pid: 1,
        }
    }

    #[test]
    fn as_json() {
        let connection = Connection::of(&run_on("127.0.0.1:8443", Some("127.0.0.2:1883")), &[0, 1, 2]);
        insta::assert_snapshot!(serde_json::json!(connection).to_string(), @r#"{"hubConnectionString":"HostName=hub.test:8443;SharedAccessKeyName=iothubowner;SharedAccessKey=AAEC","caFile":"/data/tls/ca.pem","httpsUrl":"https://hub.test:8443","centralUrl":"https://hub.test:8443/api","mqttsAddress":"hub.test:8883","mqttAddress":"127.0.0.2:1883"}"#);
    }

    #[test]
    fn port_443_is_not_named() {
        let connection = Connection::of(&run_on("127.0.0.1:443", None), &[0]);
        assert!(connection.hub_connection_string.starts_with("HostName=hub.test;"));
        assert_eq!(connection.https_url, "https://hub.test");
        assert_eq!(connection.mqtt_address, None);
    }

    #[test]
    fn a_folder_without_a_server_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let error = Connection::read(dir.path()).err().unwrap().to_string();
        assert!(error.contains("no server has ever run"), "{error}");
    }
}
