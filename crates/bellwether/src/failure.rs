//! Why a command ends without having done its work.

use std::error::Error;
use std::fmt;

use crate::advice;
use crate::certificates::CertificateError;
use crate::config::ConfigError;
use crate::hub_client::ClientError;
use crate::trust::TrustError;

/// A message for the person at the terminal, and the program's exit code.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something went wrong: exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), code: 1 }
    }

    /// The command was given wrongly: exit code 2, as the argument parser has it.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { message: message.into(), code: 2 }
    }

    /// What a command looked at did not end well: exit code 3. The command itself did its work.
    pub fn outcome(message: impl Into<String>) -> Self {
        Failure { message: message.into(), code: 3 }
    }

    /// Ended by Ctrl-C: exit code 130, as shells have it.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Failure { message: message.into(), code: 130 }
    }

    /// Whoever read the output has seen enough: nothing is said, and nothing went wrong.
    pub fn nobody_reads() -> Self {
        Failure { message: String::new(), code: 0 }
    }

    /// Is it [`Failure::nobody_reads`]?
    pub fn is_nobody_reads(&self) -> bool {
        self.code == 0
    }

    /// What was being done, and the error with all its causes.
    pub fn during(what: impl fmt::Display, error: &(dyn Error + 'static)) -> Self {
        Failure::new(format!("{what}: {}", chain(error)))
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<CertificateError> for Failure {
    fn from(error: CertificateError) -> Self {
        Failure::new(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::usage(error.to_string())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let advice = advice::on(&error).map(|text| format!("\n{text}")).unwrap_or_default();
        Failure::new(format!("{error}{advice}"))
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        Failure::new(error.to_string())
    }
}

/// An error with its causes in one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
