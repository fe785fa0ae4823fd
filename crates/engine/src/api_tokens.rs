//! API tokens: made, shown once, revoked (iot-central §9.4).

use bellwether_model::Time;
use bellwether_model::access::{Assignment, BadAssignment, Caller, Permission};
use bellwether_model::api_token::{ApiToken, LIFETIME_DAYS, TokenKey};
use bellwether_model::ids::ApiTokenId;
use bellwether_store::{Records, Store, StoreError};

use crate::access::{LastAdministrator, keep_administrator, organizations};
use crate::{Engine, Entropy, guid};

/// Why nothing was done with a token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiTokenError {
    /// There is no such token, or not all of its roles lie where the caller may manage tokens.
    #[error("there is no API token of this id")]
    NotFound,
    /// There is a token of this id. Nothing of a token can be changed, and its text is shown once.
    #[error("an API token with this id exists already; revoke it first")]
    AlreadyExists,
    /// It would end before it begins.
    #[error("expiry must lie in the future")]
    Expired,
    /// See there.
    #[error(transparent)]
    Roles(#[from] BadAssignment),
    /// See there.
    #[error(transparent)]
    LastAdministrator(#[from] LastAdministrator),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// Its name.
    pub id: ApiTokenId,
    /// What it may do.
    pub roles: Vec<Assignment>,
    /// When it ends; `None` is after [`LIFETIME_DAYS`]. Cut to whole milliseconds.
    pub expiry: Option<Time>,
}

/// What tokens of this installation are made with: made at the first start, and ever after what they were then.
///
/// # Errors
/// The store failed, or what it kept is damaged.
pub async fn token_key(store: &Store, entropy: &dyn Entropy) -> Result<TokenKey, StoreError> {
    let id = store.secret("application id", entropy.draw()).await?;
    let secret = store.secret("api tokens", entropy.draw()).await?;
    Ok(TokenKey { application: guid::text(&id), secret })
}

/// Makes an API token in `store`, also one that a server is running on. Its text is returned here and never again.
///
/// # Errors
/// See [`ApiTokenError`]; nothing is changed then.
pub async fn create_api_token(
    store: &Store,
    entropy: &dyn Entropy,
    now: Time,
    by: Caller,
    new: NewApiToken,
) -> Result<(ApiToken, String), ApiTokenError> {
    let key = token_key(store, entropy).await?;
    make(store, entropy, &key, now, by, new).await
}

async fn make(
    store: &Store,
    entropy: &dyn Entropy,
    key: &TokenKey,
    now: Time,
    by: Caller,
    new: NewApiToken,
) -> Result<(ApiToken, String), ApiTokenError> {
    let drawn = entropy.draw();
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&drawn[..16]);
    let NewApiToken { id, roles, expiry } = new;
    let expiry = expiry.unwrap_or_else(|| now.plus_seconds(LIFETIME_DAYS * 86_400));
    let expiry = Time(expiry.0.div_euclid(1000).saturating_mul(1000));
    let token = ApiToken { id, roles, expiry, nonce };
    let change = move |records: &Records<'_>| {
        by.may_grant(Permission::ManageTokens, &token.roles, &organizations(records)?)?;
        if token.expiry <= now {
            return Err(ApiTokenError::Expired);
        }
        if records.get::<ApiToken>(token.id.as_str())?.is_some() {
            return Err(ApiTokenError::AlreadyExists);
        }
        Ok(records.put(token)?.record)
    };
    let token = store.change_records(change).await?;
    let text = token.text(key);
    Ok((token, text))
}

/// Revokes a token in `store`, also one that a server is running on, for whoever stands at the machine: it may be the
/// last administrator's, for another can be made there at any time. Returns whether there was one.
///
/// # Errors
/// The store failed.
pub async fn delete_api_token(store: &Store, id: ApiTokenId) -> Result<bool, StoreError> {
    store.change_records(move |records: &Records<'_>| records.delete::<ApiToken>(id.as_str())).await
}

impl Engine {
    /// Makes an API token. Its text is returned here and never again.
    ///
    /// # Errors
    /// See [`ApiTokenError`]; nothing is changed then.
    pub async fn create_api_token(&self, by: Caller, new: NewApiToken) -> Result<(ApiToken, String), ApiTokenError> {
        // With the key that is at hand: writing it down is no change that the caller made.
        make(&self.store, self.world.entropy.as_ref(), &self.token_key, self.now(), by, new).await
    }

    /// Revokes a token: from then on it opens nothing.
    ///
    /// # Errors
    /// There is none that the caller may manage, or it is the last administrator.
    pub async fn revoke_api_token(&self, by: Caller, id: ApiTokenId) -> Result<(), ApiTokenError> {
        let now = self.now();
        let revoke = move |records: &Records<'_>| {
            let scope = by.scope(Permission::ManageTokens, &organizations(records)?);
            let stands = records.get::<ApiToken>(id.as_str())?;
            let found = stands.filter(|token| scope.is_some_and(|scope| scope.covers_all(&token.record.roles)));
            let token = found.ok_or(ApiTokenError::NotFound)?.record;
            records.delete::<ApiToken>(id.as_str())?;
            keep_administrator(records, &token.roles, now)
        };
        self.store.change_records(revoke).await
    }
}
