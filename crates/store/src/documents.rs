//! Rows as documents that queries read.

use std::borrow::Cow;
use std::cell::OnceCell;

use bellwether_model::DeviceSeq;
use bellwether_model::identity::{Device, Presence, Status};
use bellwether_model::json::ObjectWriter;
use bellwether_model::twin::Twin;
use bellwether_model::twin::meta::TwinMeta;
use bellwether_model::twin::wire::{self, AUTHENTICATION_TYPE, NO_THUMBPRINT};
use bellwether_query::{Document, Field, Fields, Number, Value};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::devices::{DEVICE_COLUMN_COUNT, device_of};
use crate::twins::twin_of;
use crate::{LivePresence, StoreError};

/// Reads devices with their twins; columns that nobody asks for are NULL, so that the numbers of the others
/// stay.
pub(crate) struct TwinSelect {
    fields: Fields,
    whole: bool,
    presence: LivePresence,
}

const ID: usize = 1;
const ETAG: usize = 3;
const DISABLED: usize = 4;
const STATUS_REASON: usize = 5;
const STATUS_UPDATED: usize = 6;
const IOT_EDGE: usize = 9;
const DEVICE_SCOPE: usize = 10;
const MODEL_ID: usize = 11;
const CONNECTED: usize = 12;
const STATE_UPDATED: usize = 13;
const LAST_ACTIVITY: usize = 14;
const TWIN: usize = DEVICE_COLUMN_COUNT;
const TWIN_ETAG: usize = TWIN + 1;
const DESIRED_VERSION: usize = TWIN + 2;
const REPORTED_VERSION: usize = TWIN + 3;
const TAGS: usize = TWIN + 4;
const DESIRED: usize = TWIN + 5;
const REPORTED: usize = TWIN + 6;
const META: usize = TWIN + 7;

const COLUMNS: [&str; DEVICE_COLUMN_COUNT + 8] = [
    "twin.seq",
    "device.id",
    "device.generation",
    "device.etag",
    "device.disabled",
    "device.status_reason",
    "device.status_updated",
    "device.primary_key",
    "device.secondary_key",
    "device.iot_edge",
    "device.device_scope",
    "device.model_id",
    "device.connected",
    "device.state_updated",
    "device.last_activity",
    "device.display_name",
    "device.template",
    "device.organization",
    "device.simulated",
    "device.provisioned",
    "twin.version",
    "twin.etag",
    "twin.desired_version",
    "twin.reported_version",
    "twin.tags",
    "twin.desired",
    "twin.reported",
    "twin.meta",
];

/// The columns behind a field.
fn columns_of(field: Field) -> &'static [usize] {
    match field {
        Field::DeviceId => &[ID],
        Field::Etag => &[TWIN_ETAG],
        Field::DeviceEtag => &[ETAG],
        Field::Version => &[TWIN],
        Field::Status => &[DISABLED],
        Field::StatusReason => &[STATUS_REASON],
        Field::StatusUpdateTime => &[STATUS_UPDATED],
        Field::ConnectionState | Field::LastActivityTime => &[CONNECTED, STATE_UPDATED, LAST_ACTIVITY],
        Field::DeviceScope => &[DEVICE_SCOPE],
        Field::ModelId => &[MODEL_ID],
        Field::Capabilities => &[IOT_EDGE],
        Field::Tags => &[TAGS],
        Field::Desired => &[DESIRED],
        Field::Reported => &[REPORTED],
        Field::DesiredVersion => &[DESIRED_VERSION],
        Field::ReportedVersion => &[REPORTED_VERSION],
        Field::Properties
        | Field::DesiredWhole
        | Field::ReportedWhole
        | Field::DesiredMetadata
        | Field::ReportedMetadata => {
            &[TWIN, TWIN_ETAG, DESIRED_VERSION, REPORTED_VERSION, TAGS, DESIRED, REPORTED, META]
        }
        Field::CloudToDeviceMessageCount | Field::AuthenticationType | Field::X509Thumbprint => &[],
        // A device has none of these.
        Field::ModuleId
        | Field::ParentScopes
        | Field::Configurations
        | Field::JobId
        | Field::JobType
        | Field::StartTimeUtc
        | Field::EndTimeUtc
        | Field::CreatedDateTimeUtc
        | Field::LastUpdatedDateTimeUtc
        | Field::Outcome
        | Field::Error => &[],
    }
}

impl TwinSelect {
    /// For rows that only have to answer for `fields`.
    pub fn fields(fields: Fields, presence: LivePresence) -> TwinSelect {
        TwinSelect { fields, whole: false, presence }
    }

