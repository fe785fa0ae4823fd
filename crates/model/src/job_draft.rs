//! Saved jobs: what somebody began to put together, to be gone on with later. Nothing of one is checked but its shape.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::ids::JobDraftId;
use crate::json::RawJson;

/// Most characters of a name.
pub const DISPLAY_NAME_MAX: usize = 256;
/// Most bytes of the job.
pub const JOB_BYTES_MAX: usize = 1024 * 1024;
/// Drafts that may be kept in all: they are no archive.
pub const DRAFTS_MAX: usize = 1000;

/// A job that was saved and not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDraft {
    /// Its name on the wire.
    pub id: JobDraftId,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Whose users see it; `None` is the root.
    pub organization: Option<String>,
    /// Who saved it last.
    pub owner: String,
    /// When.
    pub saved: Time,
    /// An object: the members of a job or a scheduled job, as they came.
    pub job: RawJson,
}

/// A rule that a draft breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct BadDraft {
    /// The member.
    pub field: &'static str,
    /// The rule, as the rest of a sentence.
    pub rule: String,
}

impl JobDraft {
    /// Checks the shape.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), BadDraft> {
        let bad = |field, rule: String| Err(BadDraft { field, rule });
        if self.display_name.as_ref().is_some_and(|name| name.chars().count() > DISPLAY_NAME_MAX) {
            return bad("displayName", format!("may have at most {DISPLAY_NAME_MAX} characters"));
        }
        if !self.job.as_str().starts_with('{') {
            return bad("job", "must be an object".to_owned());
        }
        if self.job.as_str().len() > JOB_BYTES_MAX {
            return bad("job", format!("may have at most {JOB_BYTES_MAX} bytes"));
        }
        Ok(())
    }
}
