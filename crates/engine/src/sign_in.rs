//! Users sign in with a password, and who calls is found from what a request carries.
//!
//! A try is counted before it is looked at, per user on disk and per address in memory, so that neither many tries at
//! once nor a restart help a guesser. Tries from where the user has signed in before are counted apart: a stranger
//! elsewhere does not keep the user out. Whether there is a user of a mail address nobody learns here: tries for others
//! are counted and written down alike.

use std::net::IpAddr;

use bellwether_model::Time;
use bellwether_model::access::{Assignment, BadAssignment, Caller, OrganizationTree, Permission, Role};
use bellwether_model::guesses::{Guesses, TooManyGuesses};
use bellwether_model::ids::UserId;
use bellwether_model::password::{BadPassword, check_password, made_password};
use bellwether_model::session::{NOTED_EVERY, Session, SessionKey, SessionToken};
use bellwether_model::user::{User, UserIdentity};
use bellwether_store::{NewAuditEntry, Records, Store, StoreError, StoredPassword};

use crate::access::{AuthenticateError, manages, organizations};
use crate::guess_book::{Origin, origin};
use crate::passwords::{HashError, hash};
use crate::{Engine, Entropy};

/// Seconds after the last time for which a user is known where the user signed in.
pub(crate) const KNOWN_FOR: i64 = 90 * 86_400;

/// The id of the first administrator.
pub const FIRST_ADMINISTRATOR: &str = "administrator";

/// What a request of the central face carries to say who calls. **The seam for single sign-on**: a token of a directory
/// is one more variant here and one more arm in [`Engine::admit`]; nothing else learns where a [`Caller`] came from.
#[derive(Debug, Clone, Copy)]
pub enum Credentials<'a> {
    /// An API token, as it stands in the `Authorization` header.
    ApiToken(&'a str),
    /// A session of a browser.
    Session {
        /// What the cookie holds.
        token: &'a str,
        /// What the page sent to show that it is ours.
        csrf_token: Option<&'a str>,
        /// Does the call change something? Then the page has to show that.
        changes: bool,
    },
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Who it is, with the roles that it has now.
    pub caller: Caller,
    /// The organizations as they are now.
    pub organizations: OrganizationTree,
    /// The session it came with.
    pub session: Option<SignedIn>,
}

/// A session that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// What the session is kept under.
    pub key: SessionKey,
    /// When it was last used, give or take [`NOTED_EVERY`].
    pub used: Time,
    /// Who is signed in.
    pub user: UserId,
    /// The mail address; empty for a user that has none any more.
    pub email: String,
    /// The password was made by somebody else: nothing but a new one is allowed.
    pub must_change_password: bool,
    /// What the page has to send with each call that changes something.
    pub csrf_token: String,
}

