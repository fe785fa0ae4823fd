//! The root fields of documents (query-language.md §3, "Root fields"; §8.2), and sets of them.

/// A part of a document that the evaluator asks a store for.
///
/// Times are ISO 8601 strings of a fixed width (§4.2). [`Display`](std::fmt::Display) gives the canonical
/// wire name; a section and its whole share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// String; also reached as `id`.
    DeviceId,
    /// String; absent in a device twin.
    ModuleId,
    /// String.
    Etag,
    /// String.
    DeviceEtag,
    /// Integer: the twin's version.
    Version,
    /// String: a device's `enabled` or `disabled`, or the status of a job row.
    Status,
    /// String; absent when never set.
    StatusReason,
    /// Time; also reached as `statusUpdatedTime`.
    StatusUpdateTime,
    /// String: `Connected` or `Disconnected`.
    ConnectionState,
    /// Time.
    LastActivityTime,
    /// Integer.
    CloudToDeviceMessageCount,
    /// String: `sas`, `selfSigned`, `certificateAuthority`, `none`.
    AuthenticationType,
    /// Object: `primaryThumbprint`, `secondaryThumbprint`.
    X509Thumbprint,
    /// String.
    DeviceScope,
    /// Array of strings.
    ParentScopes,
    /// String; absent or empty when no model was announced.
    ModelId,
    /// Object: `iotEdge`.
    Capabilities,
    /// Object: configuration id to `{"status": …}`.
    Configurations,
    /// Object: the whole of the tags.
    Tags,
    /// Object: `desired` and `reported`, whole, as on the wire; asked for only when a path is `properties` alone.
    Properties,
    /// Object: the desired section. Asked for only when a path goes on below it with an ordinary segment,
    /// so members that begin with `$` may be left out.
    Desired,
    /// Object: the reported section, as [`Field::Desired`].
    Reported,
    /// Object: the desired section as on the wire, with `$metadata` and `$version`; asked for when a path
    /// ends there.
    DesiredWhole,
    /// Object: the reported section as on the wire, as [`Field::DesiredWhole`].
    ReportedWhole,
    /// Integer.
    DesiredVersion,
    /// Integer.
    ReportedVersion,
    /// Object, as on the wire; a path may go on below it.
    DesiredMetadata,
    /// Object, as on the wire; a path may go on below it.
    ReportedMetadata,
    /// String. Job rows.
    JobId,
    /// String, canonical spelling. Job rows.
    JobType,
    /// Time. Job rows.
    StartTimeUtc,
    /// Time: the deadline, not the finish. Job rows.
    EndTimeUtc,
    /// Time; also reached as `createdTimeUtc`. Job rows.
    CreatedDateTimeUtc,
    /// Time. Job rows.
    LastUpdatedDateTimeUtc,
    /// Object. Job rows.
    Outcome,
    /// Object: `code`, `description`. Job rows.
    Error,
}

impl Field {
    /// Every field, in the order of declaration.
    pub const ALL: [Field; 36] = [
        Field::DeviceId,
        Field::ModuleId,
        Field::Etag,
        Field::DeviceEtag,
        Field::Version,
        Field::Status,
        Field::StatusReason,
        Field::StatusUpdateTime,
        Field::ConnectionState,
        Field::LastActivityTime,
        Field::CloudToDeviceMessageCount,
        Field::AuthenticationType,
        Field::X509Thumbprint,
        Field::DeviceScope,
        Field::ParentScopes,
        Field::ModelId,
        Field::Capabilities,
        Field::Configurations,
        Field::Tags,
        Field::Properties,
        Field::Desired,
        Field::Reported,
        Field::DesiredWhole,
        Field::ReportedWhole,
        Field::DesiredVersion,
        Field::ReportedVersion,
        Field::DesiredMetadata,
        Field::ReportedMetadata,
        Field::JobId,
        Field::JobType,
        Field::StartTimeUtc,
        Field::EndTimeUtc,
        Field::CreatedDateTimeUtc,
        Field::LastUpdatedDateTimeUtc,
        Field::Outcome,
        Field::Error,
    ];

    /// The canonical name on the wire, as a path from the document's root.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Field::DeviceId => "deviceId",
            Field::ModuleId => "moduleId",
            Field::Etag => "etag",
            Field::DeviceEtag => "deviceEtag",
            Field::Version => "version",
            Field::Status => "status",
            Field::StatusReason => "statusReason",
            Field::StatusUpdateTime => "statusUpdateTime",
            Field::ConnectionState => "connectionState",
            Field::LastActivityTime => "lastActivityTime",
            Field::CloudToDeviceMessageCount => "cloudToDeviceMessageCount",
            Field::AuthenticationType => "authenticationType",
            Field::X509Thumbprint => "x509Thumbprint",
            Field::DeviceScope => "deviceScope",
            Field::ParentScopes => "parentScopes",
            Field::ModelId => "modelId",
            Field::Capabilities => "capabilities",
            Field::Configurations => "configurations",
            Field::Tags => "tags",
            Field::Properties => "properties",
            Field::Desired | Field::DesiredWhole => "properties.desired",
            Field::Reported | Field::ReportedWhole => "properties.reported",
            Field::DesiredVersion => "properties.desired.$version",
            Field::ReportedVersion => "properties.reported.$version",
            Field::DesiredMetadata => "properties.desired.$metadata",
            Field::ReportedMetadata => "properties.reported.$metadata",
            Field::JobId => "jobId",
            Field::JobType => "jobType",
            Field::StartTimeUtc => "startTimeUtc",
            Field::EndTimeUtc => "endTimeUtc",
            Field::CreatedDateTimeUtc => "createdDateTimeUtc",
            Field::LastUpdatedDateTimeUtc => "lastUpdatedDateTimeUtc",
            Field::Outcome => "outcome",
            Field::Error => "error",
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.wire_name())
    }
}

/// A set of [`Field`]s.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Fields(u64);

impl Fields {
    /// The empty set.
    pub const NONE: Fields = Fields(0);

    /// The set with this field added.
    #[must_use]
    pub const fn with(self, field: Field) -> Fields {
        Fields(self.0 | 1 << field as u8)
    }

    /// Adds a field.
    pub fn insert(&mut self, field: Field) {
        *self = self.with(field);
    }

    /// Whether the field is in the set.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// Whether the two sets share a field.
    pub const fn intersects(self, other: Fields) -> bool {
        self.0 & other.0 != 0
    }

    /// The fields of either set.
    #[must_use]
    pub const fn union(self, other: Fields) -> Fields {
        Fields(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields of the set, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |&field| self.contains(field))
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<T: IntoIterator<Item = Field>>(fields: T) -> Self {
        fields.into_iter().fold(Fields::NONE, Fields::with)
    }
}

impl Extend<Field> for Fields {
    fn extend<T: IntoIterator<Item = Field>>(&mut self, fields: T) {
        for field in fields {
            self.insert(field);
        }
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_own_place_in_a_set() {
        for (index, &field) in Field::ALL.iter().enumerate() {
            assert_eq!(field as usize, index);
            assert_eq!(Fields::NONE.with(field).iter().collect::<Vec<_>>(), [field]);
        }
        let all: Fields = Field::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), Field::ALL.len());
        assert!(all.intersects(Fields::NONE.with(Field::Error)) && !all.is_empty());
    }
}
