//! Passwords: what one may be, and how one is made for somebody.

/// Fewest characters.
pub const CHARACTERS_MIN: usize = 12;
/// Most characters.
pub const CHARACTERS_MAX: usize = 256;

/// Why a password is not taken; the texts are the rest of a sentence about the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// See [`CHARACTERS_MIN`].
    #[error("must have at least {CHARACTERS_MIN} characters")]
    TooShort,
    /// See [`CHARACTERS_MAX`].
    #[error("may have at most {CHARACTERS_MAX} characters")]
    TooLong,
    /// What a guesser tries first.
    #[error("must not be the mail address")]
    MailAddress,
    /// It is the one that somebody else made, or the one that is to end.
    #[error("must be another than the one before")]
    SameAsBefore,
}

/// Checks length and the one thing that everybody knows; no rule on kinds of characters (NIST SP 800-63B, 5.1.1).
///
/// # Errors
/// The first rule that is broken.
pub fn check_password(password: &str, email: &str) -> Result<(), BadPassword> {
    let characters = password.chars().count();
    if characters < CHARACTERS_MIN {
        return Err(BadPassword::TooShort);
    }
    if characters > CHARACTERS_MAX {
        return Err(BadPassword::TooLong);
    }
    if password.to_lowercase() == email.to_lowercase() {
        return Err(BadPassword::MailAddress);
    }
    Ok(())
}

/// A password of 24 characters and 120 bits out of random bytes, without characters that look alike.
pub fn made_password(drawn: &[u8; 32]) -> String {
    const CHARACTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";
    let mut password = String::with_capacity(27);
    for (n, byte) in drawn.iter().take(24).enumerate() {
        if n > 0 && n % 6 == 0 {
            password.push('-');
        }
        password.extend(CHARACTERS.get(usize::from(byte % 32)).map(|character| char::from(*character)));
    }
    password
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let email = "someone@example.com";
        for (password, expected) in [
            ("elevenchars", Err(BadPassword::TooShort)),
            ("twelve chars", Ok(())),
            ("zwölf zeiche", Ok(())),
            ("ääääääääääää", Ok(())),
            ("Someone@Example.com", Err(BadPassword::MailAddress)),
            (&*"x".repeat(256), Ok(())),
            (&*"x".repeat(257), Err(BadPassword::TooLong)),
        ] {
            assert_eq!(check_password(password, email), expected, "{password}");
        }
    }

    #[test]
    fn made() {
        let drawn: [u8; 32] = std::array::from_fn(|n| n as u8);
        let password = made_password(&drawn);
        assert_eq!(password, "abcdef-ghjkmn-pqrstu-vwxyz1");
        assert_eq!(check_password(&password, "a@b"), Ok(()));
        assert_eq!(made_password(&drawn.map(|byte| byte + 32)), password);
    }
}
