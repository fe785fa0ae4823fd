//! Bodies of one version as bodies of another: a walk along the tables of [`super::tables`].
//!
//! Values are text from end to end: what no table names is copied as it stands, so that numbers keep their digits
//! and objects their order.

use bellwether_model::json::{Members, ObjectWriter, push_string};
use serde_json::value::RawValue;

use super::Version;
use super::shape::{Access, Kind, Member, Shape, Variant};
use crate::central::call::from_json;
use crate::central::error::CentralError;

/// Says which kind of a tagged object it is, in every version.
const TAG: &str = "type";

/// A request's object in the newest version's form.
///
/// Read-only members are left out, so that what was read can be sent back. Every spelling is taken in every
/// version (iot-central §17, 1). `path` says where the object stands, for messages: `data[0].`, or nothing.
///
/// # Errors
/// 400 when it is no JSON; 422 when a member is unknown, not of this version, or stands twice.
pub(super) fn upgrade(version: Version, shape: &Shape, text: &str, path: &str) -> Result<String, CentralError> {
    let members: Members = from_json(text)?;
    let variant = match shape {
        Shape::Plain(_) => None,
        Shape::Tagged(_, variants) => find_variant(version, variants, &members, path)?,
    };
    let mut out = String::with_capacity(text.len());
    let mut object = ObjectWriter::open(&mut out);
    let mut written: Vec<&str> = Vec::with_capacity(members.0.len());
    for (key, value) in &members.0 {
        let key = key.0.as_ref();
        if !shape.variants().is_empty() && key == TAG {
            match variant {
                Some(variant) => object.string(TAG, variant.tag),
                None => object.raw(TAG, value.get()),
            };
            continue;
        }
        let member = find_member(version, shape, variant, key, path)?;
        if written.contains(&member.name) {
            return Err(CentralError::unprocessable(format!("{path}{key} stands twice")));
        }
        written.push(member.name);
        if member.access == Access::Write {
            let place = format!("{path}{key}");
            object.raw(member.name, &upgrade_value(version, member.kind, value, &place)?);
        }
    }
    object.close();
    Ok(out)
}

fn find_variant<'v>(
    version: Version,
    variants: &'v [Variant],
    members: &Members,
    path: &str,
) -> Result<Option<&'v Variant>, CentralError> {
    // A merge patch may leave it out; whether it may be missing is the operation's to say.
    let Some(tag) = members.get(TAG) else { return Ok(None) };
    let tag: String = serde_json::from_str(tag.get())
        .map_err(|_| CentralError::unprocessable(format!("{path}{TAG} must be a string")))?;
    let known = variants.iter().filter(|variant| variant.since <= version);
    let found = known.clone().find(|variant| variant.tag == tag || variant.long_tag == tag);
    if found.is_none() {
        let known: Vec<_> = known.map(|variant| variant.tag_in(version)).collect();
        let (known, version) = (known.join(", "), version.as_str());
        return Err(CentralError::unprocessable(format!(
            "{path}{TAG} must be one of {known} in api-version {version}"
        )));
    }
    Ok(found)
}

fn find_member<'s>(
    version: Version,
    shape: &'s Shape,
    variant: Option<&'s Variant>,
    key: &str,
    path: &str,
) -> Result<&'s Member, CentralError> {
    let of_variants = shape.variants().iter().filter(|other| variant.is_none_or(|variant| variant.tag == other.tag));
    let mut all = shape.members().iter().chain(of_variants.flat_map(|variant| variant.members));
    // Of what only our own version has, the published ones do not even say that another has it.
    let may_know = |member: &Member| member.since != Version::Own || version == Version::Own;
    let Some(member) = all.find(|member| member.is_called(key) && may_know(member)) else {
        return Err(CentralError::unprocessable(format!("{path}{key} is not known")));
    };
    if member.access == Access::Write && !member.is_known(version) {
        let version = version.as_str();
        return Err(CentralError::unprocessable(format!("{path}{key} is not known in api-version {version}")));
    }
    Ok(member)
}

fn upgrade_value(version: Version, kind: Kind, value: &RawValue, place: &str) -> Result<String, CentralError> {
    let text = value.get();
    Ok(match kind {
        Kind::Object(shape) if text.starts_with('{') => upgrade(version, shape, text, &format!("{place}."))?,
        Kind::List(shape) if text.starts_with('[') => {
            let items: Vec<&RawValue> = from_json_list(text)?;
            let upgraded = items.iter().enumerate().map(|(n, item)| {
                let place = format!("{place}[{n}]");
                upgrade_value(version, Kind::Object(shape), item, &place)
            });
            format!("[{}]", upgraded.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        Kind::Switch if text == "null" || text.starts_with('"') => {
            let said = serde_json::from_str::<Option<String>>(text)?;
            said.is_some_and(|said| said.eq_ignore_ascii_case("true")).to_string()
        }
        // Of the wrong type: that is the operation's to say.
        Kind::Any | Kind::Object(_) | Kind::List(_) | Kind::Switch => text.to_owned(),
    })
}

fn from_json_list(text: &str) -> Result<Vec<&RawValue>, CentralError> {
    Ok(serde_json::from_str(text)?)
}

/// An object of an answer, made by an operation in the newest version's form, as `version` knows it: its members
/// and no others, spelled as it spells them.
///
/// # Errors
/// The operation's answer is no object: a failure of ours.
pub(super) fn downgrade(version: Version, shape: &Shape, text: &str) -> Result<String, CentralError> {
    let members = Members::of(text)?;
    let tag = members.get(TAG).and_then(|tag| serde_json::from_str::<String>(tag.get()).ok());
    let variant = shape.variants().iter().find(|variant| Some(variant.tag) == tag.as_deref());
    let mut out = String::with_capacity(text.len());
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &members.0 {
        let key = key.0.as_ref();
        if let Some(variant) = variant.filter(|_| key == TAG) {
            object.string(TAG, variant.tag_in(version));
            continue;
        }
        let of_variant = variant.filter(|variant| variant.since <= version).map_or(&[][..], |variant| variant.members);
        let known = shape.members().iter().chain(of_variant).find(|member| member.name == key);
        if let Some(member) = known.filter(|member| member.is_known(version)) {
            object.raw(member.name_in(version), &downgrade_value(version, member.kind, value)?);
        }
    }
    if let Some(variant) = variant.filter(|variant| variant.since > version) {
        for (name, source) in variant.stand_in {
            match members.get(source) {
                Some(value) => object.raw(name, value.get()),
                None => object.string(name, ""),
            };
        }
    }
    object.close();
    Ok(out)
}

fn downgrade_value(version: Version, kind: Kind, value: &RawValue) -> Result<String, CentralError> {
    let text = value.get();
    Ok(match kind {
        Kind::Object(shape) if text.starts_with('{') => downgrade(version, shape, text)?,
        Kind::List(shape) if text.starts_with('[') => {
            let items = from_json_list(text)?;
            let downgraded = items.iter().map(|item| downgrade_value(version, Kind::Object(shape), item));
            format!("[{}]", downgraded.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        Kind::Any | Kind::Object(_) | Kind::List(_) | Kind::Switch => text.to_owned(),
    })
}

/// `["a","b"]`.
pub(super) fn string_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::from("[");
    for (n, item) in items.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        push_string(&mut out, item);
    }
    out.push(']');
    out
}
