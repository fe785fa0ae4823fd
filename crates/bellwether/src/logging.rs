//! Where log lines go: standard error, as text or as JSON.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{LogFormat, LogLevel};

/// Sets up logging for the whole process; a second call changes nothing.
pub fn start(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    // Libraries speak up only where they warn, whatever the level: theirs is not the operator's log.
    let libraries = LevelFilter::from_level(level).min(LevelFilter::WARN);
    let ours = ["bellwether", "bellwether_engine", "bellwether_gateway", "bellwether_http", "bellwether_store"];
    let filter = Targets::new().with_default(libraries).with_targets(ours.map(|name| (name, level)));
    let lines = match format {
        LogFormat::Text => fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).boxed(),
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(std::io::stderr).boxed(),
    };
    // Fails only when there is a subscriber already.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}
