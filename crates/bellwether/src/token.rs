//! `bellwether token`: API tokens of the central face, for whoever stands at the machine.
//!
//! Works on the database of a data folder, whether a server is running on it or not: a token that is made opens the
//! running server at once, one that is revoked no more.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use bellwether_engine::{ApiTokenError, Clock as _, NewApiToken, create_api_token, delete_api_token};
use bellwether_model::Time;
use bellwether_model::access::{Assignment, Caller, Role};
use bellwether_model::api_token::ApiToken;
use bellwether_model::ids::ApiTokenId;
use bellwether_store::{Store, Stored};
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use crate::clock::{SystemClock, SystemEntropy};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::policies;
use crate::terminal::{note, print, print_secret};

const DAY_SECONDS: i64 = 86_400;
/// A hundred years.
const DAYS_MAX: i64 = 36_525;

/// What is done with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenTask {
    /// Make a token. Its text is printed now and never again.
    Create(CreateArgs),
    /// List the tokens, without their texts.
    List(ListArgs),
    /// Revoke a token: from now on it opens nothing.
    Revoke(RevokeArgs),
}

/// Where the database is.
#[derive(Debug, Args)]
pub struct Place {
    /// Data folder of the server, which may be running or not.
    #[arg(long, value_name = "DIR", env = "BELLWETHER_DATA", default_value = "bellwether-data")]
    pub data: PathBuf,
}

/// A token to make.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name: letters, digits, _ . and -
    #[arg(value_name = "NAME")]
    id: ApiTokenId,

    /// What it may do.
    #[arg(long, value_name = "ROLE", default_value = "administrator")]
    role: RoleName,

    /// Where it may do it: in this organization and all below. The org- roles need one, the others take none.
    #[arg(long, value_name = "ID")]
    organization: Option<String>,

    /// When it ends: a number of days from now, or a time such as 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "DAYS|TIME", default_value = "365")]
    expires: Expires,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: Place,
}

/// How tokens are listed.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print one JSON array.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: Place,
}

/// Which token is revoked.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The token's name.
    #[arg(value_name = "NAME")]
    id: ApiTokenId,

    #[command(flatten)]
    place: Place,
}

/// A role as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Everything.
    Administrator,
    /// Everything but organizations, users and tokens.
    Builder,
    /// Devices, groups, jobs.
    Operator,
    /// Everything within an organization.
    OrgAdministrator,
    /// Devices, groups, jobs of an organization.
    OrgOperator,
    /// Sees an organization.
    OrgViewer,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Administrator => Role::Administrator,
            RoleName::Builder => Role::Builder,
            RoleName::Operator => Role::Operator,
            RoleName::OrgAdministrator => Role::OrgAdministrator,
            RoleName::OrgOperator => Role::OrgOperator,
            RoleName::OrgViewer => Role::OrgViewer,
        }
    }
}

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expires {
    /// So many days from now.
    Days(i64),
    /// Then.
    At(Time),
}

impl FromStr for Expires {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let days = text.parse().ok().filter(|days| (1..=DAYS_MAX).contains(days));
            return days.map(Expires::Days).ok_or("must be 1 to 36525 days");
        }
        text.parse().map(Expires::At).map_err(|_| "must be a number of days or a time such as 2027-01-31T12:00:00Z")
    }
}

impl Expires {
    fn after(self, now: Time) -> Time {
        match self {
            Expires::Days(days) => now.plus_seconds(days * DAY_SECONDS),
            Expires::At(time) => time,
        }
    }
}

/// Does it and prints what came of it: what scripts want on standard output, what people want beside it on standard
/// error.
pub fn run(task: TokenTask) -> Result<(), Failure> {
    match task {
        TokenTask::Create(args) => create(args),
        TokenTask::List(args) => list(&args),
        TokenTask::Revoke(args) => revoke(args),
    }
}

fn create(args: CreateArgs) -> Result<(), Failure> {
    let CreateArgs { id, role, organization, expires, json, place: Place { data } } = args;
    let store = policies::open(&data)?;
    let now = SystemClock.now();
    let roles = vec![Assignment { role: role.into(), organization }];
    let new = NewApiToken { id: id.clone(), roles, expiry: Some(expires.after(now)) };
    // With an inline store nothing waits: a plain executor will do.
    let made = futures::executor::block_on(create_api_token(&store, &SystemEntropy, now, Caller::operator(), new));
    let (token, text) = made.map_err(|error| refused(&id, &data, &error))?;
    let lost = || {
        let dir = data.display();
        format!(
            "the token {id} was made but could not be printed: `bellwether token revoke {id} --data {dir}` takes it back"
        )
    };
    if json {
        let mut shown = document(&token);
        shown["token"] = json!(text);
        return print_secret(shown, lost);
    }
    print_secret(text, lost)?;
    let ends = token.expiry.to_millis_text();
    note(format_args!("\nThis is the token {id} ({}), good until {ends}. It is shown only now.", role_text(&token)));
    let url = Connection::read(&data).map_or_else(|_| "/api/…".to_owned(), |connection| connection.central_url);
    note(format_args!("Send it as it stands as the Authorization header of requests to {url}"));
    Ok(())
}