/// Why nobody is signed in, or no password was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// The user is for the log of what was done alone; so is whether this try was the last one for now.
    #[error("the mail address or the password is wrong")]
    Wrong {
        /// Whose password it is not.
        user: Option<UserId>,
        /// Further tries for this user have to wait.
        locked: bool,
    },
    /// See there.
    #[error(transparent)]
    TooMany(#[from] TooManyGuesses),
    /// See there.
    #[error("newPassword {0}")]
    Password(#[from] BadPassword),
    /// See there.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignInError {
    fn wrong(user: UserId) -> SignInError {
        SignInError::Wrong { user: Some(user), locked: false }
    }
}

/// Why no password was made for a user.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MakePasswordError {
    /// There is none, or not all of its roles lie where the caller may manage users.
    #[error("there is no user of this id")]
    NotFound,
    /// It has no mail address to sign in with.
    #[error("only a user with a mail address signs in with a password")]
    NoPerson,
    /// The caller may not do all that the user may.
    #[error(transparent)]
    Roles(#[from] BadAssignment),
    /// See there.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Who sends these credentials, and the organizations as they are now. It is a use of the session that they are of.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn admit(&self, credentials: Credentials<'_>) -> Result<Admitted, AuthenticateError> {
        let admitted = self.admit_still(credentials).await?;
        let now = self.now();
        if let Some(session) = &admitted.session
            && now >= session.used.plus_seconds(NOTED_EVERY)
        {
            self.store.session_used(session.key, now).await?;
        }
        Ok(admitted)
    }

    /// As [`Engine::admit`] for what goes on by itself, like a stream that is open: it is no use of the session, so that a
    /// page that nobody looks at does not keep it alive.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn admit_still(&self, credentials: Credentials<'_>) -> Result<Admitted, AuthenticateError> {
        match credentials {
            Credentials::ApiToken(text) => {
                let (caller, organizations) = self.authenticate(text).await?;
                Ok(Admitted { caller, organizations, session: None })
            }
            Credentials::Session { token, csrf_token, changes } => {
                self.admit_session(token, csrf_token.filter(|_| changes), changes).await
            }
        }
    }

    async fn admit_session(
        &self,
        token: &str,
        csrf_token: Option<&str>,
        changes: bool,
    ) -> Result<Admitted, AuthenticateError> {
        let key = SessionToken::parse(token).ok_or(AuthenticateError::NoSession)?.key();
        let (limits, now) = (self.settings.sessions, self.now());
        let read = move |records: &Records<'_>| {
            let Some(session) = records.session(key)?.filter(|session| !session.is_over(limits, now)) else {
                return Ok(None);
            };
            let (user, password) = (records.get::<User>(session.user.as_str())?, records.password(&session.user)?);
            let found = user.zip(password).map(|(user, password)| (session, user.record, password));
            Ok(found.zip(Some(organizations(records)?)))
        };
        let found = self.store.read_records(read).await?;
        let ((session, user, password), organizations) = found.ok_or(AuthenticateError::NoSession)?;
        if changes && !csrf_token.is_some_and(|text| key.is_csrf_token(&self.csrf_secret, text)) {
            return Err(AuthenticateError::Csrf);
        }
        let signed_in = SignedIn {
            key,
            used: session.used,
            email: email_of(&user).unwrap_or_default().to_owned(),
            must_change_password: password.must_change,
            csrf_token: key.csrf_token(&self.csrf_secret),
            user: user.id,
        };
        let caller = Caller { name: format!("user:{}", signed_in.user), roles: user.roles };
        Ok(Admitted { caller, organizations, session: Some(signed_in) })
    }

    /// Signs a user in: the token of a new session. `address` is where the try comes from.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        address: Option<IpAddr>,
    ) -> Result<(SessionToken, UserId), SignInError> {
        let turn = self.passwords.turn()?;
        let now = self.now();
        let place = address.map(origin);
        if let Some(place) = &place {
            self.guesses.take(place, now)?;
        }
        let (person, email) = (UserIdentity::Email { email: email.to_owned() }, Guesses::key_of_email(email));
        let begin = move |records: &Records<'_>| {
            let user = user_who_is(records, &person)?;
            let kept = user.as_ref().map(|user| records.password(&user.id)).transpose()?.flatten();
            let Some((user, kept)) = user.zip(kept) else {
                let mut guesses = records.guesses_for(email)?;
                guesses.take(now)?;
                records.put_guesses_for(email, &guesses)?;
                return Ok(None);
            };
            let guesses = take_guess(records, &user.id, &kept, place, now)?;
            Ok::<_, SignInError>(Some((user.id, kept.hash, guesses)))
        };
        let found = self.store.change_records(begin).await?;
        let is_right = turn.verify(password, found.as_ref().map(|(_, hash, _)| hash.clone())).await?;
        let Some((user, hash, guesses)) = found else {
            return Err(SignInError::Wrong { user: None, locked: false });
        };
        if !is_right {
            return Err(SignInError::Wrong { user: Some(user), locked: now < guesses.closed_until });
        }
        let token = SessionToken::new(self.world.entropy.draw());
        let (key, now) = (token.key(), self.now());
        let finish = move |records: &Records<'_>| {
            // It may have changed meanwhile.
            let kept = records.password(&user)?.filter(|kept| kept.hash == hash);
            let Some(kept) = kept else { return Err(SignInError::wrong(user)) };
            forget_guesses(records, &user, kept, place, now)?;
            records.add_session(key, &Session { user: user.clone(), created: now, used: now })?;
            Ok(user)
        };
        let user = self.store.change_records(finish).await?;
        if let Some(place) = &place {
            self.guesses.take_back(place);
        }
        Ok((token, user))
    }

    /// How long a session lasts at most, in seconds.
    pub fn session_seconds(&self) -> i64 {
        self.settings.sessions.life
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sign_out(&self, key: SessionKey) -> Result<(), StoreError> {
        self.store.change_records(move |records: &Records<'_>| records.end_session(key)).await
    }

    /// Changes the password of who is signed in; the user's other sessions end.
    ///
    /// # Errors
    /// See [`SignInError`]. A wrong current password counts as a wrong try to sign in.
    pub async fn change_password(
        &self,
        who: &SignedIn,
        current: String,
        new: String,
        address: Option<IpAddr>,
    ) -> Result<(), SignInError> {
        check_password(&new, &who.email)?;
        let turn = self.passwords.turn()?;
        let (now, place) = (self.now(), address.map(origin));
        if let Some(place) = &place {
            self.guesses.take(place, now)?;
        }
        let user = who.user.clone();
        let begin = move |records: &Records<'_>| {
            let kept = records.password(&user)?;
            let kept = kept.ok_or_else(|| SignInError::wrong(user.clone()))?;
            take_guess(records, &user, &kept, place, now)?;
            Ok::<_, SignInError>(kept.hash)
        };
        let before = self.store.change_records(begin).await?;
        let is_same = new == current;
        if !turn.verify(current, Some(before.clone())).await? {
            return Err(SignInError::wrong(who.user.clone()));
        }
        if let Some(place) = &place {
            self.guesses.take_back(place);
        }
        let (user, key) = (who.user.clone(), who.key);
        if is_same {
            let forget = move |records: &Records<'_>| match records.password(&user)? {
                Some(kept) => forget_guesses(records, &user, kept, place, now),
                None => Ok(()),
            };
            self.store.change_records(forget).await?;
            return Err(BadPassword::SameAsBefore.into());
        }
        let hash = turn.hash(new, self.world.entropy.draw()).await?;
        let finish = move |records: &Records<'_>| {
            // Another one that was made meanwhile stands.
            if records.password(&user)?.is_none_or(|kept| kept.hash != before) {
                return Err(SignInError::wrong(user));
            }
            records.put_password(&user, &StoredPassword { hash, must_change: false, guesses: Guesses::default() })?;
            if let Some(place) = place {
                records.signed_in_at(&user, &place.to_string(), now)?;
            }
            Ok(records.end_sessions(&user, Some(key))?)
        };
        self.store.change_records(finish).await
    }

    /// Makes a new password for a user, which is shown once and has to be changed at the first sign-in. The user's
    /// sessions end, and a lock-out does.
    ///
    /// # Errors
    /// See [`MakePasswordError`]; nothing is changed then.
    pub async fn make_password(&self, by: Caller, user: UserId) -> Result<String, MakePasswordError> {
        let password = made_password(&self.world.entropy.draw());
        let hash = self.passwords.turn()?.hash(password.clone(), self.world.entropy.draw()).await?;
        let change = move |records: &Records<'_>| {
            let tree = organizations(records)?;
            let stands = records.get::<User>(user.as_str())?.filter(|user| manages(&by, &user.record, &tree));
            let user = stands.ok_or(MakePasswordError::NotFound)?.record;
            // Who makes a password can sign in with it.
            by.may_grant(Permission::ManageUsers, &user.roles, &tree)?;
            if email_of(&user).is_none() {
                return Err(MakePasswordError::NoPerson);
            }
            Ok(put_made(records, &user.id, hash)?)
        };
        self.store.change_records(change).await?;
        Ok(password)
    }

    /// At the first start of an installation without users: makes an administrator of this mail address, and returns
    /// the password. It is kept nowhere else.
    ///
    /// # Errors
    /// See [`MakePasswordError`].
    pub async fn create_first_administrator(&self, email: String) -> Result<Option<String>, MakePasswordError> {
        let password = made_password(&self.world.entropy.draw());
        let is_needed = |records: &Records<'_>| Ok(records.all::<User>()?.is_empty());
        if !self.store.read_records(is_needed).await? {
            return Ok(None);
        }
        let hash = self.passwords.turn()?.hash(password.clone(), self.world.entropy.draw()).await?;
        let create = move |records: &Records<'_>| {
            // Who deleted all users wants none.
            if !records.all::<User>()?.is_empty() || !records.once("first administrator")? {
                return Ok::<_, MakePasswordError>(false);
            }
            let id: UserId = FIRST_ADMINISTRATOR.parse().map_err(|_| MakePasswordError::NotFound)?;
            let roles = vec![Assignment { role: Role::Administrator, organization: None }];
            records.put(User { id: id.clone(), identity: UserIdentity::Email { email }, roles })?;
            put_made(records, &id, hash)?;
            Ok(true)
        };
        Ok(self.store.change_records(create).await?.then_some(password))
    }
}

