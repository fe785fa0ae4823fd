//! Properties of one device, set as IoT Central's documents say (iot-central §7.2): one change of its twin.

use std::sync::Arc;

use bellwether_model::DeviceId;
use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, IfMatch};
use bellwether_model::template::properties::Selection;
use bellwether_model::template::{CapabilityModel, Fault, Setting};
use bellwether_model::twin::{Twin, TwinChange, TwinError};
use bellwether_store::{ChangeTwinError, StoreError};

use crate::{Engine, TooOften};

/// How often a document is worked out anew because the twin was changed meanwhile.
const TRIES: usize = 8;

/// A property document that somebody sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyDocument {
    /// A JSON object.
    pub text: String,
    /// The component that it is of; `None` for the whole device.
    pub component: Option<String>,
    /// See [`Setting::unmodeled`].
    pub unmodeled: bool,
    /// See [`Setting::selection`].
    pub selection: Selection,
    /// See [`Setting::replace`].
    pub replace: bool,
}

/// A device with all that its property document is made of.
#[derive(Debug, Clone)]
pub struct DeviceProperties {
    /// The device.
    pub device: Device,
    /// Its twin.
    pub twin: Twin,
    /// What its template says; `None`: it has none.
    pub model: Option<Arc<CapabilityModel>>,
}

/// Why properties were not set. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PropertiesError {
    /// There is no such device where the caller may look.
    #[error("there is no device with this id")]
    NoDevice,
    /// The device's template has no such component.
    #[error("there is no component with this name")]
    NoComponent,
    /// A name or a value does not fit the template.
    #[error(transparent)]
    Invalid(#[from] Fault),
    /// A value breaks a rule of twins.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// Others changed the twin each time that this was about to be written.
    #[error("the device's properties are being changed by others; try again")]
    Contended,
    /// More are set a second than the installation allows.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// A device of `scope` with its twin and its template's model; `None`: there is none.
    ///
    /// # Errors
    /// The store failed.
    pub async fn device_properties(
        &self,
        id: &DeviceId,
        scope: &Scope,
    ) -> Result<Option<DeviceProperties>, StoreError> {
        let found = self.store.twin(id).await?;
        let Some((device, twin)) = found.filter(|(device, _)| scope.covers(device.profile.organization.as_deref()))
        else {
            return Ok(None);
        };
        let model = match &device.profile.template {
            Some(template) => self.template_model(template).await?,
            None => None,
        };
        Ok(Some(DeviceProperties { device, twin, model }))
    }

    /// Sets what a document says, checked against the device's template. Returns what stands afterwards.
    ///
    /// # Errors
    /// The device or component is not there for the caller, something does not fit, more are set a second than the
    /// installation allows, or the store failed.
    pub async fn set_properties(
        &self,
        id: &DeviceId,
        document: PropertyDocument,
        scope: &Scope,
    ) -> Result<DeviceProperties, PropertiesError> {
        for attempt in 0..TRIES {
            let stands = self.device_properties(id, scope).await?.ok_or(PropertiesError::NoDevice)?;
            let model = stands.model.as_deref();
            let has = |name: &str| model.is_some_and(|model| model.root().component(name).is_some());
            if !document.unmodeled && document.component.as_deref().is_some_and(|name| !has(name)) {
                return Err(PropertiesError::NoComponent);
            }
            let setting = Setting {
                model,
                component: document.component.as_deref(),
                unmodeled: document.unmodeled,
                selection: document.selection,
                replace: document.replace,
            };
            let Some(body) = setting.change(&document.text, &stands.twin)? else { return Ok(stands) };
            let change = TwinChange::merge_from_body(&body)?;
            // Only what is right counts, and once.
            if attempt == 0 {
                self.rates.property_updates.take()?;
            }
            match self.change_twin(id, scope, change, IfMatch::OneOf(vec![stands.twin.etag_text()])).await {
                Ok((device, twin)) => return Ok(DeviceProperties { device, twin, model: stands.model }),
                Err(ChangeTwinError::EtagMismatch) => {}
                Err(ChangeTwinError::NotFound) => return Err(PropertiesError::NoDevice),
                Err(ChangeTwinError::Twin(error)) => return Err(error.into()),
                Err(ChangeTwinError::Store(error)) => return Err(error.into()),
            }
        }
        Err(PropertiesError::Contended)
    }
}
