//! Many devices from a file (iot-central §7.6).
//!
//! Every line is checked before anything is made. Up to [`AT_ONCE_MAX`] devices are one transaction: all of them or
//! none. More are made in parts of [`PART`], so that nothing else waits long for the one writer; should one of them be
//! refused although its line was right, because somebody made a device of that name or took the template away meanwhile,
//! the parts before it stand, and the report says how far it came.
//!
//! The audit log tells of an import that made something, with how many: in the transaction that makes them, and of more
//! than one in the first, then at the end.

use std::collections::HashMap;

use bellwether_model::DeviceId;
use bellwether_model::access::Scope;
use bellwether_model::identity::{DeviceProfile, DeviceSettings, Keys, SymmetricKey};
use bellwether_model::template::DeviceTemplate;
use bellwether_model::twin::{TwinChange, TwinError};
use bellwether_store::{AuditPlace, DeviceRefused, NewAuditEntry, NewDevice, Records, StoreError};

use crate::Engine;
use crate::central_devices::{CentralDeviceError, DISPLAY_NAME_CHARACTERS_MAX, check_organization, initial_values};

/// Most devices that are made in one transaction.
pub const AT_ONCE_MAX: usize = 10_000;
/// Devices of one transaction of an import of more.
const PART: usize = 500;
/// Faults that a report names.
pub const FAULTS_MAX: usize = 100;
/// Devices that a report names.
pub const SAMPLE: usize = 20;
/// Most characters of a value that a fault repeats.
const VALUE_CHARACTERS: usize = 200;

/// What a file says of one device; what is empty is not said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportLine {
    /// Where it stands, from 1.
    pub line: u64,
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Base64.
    pub primary_key: String,
    /// Base64.
    pub secondary_key: String,
    /// Of its certificates, as an export has them.
    pub primary_thumbprint: String,
    /// See there.
    pub secondary_thumbprint: String,
}

/// What stands where in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportColumn {
    /// See [`ImportLine`].
    Id,
    /// See [`ImportLine`].
    Name,
    /// See [`ImportLine`].
    PrimaryKey,
    /// See [`ImportLine`].
    SecondaryKey,
    /// See [`ImportLine`].
    PrimaryThumbprint,
    /// See [`ImportLine`].
    SecondaryThumbprint,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFault {
    /// From 1.
    pub line: u64,
    /// The column, if one is meant.
    pub column: Option<ImportColumn>,
    /// What stands there, cut short; never a key.
    pub value: Option<String>,
    /// The rule in a sentence without a full stop.
    pub rule: String,
}

impl ImportFault {
    /// A fault of what stands in one column.
    pub fn of(line: u64, column: ImportColumn, value: &str, rule: impl Into<String>) -> ImportFault {
        let mut short: String = value.chars().take(VALUE_CHARACTERS).collect();
        if short.len() < value.len() {
            short.push('…');
        }
        ImportFault { line, column: Some(column), value: Some(short), rule: rule.into() }
    }

    /// A fault of a whole line.
    pub fn of_line(line: u64, rule: impl Into<String>) -> ImportFault {
        ImportFault { line, column: None, value: None, rule: rule.into() }
    }
}

/// Where the devices of a file belong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportPlace {
    /// Their template; `None`: they are unassigned.
    pub template: Option<String>,
    /// Their organization; `None`: the root.
    pub organization: Option<String>,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Lines in the file.
    pub devices: u64,
    /// Devices that were made, or would be: all, none, or in a large file the first so many.
    pub created: u64,
    /// Lines that cannot be taken, each with the first rule that it breaks, at most 100.
    pub faults: Vec<ImportFault>,
    /// How many there are.
    pub faulty: u64,
    /// Id and name of the first devices, at most 20.
    pub sample: Vec<(String, String)>,
}

