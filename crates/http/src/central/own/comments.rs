//! What people say about a job, beside what was done with it.

use bellwether_store::{NewAuditEntry, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;

/// Characters of a comment.
const CHARACTERS_MAX: usize = 2048;

/// Something to say about a job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewComment {
    /// 1 to 2,048 characters, without the white space around them; of control characters only line breaks and tabs.
    #[schema(min_length = 1, max_length = 2048)]
    pub text: String,
}

impl NewComment {
    /// What is kept.
    ///
    /// # Errors
    /// 422: the text breaks a rule.
    fn read(&self) -> Result<&str, CentralError> {
        let text = self.text.trim();
        if !(1..=CHARACTERS_MAX).contains(&text.chars().count()) {
            return Err(CentralError::unprocessable("text must have 1 to 2,048 characters"));
        }
        if text.chars().any(|c| c.is_control() && !['\n', '\r', '\t'].contains(&c)) {
            return Err(CentralError::unprocessable("text must have no control characters but line breaks and tabs"));
        }
        Ok(text)
    }
}

/// `POST /jobs/{jobId}/comments`: stands in the job's activity and in the audit log, for as long as that is kept. Nobody
/// changes it any more.
pub(crate) async fn add(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let comment: NewComment = call.json()?;
    let text = comment.read()?.to_owned();
    let engine = call.engine();
    // The comment is the entry that every call which changes something has.
    let entry = engine.store().take_entry();
    let entry = entry.ok_or_else(|| StoreError::Damaged("a comment has no entry in the audit log".to_owned()))?;
    engine.note(NewAuditEntry { id: Some(job.spec.id.into()), detail: Some(text), ..entry }).await?;
    Ok(Answer::nothing())
}
