//! Bellwether: a self-hosted, wire-compatible Azure IoT Hub for bulk jobs over fleets of IoT devices.
//!
//! This crate is the program: commands, configuration, first start, wiring, stopping; the command line's clients, the
//! demo and the simulated devices, which speak to the hub only as any client would. The clock is read here and nowhere else.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod advice;
mod central_client;
mod certificates;
mod cli;
mod clock;
mod config;
mod connection;
mod connection_string;
mod cors;
mod demo;
mod failure;
mod hub_client;
mod limits;
mod logging;
mod offline;
mod policies;
mod private_file;
mod progress;
mod rest;
mod run_file;
mod serve;
mod signals;
mod simulate;
mod terminal;
mod token;
mod trust;
mod user;

use std::process::ExitCode;

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::Settings;
use crate::failure::Failure;

/// Self-hosted, wire-compatible Azure IoT Hub: bulk jobs over fleets of IoT devices.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, propagate_version = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the server. A setting is a flag, an environment variable, or a line of the --config file, in this order.
    Serve(Box<Settings>),
    /// Print what a client needs to reach the server of a data folder.
    Connection(connection::ConnectionArgs),
    /// Make, list and revoke API tokens for the IoT Central API of a data folder's server.
    #[command(subcommand)]
    Token(token::TokenTask),
    /// Give a user of a data folder's server a new password.
    #[command(subcommand)]
    User(user::UserTask),
    /// Show the whole story on this machine: a server, a thousand devices, two jobs.
    Demo(demo::DemoArgs),
    /// Run simulated devices against a hub.
    Simulate(Box<simulate::SimulateArgs>),
    /// Devices of any hub: list, show, create, update, delete, import, export.
    Device(cli::device::DeviceArgs),
    /// Tags and properties of a device of any hub: show, update, replace.
    Twin(cli::twin::TwinArgs),
    /// Direct methods of a device of any hub: call.
    Method(cli::method::MethodArgs),
    /// Query devices and jobs of any hub, or exported twins without one.
    Query(cli::query::QueryArgs),
    /// Jobs of any hub: create, list, show, watch, results, cancel.
    Job(cli::job::JobArgs),
    /// Print the completions for a shell.
    Completions(cli::CompletionsArgs),
    /// Print the manual page, or write one for every command.
    Man(cli::ManArgs),
}

fn main() -> ExitCode {
    let command = Cli::command();
    let matches = command.clone().get_matches();
    match run(&command, matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.code() != 0 {
                terminal::note(format_args!("bellwether: {failure}"));
            }
            ExitCode::from(failure.code())
        }
    }
}

fn run(command: &Command, matches: ArgMatches) -> Result<(), Failure> {
    let matches = with_settings_file(command, matches)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| Failure::usage(error.to_string()))?;
    match cli.command {
        Task::Serve(settings) => on_runtime(serve::run(*settings)),
        Task::Connection(args) => connection::run(&args),
        Task::Token(task) => token::run(task),
        Task::User(task) => user::run(task),
        Task::Demo(args) => on_runtime(demo::run(args)),
        Task::Simulate(args) => on_runtime(simulate::run(*args)),
        Task::Device(args) => on_runtime(cli::device::run(args)),
        Task::Twin(args) => on_runtime(cli::twin::run(args)),
        Task::Method(args) => on_runtime(cli::method::run(args)),
        Task::Query(args) => on_runtime(cli::query::run(args)),
        Task::Job(args) => on_runtime(cli::job::run(args)),
        Task::Completions(args) => cli::completions(&args, Cli::command()),
        Task::Man(args) => cli::man(&args, Cli::command()),
    }
}

/// The arguments with the values of `--config` behind them, for the one command that has settings.
fn with_settings_file(command: &Command, matches: ArgMatches) -> Result<ArgMatches, Failure> {
    let serve = command.find_subcommand("serve").zip(matches.subcommand_matches("serve"));
    let Some((serve, given)) = serve else { return Ok(matches) };
    let mut line = vec![command.get_name().into(), serve.get_name().into()];
    line.extend(Settings::file_values(serve, given)?);
    Ok(command.clone().try_get_matches_from(line).map_err(|error| Settings::refused(given, &error))?)
}

fn on_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::during("cannot start", &error))?;
    let result = runtime.block_on(work);
    // Whatever still waits for the disk or a name server is not waited for.
    runtime.shutdown_background();
    result
}
