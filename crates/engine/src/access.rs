//! Callers of the central face: whose token is it, and where does its role reach (iot-central §9).

use bellwether_model::Time;
use bellwether_model::access::{Assignment, Caller, OrganizationTree};
use bellwether_model::api_token::{ApiToken, LIFETIME_DAYS, Presented, TokenKey};
use bellwether_model::organization::Organization;
use bellwether_model::sas::SasError;
use bellwether_store::{Records, Store, StoreError};

use crate::{Engine, Entropy};

/// Why a token is not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthenticateError {
    /// It has not the form, is not ours, was revoked, or has ended. An unknown token reads like a wrong signature.
    #[error(transparent)]
    Token(#[from] SasError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What tokens of this installation are made with: made at the first start, and ever after what they were then.
///
/// # Errors
/// The store failed, or what it kept is damaged.
pub async fn token_key(store: &Store, entropy: &dyn Entropy) -> Result<TokenKey, StoreError> {
    let id = store.secret("application id", entropy.draw()).await?;
    let secret = store.secret("api tokens", entropy.draw()).await?;
    let hex: String = id.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let application = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
    Ok(TokenKey { application, secret })
}

/// The tree of organizations as it stands.
///
/// # Errors
/// The store failed.
pub(crate) fn organizations(records: &Records<'_>) -> Result<OrganizationTree, StoreError> {
    let all = records.all::<Organization>()?;
    Ok(OrganizationTree(all.into_iter().map(|stored| (stored.record.id, stored.record.parent)).collect()))
}

/// Why a token was not made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateTokenError {
    /// There is a token of this id; revoke it first.
    #[error("an API token with this id exists already")]
    AlreadyExists,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes an API token. Its text is returned here and never again (iot-central §9.4).
    ///
    /// # Errors
    /// The id is in use, or the store failed.
    pub async fn create_api_token(
        &self,
        id: String,
        roles: Vec<Assignment>,
        expiry: Option<Time>,
    ) -> Result<(ApiToken, String), CreateTokenError> {
        let drawn = self.world.entropy.draw();
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&drawn[..16]);
        let expiry = expiry.unwrap_or_else(|| self.now().plus_seconds(LIFETIME_DAYS * 86_400));
        let expiry = Time(expiry.0.div_euclid(1000).saturating_mul(1000));
        let token = ApiToken { id, roles, expiry, nonce };
        let change = move |records: &Records<'_>| {
            if records.get::<ApiToken>(&token.id)?.is_some() {
                return Err(CreateTokenError::AlreadyExists);
            }
            Ok(records.put(token)?.record)
        };
        let token = self.store().change_records(change).await?;
        let text = token.text(&self.token_key);
        Ok((token, text))
    }

    /// Who sends this `Authorization` text, and the organizations as they are now.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn authenticate(&self, text: &str) -> Result<(Caller, OrganizationTree), AuthenticateError> {
        let presented = Presented::parse(text)?;
        let id = presented.id.clone();
        let read = move |records: &Records<'_>| Ok((records.get::<ApiToken>(&id)?, organizations(records)?));
        let (token, tree) = self.store().read_records(read).await?;
        let token = token.ok_or(SasError::WrongSignature)?.record;
        token.verify(&presented, &self.token_key, self.now())?;
        Ok((Caller { name: format!("token:{}", token.id), roles: token.roles }, tree))
    }
}
