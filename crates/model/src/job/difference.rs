//! What a job replaced on a device, and by what: the touched places only.

use crate::json::{Members, ObjectWriter, push_string};

use super::Action;

/// JSON texts of objects: of a twin change with the members `tags` and `desired`, of a change of template with the
/// member `template`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What stood there before, `null` where nothing did; `None` when it was not kept.
    pub before: Option<String>,
    /// What was written; `null` takes away.
    pub after: String,
    /// What stands there now, `null` where nothing does; `None` when the device was deleted.
    pub now: Option<String>,
}

/// What a device looks like now, as far as a job may have changed it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touchable {
    /// The tags, JSON text.
    pub tags: Option<String>,
    /// The desired properties, JSON text.
    pub desired: String,
    /// The id of its template.
    pub template: Option<String>,
}

impl Difference {
    /// Of a device on which `action` was done. `previous` is what was kept of it: the body that undoes it, see
    /// [`crate::twin::Applied::previous`]. `None` for calls.
    pub fn of(action: &Action, previous: Option<&str>, now: Option<&Touchable>) -> Option<Difference> {
        match action {
            Action::InvokeMethods(_) => None,
            Action::SetTemplate(wanted) => {
                let template = |id: Option<&str>| {
                    let mut out = String::new();
                    let mut object = ObjectWriter::open(&mut out);
                    match id {
                        Some(id) => object.string("template", id),
                        None => object.raw("template", "null"),
                    };
                    object.close();
                    out
                };
                Some(Difference {
                    before: previous.map(str::to_owned),
                    after: template(Some(wanted)),
                    now: now.map(|now| template(now.template.as_deref())),
                })
            }
            Action::UpdateTwin(body) => {
                let sections = Sections::of(body);
                Some(Difference {
                    before: previous.map(|undo| Sections::of(undo).text()),
                    after: sections.text(),
                    now: now.map(|now| sections.touched(now).text()),
                })
            }
        }
    }
}

/// The parts of a body `{"tags":…,"properties":{"desired":…}}`.
#[derive(Default)]
struct Sections {
    tags: Option<String>,
    desired: Option<String>,
}

impl Sections {
    fn of(body: &str) -> Sections {
        // What is kept was checked when it was written; an unreadable body touches nothing.
        let body = Members::of(body).unwrap_or_default();
        let properties = body.get("properties").and_then(|text| Members::of(text.get()).ok()).unwrap_or_default();
        Sections {
            tags: body.get("tags").map(|text| text.get().to_owned()),
            desired: properties.get("desired").map(|text| text.get().to_owned()),
        }
    }

    /// The places that this touches, as they are `now`.
    fn touched(&self, now: &Touchable) -> Sections {
        let tags = now.tags.as_deref().unwrap_or("{}");
        Sections {
            tags: self.tags.as_deref().map(|patch| touched(patch, Some(tags))),
            desired: self.desired.as_deref().map(|patch| touched(patch, Some(&now.desired))),
        }
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::open(&mut out);
        for (name, section) in [("tags", &self.tags), ("desired", &self.desired)] {
            if let Some(text) = section {
                object.raw(name, text);
            }
        }
        object.close();
        out
    }
}

/// The values of `target` at the places that `patch` touches.
fn touched(patch: &str, target: Option<&str>) -> String {
    let Some(target) = target else { return "null".to_owned() };
    let (Ok(patch), Ok(target)) = (Members::of(patch), Members::of(target)) else { return target.to_owned() };
    let mut out = "{".to_owned();
    for (key, value) in &patch.0 {
        if out.len() > 1 {
            out.push(',');
        }
        push_string(&mut out, &key.0);
        out.push(':');
        out.push_str(&touched(value.get(), target.get(&key.0).map(|value| value.get())));
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_change_shows_the_touched_places_only() {
        let action = Action::UpdateTwin(
            r#"{"tags":{"site":"b","old":null},"properties":{"desired":{"fan":{"speed":2,"mode":{"a":1}},"new":5.0}}}"#
                .to_owned(),
        );
        let now = Touchable {
            tags: Some(r#"{"site":"c","other":1}"#.to_owned()),
            desired: r#"{"fan":{"speed":2,"mode":7,"rest":0},"new":5.0,"x":1}"#.to_owned(),
            template: None,
        };
        let undo = r#"{"tags":{"site":"a","old":1},"properties":{"desired":{"fan":{"speed":1.50},"new":null}}}"#;
        let difference = Difference::of(&action, Some(undo), Some(&now)).unwrap();
        assert_eq!(
            difference.before.as_deref(),
            Some(r#"{"tags":{"site":"a","old":1},"desired":{"fan":{"speed":1.50},"new":null}}"#)
        );
        assert_eq!(
            difference.after,
            r#"{"tags":{"site":"b","old":null},"desired":{"fan":{"speed":2,"mode":{"a":1}},"new":5.0}}"#
        );
        assert_eq!(
            difference.now.as_deref(),
            Some(r#"{"tags":{"site":"c","old":null},"desired":{"fan":{"speed":2,"mode":7},"new":5.0}}"#)
        );
        let gone = Difference::of(&action, None, None).unwrap();
        assert_eq!((gone.before, gone.now), (None, None));
    }

    #[test]
    fn a_twin_without_tags_has_none_of_them() {
        let action = Action::UpdateTwin(r#"{"tags":{"a":1}}"#.to_owned());
        let now = Touchable { desired: "{}".to_owned(), ..Touchable::default() };
        let difference = Difference::of(&action, None, Some(&now)).unwrap();
        assert_eq!(difference.now.as_deref(), Some(r#"{"tags":{"a":null}}"#));
    }

    #[test]
    fn a_change_of_template() {
        let action = Action::SetTemplate("t;2".to_owned());
        let now = Touchable { template: Some("t;3".to_owned()), ..Touchable::default() };
        let difference = Difference::of(&action, Some(r#"{"template":null}"#), Some(&now)).unwrap();
        assert_eq!(difference.before.as_deref(), Some(r#"{"template":null}"#));
        assert_eq!(difference.after, r#"{"template":"t;2"}"#);
        assert_eq!(difference.now.as_deref(), Some(r#"{"template":"t;3"}"#));
    }
}
