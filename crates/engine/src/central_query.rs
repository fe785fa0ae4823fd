//! `POST /query` of IoT Central: a query over the devices of one template (query-language §9.2).

use std::collections::BTreeSet;

use bellwether_model::access::Scope;
use bellwether_model::template::{Capability, CapabilityModel, Kind};
use bellwether_query::{CentralQuery, CentralQueryError, ResultTooLarge, TELEMETRY_UNSERVED};
use bellwether_store::{CentralRowsError, CentralSelection, ModeledProperties, Records, StoreError};

use crate::Engine;
use crate::modeled::{model_of, section_of};

/// Why a query was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AskError {
    /// It does not parse, is over a limit, or asks for what is not kept.
    #[error(transparent)]
    Query(#[from] CentralQueryError),
    /// It names a template or a property that is not there, or telemetry.
    #[error("{0}")]
    Names(String),
    /// See there.
    #[error(transparent)]
    TooLarge(#[from] ResultTooLarge),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CentralRowsError> for AskError {
    fn from(error: CentralRowsError) -> Self {
        match error {
            CentralRowsError::TooLarge(error) => error.into(),
            CentralRowsError::Store(error) => error.into(),
        }
    }
}

impl Engine {
    /// The rows of a query over the devices in `scope`, each a JSON object text.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, text: &str, scope: Scope) -> Result<Vec<String>, AskError> {
        let query = CentralQuery::parse(text, self.settings.limits.query)?;
        let template = query.template().to_owned();
        let read = move |records: &Records<'_>| model_of(records, &template);
        let Some(model) = self.store.read_records(read).await? else {
            return Err(AskError::Names(format!("there is no device template {}", query.template())));
        };
        let properties = properties(&query, &model)?;
        Ok(self.store.central_query(CentralSelection { query, properties, scope }).await?)
    }
}

/// The properties that a query names, as its template has them.
fn properties(query: &CentralQuery, model: &CapabilityModel) -> Result<ModeledProperties, AskError> {
    let mut found = Vec::new();
    // Each once: a query may name a property very often.
    let named: BTreeSet<_> = query.properties().collect();
    for (component, name) in named {
        let capability = model.capability(component, name);
        if let Some(section) = capability.and_then(section_of) {
            found.push((component, name, section));
            continue;
        }
        let path = component.map_or_else(|| name.to_owned(), |component| format!("{component}.{name}"));
        let template = query.template();
        return Err(AskError::Names(match capability {
            Some(Capability { kind: Kind::Telemetry(_), .. }) => {
                format!("{path} is telemetry of {template}: {TELEMETRY_UNSERVED}")
            }
            other => format!("{path} is {} of {template}", other.map_or("no property", Capability::word)),
        }));
    }
    Ok(ModeledProperties::new(found))
}
