//! Device twins: tags, desired and reported properties, their versions and their metadata
//! (iot-hub §3, device-protocol §4).
//!
//! A [`Twin`] keeps each section as JSON text without `$` members. What clients see as `$metadata` is kept
//! compactly beside it ([`meta`]) and put together again in [`wire`].

mod merge;
pub mod meta;
pub mod nodes;
pub mod patch;
pub mod path;
pub mod size;
pub mod wire;

use serde_json::value::RawValue;

use crate::Time;
use crate::json::{Members, ObjectWriter};
use meta::{SectionMeta, TwinMeta};
use patch::PatchObject;

/// Most counted bytes of the tags section (iot-hub §3.4).
pub const TAGS_SIZE_MAX: usize = 8 * 1024;
/// Most counted bytes of desired and of reported properties (iot-hub §3.4).
pub const PROPERTIES_SIZE_MAX: usize = 32 * 1024;

/// Why a change of a twin is refused; the message names the member and the rule (iot-hub §3.4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwinError {
    /// The text is not JSON at all.
    #[error("{0}")]
    Malformed(String),
    /// The member breaks a rule on shape, key, depth or value.
    #[error("{path}: {rule}")]
    Invalid {
        /// The member, dots between its keys.
        path: String,
        /// The rule, as a sentence about the member.
        rule: String,
    },
    /// The section would grow over its limit.
    #[error("{section}: would have a size of {size}, more than the limit of {limit}")]
    TooLarge {
        /// `tags`, `properties.desired` or `properties.reported`.
        section: &'static str,
        /// Counted size after the change.
        size: usize,
        /// The section's limit.
        limit: usize,
    },
}

/// One section's part of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionChange {
    /// Objects merge, `null` removes (iot-hub §3.2).
    Merge(PatchObject),
    /// The section becomes exactly this; `null` members are left out.
    Replace(PatchObject),
}

impl SectionChange {
    /// A merge of nothing: it changes neither content nor version.
    pub fn is_nothing(&self) -> bool {
        matches!(self, SectionChange::Merge(patch) if patch.0.is_empty())
    }
}

/// What is to become of a twin. Sections that are `None` stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TwinChange {
    /// Change of the tags.
    pub tags: Option<SectionChange>,
    /// Change of the desired properties.
    pub desired: Option<SectionChange>,
    /// Change of the reported properties; only the device itself makes these.
    pub reported: Option<SectionChange>,
}

impl TwinChange {
    /// Reads the body of `PATCH /twins/{id}` or a job's `updateTwin`: `tags` and `properties.desired` are
    /// merged, everything read-only in it is ignored (iot-hub §1.7, §3.2).
    ///
    /// # Errors
    /// The body is no JSON object, or a section breaks a rule. A top-level `desired` without the
    /// `properties` around it is refused, for it would change nothing (iot-hub §1.7).
    pub fn merge_from_body(body: &str) -> Result<TwinChange, TwinError> {
        let sections = Sections::read(body)?;
        let merge = |section: Option<&RawValue>, name| {
            let patch = section.map(|raw| PatchObject::parse(name, raw.get())).transpose()?;
            Ok::<_, TwinError>(patch.map(SectionChange::Merge).filter(|section| !section.is_nothing()))
        };
        Ok(TwinChange {
            tags: merge(sections.tags, "tags")?,
            desired: merge(sections.desired, "properties.desired")?,
            reported: None,
        })
    }

    /// Reads the body of `PUT /twins/{id}`: tags and desired are replaced; a section that is left out becomes
    /// empty (iot-hub §3.1).
    ///
    /// # Errors
    /// As [`TwinChange::merge_from_body`].
    pub fn replace_from_body(body: &str) -> Result<TwinChange, TwinError> {
        let sections = Sections::read(body)?;
        let replace = |section: Option<&RawValue>, name| {
            let patch = section.map(|raw| PatchObject::parse(name, raw.get())).transpose()?;
            Ok::<_, TwinError>(Some(SectionChange::Replace(patch.unwrap_or_default())))
        };
        Ok(TwinChange {
            tags: replace(sections.tags, "tags")?,
            desired: replace(sections.desired, "properties.desired")?,
            reported: None,
        })
    }

