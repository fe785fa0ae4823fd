//! Devices as CSV (iot-central §7.6): the columns that IoT Central's export has, so that other programs and our own
//! [import](super::device_import) read it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use bellwether_engine::Engine;
use bellwether_model::access::{Permission, Scope};
use bellwether_model::identity::Device;
use bellwether_model::provisioning::{Attestation, IndividualEnrollment};
use bellwether_store::{DeviceSelection, ListPosition, Records};
use bytes::Bytes;
use futures::stream;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::device_import::COLUMNS;
use super::device_lists::narrowed;
use super::spreadsheet::guarded;

/// Devices that are read at once.
const PART: usize = 1000;

/// `GET /deviceExport`. What a device signs in with is only there for who manages it; the cells are empty otherwise.
pub(crate) async fn export(call: Call) -> Result<Answer, CentralError> {
    let selection =
        DeviceSelection { filter: call.filter()?, order: call.order()?, ..DeviceSelection::all(call.scope.clone()) };
    let file = File {
        engine: Arc::clone(call.engine()),
        selection: narrowed(&call, selection)?,
        managed: call.caller.scope(Permission::ManageDevices, &call.organizations),
        next: Next::Header,
    };
    let body = Body::from_stream(stream::try_unfold(file, File::part));
    Ok(Answer::stream("text/csv; charset=utf-8; header=present", body).into_file("devices.csv"))
}

/// A file that is being sent.
struct File {
    engine: Arc<Engine>,
    selection: DeviceSelection,
    /// Whose keys the caller may see.
    managed: Option<Scope>,
    next: Next,
}

enum Next {
    Header,
    After(ListPosition),
    Nothing,
}

impl File {
    /// The next bytes; `None` at the end. A failure ends the connection in the middle of the body, so that no client
    /// takes a part for the whole.
    async fn part(mut self) -> Result<Option<(Bytes, File)>, CentralError> {
        loop {
            let after = match self.next {
                Next::Nothing => return Ok(None),
                Next::Header => None,
                Next::After(after) => Some(after),
            };
            let is_first = after.is_none();
            let read = self.engine.list_devices(self.selection.clone(), after, PART).await;
            let page = read.inspect_err(|error| tracing::warn!(%error, "an export of devices ends early"))?;
            self.next = page.next.map_or(Next::Nothing, Next::After);
            let bytes = self.lines(page.items, is_first).await?;
            if !bytes.is_empty() {
                return Ok(Some((bytes.into(), self)));
            }
        }
    }

    async fn lines(&self, devices: Vec<Device>, with_header: bool) -> Result<Vec<u8>, CentralError> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        if with_header {
            out.write_record(COLUMNS.map(|(_, name)| name))?;
        }
        let is_managed = |device: &Device| {
            self.managed.as_ref().is_some_and(|scope| scope.covers(device.profile.organization.as_deref()))
        };
        let managed = devices.iter().filter(|device| is_managed(device)).map(|device| device.id.to_string());
        let mut own = self.own_enrollments(managed.collect()).await?;
        for device in devices {
            let mut secrets = [const { String::new() }; 4];
            if is_managed(&device) {
                secrets = match own.remove(device.id.as_str()) {
                    None | Some(Attestation::SymmetricKey) => {
                        let [primary, secondary] = [device.keys.primary.into(), device.keys.secondary.into()];
                        [primary, secondary, String::new(), String::new()]
                    }
                    Some(Attestation::X509 { primary, secondary }) => {
                        let secondary = secondary.map(|certificate| certificate.thumbprint()).unwrap_or_default();
                        [String::new(), String::new(), primary.thumbprint(), secondary]
                    }
                    Some(Attestation::Tpm { .. }) => secrets,
                };
            }
            let name = device.profile.display_name.as_deref().unwrap_or(device.id.as_str());
            // Keys and thumbprints stay as they are, for programs copy them: nothing in them can be a formula that does
            // something, and one of 64 keys begins with a `+`.
            let [a, b, c, d] = &secrets;
            out.write_record([&*guarded(device.id.as_str()), &*guarded(name), a, b, c, d])?;
        }
        out.into_inner().map_err(|error| CentralError::internal(error.error()))
    }

    /// Which of these devices have an enrollment of their own.
    async fn own_enrollments(&self, ids: Vec<String>) -> Result<HashMap<String, Attestation>, CentralError> {
        let read = move |records: &Records<'_>| {
            let mut own = HashMap::new();
            for id in ids {
                let found = records.get::<IndividualEnrollment>(&id)?;
                own.extend(found.map(|stored| (id, stored.record.attestation)));
            }
            Ok(own)
        };
        Ok(self.engine.store().read_records(read).await?)
    }
}
