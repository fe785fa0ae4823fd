//! Passwords as they are kept: argon2id with OWASP's parameters (19 MiB, two passes, one lane).

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Hashes at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// Calls that wait for one; further ones are turned away.
const WAITING_MAX: usize = 32;
/// What a password is held against where there is none, so that it takes as long: of nothing that anybody can type.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YmVsbHdldGhlcgAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password was not looked at.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HashError {
    /// Too many sign in at the same time.
    #[error("too many sign in at this moment; try again")]
    Busy,
    /// No memory, or what is kept is no hash.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// Hashes a few passwords at a time.
pub(crate) struct Passwords {
    running: Semaphore,
    waiting: Semaphore,
}

/// A place among those who wait: what it is for is not turned away any more.
pub(crate) struct Turn<'p> {
    passwords: &'p Passwords,
    _waiting: SemaphorePermit<'p>,
}

impl Passwords {
    pub fn new() -> Passwords {
        Passwords { running: Semaphore::new(AT_ONCE), waiting: Semaphore::new(AT_ONCE + WAITING_MAX) }
    }

    /// A place in the queue, to be had before a try is counted.
    ///
    /// # Errors
    /// [`HashError::Busy`].
    pub fn turn(&self) -> Result<Turn<'_>, HashError> {
        let waiting = self.waiting.try_acquire().map_err(|_| HashError::Busy)?;
        Ok(Turn { passwords: self, _waiting: waiting })
    }
}

impl Turn<'_> {
    /// The PHC string to keep; `salt` is random.
    ///
    /// # Errors
    /// No memory.
    pub async fn hash(&self, password: String, salt: [u8; 32]) -> Result<String, HashError> {
        self.run(move || hash(&password, &salt)).await
    }

    /// Is it the password that was kept? Takes as long where none is.
    ///
    /// # Errors
    /// No memory, or what is kept is no hash.
    pub async fn verify(&self, password: String, kept: Option<String>) -> Result<bool, HashError> {
        let verify = move || {
            let found = Argon2::default().verify_password(password.as_bytes(), kept.as_deref().unwrap_or(NOBODYS));
            match found {
                Ok(()) => Ok(kept.is_some()),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(HashError::Failed(error.to_string())),
            }
        };
        self.run(verify).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _running = self.passwords.running.acquire().await.map_err(|_| HashError::Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|error| HashError::Failed(error.to_string()))?
    }
}

/// As [`Passwords::hash`], here and now.
///
/// # Errors
/// No memory.
pub(crate) fn hash(password: &str, salt: &[u8; 32]) -> Result<String, HashError> {
    let (salt, _) = salt.split_at(16);
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    Ok(hash.map_err(|error| HashError::Failed(error.to_string()))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn kept_and_found_again() {
        let passwords = Passwords::new();
        let turn = passwords.turn().unwrap();
        let kept = turn.hash("correct horse".to_owned(), [7; 32]).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, turn.hash("correct horse".to_owned(), [8; 32]).await.unwrap());
        for (password, kept, expected) in [
            ("correct horse", Some(&kept), true),
            ("correct horsf", Some(&kept), false),
            ("", Some(&kept), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(turn.verify(password.to_owned(), kept.cloned()).await.unwrap(), expected, "{password}");
        }
        assert!(turn.verify("x".to_owned(), Some("no hash".to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn those_over_the_limit_are_turned_away() {
        let passwords = Passwords::new();
        let turns: Vec<_> = (0..AT_ONCE + WAITING_MAX + 5).map(|_| passwords.turn()).collect();
        assert_eq!(turns.iter().filter(|turn| matches!(turn, Err(HashError::Busy))).count(), 5);
        drop(turns);
        let tries = (0..AT_ONCE + 2).map(|_| async { passwords.turn()?.verify("x".to_owned(), None).await });
        let ended = futures::future::join_all(tries).await;
        assert!(ended.iter().all(|result| matches!(result, Ok(false))), "{ended:?}");
    }
}