    /// Reads a device's own patch of its reported properties (device-protocol §4).
    ///
    /// # Errors
    /// The patch is no JSON object or breaks a rule.
    pub fn reported_from_device(patch: &[u8]) -> Result<TwinChange, TwinError> {
        let text = std::str::from_utf8(patch).map_err(|e| TwinError::Malformed(e.to_string()))?;
        let patch = PatchObject::parse("properties.reported", text)?;
        Ok(TwinChange { reported: Some(SectionChange::Merge(patch)), ..TwinChange::default() })
    }

    /// Refuses a change that fits into no twin: what it sets is by itself over a section's limit.
    ///
    /// # Errors
    /// [`TwinError::TooLarge`].
    pub fn check_size(&self) -> Result<(), TwinError> {
        let sections = [
            ("tags", &self.tags, TAGS_SIZE_MAX),
            ("properties.desired", &self.desired, PROPERTIES_SIZE_MAX),
            ("properties.reported", &self.reported, PROPERTIES_SIZE_MAX),
        ];
        for (name, section, limit) in sections {
            if let Some(SectionChange::Merge(patch) | SectionChange::Replace(patch)) = section {
                size::check_growth(name, "{}", &patch.content(), limit)?;
            }
        }
        Ok(())
    }

    /// True when no twin would change: no section, or only merges of nothing.
    pub fn is_nothing(&self) -> bool {
        [&self.tags, &self.desired, &self.reported]
            .into_iter()
            .all(|section| section.as_ref().is_none_or(SectionChange::is_nothing))
    }
}

struct Sections<'a> {
    tags: Option<&'a RawValue>,
    desired: Option<&'a RawValue>,
}

impl<'a> Sections<'a> {
    fn read(body: &'a str) -> Result<Self, TwinError> {
        let refuse = |path: &str, rule: &str| TwinError::Invalid { path: path.to_owned(), rule: rule.to_owned() };
        let object = |text: &'a str, path: &str| {
            if !text.trim_start().starts_with('{') {
                return Err(refuse(path, "must be an object"));
            }
            let members = Members::of(text).map_err(|e| TwinError::Malformed(e.to_string()))?;
            for name in ["tags", "properties", "desired"] {
                if members.0.iter().filter(|(key, _)| key.0 == name).count() > 1 {
                    return Err(refuse(name, "stands twice in one object"));
                }
            }
            Ok(members)
        };
        serde_json::from_str::<&RawValue>(body).map_err(|e| TwinError::Malformed(e.to_string()))?;
        let twin = object(body, "twin")?;
        let present = |raw: Option<&'a RawValue>| raw.filter(|raw| raw.get() != "null");
        let properties = match present(twin.get("properties")) {
            Some(raw) => object(raw.get(), "properties")?,
            None => Members::default(),
        };
        if present(twin.get("desired")).is_some() {
            return Err(refuse("desired", "must stand inside properties: {\"properties\":{\"desired\":{…}}}"));
        }
        Ok(Self { tags: present(twin.get("tags")), desired: present(properties.get("desired")) })
    }
}

/// One property section: content without `$` members, and the number of its last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// JSON object text.
    pub json: String,
    /// `$version`.
    pub version: i64,
}

/// A device's twin as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Grows with every change of any section.
    pub version: i64,
    /// Counter behind the twin's etag; moves with tags and desired only.
    pub etag: i64,
    /// JSON object text; `None` until tags are written for the first time.
    pub tags: Option<String>,
    /// Desired properties.
    pub desired: Section,
    /// Reported properties.
    pub reported: Section,
    /// Encoded [`TwinMeta`] of both property sections.
    pub meta: Vec<u8>,
}

/// What a change did to a twin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Tags were written.
    pub tags: bool,
    /// Desired properties were written; the device is to be told.
    pub desired: bool,
    /// Reported properties were written.
    pub reported: bool,
    /// The body that undoes the change, `{"tags":{…},"properties":{"desired":{…}}}` as a merge patch of the
    /// touched paths. Only for merges of tags and desired.
    pub previous: Option<String>,
}

