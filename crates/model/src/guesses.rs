//! How often somebody may try a password: 10 times in 15 minutes, then once a minute, then at ever longer intervals.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Time;

/// Tries that are free.
const FREE: u32 = 10;
/// Seconds within which these are counted together.
const WINDOW: i64 = 15 * 60;
/// Seconds for which nothing is tried after the last free one; twice as long after each further one.
const FIRST_PAUSE: i64 = 60;
/// Longest pause, in seconds: who knows the password is not kept out for good by who does not.
const LONGEST_PAUSE: i64 = 3600;
/// Seconds after a pause after which all is forgotten.
const FORGOTTEN_AFTER: i64 = 86_400;

/// The tries so far for one user, or from one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guesses {
    /// Tries that were not found right.
    pub tries: u32,
    /// When the first of them was.
    pub since: Time,
    /// Before this time nothing is tried.
    pub closed_until: Time,
}

/// Too many tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong tries; try again in {seconds} s")]
pub struct TooManyGuesses {
    /// After so many seconds the next one is taken; at least 1.
    pub seconds: u64,
}

impl Default for Guesses {
    fn default() -> Guesses {
        Guesses { tries: 0, since: Time(0), closed_until: Time(0) }
    }
}

impl Guesses {
    /// Counts a try before it is looked at, so that many at once are not more than many one after the other.
    ///
    /// # Errors
    /// Nothing may be tried now; nothing is counted then.
    pub fn take(&mut self, now: Time) -> Result<(), TooManyGuesses> {
        if now < self.closed_until {
            return Err(TooManyGuesses { seconds: self.closed_until.micros_since(now).div_ceil(1_000_000) });
        }
        if self.is_forgotten(now) {
            *self = Guesses { tries: 0, since: now, closed_until: Time(0) };
        }
        self.tries = self.tries.saturating_add(1);
        if let Some(further) = self.tries.checked_sub(FREE) {
            let pause = FIRST_PAUSE.saturating_mul(2_i64.saturating_pow(further)).min(LONGEST_PAUSE);
            self.closed_until = now.plus_seconds(pause);
        }
        Ok(())
    }

    /// The try that was just counted was right; whose tries these are may have made others that were not.
    pub fn take_back(&mut self) {
        self.tries = self.tries.saturating_sub(1);
        if self.tries < FREE {
            self.closed_until = Time(0);
        }
    }

    /// Does nothing of it matter any more?
    pub fn is_forgotten(&self, now: Time) -> bool {
        match self.tries < FREE {
            true => now >= self.since.plus_seconds(WINDOW),
            false => now >= self.closed_until.plus_seconds(FORGOTTEN_AFTER),
        }
    }

    /// No more than this is kept of tries for a mail address: it is typed by anybody, and may be a password.
    pub fn key_of_email(email: &str) -> [u8; 32] {
        Sha256::digest(email.to_lowercase()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_700_000_000_000_000);

    #[test]
    fn pauses_double() {
        let mut guesses = Guesses::default();
        for n in 0..10 {
            assert_eq!(guesses.take(NOW.plus_seconds(n)), Ok(()), "{n}");
        }
        let mut now = NOW.plus_seconds(9);
        for pause in [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] {
            assert_eq!(guesses.take(now), Err(TooManyGuesses { seconds: pause }));
            let nearly = now.plus_seconds(pause as i64 - 1);
            assert_eq!(guesses.take(nearly), Err(TooManyGuesses { seconds: 1 }));
            now = now.plus_seconds(pause as i64);
            assert_eq!(guesses.take(now), Ok(()), "{pause}");
        }
        assert!(!guesses.is_forgotten(now.plus_seconds(86_400)));
        assert!(guesses.is_forgotten(now.plus_seconds(86_400 + 3600)));
    }

    #[test]
    fn few_tries_are_soon_forgotten() {
        let mut guesses = Guesses::default();
        for n in 0..9 {
            assert_eq!(guesses.take(NOW.plus_seconds(n)), Ok(()));
        }
        assert_eq!(guesses.take(NOW.plus_seconds(900)), Ok(()));
        assert_eq!(guesses.tries, 1);
    }

    #[test]
    fn a_right_try_is_not_counted() {
        let mut guesses = Guesses::default();
        for n in 0..100 {
            assert_eq!(guesses.take(NOW.plus_seconds(n)), Ok(()), "{n}");
            guesses.take_back();
        }
    }
}
