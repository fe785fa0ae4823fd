//! API tokens (iot-central §9.4).

use bellwether_engine::{ApiTokenError, NewApiToken};
use bellwether_model::Time;
use bellwether_model::api_token::ApiToken;
use bellwether_model::ids::ApiTokenId;
use bellwether_store::Records;
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::roles::{AssignmentWire, assignments};

/// A token as it is sent.
#[derive(Debug, Deserialize)]
struct Request {
    roles: Vec<AssignmentWire>,
    expiry: Option<String>,
}

/// A token as it is shown.
#[derive(Debug, Serialize)]
struct Wire {
    id: String,
    roles: Vec<AssignmentWire>,
    expiry: String,
    /// Only when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<ApiToken> for Wire {
    fn from(ApiToken { id, roles, expiry, nonce: _ }: ApiToken) -> Wire {
        let roles = roles.into_iter().map(AssignmentWire::from).collect();
        Wire { id: id.into(), roles, expiry: expiry.to_millis_text(), token: None }
    }
}

/// `GET /apiTokens`: those all of whose roles lie where the caller may manage tokens, in the order of creation. Tokens
/// that have ended are listed until they are deleted.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(0);
    let scope = call.scope.clone();
    let read =
        move |records: &Records<'_>| records.page(after, page.limit, |token: &ApiToken| scope.covers_all(&token.roles));
    let found = call.engine().store().read_records(read).await?;
    let next = found.records.last().filter(|_| found.more).map(|last| call.next(&last.key)).transpose()?;
    Answer::page(found.records.into_iter().map(|stored| Wire::from(stored.record)), next)
}

/// `GET /apiTokens/{tokenId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().record::<ApiToken>(call.param(0)).await?;
    let seen = found.filter(|stored| call.scope.covers_all(&stored.record.roles));
    let token = seen.ok_or_else(|| CentralError::not_found("API token with this id"))?.record;
    Answer::one(&Wire::from(token))
}

/// `PUT /apiTokens/{tokenId}`: makes a token and shows its text, this once. It never changes one: an id in use is 409,
/// also where the caller may not see the token that has it.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let id: ApiTokenId = call.param(0).parse().map_err(CentralError::bad_request)?;
    let request: Request = call.json()?;
    let expiry = request.expiry.map(|text| text.parse::<Time>()).transpose();
    let expiry = expiry.map_err(|error| CentralError::unprocessable(format!("expiry {error}")))?;
    let new = NewApiToken { id, roles: assignments(request.roles)?, expiry };
    let (token, text) = call.engine().create_api_token(call.caller.clone(), new).await?;
    Answer::one(&Wire { token: Some(text), ..Wire::from(token) })
}

/// `DELETE /apiTokens/{tokenId}`: revokes it.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let id: ApiTokenId = call.param(0).parse().map_err(CentralError::bad_request)?;
    call.engine().revoke_api_token(call.caller.clone(), id).await?;
    Ok(Answer::nothing())
}

impl From<ApiTokenError> for CentralError {
    fn from(error: ApiTokenError) -> CentralError {
        match &error {
            ApiTokenError::NotFound => CentralError::new(Code::NotFound, error),
            ApiTokenError::Expired => CentralError::unprocessable(error),
            ApiTokenError::AlreadyExists | ApiTokenError::LastAdministrator(_) => CentralError::conflict(error),
            ApiTokenError::Roles(error) => error.clone().into(),
            ApiTokenError::Store(error) => error.clone().into(),
        }
    }
}
