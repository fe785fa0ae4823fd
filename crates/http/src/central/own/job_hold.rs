//! The hold on all jobs: one brake for everything that runs on the fleet.

use bellwether_model::access::Scope;
use bellwether_model::job;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::{CentralError, Code};
use super::owner::Names;

/// Whether all jobs are held, and how many jobs of those that the caller sees it is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobHold {
    /// None begins, none runs, and none can be resumed.
    pub held: bool,
    /// Who holds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How people know who holds them; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What for, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Jobs that it stopped; 0 while jobs are not held.
    pub stopped: u64,
    /// Of these, those that are still stopped and that `DELETE …?resume=true` resumes.
    pub still_stopped: u64,
    /// Jobs that run.
    pub running: u64,
    /// Jobs that have not begun, also those whose time has not come.
    pub waiting: u64,
}

/// All jobs are to be held.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HoldJobs {
    /// What for: 1 to 1,024 characters in one line. Everybody who sees jobs sees it.
    pub reason: Option<String>,
}

/// `GET /jobHold`: for everybody who sees jobs.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    answer(&call).await
}

/// `PUT /jobHold`: after the answer no attempt starts, of no job on either face, until the hold is lifted. Without a body
/// there is no reason; a brake asks for nothing.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    check_reach(&call)?;
    let body: HoldJobs = if call.body.trim_ascii().is_empty() { HoldJobs::default() } else { call.json()? };
    if let Some(reason) = &body.reason {
        job::JobHold::check_reason(reason).map_err(|error| CentralError::unprocessable(format!("reason {error}")))?;
    }
    call.engine().hold_jobs(&call.caller.name, body.reason).await?;
    answer(&call).await
}

/// `DELETE /jobHold`: jobs that wait may begin. Those that it stopped stay stopped, unless `resume=true`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    check_reach(&call)?;
    let resume = match call.query.get("resume") {
        Some("true") => true,
        Some("false") | None => false,
        Some(_) => return Err(CentralError::bad_request("resume must be true or false")),
    };
    let released = call.engine().release_jobs(&call.caller.name, resume).await?;
    released.map(|_| Answer::nothing()).ok_or_else(|| CentralError::not_found("hold on jobs"))
}

/// Who may run jobs in one organization may not stop those of others, nor let go what others hold.
fn check_reach(call: &Call) -> Result<(), CentralError> {
    match call.scope {
        Scope::Everything => Ok(()),
        Scope::Within(_) => {
            let text = "no role of the caller allows this for the jobs of all organizations";
            Err(CentralError::new(Code::Forbidden, text))
        }
    }
}

async fn answer(call: &Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().hold_standing(call.scope.clone()).await?;
    let names = Names::of(call, found.hold.as_ref().map(|hold| hold.by.as_str())).await?;
    let hold = found.hold.as_ref();
    Answer::one(&JobHold {
        held: hold.is_some(),
        by: hold.map(|hold| hold.by.clone()),
        by_name: hold.and_then(|hold| names.get(&hold.by)),
        since: hold.map(|hold| hold.since.to_string()),
        reason: hold.and_then(|hold| hold.reason.clone()),
        stopped: found.stopped,
        still_stopped: found.still_stopped,
        running: found.running,
        waiting: found.waiting,
    })
}