/// Makes a new password for the user with this mail address in `store`, also one that a server is running on, for
/// whoever stands at the machine. Takes a core for a moment.
///
/// # Errors
/// See [`MakePasswordError`].
pub async fn reset_password(
    store: &Store,
    entropy: &dyn Entropy,
    now: Time,
    email: &str,
) -> Result<String, MakePasswordError> {
    let password = made_password(&entropy.draw());
    let hash = hash(&password, &entropy.draw())?;
    let person = UserIdentity::Email { email: email.to_owned() };
    let change = move |records: &Records<'_>| {
        let user = user_who_is(records, &person)?.ok_or(MakePasswordError::NotFound)?;
        put_made(records, &user.id, hash)?;
        let entry = NewAuditEntry {
            actor: Caller::operator().name,
            ..NewAuditEntry::of_system("makePassword", "user", user.id.to_string(), "at the machine itself".to_owned())
        };
        Ok::<_, MakePasswordError>(records.note(&entry, now)?)
    };
    store.change_records(change).await?;
    Ok(password)
}

fn put_made(records: &Records<'_>, user: &UserId, hash: String) -> Result<(), StoreError> {
    records.put_password(user, &StoredPassword { hash, must_change: true, guesses: Guesses::default() })?;
    records.forget_places(user)?;
    records.end_sessions(user, None)
}