/// A token that may do everything, good for a day; one of this name that there was ends.
///
/// # Errors
/// The database of the data folder cannot be used.
pub async fn renew(data: &Path, name: &str) -> Result<String, Failure> {
    let id: ApiTokenId = name.parse().map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    let store = policies::open(data)?;
    let what = || format!("cannot make the token {name}");
    delete_api_token(&store, id.clone()).await.map_err(|error| Failure::during(what(), &error))?;
    let now = SystemClock.now();
    let roles = vec![Assignment { role: Role::Administrator, organization: None }];
    let new = NewApiToken { id, roles, expiry: Some(Expires::Days(1).after(now)) };
    let made = create_api_token(&store, &SystemEntropy, now, Caller::operator(), new).await;
    Ok(made.map_err(|error| Failure::during(what(), &error))?.1)
}

fn refused(id: &ApiTokenId, data: &Path, error: &ApiTokenError) -> Failure {
    match error {
        ApiTokenError::AlreadyExists => Failure::new(format!(
            "there is a token {id} already: choose another name, or revoke it with `bellwether token revoke {id} --data {}`",
            data.display()
        )),
        ApiTokenError::Expired => Failure::usage("--expires must lie in the future"),
        ApiTokenError::Roles(error) => Failure::usage(error.to_string()),
        ApiTokenError::Store(error) => Failure::during("cannot write the token", error),
        ApiTokenError::NotFound | ApiTokenError::LastAdministrator(_) => Failure::new(error.to_string()),
    }
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let store = policies::open(&args.place.data)?;
    let read = store.read_records(|records| records.all::<ApiToken>());
    let tokens = futures::executor::block_on(read);
    let tokens: Vec<Stored<ApiToken>> = tokens.map_err(|error| Failure::during("cannot read the tokens", &error))?;
    if args.json {
        return print(tokens.iter().map(|stored| document(&stored.record)).collect::<Value>());
    }
    let now = SystemClock.now();
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["NAME", "MAY", "GOOD UNTIL"]);
    for Stored { record: token, .. } in &tokens {
        let ended = if token.expiry <= now { " (ended)" } else { "" };
        let until = token.expiry.to_millis_text() + ended;
        table.add_row([token.id.to_string(), role_text(token), until]);
    }
    print(table.trim_fmt())?;
    if tokens.is_empty() {
        let dir = args.place.data.display();
        note(format_args!("There are none: make one with `bellwether token create NAME --data {dir}`"));
    }
    Ok(())
}

fn revoke(args: RevokeArgs) -> Result<(), Failure> {
    let RevokeArgs { id, place: Place { data } } = args;
    let store: Store = policies::open(&data)?;
    let revoked = futures::executor::block_on(delete_api_token(&store, id.clone()));
    if !revoked.map_err(|error| Failure::during("cannot revoke the token", &error))? {
        return Err(Failure::new(format!(
            "there is no token {id}; `bellwether token list --data {}` shows those there are",
            data.display()
        )));
    }
    note(format_args!("The token {id} is revoked."));
    Ok(())
}

/// As the REST API shows it.
fn document(token: &ApiToken) -> Value {
    let role = |assignment: &Assignment| match &assignment.organization {
        Some(organization) => json!({"role": assignment.role.id(), "organization": organization}),
        None => json!({"role": assignment.role.id()}),
    };
    let roles: Vec<Value> = token.roles.iter().map(role).collect();
    json!({"id": token.id.as_str(), "roles": roles, "expiry": token.expiry.to_millis_text()})
}

fn role_text(token: &ApiToken) -> String {
    let role = |assignment: &Assignment| match &assignment.organization {
        Some(organization) => format!("{} of {organization}", assignment.role.display_name()),
        None => assignment.role.display_name().to_owned(),
    };
    token.roles.iter().map(role).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        let now = Time(1_700_000_000_000_000);
        for (text, expected) in [
            ("1", Some(now.plus_seconds(86_400))),
            ("36525", Some(now.plus_seconds(36_525 * 86_400))),
            ("2027-01-31T12:00:00Z", Some(Time(1_801_396_800_000_000))),
            ("0", None),
            ("36526", None),
            ("99999999999999999999", None),
            ("", None),
            ("-1", None),
            ("soon", None),
        ] {
            assert_eq!(text.parse::<Expires>().map(|expires| expires.after(now)).ok(), expected, "{text}");
        }
    }
}
