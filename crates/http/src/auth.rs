//! Who calls, and may they? Shared access signatures of policies (iot-hub §7.1, §7.2).

use axum::http::{HeaderMap, header};
use bellwether_model::Time;
use bellwether_model::policy::{Policies, Policy, Right};
use bellwether_model::sas::{HostNames, SasError, Token};

/// What a token is held against.
pub(crate) struct Gate<'a> {
    /// All policies of the hub.
    pub policies: &'a Policies,
    /// The names that tokens may be made for.
    pub hosts: &'a HostNames,
    /// Seconds that a token is still taken after its end.
    pub allowance: i64,
    /// Now.
    pub now: Time,
}

/// Why a caller is turned away. The texts tell nothing that the caller did not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// No `Authorization` header, or several.
    #[error("the request needs one Authorization header with a shared access signature")]
    NoToken,
    /// The token is not one of ours, or not for this. An unknown policy reads like a wrong signature.
    #[error(transparent)]
    Token(#[from] SasError),
    /// A device's own token: those connect devices and nothing else.
    #[error("the token names no policy (skn)")]
    NoPolicy,
    /// The policy exists and signed the token, but does not allow this.
    #[error("the policy does not allow this operation")]
    Right,
}

impl<'a> Gate<'a> {
    /// The policy that the request's token is signed with, if it allows at least one of `any_of` and the token
    /// is for `path` (decoded, beginning with `/`).
    ///
    /// # Errors
    /// The first check that fails.
    pub fn admit(&self, headers: &HeaderMap, path: &str, any_of: &[Right]) -> Result<&'a Policy, Denied> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(text), None) = (given.next(), given.next()) else { return Err(Denied::NoToken) };
        let token = Token::parse(text.to_str().map_err(|_| SasError::Malformed)?)?;
        let name = token.skn.as_deref().ok_or(Denied::NoPolicy)?;
        let policy = self.policies.get(name).ok_or(SasError::WrongSignature)?;
        token.verify(&policy.keys, self.now, self.allowance)?;
        token.check_audience(|host| self.hosts.contains(host), path)?;
        if policy.allows(any_of) { Ok(policy) } else { Err(Denied::Right) }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_model::identity::{Keys, SymmetricKey};
    use bellwether_model::policy::{OWNER, STANDARD};
    use bellwether_model::sas;

    use super::*;

    const NOW: Time = Time(1_700_000_000_000_000);

    fn policies() -> Policies {
        let policy = |(n, (name, rights)): (usize, &(&str, &[Right]))| {
            let key = |byte| SymmetricKey::from_bytes(&[byte; 32]);
            let keys = Keys { primary: key(n as u8), secondary: key(n as u8 + 100) };
            Policy { name: (*name).to_owned(), keys, rights: rights.to_vec() }
        };
        Policies(STANDARD.iter().enumerate().map(policy).collect())
    }

    fn admit(values: &[&str], path: &str, any_of: &[Right]) -> Result<String, Denied> {
        let (policies, hosts) = (policies(), HostNames(vec!["hub.test".to_owned()]));
        let gate = Gate { policies: &policies, hosts: &hosts, allowance: 0, now: NOW };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        gate.admit(&headers, path, any_of).map(|policy| policy.name.clone())
    }

    /// A token of the policy at `n`, ending `ends` seconds from now.
    fn token(n: u8, resource: &str, skn: Option<&str>, ends: i64) -> String {
        sas::make(resource, &[n; 32], NOW.plus_seconds(ends), skn)
    }

    #[test]
    fn both_keys_open() {
        for key in [0, 100] {
            let text = token(key, "hub.test", Some(OWNER), 60);
            assert_eq!(admit(&[&text], "/devices/a", &[Right::RegistryRead]), Ok(OWNER.to_owned()));
        }
    }

    #[test]
    fn refusals() {
        let read = &[Right::RegistryRead][..];
        let good = token(0, "hub.test", Some(OWNER), 60);
        for (values, path, expected) in [
            (vec![], "/devices", Denied::NoToken),
            (vec![&*good, &*good], "/devices", Denied::NoToken),
            (vec!["Bearer x.y.z"], "/devices", SasError::Malformed.into()),
            (vec![&*token(0, "hub.test", None, 60)], "/devices", Denied::NoPolicy),
            (vec![&*token(0, "hub.test", Some("nobody"), 60)], "/devices", SasError::WrongSignature.into()),
            (vec![&*token(7, "hub.test", Some(OWNER), 60)], "/devices", SasError::WrongSignature.into()),
            (vec![&*token(0, "hub.test", Some("service"), 60)], "/devices", SasError::WrongSignature.into()),
            (vec![&*token(0, "hub.test", Some(OWNER), 0)], "/devices", SasError::Expired.into()),
            (vec![&*token(0, "other.test", Some(OWNER), 60)], "/devices", SasError::WrongAudience.into()),
            (vec![&*token(0, "hub.test/devices", Some(OWNER), 60)], "/twins/a", SasError::WrongAudience.into()),
            (vec![&*token(1, "hub.test", Some("service"), 60)], "/devices", Denied::Right),
            (vec![&*token(2, "hub.test", Some("device"), 60)], "/devices", Denied::Right),
        ] {
            assert_eq!(admit(&values, path, read), Err(expected));
        }
    }
}
