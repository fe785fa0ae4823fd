//! Queries of IoT Central (query-language §9.2).

use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_query::{CentralQuery, CentralRows, ResultTooLarge};

use crate::members::{Look, ModeledProperties};
use crate::{Store, StoreError};

/// A query, and what it is asked over.
#[derive(Debug, Clone)]
pub struct CentralSelection {
    /// The query.
    pub query: CentralQuery,
    /// Every property that it names; one that is missing here is undefined.
    pub properties: ModeledProperties,
    /// Where the devices belong.
    pub scope: Scope,
}

/// Why a query gave no rows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CentralRowsError {
    /// See there.
    #[error(transparent)]
    TooLarge(#[from] ResultTooLarge),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for CentralRowsError {
    fn from(error: rusqlite::Error) -> Self {
        CentralRowsError::Store(error.into())
    }
}

impl Store {
    /// The rows of a query, each a JSON object text. They come in the query's order, else in that of the devices'
    /// creation.
    ///
    /// # Errors
    /// The result is too large, or the store failed.
    pub async fn central_query(&self, selection: CentralSelection) -> Result<Vec<String>, CentralRowsError> {
        self.read(move |connection| {
            let CentralSelection { query, properties, scope } = &selection;
            let look = Look { template: Some(query.template()), scope, properties, timestamp: query.reads_timestamp() };
            let mut rows = CentralRows::new(query);
            look.visit(connection, DeviceSeq(0), &mut |row| Ok::<_, CentralRowsError>(rows.push(row)?))?;
            Ok(rows.finish()?)
        })
        .await
    }
}
