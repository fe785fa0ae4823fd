//! `filter` and `orderby` of IoT Central's lists.
#![allow(clippy::unwrap_used, clippy::panic)]

use bellwether_query::{
    LIST_FILTER_BYTES_MAX, ListField, ListFieldKind, ListFilter, ListFilterError, ListOrder, ListValue,
};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Id,
    DisplayName,
    Template,
    Enabled,
}

impl ListField for Field {
    const ALL: &'static [Self] = &[Field::Id, Field::DisplayName, Field::Template, Field::Enabled];

    fn name(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::DisplayName => "displayName",
            Field::Template => "template",
            Field::Enabled => "enabled",
        }
    }

    fn kind(self) -> ListFieldKind {
        match self {
            Field::Id | Field::DisplayName | Field::Template => ListFieldKind::Text,
            Field::Enabled => ListFieldKind::Flag,
        }
    }
}

fn parse(text: &str) -> Result<ListFilter<Field>, ListFilterError> {
    ListFilter::parse(text)
}

/// A device without a template.
fn value(field: Field) -> ListValue<'static> {
    match field {
        Field::Id => ListValue::Text("d1"),
        Field::DisplayName => ListValue::Text("O'Neil's 😀 thermostat"),
        Field::Template => ListValue::Null,
        Field::Enabled => ListValue::Flag(true),
    }
}

#[test]
fn what_filters_mean() {
    for (text, expected) in [
        ("contains(displayName, 'thermo') and enabled eq true", true),
        ("contains(displayName, 'Thermo')", false),
        ("CONTAINS ( displayname , 'O''Neil''s' )", true),
        ("contains(displayName, '')", true),
        ("contains(template, 'x')", false),
        ("indexof(displayName, 'thermo') ge 0", true),
        ("indexof(displayName, 'thermo') eq 12", true),
        ("indexof(displayName, 'none') eq -1", true),
        ("indexof(displayName, 'none') ge -0", false),
        ("id eq 'd1'", true),
        ("id ne 'd1'", false),
        ("id gt 'd0' and id lt 'd2'", true),
        ("id ge 'd1' and id le 'd1'", true),
        ("enabled ne false", true),
        ("enabled eq false or id eq 'd1'", true),
        ("enabled eq false and id eq 'd1' or id eq 'd1'", true),
        ("enabled eq false and (id eq 'd1' or id eq 'd1')", false),
        ("not contains(displayName, 'x') and not not enabled eq true", true),
        ("not (id eq 'd1' or id eq 'd2')", false),
        ("template eq null", true),
        ("template ne null", false),
        ("id ne null", true),
        ("template eq 'a'", false),
        ("template ne 'a'", true),
        ("template lt 'a' or template ge 'a'", false),
    ] {
        let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.matches(value), expected, "{text}");
    }
}

