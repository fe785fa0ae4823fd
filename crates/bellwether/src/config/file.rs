//! The settings file, and how its values stand with those of the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};

use super::Settings;

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
}

/// The values of the command line, each once more as an argument.
pub(super) fn of_command_line(command: &Command, given: &ArgMatches) -> Vec<OsString> {
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
pub(super) fn of_file(
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
pub(super) fn plain(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim().trim_start_matches("error: ").to_owned()
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
