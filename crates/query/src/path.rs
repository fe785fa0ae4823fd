//! Paths: from the words of a query to a root field and the steps below it (query-language.md §3).

use crate::collection::Collection;
use crate::document::Document;
use crate::field::Field;
use crate::follow::follow;
use crate::value::Value;

/// A resolved path. Two paths that mean the same place are equal, however they were written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    /// `None` when the first name is no root field; then the path is undefined in every document.
    pub(crate) root: Option<Field>,
    /// What to follow below the root; the whole path when there is no root.
    pub(crate) steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Name(Box<str>),
    Index(usize),
}

/// A path as written, before its collection is known.
#[derive(Clone, Debug)]
pub(crate) struct RawPath {
    pub(crate) segments: Vec<Segment>,
}

/// One written segment.
#[derive(Clone, Debug)]
pub(crate) enum Segment {
    /// A bare identifier.
    Bare(Box<str>),
    /// `[[name]]`: a name, and never a collection prefix.
    Escaped(Box<str>),
    /// `[n]`
    Index(usize),
}

impl Segment {
    fn name(&self) -> Option<&str> {
        match self {
            Segment::Bare(name) | Segment::Escaped(name) => Some(name),
            Segment::Index(_) => None,
        }
    }

    fn is_bare(&self, word: &str) -> bool {
        matches!(self, Segment::Bare(name) if name.eq_ignore_ascii_case(word))
    }

    fn is_name(&self, word: &str) -> bool {
        self.name().is_some_and(|name| name.eq_ignore_ascii_case(word))
    }

    fn to_step(&self) -> Step {
        match self {
            Segment::Bare(name) | Segment::Escaped(name) => Step::Name(name.clone()),
            Segment::Index(index) => Step::Index(*index),
        }
    }
}

impl RawPath {
    /// Whether the path is a bare word alone, which could as well be a function's name.
    pub(crate) fn is_one_word(&self) -> bool {
        matches!(self.segments.as_slice(), [Segment::Bare(_)])
    }

    /// The place this path means in a collection.
    pub(crate) fn resolve(&self, collection: Collection) -> Path {
        resolve(self.without_prefix(collection), collection)
    }

    /// The member a projection without `AS` is named after: the last name, in canonical case where the
    /// service knows it (§5). An index takes the name of its array.
    pub(crate) fn output_name(&self, collection: Collection) -> String {
        let segments = self.without_prefix(collection);
        let last_name = segments.iter().rposition(|segment| segment.name().is_some()).unwrap_or(0);
        let named = segments.get(..=last_name).unwrap_or(segments);
        let path = resolve(named, collection);
        match (path.steps.last(), path.root) {
            (Some(Step::Name(name)), _) => name.to_string(),
            (Some(Step::Index(_)) | None, Some(field)) => {
                field.wire_name().rsplit('.').next().unwrap_or_default().to_owned()
            }
            (Some(Step::Index(_)) | None, None) => String::new(),
        }
    }

    /// Strips the longest collection prefix that applies: the collection's own name, else `devices`.
    fn without_prefix(&self, collection: Collection) -> &[Segment] {
        match self.segments.as_slice() {
            [devices, member, rest @ ..]
                if devices.is_bare("devices")
                    && collection.member().is_some_and(|name| member.is_bare(name))
                    && rest.first().is_some_and(|next| next.name().is_some()) =>
            {
                rest
            }
            [devices, rest @ ..]
                if devices.is_bare("devices") && rest.first().is_some_and(|next| next.name().is_some()) =>
            {
                rest
            }
            all => all,
        }
    }
}

fn resolve(segments: &[Segment], collection: Collection) -> Path {
    let steps = |rest: &[Segment]| rest.iter().map(Segment::to_step).collect::<Vec<_>>();
    let Some((first, rest)) = segments.split_first() else {
        return Path { root: None, steps: Vec::new() };
    };
    let Some(root) = first.name().and_then(|name| root_field(collection, name)) else {
        return Path { root: None, steps: steps(segments) };
    };
    if root == Field::Properties && !rest.is_empty() {
        return match section(rest) {
            Some((field, below)) => Path { root: Some(field), steps: steps(below) },
            None => Path { root: None, steps: steps(segments) },
        };
    }
    let mut steps = steps(rest);
    if let (Field::Capabilities, Some(known)) = (root, rest.first())
        && known.is_name("iotEdge")
        && let Some(step) = steps.first_mut()
    {
        *step = Step::Name("iotEdge".into());
    }
    Path { root: Some(root), steps }
}

/// What stands below `properties`: one of the sections, their versions or metadata, and the rest.
fn section(below_properties: &[Segment]) -> Option<(Field, &[Segment])> {
    let (name, below) = below_properties.split_first()?;
    let (content, whole, version, metadata) = if name.is_name("desired") {
        (Field::Desired, Field::DesiredWhole, Field::DesiredVersion, Field::DesiredMetadata)
    } else if name.is_name("reported") {
        (Field::Reported, Field::ReportedWhole, Field::ReportedVersion, Field::ReportedMetadata)
    } else {
        return None;
    };
    Some(match below.split_first() {
        None => (whole, below),
        // System members are data's neighbours: case counts.
        Some((next, rest)) => match next.name() {
            Some("$version") => (version, rest),
            Some("$metadata") => (metadata, rest),
            Some(_) | None => (content, below),
        },
    })
}

/// Names that mean a field besides its own (§3, "Aliases seen in the wild").
const TWIN_ALIASES: [(&str, Field); 2] = [("id", Field::DeviceId), ("statusUpdatedTime", Field::StatusUpdateTime)];
const JOB_ALIASES: [(&str, Field); 2] = [("id", Field::DeviceId), ("createdTimeUtc", Field::CreatedDateTimeUtc)];

const TWIN_FIELDS: [Field; 20] = [
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
];

const JOB_FIELDS: [Field; 10] = [
    Field::DeviceId,
    Field::JobId,
    Field::JobType,
    Field::Status,
    Field::StartTimeUtc,
    Field::EndTimeUtc,
    Field::CreatedDateTimeUtc,
    Field::LastUpdatedDateTimeUtc,
    Field::Outcome,
    Field::Error,
];

/// The root field of a name, without regard to case. A twin's field is no field of a job row (§1).
fn root_field(collection: Collection, name: &str) -> Option<Field> {
    let (fields, aliases): (&[Field], &[(&str, Field)]) = match collection {
        Collection::Devices | Collection::Modules => (&TWIN_FIELDS, &TWIN_ALIASES),
        Collection::DeviceJobs => (&JOB_FIELDS, &JOB_ALIASES),
    };
    let own = fields.iter().copied().find(|field| field.wire_name().eq_ignore_ascii_case(name));
    let alias = || aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map(|&(_, field)| field);
    own.or_else(alias)
}

impl Path {
    /// A root field and nothing below it.
    pub(crate) fn field(field: Field) -> Self {
        Path { root: Some(field), steps: Vec::new() }
    }

    /// Whether the path is exactly this field.
    pub(crate) fn is_field(&self, field: Field) -> bool {
        self.root == Some(field) && self.steps.is_empty()
    }

    /// The value in a document; any step that does not exist, or goes through a scalar, gives undefined.
    pub(crate) fn value<'d>(&self, document: &'d dyn Document) -> Value<'d> {
        let Some(root) = self.root else {
            return Value::Undefined;
        };
        let value = document.field(root);
        if self.steps.is_empty() {
            return value;
        }
        match value {
            Value::Json(text) => follow(text, &self.steps),
            Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Undefined,
        }
    }
}
