//! Which hub a command speaks to, and by what it is trusted.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bellwether_model::sas::without_port;
use clap::Args;
use rustls::ClientConfig;

use crate::connection::Connection;
use crate::connection_string::ConnectionString;
use crate::failure::Failure;
use crate::hub_client::HubClient;
use crate::{run_file, trust};

const HEADING: &str = "Which hub";
const STRING_VARIABLE: &str = "BELLWETHER_CONNECTION_STRING";
/// What tools of hosted hubs read: it may be there for them, so that whatever names ours beats it.
const OTHERS_STRING_VARIABLE: &str = "IOTHUB_CONNECTION_STRING";
const DATA_VARIABLE: &str = "BELLWETHER_DATA";
/// Where `bellwether serve` keeps its data if it is not told.
const DATA_DEFAULT: &str = "bellwether-data";

/// The hub of a command.
#[derive(Args)]
pub struct Access {
    /// Connection string of any hub, hosted or your own: HostName=…;SharedAccessKeyName=…;SharedAccessKey=…
    /// [env: BELLWETHER_CONNECTION_STRING, and after BELLWETHER_DATA also IOTHUB_CONNECTION_STRING]
    ///
    /// The first of these counts: --connection-string or --data; BELLWETHER_CONNECTION_STRING; BELLWETHER_DATA;
    /// IOTHUB_CONNECTION_STRING; the folder bellwether-data here.
    #[arg(
        long,
        visible_alias = "login",
        global = true,
        help_heading = HEADING,
        value_name = "STRING",
        conflicts_with = "data"
    )]
    connection_string: Option<String>,

    /// Data folder of a server that runs on this machine: connection string and CA are taken from there.
    /// [env: BELLWETHER_DATA] [default: bellwether-data, where there is one]
    #[arg(long, global = true, help_heading = HEADING, value_name = "DIR")]
    data: Option<PathBuf>,

    /// CA file (PEM) to trust, in place of this machine's CAs.
    #[arg(long, global = true, help_heading = HEADING, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Shows no key.
impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("data", &self.data).field("ca", &self.ca).finish_non_exhaustive()
    }
}

/// A hub that was found.
pub struct Target {
    /// Its connection string.
    pub hub: ConnectionString,
    /// Trusts it.
    pub tls: Arc<ClientConfig>,
    /// What its data folder says, when it runs on this machine.
    pub local: Option<Connection>,
}

/// Where a hub is named.
enum Named {
    String(ConnectionString),
    Folder(PathBuf),
}

impl Access {
    /// Finds the hub: a flag beats the environment, in which `BELLWETHER_…` beats the name of others, and that beats the
    /// default folder.
    ///
    /// # Errors
    /// None is named, or two by flags; what is named cannot be used, or no server runs on the folder.
    pub fn target(&self) -> Result<Target, Failure> {
        let (hub, local) = match self.named()?.ok_or_else(none_named)? {
            Named::String(hub) => (hub, None),
            Named::Folder(data) => {
                let local = Connection::read(&data)?;
                if !run_file::is_running(&data) {
                    let dir = data.display();
                    return Err(Failure::new(format!(
                        "no server is running on {dir}: start it with `bellwether serve --data {dir}`"
                    )));
                }
                (local.owner()?, Some(local))
            }
        };
        let ca = self.ca.as_ref().or_else(|| local.as_ref()?.ca_file.as_ref());
        let tls = ca.map_or_else(trust::of_this_machine, |file| trust::client_config(file))?;
        Ok(Target { hub, tls, local })
    }

    /// A client of the hub.
    ///
    /// # Errors
    /// As [`Access::target`].
    pub fn connect(&self) -> Result<HubClient, Failure> {
        let target = self.target()?;
        Ok(HubClient::new(target.hub, &target.tls))
    }

    /// The host of the hub that would be asked, as far as it is known without asking; none when no hub is named.
    ///
    /// # Errors
    /// Two are named, or what is named cannot be used.
    pub fn host(&self) -> Result<Option<String>, Failure> {
        Ok(match self.named()? {
            Some(Named::String(hub)) => Some(hub.host),
            Some(Named::Folder(data)) => Some(Connection::read(&data)?.owner()?.host),
            None => None,
        })
    }

    fn named(&self) -> Result<Option<Named>, Failure> {
        self.named_with(|name| env::var(name).ok())
    }

