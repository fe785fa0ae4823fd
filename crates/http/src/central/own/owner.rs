//! How people know those who made or did something.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_model::api_token::ApiToken;
use bellwether_model::user::{User, UserIdentity};
use bellwether_store::{Records, StoreError};

use super::super::call::Call;

/// Names for people, by who it is: `user:{id}`, `token:{id}`, `policy:{name}`, or the name of a policy alone.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Of these; as they are now.
    pub async fn of<'n>(call: &Call, actors: impl IntoIterator<Item = &'n str>) -> Result<Names, StoreError> {
        let actors: BTreeSet<String> = actors.into_iter().map(str::to_owned).collect();
        let read = move |records: &Records<'_>| {
            let mut names = BTreeMap::new();
            for actor in actors {
                if let Some(name) = name(records, &actor)? {
                    names.insert(actor, name);
                }
            }
            Ok(Names(names))
        };
        call.engine().store().read_records(read).await
    }

    /// A user's mail address, a token's id, a policy's name; `None` when it is gone.
    pub fn get(&self, actor: &str) -> Option<String> {
        self.0.get(actor).cloned()
    }
}

fn name(records: &Records<'_>, actor: &str) -> Result<Option<String>, StoreError> {
    Ok(match actor.split_once(':') {
        Some(("user", id)) => records.get::<User>(id)?.map(|stored| match stored.record.identity {
            UserIdentity::Email { email } => email,
            UserIdentity::ServicePrincipal { object_id, .. } | UserIdentity::AdGroup { object_id, .. } => object_id,
        }),
        Some(("token", id)) => records.get::<ApiToken>(id)?.map(|stored| stored.record.id.into()),
        Some(("policy", name)) => Some(name.to_owned()),
        // Jobs of the hub face are made by a policy.
        Some(_) | None => Some(actor.to_owned()),
    })
}
