//! The shared access policies: made with random keys at first start, read by `bellwether connection`.

use std::path::{Path, PathBuf};

use bellwether_model::identity::{Keys, SymmetricKey};
use bellwether_model::policy::{OWNER, Policies, Policy, STANDARD};
use bellwether_store::{Mode, Store};

use crate::failure::Failure;
use crate::run_file::{self, RunFile};

/// The database of a data folder.
pub fn database(data: &Path) -> PathBuf {
    data.join("bellwether.db")
}

/// The five standard policies, each with two random keys.
pub fn fresh() -> Result<Policies, Failure> {
    let policy = |(name, rights): (&str, &[_])| {
        let keys = Keys { primary: random_key()?, secondary: random_key()? };
        Ok(Policy { name: name.to_owned(), keys, rights: rights.to_vec() })
    };
    Ok(Policies(STANDARD.into_iter().map(policy).collect::<Result<_, Failure>>()?))
}

/// Random bytes of the system, for keys and secrets.
pub fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::during("the system gives no random bytes", &error))?;
    Ok(bytes)
}

fn random_key() -> Result<SymmetricKey, Failure> {
    Ok(SymmetricKey::from_bytes(&random()?))
}

/// The primary key of the owner policy, from the policies of a hub.
pub fn owner_key_of(policies: &Policies) -> Result<Vec<u8>, Failure> {
    let owner = policies.get(OWNER).ok_or_else(|| Failure::new(format!("the database has no policy {OWNER}")))?;
    Ok(owner.keys.primary.bytes())
}

/// The database of a data folder on which a server has run; works while one runs on it.
pub fn open(data: &Path) -> Result<Store, Failure> {
    if RunFile::read(data)?.is_none() {
        return Err(run_file::never_ran(data));
    }
    let file = database(data);
    if !file.exists() {
        return Err(Failure::new(format!("{} is missing: it held the keys", file.display())));
    }
    let opened = Store::open(&file, Mode::Inline);
    opened.map_err(|error| Failure::during(format!("cannot use the database {}", file.display()), &error))
}

/// The primary key of the owner policy of a data folder.
pub fn owner_key(data: &Path) -> Result<Vec<u8>, Failure> {
    let store = open(data)?;
    let what = || format!("cannot read the policies in {}", database(data).display());
    // With an inline store nothing waits: a plain executor will do.
    let policies = futures::executor::block_on(store.policies());
    owner_key_of(&policies.map_err(|error| Failure::during(what(), &error))?)
}
