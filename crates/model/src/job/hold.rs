//! The hold on all jobs: the one brake for everything that runs on a fleet.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{JobKey, Time};

/// All jobs are held: none runs, and none begins or is resumed until it is lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobHold {
    /// Who holds them: `user:{id}`, `token:{id}`.
    pub by: String,
    /// Since when.
    pub since: Time,
    /// What for, if it was said: see [`JobHold::check_reason`].
    pub reason: Option<String>,
    /// The jobs that ran and were stopped by it.
    pub stopped: Vec<JobKey>,
}

/// The rule for a reason, as the rest of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {REASON_CHARACTERS_MAX} characters, and no control characters")]
pub struct BadReason;

/// Most characters of a reason.
const REASON_CHARACTERS_MAX: usize = 1024;

impl JobHold {
    /// A reason is one line: it goes into headers and logs.
    ///
    /// # Errors
    /// It is empty, too long, or has control characters.
    pub fn check_reason(reason: &str) -> Result<(), BadReason> {
        let is_long = reason.chars().count() > REASON_CHARACTERS_MAX;
        if reason.trim().is_empty() || is_long || reason.chars().any(char::is_control) {
            Err(BadReason)
        } else {
            Ok(())
        }
    }
}

/// A sentence without a full stop.
impl fmt::Display for JobHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "all jobs are held since {}", self.since)?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
        for (reason, holds) in
            [("x", true), ("", false), ("  ", false), ("two\nlines", false), (&"ä".repeat(1024), true)]
        {
            assert_eq!(JobHold::check_reason(reason).is_ok(), holds, "{reason:?}");
        }
        assert_eq!(JobHold::check_reason(&"ä".repeat(1025)), Err(BadReason));
    }

    #[test]
    fn said() {
        let since: Time = "2026-03-01T02:00:00Z".parse().unwrap();
        let hold = JobHold { by: "user:ada".to_owned(), since, reason: None, stopped: Vec::new() };
        assert_eq!(hold.to_string(), "all jobs are held since 2026-03-01T02:00:00.0000000Z");
        let hold = JobHold { reason: Some("pumps run dry".to_owned()), ..hold };
        assert_eq!(hold.to_string(), "all jobs are held since 2026-03-01T02:00:00.0000000Z: pumps run dry");
    }
}