    fn named_with(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Named>, Failure> {
        if self.connection_string.is_some() && self.data.is_some() {
            // The parser sees it only where both stand on one side of the subcommand.
            return Err(Failure::usage("--connection-string and --data name two hubs: give one of them"));
        }
        if let Some(text) = &self.connection_string {
            return parsed("--connection-string", text).map(Some);
        }
        if let Some(data) = &self.data {
            return Ok(Some(Named::Folder(data.clone())));
        }
        let given = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        if let Some(text) = given(STRING_VARIABLE) {
            return parsed(STRING_VARIABLE, &text).map(Some);
        }
        if let Some(data) = given(DATA_VARIABLE) {
            return Ok(Some(Named::Folder(data.into())));
        }
        if let Some(text) = given(OTHERS_STRING_VARIABLE) {
            return parsed(OTHERS_STRING_VARIABLE, &text).map(Some);
        }
        Ok(Some(PathBuf::from(DATA_DEFAULT)).filter(|dir| has_run(dir)).map(Named::Folder))
    }
}

fn none_named() -> Failure {
    Failure::usage(
        "no hub is named. Give one of:\n  --data DIR                  \
         the data folder of a server on this machine\n  --connection-string STRING  \
         of any hub; BELLWETHER_CONNECTION_STRING in the environment is the same",
    )
}

fn has_run(data: &Path) -> bool {
    data.join("run.json").exists()
}

/// Never shows the text: it holds a key.
fn parsed(place: &str, text: &str) -> Result<Named, Failure> {
    let hub = text.parse::<ConnectionString>().map_err(|rule| Failure::usage(format!("{place} {rule}")))?;
    Ok(Named::String(hub))
}

impl Target {
    /// The connection string that a device gets. A port is named only where a server of this machine listens for
    /// devices on another than theirs.
    pub fn device_string(&self, id: &str, key: &str) -> String {
        let other_port =
            self.local.as_ref().map(|local| local.mqtts_address.as_str()).filter(|at| !at.ends_with(":8883"));
        let host = other_port.unwrap_or_else(|| without_port(&self.hub.host));
        format!("HostName={host};DeviceId={id};SharedAccessKey={key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(connection_string: Option<&str>, data: Option<&str>) -> Access {
        Access { connection_string: connection_string.map(str::to_owned), data: data.map(PathBuf::from), ca: None }
    }

    #[test]
    fn the_first_that_is_named_counts() {
        let string = |host: &str| format!("HostName={host};SharedAccessKeyName=p;SharedAccessKey=AAEC");
        let named = |access: Access, variables: &[&str]| -> Result<String, u8> {
            let variable = |name: &str| {
                variables
                    .contains(&name)
                    .then(|| if name == DATA_VARIABLE { "of-env".to_owned() } else { string(name) })
            };
            match access.named_with(variable).map_err(|error| error.code())? {
                Some(Named::String(hub)) => Ok(hub.host),
                Some(Named::Folder(data)) => Ok(data.display().to_string()),
                None => Ok(String::new()),
            }
        };
        let all = [OTHERS_STRING_VARIABLE, DATA_VARIABLE, STRING_VARIABLE];
        assert_eq!(named(access(Some(&string("flag")), None), &all), Ok("flag".to_owned()));
        assert_eq!(named(access(None, Some("dir")), &all), Ok("dir".to_owned()));
        assert_eq!(named(access(None, None), &all), Ok(STRING_VARIABLE.to_owned()));
        assert_eq!(named(access(None, None), &all[..2]), Ok("of-env".to_owned()));
        assert_eq!(named(access(None, None), &all[..1]), Ok(OTHERS_STRING_VARIABLE.to_owned()));
        assert_eq!(named(access(Some(&string("flag")), Some("dir")), &[]), Err(2));
    }

    #[test]
    fn a_bad_string_is_not_repeated() {
        let access = access(Some("HostName=a;SharedAccessKey=c2VjcmV0"), None);
        let error = access.target().err().unwrap();
        assert_eq!(error.code(), 2);
        let said = error.to_string();
        assert!(said.starts_with("--connection-string must be HostName=") && !said.contains("c2VjcmV0"), "{said}");
        assert!(!format!("{access:?}").contains("c2VjcmV0"));
    }
}
