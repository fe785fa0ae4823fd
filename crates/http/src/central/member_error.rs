//! What is wrong with a member of a body, in a sentence that begins with the member.

use serde::Deserialize;

/// Why `text`, which is JSON, cannot be read as `T`.
pub(crate) fn of<'a, T: Deserialize<'a>>(text: &'a str) -> String {
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => "the body must be one JSON object".to_owned(),
        Err(error) => {
            let path = error.path().to_string();
            sentence(&path, &error.into_inner().to_string())
        }
    }
}

/// `.` is the path of the body itself.
fn sentence(path: &str, rule: &str) -> String {
    let path = if path == "." { "" } else { path };
    let rule = rule.rsplit_once(" at line ").map_or(rule, |(rule, _)| rule);
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or(text).to_owned();
    let member = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let subject = if path.is_empty() { "the body" } else { path };
    if rule.starts_with("missing field") {
        return format!("{} must be given", member(&quoted(rule)));
    }
    if rule.starts_with("unknown field") {
        let name = quoted(rule);
        // The path may end with it.
        let is_named = path.rsplit('.').next() == Some(&name);
        return format!("{} is not known", if is_named { path.to_owned() } else { member(&name) });
    }
    if let Some(rest) = rule.strip_prefix("unknown variant")
        && let Some((_, words)) = rest.split_once("expected ")
    {
        let words = words.trim_start_matches("one of ").replace('`', "");
        return format!("{subject} must be one of {words}");
    }
    let of_value = ["invalid type: ", "invalid value: "].into_iter().find_map(|prefix| rule.strip_prefix(prefix));
    match of_value.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("{subject} must be {}, not {}", kind(expected), value(found)),
        None => format!("{subject}: {rule}"),
    }
}

/// What was expected, in the words of JSON.
fn kind(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "a map" => "an object",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

/// What was there; texts are not repeated: they may be secrets.
fn value(found: &str) -> &str {
    match found.split(' ').next().unwrap_or_default() {
        "string" => "a string",
        "sequence" => "an array",
        "map" => "an object",
        "integer" | "floating" | "boolean" => found.split('`').nth(1).unwrap_or(found),
        _ => found,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[allow(dead_code)]
    struct Body<'a> {
        display_name: String,
        count: Option<u32>,
        list: Option<Vec<Part>>,
        #[serde(borrow)]
        raw: Option<&'a RawValue>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[allow(dead_code)]
    struct Part {
        kind: Kind,
        flag: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        One,
        Two,
    }

    #[test]
    fn sentences_begin_with_the_member() {
        for (text, expected) in [
            ("{}", "displayName must be given"),
            (r#"{"displayName":5}"#, "displayName must be a string, not 5"),
            (r#"{"displayName":null}"#, "displayName must be a string, not null"),
            (r#"{"displayName":"a","count":-1}"#, "count must be a whole number of at least 0, not -1"),
            (r#"{"displayName":"a","count":"secret"}"#, "count must be a whole number of at least 0, not a string"),
            (r#"{"displayName":"a","other":1}"#, "other is not known"),
            (r#"{"displayName":"a","list":{}}"#, "list must be an array, not an object"),
            (r#"{"displayName":"a","list":[{"kind":"one"},{}]}"#, "list[1].kind must be given"),
            (r#"{"displayName":"a","list":[{"kind":"three"}]}"#, "list[0].kind must be one of one or two"),
            (r#"{"displayName":"a","list":[{"kind":"one","x":1}]}"#, "list[0].x is not known"),
            (
                r#"{"displayName":"a","raw":{"a":1},"list":[{"kind":"one","flag":[]}]}"#,
                "list[0].flag must be a boolean, not an array",
            ),
            (r#""text""#, "the body must be an object, not a string"),
        ] {
            let found = of::<Body<'_>>(text);
            assert_eq!(found, expected, "{text}");
        }
    }
}