/// Counts a try for a user whose password is `kept`: from where the user signed in before, with those from there alone.
fn take_guess(
    records: &Records<'_>,
    user: &UserId,
    kept: &StoredPassword,
    place: Option<Origin>,
    now: Time,
) -> Result<Guesses, SignInError> {
    let place = place.map(|place| place.to_string()).unwrap_or_default();
    if let Some(mut guesses) = records.guesses_at(user, &place, now.plus_seconds(-KNOWN_FOR))? {
        guesses.take(now)?;
        records.put_guesses_at(user, &place, &guesses)?;
        return Ok(guesses);
    }
    let mut guesses = kept.guesses;
    guesses.take(now)?;
    records.put_password(user, &StoredPassword { guesses, ..kept.clone() })?;
    Ok(guesses)
}

/// The try was right: those that it was counted with are forgotten, and the place is known from now on, unless the
/// password is one that somebody else made.
fn forget_guesses(
    records: &Records<'_>,
    user: &UserId,
    kept: StoredPassword,
    place: Option<Origin>,
    now: Time,
) -> Result<(), StoreError> {
    let place = place.map(|place| place.to_string()).unwrap_or_default();
    if records.guesses_at(user, &place, now.plus_seconds(-KNOWN_FOR))?.is_none() {
        records.put_password(user, &StoredPassword { guesses: Guesses::default(), ..kept.clone() })?;
    } else if kept.must_change {
        records.put_guesses_at(user, &place, &Guesses::default())?;
    }
    if !place.is_empty() && !kept.must_change {
        records.signed_in_at(user, &place, now)?;
    }
    Ok(())
}

fn user_who_is(records: &Records<'_>, person: &UserIdentity) -> Result<Option<User>, StoreError> {
    let all = records.all::<User>()?.into_iter().map(|stored| stored.record);
    Ok(all.into_iter().find(|user| user.identity.is_same(person)))
}

fn email_of(user: &User) -> Option<&str> {
    match &user.identity {
        UserIdentity::Email { email } => Some(email),
        UserIdentity::ServicePrincipal { .. } | UserIdentity::AdGroup { .. } => None,
    }
}