#[test]
fn what_is_refused() {
    for (text, expected) in [
        ("", "character 1: expected a field, contains, indexof, not, or '(', found the end of the filter"),
        ("id", "character 3: expected a comparison: eq ne gt ge lt le, found the end of the filter"),
        ("id = 'a'", "character 4: unexpected character '='"),
        ("id eq \"a\"", "character 7: texts stand in single quotes"),
        ("id eq 'a", "character 7: the text that begins here has no closing quote"),
        ("id eq 'a''", "character 7: the text that begins here has no closing quote"),
        ("id eq 'é' x", "character 11: expected and, or, or the end of the filter, found x"),
        ("id eq 5", "character 7: no field is a number; texts stand in single quotes"),
        ("id eq 5x", "character 7: 5x is no number"),
        ("id eq true", "character 7: id is a text; it is compared with a text in single quotes"),
        ("enabled eq 'true'", "character 12: enabled is compared with true or false, without quotes"),
        ("enabled gt false", "character 12: enabled is compared with true, false or null by eq and ne only"),
        ("id le null", "character 7: id is compared with true, false or null by eq and ne only"),
        ("ghost eq 'a'", "character 1: there is no field ghost; the fields are id, displayName, template, enabled"),
        (
            "startswith(id, 'a')",
            "character 1: there is no field startswith; the fields are id, displayName, template, enabled",
        ),
        ("id(1)", "character 1: the functions are contains and indexof"),
        ("contains(enabled, 'a')", "character 10: enabled is no text"),
        ("contains(id 'a')", "character 13: expected ',', found 'a'"),
        ("contains(id, id)", "character 14: expected a text in single quotes, found id"),
        ("indexof(id, 'a')", "character 17: expected a comparison: eq ne gt ge lt le, found the end of the filter"),
        ("indexof(id, 'a') ge 'a'", "character 21: expected a number, found 'a'"),
        ("(id eq 'a'", "character 11: expected ')', found the end of the filter"),
        ("id eq 'a')", "character 10: expected and, or, or the end of the filter, found )"),
        (
            "id eq 'a' and",
            "character 14: expected a field, contains, indexof, not, or '(', found the end of the filter",
        ),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn limits() {
    let longest = format!("id eq '{}'", "x".repeat(LIST_FILTER_BYTES_MAX - 8));
    assert!(parse(&longest).is_ok());
    assert_eq!(parse(&format!("{longest} ")).unwrap_err().message, "a filter may have at most 8192 bytes");
    let nested = |depth: usize| format!("{}id eq 'd1'{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(20)).unwrap().matches(value));
    assert_eq!(parse(&nested(21)).unwrap_err().to_string(), "character 21: brackets nest deeper than 20");
    for part in ["(", "not ", "id eq 'a' and ", "contains(", "'", "''", "id ", "é", "-"] {
        assert!(parse(&part.repeat(LIST_FILTER_BYTES_MAX / part.len())).is_err(), "{part}");
    }
}

#[test]
fn what_a_store_may_narrow_by() {
    for (text, template) in [
        ("template eq 'a'", Some("a")),
        ("enabled eq true and template eq 'a' and id eq 'b'", Some("a")),
        ("enabled eq true and (template eq 'a' and id eq 'b')", Some("a")),
        ("template eq 'a' or id eq 'b'", None),
        ("not template eq 'a'", None),
        ("template ne 'a' and template eq null", None),
        ("contains(template, 'a')", None),
    ] {
        assert_eq!(parse(text).unwrap().must_be(Field::Template), template, "{text}");
    }
}

#[test]
fn orders() {
    for (text, order) in [
        ("displayName", Some(ListOrder::DisplayName)),
        (" displayname  ASC ", Some(ListOrder::DisplayName)),
        ("displayName desc", Some(ListOrder::DisplayNameDescending)),
        ("", None),
        ("id", None),
        ("displayName up", None),
        ("displayName desc asc", None),
        ("displayName,id", None),
    ] {
        assert_eq!(ListOrder::parse(text).ok(), order, "{text}");
    }
}

/// Texts that are filters more often than not.
fn filter() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "id",
        "enabled",
        "template",
        "eq",
        "ne",
        "ge",
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        "contains(",
        "indexof(",
        "'a'",
        "'it''s'",
        "true",
        "null",
        "0",
        "-1",
        "'",
        "é",
        "\"",
    ]);
    prop::collection::vec(word, 0..20).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), words in filter()) {
        for text in [text, words] {
            match parse(&text) {
                Ok(filter) => { filter.matches(value); }
                Err(error) => prop_assert!(error.column <= text.chars().count() + 1, "{}", error),
            }
            let _ = ListOrder::parse(&text);
        }
    }

    /// What must be, is: a filter that holds has the text that it is narrowed by.
    #[test]
    fn narrowing_loses_nothing(words in filter(), id in "[ab]") {
        if let Ok(filter) = parse(&words) {
            let holds = filter.matches(|field| if field == Field::Id { ListValue::Text(&id) } else { value(field) });
            prop_assert!(!holds || filter.must_be(Field::Id).is_none_or(|must| must == id));
        }
    }
}