impl Twin {
    /// The twin of a device that was just created: version 2, both sections at version 1, no tags
    /// (iot-hub §3.3).
    pub fn fresh(now: Time) -> Twin {
        let section = || Section { json: "{}".to_owned(), version: 1 };
        let meta = || SectionMeta::uniform(1, now);
        Twin {
            version: 2,
            etag: 1,
            tags: None,
            desired: section(),
            reported: section(),
            meta: TwinMeta { desired: meta(), reported: meta() }.encode(),
        }
    }

    /// Changes the twin: each section that the change touches gets its next version, the twin its own, once.
    ///
    /// # Errors
    /// A section would grow over its limit. The twin is then unchanged.
    pub fn apply(&mut self, change: &TwinChange, now: Time) -> Result<Applied, TwinError> {
        fn touched(section: &Option<SectionChange>) -> Option<&SectionChange> {
            section.as_ref().filter(|section| !section.is_nothing())
        }
        let mut applied = Applied::default();
        let mut undo = merge::Undo::default();

        let tags = match touched(&change.tags) {
            Some(section) => {
                let before = self.tags.as_deref().unwrap_or("{}");
                let merged = merge::section(before, None, section, 0, &mut undo.tags);
                size::check_growth("tags", before, &merged.json, TAGS_SIZE_MAX)?;
                Some(merged.json)
            }
            None => None,
        };
        let mut meta = None;
        let mut property_section =
            |name, before: &Section, change: &Option<SectionChange>, undo: &mut Option<String>, pick: Pick| {
                let Some(section) = touched(change) else { return Ok(None) };
                let meta: &mut TwinMeta = meta.get_or_insert_with(|| TwinMeta::decode(&self.meta));
                let section_meta = pick(meta);
                let version = before.version + 1;
                let merged = merge::section(&before.json, Some(&section_meta.tree), section, version, undo);
                size::check_growth(name, &before.json, &merged.json, PROPERTIES_SIZE_MAX)?;
                section_meta.advance(version, now, merged.tree);
                Ok::<_, TwinError>(Some(Section { json: merged.json, version }))
            };
        let desired =
            property_section("properties.desired", &self.desired, &change.desired, &mut undo.desired, |meta| {
                &mut meta.desired
            })?;
        let reported = property_section("properties.reported", &self.reported, &change.reported, &mut None, |meta| {
            &mut meta.reported
        })?;

        applied.previous = undo.into_body();
        if let Some(tags) = tags {
            self.tags = Some(tags);
            applied.tags = true;
        }
        if let Some(desired) = desired {
            self.desired = desired;
            applied.desired = true;
        }
        if let Some(reported) = reported {
            self.reported = reported;
            applied.reported = true;
        }
        if let Some(meta) = meta {
            self.meta = meta.encode();
        }
        if applied.tags || applied.desired || applied.reported {
            self.version += 1;
        }
        if applied.tags || applied.desired {
            self.etag += 1;
        }
        Ok(applied)
    }

    /// See [`etag_text`].
    pub fn etag_text(&self) -> String {
        etag_text(self.etag)
    }

    /// What a device reads: both property sections with `$version`, no metadata, no tags
    /// (device-protocol §4).
    pub fn device_view(&self) -> String {
        let mut out = String::with_capacity(self.desired.json.len() + self.reported.json.len() + 64);
        let mut twin = ObjectWriter::open(&mut out);
        with_version(twin.key("desired"), &self.desired.json, self.desired.version);
        with_version(twin.key("reported"), &self.reported.json, self.reported.version);
        twin.close();
        out
    }
}

/// A twin's etag as clients see it: the counter as 8 bytes big-endian in base64 (iot-hub §3.3).
pub fn etag_text(counter: i64) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    BASE64_STANDARD.encode(counter.to_be_bytes())
}

type Pick = fn(&mut TwinMeta) -> &mut SectionMeta;

/// Appends the object `json` with `"$version"` as its last member, as desired patches travel to devices.
pub fn with_version(out: &mut String, json: &str, version: i64) {
    use std::fmt::Write;
    let body = json.strip_suffix('}').unwrap_or("{");
    out.push_str(body);
    if body.len() > 1 {
        out.push(',');
    }
    // Writing to a String cannot fail.
    let _ = write!(out, "\"$version\":{version}}}");
}

#[cfg(test)]
mod tests;