    /// For rows that are returned whole.
    pub fn whole(presence: LivePresence) -> TwinSelect {
        TwinSelect { fields: Fields::NONE, whole: true, presence }
    }

    fn needs(&self, column: usize) -> bool {
        self.whole || column == 0 || self.fields.iter().any(|field| columns_of(field).contains(&column))
    }

    /// `SELECT … FROM …` without conditions.
    pub fn sql(&self) -> String {
        let columns: Vec<&str> =
            (0..COLUMNS.len()).map(|column| if self.needs(column) { COLUMNS[column] } else { "NULL" }).collect();
        let identity = (1..TWIN).any(|column| self.needs(column));
        let from = if identity { "twin JOIN device USING (seq)" } else { "twin" };
        format!("SELECT {} FROM {from}", columns.join(", "))
    }

    pub fn document<'a>(&'a self, row: &'a Row<'a>) -> Result<TwinDocument<'a>, StoreError> {
        Ok(TwinDocument { select: self, row, seq: DeviceSeq(row.get(0)?), twin: OnceCell::new() })
    }
}

/// One device with its twin, read column by column as the query asks.
pub(crate) struct TwinDocument<'a> {
    select: &'a TwinSelect,
    row: &'a Row<'a>,
    pub seq: DeviceSeq,
    twin: OnceCell<Option<Twin>>,
}

impl TwinDocument<'_> {
    fn presence(&self) -> Presence {
        (self.select.presence)(self.seq).unwrap_or_else(|| Presence {
            connected: self.integer(CONNECTED).unwrap_or(0) != 0,
            state_updated: self.time(STATE_UPDATED),
            last_activity: self.time(LAST_ACTIVITY),
        })
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.row.get(column).ok().flatten()
    }

    fn time(&self, column: usize) -> bellwether_model::Time {
        self.integer(column).map_or(bellwether_model::Time::NEVER, bellwether_model::Time)
    }

    fn text(&self, column: usize) -> Option<&str> {
        match self.row.get_ref(column) {
            Ok(ValueRef::Text(bytes)) => std::str::from_utf8(bytes).ok(),
            Ok(ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => None,
        }
    }

    fn string(&self, column: usize) -> Value<'_> {
        self.text(column).map_or(Value::Undefined, Value::string)
    }

    fn json(&self, column: usize) -> Value<'_> {
        self.text(column).map_or(Value::Undefined, |text| Value::Json(Cow::Borrowed(text)))
    }

    fn number(&self, column: usize) -> Value<'_> {
        self.integer(column).map_or(Value::Undefined, |number| Value::Number(Number::Integer(number)))
    }

    fn twin(&self) -> Option<&Twin> {
        self.twin.get_or_init(|| twin_of(self.row, TWIN).ok()).as_ref()
    }

    /// What `write` writes of the twin, as JSON text.
    fn composed(&self, write: impl Fn(&mut String, &Twin, &TwinMeta)) -> Value<'_> {
        let Some(twin) = self.twin() else { return Value::Undefined };
        let mut out = String::new();
        write(&mut out, twin, &TwinMeta::decode(&twin.meta));
        Value::Json(Cow::Owned(out))
    }

    /// The whole document as on the wire. Needs [`TwinSelect::whole`].
    pub fn whole(&self) -> Result<String, StoreError> {
        let device: Device = device_of(self.row)?;
        Ok(wire::document(&device, &self.presence(), &twin_of(self.row, TWIN)?))
    }
}