impl ImportReport {
    fn add(&mut self, fault: ImportFault) {
        self.faulty += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// A line that is right in itself.
struct Checked {
    line: u64,
    id: DeviceId,
    name: Option<String>,
    keys: Option<Keys>,
}

impl ImportLine {
    fn check(self) -> Result<Checked, ImportFault> {
        use ImportColumn::{Id, Name, PrimaryKey, PrimaryThumbprint, SecondaryKey, SecondaryThumbprint};
        let line = self.line;
        let id = self.id.parse::<DeviceId>();
        let id = id.map_err(|rule| ImportFault::of(line, Id, &self.id, rule.to_string()))?;
        if self.name.chars().count() > DISPLAY_NAME_CHARACTERS_MAX {
            let rule = format!("the name must have at most {DISPLAY_NAME_CHARACTERS_MAX} characters");
            return Err(ImportFault::of(line, Name, &self.name, rule));
        }
        for (column, value) in
            [(PrimaryThumbprint, &self.primary_thumbprint), (SecondaryThumbprint, &self.secondary_thumbprint)]
        {
            if !value.is_empty() {
                let rule = "a thumbprint is no certificate: leave it empty, then give the device its certificate";
                return Err(ImportFault::of(line, column, value, rule));
            }
        }
        let key = |column, text: String| {
            let fault = |rule: String| ImportFault { line, column: Some(column), value: None, rule };
            SymmetricKey::try_from(text).map_err(|rule| fault(format!("a key {rule}")))
        };
        let keys = match (self.primary_key, self.secondary_key) {
            (primary, secondary) if primary.is_empty() && secondary.is_empty() => None,
            (primary, secondary) if !primary.is_empty() && !secondary.is_empty() => {
                Some(Keys { primary: key(PrimaryKey, primary)?, secondary: key(SecondaryKey, secondary)? })
            }
            (primary, _) => {
                let column = if primary.is_empty() { PrimaryKey } else { SecondaryKey };
                let rule = "a device has two keys: give both, or neither to have them made".to_owned();
                return Err(ImportFault { line, column: Some(column), value: None, rule });
            }
        };
        // The id is what a device without a name is called.
        let name = Some(self.name).filter(|name| !name.is_empty() && *name != self.id);
        Ok(Checked { line, id, name, keys })
    }
}

impl Engine {
    /// Makes the devices of a file, or says what is wrong with it: then none is made. `lines` are what was read, or why
    /// one could not be. With `only_look` nothing is made at all. `entry` is what the audit log tells of it when something
    /// was.
    ///
    /// # Errors
    /// The template or the organization is not there for the caller, or the store failed.
    pub async fn import_devices(
        &self,
        lines: Vec<Result<ImportLine, ImportFault>>,
        place: ImportPlace,
        scope: Scope,
        only_look: bool,
        entry: Option<NewAuditEntry>,
    ) -> Result<ImportReport, CentralDeviceError> {
        let (at, of) = (place.clone(), scope.clone());
        self.store.read_records(move |records| Ok(at.check(records, &of).map(|_| ()))).await??;
        let mut report = ImportReport { devices: lines.len() as u64, ..ImportReport::default() };
        let checked = self.check_lines(lines, &mut report).await?;
        report.sample = checked.iter().take(SAMPLE).map(Checked::names).collect();
        if report.faulty > 0 {
            return Ok(report);
        }
        if only_look {
            report.created = report.devices;
            return Ok(report);
        }
        let all = checked.len();
        let belongs = AuditPlace::Organization(place.organization.clone());
        let entry_of = |made: u64| {
            let detail = Some(format!("{made} of the {all} devices of a file"));
            entry.clone().map(|entry| NewAuditEntry { detail, place: belongs.clone(), ..entry })
        };
        let part = if all <= AT_ONCE_MAX { AT_ONCE_MAX } else { PART };
        for part in checked.chunks(part) {
            let new = part.iter().map(|line| self.new_device(line, &place)).collect();
            let (place, scope, now) = (place.clone(), scope.clone(), self.now());
            let entry = entry_of(part.len() as u64).filter(|_| report.created == 0);
            let rule = move |records: &Records<'_>| {
                let initial = place.check(records, &scope)?;
                entry.map(|entry| records.note(&entry, now)).transpose()?;
                Ok(initial)
            };
            let (line, why) = match self.store.create_devices::<PartError, _>(new, now, rule).await {
                Ok(()) => {
                    report.created += part.len() as u64;
                    continue;
                }
                Err(PartError::Refused(DeviceRefused { at, why })) => {
                    (part.get(at).map_or(0, |line| line.line), why.to_string())
                }
                Err(PartError::Place(error)) if report.created == 0 => return Err(error),
                // What stands has to be told, whatever went wrong.
                Err(PartError::Place(error)) => (part.first().map_or(0, |line| line.line), error.to_string()),
            };
            let before = match report.created {
                0 => "nothing was made".to_owned(),
                made => format!("the first {made} devices of the file are made, the others not"),
            };
            report.add(ImportFault::of_line(line, format!("{why}; {before}")));
            break;
        }
        if all > AT_ONCE_MAX
            && report.created > 0
            && let Some(entry) = entry_of(report.created)
        {
            self.note(entry).await?;
        }
        Ok(report)
    }

    /// The lines that are right; the others are in the report.
    async fn check_lines(
        &self,
        lines: Vec<Result<ImportLine, ImportFault>>,
        report: &mut ImportReport,
    ) -> Result<Vec<Checked>, CentralDeviceError> {
        let ids: Vec<String> = lines.iter().flatten().map(|line| line.id.clone()).collect();
        let mut taken = self.store.are_registered(ids).await?.into_iter();
        let mut first_at: HashMap<DeviceId, u64> = HashMap::with_capacity(lines.len());
        let mut checked = Vec::with_capacity(lines.len());
        for line in lines {
            let is_taken = line.is_ok() && taken.next().unwrap_or(false);
            match line.and_then(ImportLine::check) {
                Err(fault) => report.add(fault),
                Ok(line) => {
                    let fault = |rule: String| ImportFault::of(line.line, ImportColumn::Id, line.id.as_str(), rule);
                    if let Some(first) = first_at.get(&line.id) {
                        report.add(fault(format!("the same id stands in line {first}")));
                    } else if is_taken {
                        report.add(fault("a device with this id is registered".to_owned()));
                    }
                    first_at.entry(line.id.clone()).or_insert(line.line);
                    checked.push(line);
                }
            }
        }
        Ok(checked)
    }

    fn new_device(&self, line: &Checked, place: &ImportPlace) -> NewDevice {
        let keys = line.keys.clone().unwrap_or_else(|| self.fresh_keys());
        NewDevice {
            id: line.id.clone(),
            settings: DeviceSettings::default(),
            profile: DeviceProfile {
                display_name: line.name.clone(),
                template: place.template.clone(),
                organization: place.organization.clone(),
                simulated: false,
            },
            fresh_keys: keys,
        }
    }
}

impl Checked {
    fn names(&self) -> (String, String) {
        (self.id.to_string(), self.name.clone().unwrap_or_else(|| self.id.to_string()))
    }
}

impl ImportPlace {
    /// May the caller put devices there? Returns what the twin of a new one begins with.
    fn check(&self, records: &Records<'_>, scope: &Scope) -> Result<TwinChange, CentralDeviceError> {
        check_organization(records, scope, self.organization.as_deref())?;
        let Some(id) = &self.template else { return Ok(TwinChange::default()) };
        let found = records.get::<DeviceTemplate>(id)?;
        let found = found.ok_or_else(|| CentralDeviceError::NoSuchTemplate(id.clone()))?;
        initial_values(&found.record)
    }
}

/// Why a part was not made.
enum PartError {
    Refused(DeviceRefused),
    Place(CentralDeviceError),
}

impl From<DeviceRefused> for PartError {
    fn from(refused: DeviceRefused) -> Self {
        PartError::Refused(refused)
    }
}

impl From<CentralDeviceError> for PartError {
    fn from(error: CentralDeviceError) -> Self {
        PartError::Place(error)
    }
}

impl From<StoreError> for PartError {
    fn from(error: StoreError) -> Self {
        PartError::Place(error.into())
    }
}

impl From<TwinError> for PartError {
    fn from(error: TwinError) -> Self {
        PartError::Place(error.into())
    }
}
