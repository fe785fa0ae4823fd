//! What can go wrong with the store itself.

/// The store could not do its work. Nothing of the call is kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused: disk full, input/output error, damaged file.
    #[error("the database refused: {0}")]
    Database(String),
    /// What stands in the database is not what was written there.
    #[error("the database holds something unreadable: {0}")]
    Damaged(String),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Database(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        StoreError::Damaged(error.to_string())
    }
}
