//! The functions of twin queries and job conditions (query-language.md §6.1).

use serde_json::value::RawValue;

use crate::ast::Comparison;
use crate::operand::{Operand, compare};
use crate::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    IsDefined,
    StartsWith,
    EndsWith,
    ArrayContains,
    IsNull,
    IsBool,
    IsNumber,
    IsString,
    IsObject,
    IsArray,
    IsPrimitive,
}

impl Function {
    const ALL: [Function; 11] = [
        Function::IsDefined,
        Function::StartsWith,
        Function::EndsWith,
        Function::ArrayContains,
        Function::IsNull,
        Function::IsBool,
        Function::IsNumber,
        Function::IsString,
        Function::IsObject,
        Function::IsArray,
        Function::IsPrimitive,
    ];

    /// The function of a name, in any case.
    pub(crate) fn named(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(name))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Function::IsDefined => "IS_DEFINED",
            Function::StartsWith => "STARTSWITH",
            Function::EndsWith => "ENDSWITH",
            Function::ArrayContains => "ARRAY_CONTAINS",
            Function::IsNull => "IS_NULL",
            Function::IsBool => "IS_BOOL",
            Function::IsNumber => "IS_NUMBER",
            Function::IsString => "IS_STRING",
            Function::IsObject => "IS_OBJECT",
            Function::IsArray => "IS_ARRAY",
            Function::IsPrimitive => "IS_PRIMITIVE",
        }
    }

    /// How many arguments it takes.
    pub(crate) const fn arity(self) -> usize {
        match self {
            Function::StartsWith | Function::EndsWith | Function::ArrayContains => 2,
            Function::IsDefined
            | Function::IsNull
            | Function::IsBool
            | Function::IsNumber
            | Function::IsString
            | Function::IsObject
            | Function::IsArray
            | Function::IsPrimitive => 1,
        }
    }

    /// What to say of a call with another number of arguments.
    pub(crate) fn wrong_arity(self, given: usize) -> String {
        let takes = match self.arity() {
            1 => "one argument".to_owned(),
            arity => format!("{arity} arguments"),
        };
        format!("{} takes {takes}, not {given}", self.name())
    }

    /// The outcome; `None` is undefined. Arguments that are missing count as undefined.
    pub(crate) fn call(self, first: Operand<'_>, second: Operand<'_>) -> Option<bool> {
        let kind = |is_it: bool| (first != Operand::Undefined).then_some(is_it);
        match self {
            Function::IsDefined => Some(first != Operand::Undefined),
            Function::StartsWith => strings(&first, &second, |text, part| text.starts_with(part)),
            Function::EndsWith => strings(&first, &second, |text, part| text.ends_with(part)),
            Function::ArrayContains => array_contains(&first, &second),
            Function::IsNull => kind(matches!(first, Operand::Null)),
            Function::IsBool => kind(matches!(first, Operand::Bool(_))),
            Function::IsNumber => kind(matches!(first, Operand::Number(_))),
            Function::IsString => kind(matches!(first, Operand::String(_))),
            Function::IsObject => kind(is_object(&first)),
            Function::IsArray => kind(array_text(&first).is_some()),
            Function::IsPrimitive => kind(!matches!(first, Operand::Json(_))),
        }
    }
}

fn strings(text: &Operand<'_>, part: &Operand<'_>, test: fn(&str, &str) -> bool) -> Option<bool> {
    match (text, part) {
        (Operand::String(text), Operand::String(part)) => Some(test(text, part)),
        (
            Operand::Undefined
            | Operand::Null
            | Operand::Bool(_)
            | Operand::Number(_)
            | Operand::String(_)
            | Operand::Json(_),
            _,
        ) => None,
    }
}

fn is_object(value: &Operand<'_>) -> bool {
    matches!(value, Operand::Json(text) if text.starts_with('{'))
}

fn array_text<'o>(value: &'o Operand<'_>) -> Option<&'o str> {
    match value {
        Operand::Json(text) if text.starts_with('[') => Some(text),
        Operand::Undefined
        | Operand::Null
        | Operand::Bool(_)
        | Operand::Number(_)
        | Operand::String(_)
        | Operand::Json(_) => None,
    }
}

fn array_contains(array: &Operand<'_>, wanted: &Operand<'_>) -> Option<bool> {
    if *wanted == Operand::Undefined {
        return None;
    }
    let elements: Vec<&RawValue> = serde_json::from_str(array_text(array)?).ok()?;
    let is_wanted =
        |element: &RawValue| compare(Comparison::Equal, &Value::from_json(element.get()).into(), wanted) == Some(true);
    Some(elements.into_iter().any(is_wanted))
}

/// Why a function name is refused, with what to write instead where there is something.
pub(crate) fn unknown(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    match upper.as_str() {
        "STARTS_WITH" => "STARTS_WITH is the spelling of message routing; here write STARTSWITH".to_owned(),
        "ENDS_WITH" => "ENDS_WITH is the spelling of message routing; here write ENDSWITH".to_owned(),
        "CONTAINS" => "CONTAINS is a function of message routing only; here use STARTSWITH, ENDSWITH, or ARRAY_CONTAINS for arrays".to_owned(),
        "ABS" | "EXP" | "POWER" | "SQUARE" | "CEILING" | "FLOOR" | "SIGN" | "SQRT" | "AS_NUMBER" | "CONCAT" | "LENGTH"
        | "LOWER" | "UPPER" | "SUBSTRING" | "INDEX_OF" => format!("{upper} is a function of message routing only"),
        _ => {
            let known: Vec<&str> = Function::ALL.into_iter().map(Function::name).collect();
            format!("there is no function {}; the functions are {}", crate::lex::shorten(name), known.join(", "))
        }
    }
}
