//! Small facts of the installation: policies, the epoch, secrets.

use bellwether_model::identity::{Keys, SymmetricKey};
use bellwether_model::policy::{Policies, Policy};
use rusqlite::{OptionalExtension, params};

use crate::{Store, StoreError};

impl Store {
    /// Counts the starts of the program on this database: the number of this start (DESIGN §6.6).
    pub async fn begin_epoch(&self) -> Result<i64, StoreError> {
        self.interactive(|connection| {
            let sql = "INSERT INTO setting (name, value) VALUES ('epoch', 1)
                       ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .await
    }

    /// The secret called `name`: `fresh` the first time, and ever after what it was then.
    ///
    /// # Errors
    /// Also [`StoreError::Damaged`] when what is kept has not 32 bytes: a damaged secret is never replaced in
    /// silence.
    pub async fn secret(&self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.interactive(move |connection| {
            connection.execute("INSERT OR IGNORE INTO setting (name, value) VALUES (?1, ?2)", params![name, fresh])?;
            let kept: Vec<u8> =
                connection.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))?;
            <[u8; 32]>::try_from(kept).map_err(|_| StoreError::Damaged(format!("the secret {name} has not 32 bytes")))
        })
        .await
    }

    /// The shared access policies.
    ///
    /// # Errors
    /// Also [`StoreError::Damaged`] when a key or a right cannot be read.
    pub async fn policies(&self) -> Result<Policies, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT name, primary_key, secondary_key, rights FROM policy ORDER BY name")?;
            let mut rows = statement.query([])?;
            let mut policies = Vec::new();
            while let Some(row) = rows.next()? {
                let key = |column| {
                    let text: String = row.get(column)?;
                    SymmetricKey::try_from(text).map_err(|e| StoreError::Damaged(format!("policy key {e}")))
                };
                let keys = Keys { primary: key(1)?, secondary: key(2)? };
                let rights = serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
                policies.push(Policy { name: row.get(0)?, keys, rights });
            }
            Ok(Policies(policies))
        })
        .await
    }

    /// Adds policies when there are none at all. Returns whether it did, which is true at the first start.
    pub async fn add_first_policies(&self, policies: Policies) -> Result<bool, StoreError> {
        self.interactive(move |connection| {
            let some = connection.query_row("SELECT 1 FROM policy LIMIT 1", [], |_| Ok(())).optional()?;
            if some.is_some() {
                return Ok(false);
            }
            for Policy { name, keys, rights } in policies.0 {
                connection.execute(
                    "INSERT INTO policy (name, primary_key, secondary_key, rights) VALUES (?1, ?2, ?3, ?4)",
                    params![name, keys.primary.as_str(), keys.secondary.as_str(), serde_json::to_string(&rights)?],
                )?;
            }
            Ok(true)
        })
        .await
    }
}