impl Document for TwinDocument<'_> {
    fn field(&self, field: Field) -> Value<'_> {
        let owned = |text: String| Value::String(Cow::Owned(text));
        match field {
            Field::DeviceId => self.string(ID),
            Field::Etag => {
                self.integer(TWIN_ETAG).map_or(Value::Undefined, |etag| owned(bellwether_model::twin::etag_text(etag)))
            }
            Field::DeviceEtag => {
                self.integer(ETAG).map_or(Value::Undefined, |etag| owned(bellwether_model::identity::etag_text(etag)))
            }
            Field::Version => self.number(TWIN),
            Field::Status => {
                let status = if self.integer(DISABLED) == Some(1) { Status::Disabled } else { Status::Enabled };
                Value::string(status.as_str())
            }
            Field::StatusReason => self.string(STATUS_REASON),
            Field::StatusUpdateTime => owned(self.time(STATUS_UPDATED).to_string()),
            Field::ConnectionState => Value::string(self.presence().state()),
            Field::LastActivityTime => owned(self.presence().last_activity.to_string()),
            Field::CloudToDeviceMessageCount => Value::Number(Number::Integer(0)),
            Field::AuthenticationType => Value::string(AUTHENTICATION_TYPE),
            Field::X509Thumbprint => Value::Json(Cow::Borrowed(NO_THUMBPRINT)),
            Field::DeviceScope => self.string(DEVICE_SCOPE),
            Field::ModelId => self.string(MODEL_ID),
            Field::Capabilities => {
                Value::Json(Cow::Borrowed(bellwether_model::identity::capabilities(self.integer(IOT_EDGE) == Some(1))))
            }
            Field::Tags => self.json(TAGS),
            Field::Desired => self.json(DESIRED),
            Field::Reported => self.json(REPORTED),
            Field::DesiredVersion => self.number(DESIRED_VERSION),
            Field::ReportedVersion => self.number(REPORTED_VERSION),
            Field::Properties => self.composed(|out, twin, _| wire::properties(out, twin)),
            Field::DesiredWhole => {
                self.composed(|out, twin, meta| wire::section(out, &twin.desired, &meta.desired, true))
            }
            Field::ReportedWhole => {
                self.composed(|out, twin, meta| wire::section(out, &twin.reported, &meta.reported, false))
            }
            Field::DesiredMetadata => {
                self.composed(|out, twin, meta| wire::metadata(out, &twin.desired, &meta.desired, true))
            }
            Field::ReportedMetadata => {
                self.composed(|out, twin, meta| wire::metadata(out, &twin.reported, &meta.reported, false))
            }
            Field::ModuleId
            | Field::ParentScopes
            | Field::Configurations
            | Field::JobId
            | Field::JobType
            | Field::StartTimeUtc
            | Field::EndTimeUtc
            | Field::CreatedDateTimeUtc
            | Field::LastUpdatedDateTimeUtc
            | Field::Outcome
            | Field::Error => Value::Undefined,
        }
    }
}

/// A row of `devices.jobs` (iot-hub §1.8).
#[derive(Debug)]
pub(crate) struct JobRowDocument {
    pub device_id: String,
    pub job_id: String,
    pub job_type: &'static str,
    pub status: &'static str,
    pub start: String,
    pub deadline: Option<String>,
    pub created: String,
    pub updated: String,
    /// JSON object text, `{}` when there is no answer.
    pub outcome: String,
    /// JSON object text.
    pub error: Option<String>,
}

impl JobRowDocument {
    pub fn json(&self) -> String {
        let mut out = String::with_capacity(512);
        let mut row = ObjectWriter::open(&mut out);
        row.string("deviceId", &self.device_id)
            .string("jobId", &self.job_id)
            .string("jobType", self.job_type)
            .string("status", self.status)
            .string("startTimeUtc", &self.start);
        if let Some(deadline) = &self.deadline {
            row.string("endTimeUtc", deadline);
        }
        row.string("createdDateTimeUtc", &self.created)
            .string("lastUpdatedDateTimeUtc", &self.updated)
            .raw("outcome", &self.outcome);
        if let Some(error) = &self.error {
            row.raw("error", error);
        }
        row.close();
        out
    }
}

impl Document for JobRowDocument {
    fn field(&self, field: Field) -> Value<'_> {
        match field {
            Field::DeviceId => Value::string(&self.device_id),
            Field::JobId => Value::string(&self.job_id),
            Field::JobType => Value::string(self.job_type),
            Field::Status => Value::string(self.status),
            Field::StartTimeUtc => Value::string(&self.start),
            Field::EndTimeUtc => self.deadline.as_deref().map_or(Value::Undefined, Value::string),
            Field::CreatedDateTimeUtc => Value::string(&self.created),
            Field::LastUpdatedDateTimeUtc => Value::string(&self.updated),
            Field::Outcome => Value::Json(Cow::Borrowed(&self.outcome)),
            Field::Error => self.error.as_deref().map_or(Value::Undefined, |text| Value::Json(Cow::Borrowed(text))),
            Field::ModuleId
            | Field::Etag
            | Field::DeviceEtag
            | Field::Version
            | Field::StatusReason
            | Field::StatusUpdateTime
            | Field::ConnectionState
            | Field::LastActivityTime
            | Field::CloudToDeviceMessageCount
            | Field::AuthenticationType
            | Field::X509Thumbprint
            | Field::DeviceScope
            | Field::ParentScopes
            | Field::ModelId
            | Field::Capabilities
            | Field::Configurations
            | Field::Tags
            | Field::Properties
            | Field::Desired
            | Field::Reported
            | Field::DesiredWhole
            | Field::ReportedWhole
            | Field::DesiredVersion
            | Field::ReportedVersion
            | Field::DesiredMetadata
            | Field::ReportedMetadata => Value::Undefined,
        }
    }
}
