//! `bellwether user`: people who sign in, for whoever stands at the machine.
//!
//! Works on the database of a data folder, whether a server is running on it or not.

use bellwether_engine::{Clock as _, MakePasswordError, reset_password};
use clap::{Args, Subcommand};

use crate::clock::{SystemClock, SystemEntropy};
use crate::config::Email;
use crate::failure::Failure;
use crate::policies;
use crate::terminal::{note, print_secret};
use crate::token::Place;

/// What is done with users.
#[derive(Debug, Subcommand)]
pub enum UserTask {
    /// Make a new password for a user. It is printed now and never again, and has to be changed at the next sign-in.
    Password(PasswordArgs),
}

/// Whose password is made.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// The user's mail address.
    #[arg(value_name = "EMAIL")]
    email: Email,

    #[command(flatten)]
    place: Place,
}

/// Does it. The password alone goes to standard output.
pub fn run(task: UserTask) -> Result<(), Failure> {
    let UserTask::Password(PasswordArgs { email: Email(email), place: Place { data } }) = task;
    let store = policies::open(&data)?;
    // With an inline store nothing waits: a plain executor will do.
    let made = futures::executor::block_on(reset_password(&store, &SystemEntropy, SystemClock.now(), &email));
    let password = made.map_err(|error| match &error {
        MakePasswordError::NotFound => Failure::new(format!("there is no user with the mail address {email}")),
        MakePasswordError::NoPerson | MakePasswordError::Roles(_) | MakePasswordError::Hash(_) => {
            Failure::new(error.to_string())
        }
        MakePasswordError::Store(error) => Failure::during("cannot write the password", error),
    })?;
    print_secret(&password, || {
        format!("the new password of {email} could not be printed, and the old one is no longer good: make another")
    })?;
    note(format_args!(
        "\nThis is the new password of {email}. It is shown only now and has to be changed at the next sign-in.\n\
         The user's sessions have ended."
    ));
    Ok(())
}
