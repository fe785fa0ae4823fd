//! Users: people, programs and groups of a directory that may use the central face (iot-central §9.3).
//!
//! A user is who it is and what it may do. How it signs in is no part of it.

use serde::{Deserialize, Serialize};

use crate::access::Assignment;
use crate::ids::UserId;

/// Most bytes of a mail address (RFC 5321, 4.5.3.1.3).
pub const EMAIL_MAX: usize = 254;
/// Most characters of a directory's ids.
pub const DIRECTORY_ID_MAX: usize = 128;

/// A user as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its name.
    pub id: UserId,
    /// Who it is.
    pub identity: UserIdentity,
    /// What it may do; at least one.
    pub roles: Vec<Assignment>,
}

/// Who a user is. The wire's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UserIdentity {
    /// A person.
    Email {
        /// Mail address.
        email: String,
    },
    /// A program.
    ServicePrincipal {
        /// Directory.
        tenant_id: String,
        /// Object in the directory.
        object_id: String,
    },
    /// All members of a directory's group.
    AdGroup {
        /// Directory.
        tenant_id: String,
        /// Object in the directory.
        object_id: String,
    },
}

/// A member of a user breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct BadUser {
    /// The member's name on the wire.
    pub field: &'static str,
    /// The rule, as the rest of a sentence.
    pub rule: &'static str,
}

impl UserIdentity {
    /// Checks form and length; nothing says whether there is such a person or object.
    ///
    /// # Errors
    /// The first member that breaks a rule.
    pub fn check(&self) -> Result<(), BadUser> {
        match self {
            UserIdentity::Email { email } => check_email(email),
            UserIdentity::ServicePrincipal { tenant_id, object_id }
            | UserIdentity::AdGroup { tenant_id, object_id } => {
                check_directory_id("tenantId", tenant_id)?;
                check_directory_id("objectId", object_id)
            }
        }
    }

    /// Do both mean the same person or object? Mail addresses and directory ids are compared without regard to case.
    pub fn is_same(&self, other: &UserIdentity) -> bool {
        use UserIdentity::{AdGroup, Email, ServicePrincipal};
        match (self, other) {
            (Email { email: a }, Email { email: b }) => a.eq_ignore_ascii_case(b),
            (
                ServicePrincipal { tenant_id: a, object_id: x } | AdGroup { tenant_id: a, object_id: x },
                ServicePrincipal { tenant_id: b, object_id: y } | AdGroup { tenant_id: b, object_id: y },
            ) => a.eq_ignore_ascii_case(b) && x.eq_ignore_ascii_case(y),
            (Email { .. }, ServicePrincipal { .. } | AdGroup { .. })
            | (ServicePrincipal { .. } | AdGroup { .. }, Email { .. }) => false,
        }
    }
}

/// One `@` between two parts, no spaces or control characters: what a directory makes of the rest is its own.
fn check_email(email: &str) -> Result<(), BadUser> {
    let bad = |rule| Err(BadUser { field: "email", rule });
    if email.len() > EMAIL_MAX {
        return bad("may have at most 254 bytes");
    }
    let has_two_parts =
        email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if !has_two_parts || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return bad("must be a mail address");
    }
    Ok(())
}

fn check_directory_id(field: &'static str, text: &str) -> Result<(), BadUser> {
    if text.is_empty() || text.len() > DIRECTORY_ID_MAX || !text.bytes().all(|c| c.is_ascii_graphic()) {
        return Err(BadUser { field, rule: "must have 1 to 128 printable ASCII characters" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> UserIdentity {
        UserIdentity::Email { email: text.to_owned() }
    }

    fn principal(tenant: &str, object: &str) -> UserIdentity {
        UserIdentity::ServicePrincipal { tenant_id: tenant.to_owned(), object_id: object.to_owned() }
    }

    #[test]
    fn identities() {
        for (identity, wrong) in [
            (email("user1@contoso.com"), None),
            (email("ü@x"), None),
            (email("user1"), Some("email")),
            (email("@contoso.com"), Some("email")),
            (email("a@"), Some("email")),
            (email("a@b@c"), Some("email")),
            (email("a b@c"), Some("email")),
            (email("a@b\n"), Some("email")),
            (email(&format!("a@{}", "b".repeat(253))), Some("email")),
            (principal("t", "o"), None),
            (principal("", "o"), Some("tenantId")),
            (principal("t", "a b"), Some("objectId")),
            (principal("t", &"o".repeat(129)), Some("objectId")),
        ] {
            assert_eq!(identity.check().err().map(|bad| bad.field), wrong, "{identity:?}");
        }
    }

    #[test]
    fn the_same_person() {
        let group = UserIdentity::AdGroup { tenant_id: "T".to_owned(), object_id: "o".to_owned() };
        for (a, b, same) in [
            (email("a@x.com"), email("A@X.com"), true),
            (email("a@x.com"), email("b@x.com"), false),
            (principal("t", "o"), principal("T", "O"), true),
            (principal("t", "o"), principal("t", "p"), false),
            (principal("t", "o"), group, true),
            (principal("t", "o"), email("t@o"), false),
        ] {
            assert_eq!((a.is_same(&b), b.is_same(&a)), (same, same), "{a:?} {b:?}");
        }
    }

    #[test]
    fn kept_as_json() {
        let text = r#"{"id":"u-1","identity":{"type":"servicePrincipal","tenantId":"t","objectId":"o"},"roles":[]}"#;
        let user: User = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&user).unwrap(), text);
        assert!(serde_json::from_str::<User>(&text.replace("u-1", "u.1")).is_err());
    }
}
