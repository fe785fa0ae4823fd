//! Shell completions and manual pages, made of the commands themselves.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::terminal::{Out, note};

/// For which shell.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Where the pages go.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder that gets a page for every command; without it the program's own page is printed.
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the completions.
pub fn completions(args: &CompletionsArgs, mut command: Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "bellwether", &mut text);
    write(&text)
}

/// Prints the page or writes the pages.
pub fn man(args: &ManArgs, command: Command) -> Result<(), Failure> {
    let Some(dir) = &args.dir else {
        let mut text = Vec::new();
        let made = clap_mangen::Man::new(command).render(&mut text);
        made.map_err(|error| Failure::during("cannot make the page", &error))?;
        return write(&text);
    };
    let made = std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir));
    made.map_err(|error| Failure::during(format!("cannot write the pages to {}", dir.display()), &error))?;
    note(format_args!("The pages are in {dir}: man -l {dir}/bellwether.1 shows the first.", dir = dir.display()));
    Ok(())
}

fn write(text: &[u8]) -> Result<(), Failure> {
    let mut out = Out::new();
    out.bytes(text)?;
    out.flush()
}
