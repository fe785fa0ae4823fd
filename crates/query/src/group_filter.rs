//! The filter of an IoT Central device group (query-language.md §9.1).

use crate::ast::{Comparison, Constant};
use crate::collection::Collection;
use crate::error::QueryError;
use crate::lex::{Kind, Symbol};
use crate::operand::compare;
use crate::parse::Parser;
use crate::value::Value;

/// A device that may be a member of a group.
pub trait Candidate {
    /// What Central itself knows of the device.
    fn metadata(&self, field: Metadata) -> Value<'_>;
    /// The value of a device property or cloud property, of a component or of the device itself.
    fn capability(&self, component: Option<&str>, name: &str) -> Value<'_>;
}

/// The `$` names of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metadata {
    /// `$id`
    Id,
    /// `$displayName`
    DisplayName,
    /// `$template`: the id of the device template.
    Template,
    /// `$provisioned`
    Provisioned,
    /// `$simulated`
    Simulated,
    /// `$enabled`
    Enabled,
}

impl Metadata {
    /// Every name.
    pub const ALL: [Metadata; 6] = [
        Metadata::Id,
        Metadata::DisplayName,
        Metadata::Template,
        Metadata::Provisioned,
        Metadata::Simulated,
        Metadata::Enabled,
    ];

    /// The member of a device in Central's API; a filter writes `$` in front of it.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Metadata::Id => "id",
            Metadata::DisplayName => "displayName",
            Metadata::Template => "template",
            Metadata::Provisioned => "provisioned",
            Metadata::Simulated => "simulated",
            Metadata::Enabled => "enabled",
        }
    }

    fn named(word: &str) -> Option<Metadata> {
        let name = word.strip_prefix('$')?;
        Metadata::ALL.into_iter().find(|field| field.wire_name().eq_ignore_ascii_case(name))
    }
}

/// A group's filter: a flat list of comparisons, joined by `AND` or by `OR`.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFilter {
    /// The template after `FROM`; `None` is `devices`.
    source: Option<String>,
    /// Whether one test is enough.
    any: bool,
    tests: Vec<Test>,
}

#[derive(Clone, Debug, PartialEq)]
struct Test {
    operand: Operand,
    op: Comparison,
    literal: Constant,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Metadata(Metadata),
    Capability { component: Option<String>, name: String },
}

impl GroupFilter {
    /// Reads a filter. The length is the caller's to limit.
    ///
    /// # Errors
    /// When the text does not parse, mixes `AND` with `OR`, or uses what a group filter does not have:
    /// brackets, `IN`, functions, arithmetic.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut parser = Parser::new(text, Collection::Devices);
        filter(&mut parser)
    }

    /// How many comparisons it has.
    pub fn comparisons(&self) -> usize {
        self.tests.len()
    }

    /// The only device template whose devices can be members: what stands after `FROM`, or after a
    /// `$template =` that must hold. `None` when the filter names no such template.
    pub fn template(&self) -> Option<&str> {
        let must_hold = if self.any { &[] } else { self.tests.as_slice() };
        self.source.as_deref().or_else(|| must_hold.iter().find_map(Test::template))
    }

    /// The properties the filter names, with their components, for the caller to check against a template.
    pub fn capabilities(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.tests.iter().filter_map(|test| match &test.operand {
            Operand::Capability { component, name } => Some((component.as_deref(), name.as_str())),
            Operand::Metadata(_) => None,
        })
    }

    /// Whether the device is a member. A device without a property is never one by it (§4.1).
    pub fn matches(&self, device: &dyn Candidate) -> bool {
        if let Some(template) = &self.source
            && device.metadata(Metadata::Template) != Value::string(template)
        {
            return false;
        }
        let mut outcomes = self.tests.iter().map(|test| test.holds(device));
        match self.any {
            true => outcomes.any(|holds| holds),
            false => outcomes.all(|holds| holds),
        }
    }
}

impl Test {
    /// The template that a device must have for this test to hold.
    fn template(&self) -> Option<&str> {
        match (&self.operand, self.op, &self.literal) {
            (Operand::Metadata(Metadata::Template), Comparison::Equal, Constant::String(template)) => Some(template),
            (Operand::Metadata(_) | Operand::Capability { .. }, _, _) => None,
        }
    }

    fn holds(&self, device: &dyn Candidate) -> bool {
        let value = match &self.operand {
            Operand::Metadata(field) => device.metadata(*field),
            Operand::Capability { component, name } => device.capability(component.as_deref(), name),
        };
        compare(self.op, &value.into(), &self.literal.operand()) == Some(true)
    }
}

/// The service's words for a bracketed group, and ours for whatever else is no flat comparison.
const NESTED: &str = "the filter is not valid because a device group filter can only reference properties and cannot contain nested conditions";

fn filter(parser: &mut Parser<'_>) -> Result<GroupFilter, QueryError> {
    if !parser.eat_word("SELECT") {
        return Err(parser.unexpected("SELECT"));
    }
    parser.expect(Symbol::Star, "* (a device group filter selects whole devices)")?;
    if !parser.eat_word("FROM") {
        return Err(parser.unexpected("FROM"));
    }
    let source = source(parser)?;
    if parser.at_end() {
        return Ok(GroupFilter { source, any: false, tests: Vec::new() });
    }
    if !parser.eat_word("WHERE") {
        return Err(parser.unexpected("WHERE or the end of the filter"));
    }
    let mut tests = vec![test(parser)?];
    let any = parser.at_word("OR");
    let (own, other) = if any { ("OR", "AND") } else { ("AND", "OR") };
    while parser.eat_word(own) {
        tests.push(test(parser)?);
    }
    if parser.at_word(other) {
        return Err(parser.error("a device group filter joins its conditions with AND only or with OR only"));
    }
    if !parser.at_end() {
        return Err(parser.unexpected_after_expression("AND, OR or the end of the filter"));
    }
    Ok(GroupFilter { source, any, tests })
}

/// `devices` or the id of a device template, after `FROM`.
fn source(parser: &mut Parser<'_>) -> Result<Option<String>, QueryError> {
    let at = parser.offset();
    // A template id is no token, so the text is taken as it stands up to the next white space.
    if parser.at_end() {
        return Err(parser.unexpected("devices or the id of a device template after FROM"));
    }
    let source = parser.take_run();
    if source.eq_ignore_ascii_case("devices") {
        return Ok(None);
    }
    if source.contains(['\'', '"', '(', ')', ',', '*']) {
        return Err(parser.error_at(at, "after FROM stands devices or the id of a device template, without quotes"));
    }
    Ok(Some(source.to_owned()))
}

fn test(parser: &mut Parser<'_>) -> Result<Test, QueryError> {
    let operand = operand(parser)?;
    if parser.at(Symbol::LeftRound) {
        return Err(parser.error("a device group filter has no functions"));
    }
    if parser.at_word("IN") || parser.at_word("NIN") {
        return Err(parser.error("IN is not supported in a device group filter; join comparisons with OR"));
    }
    let Some(op) = parser.comparison_operator() else {
        return Err(parser.unexpected("a comparison: = != <> < <= > >="));
    };
    parser.advance();
    let at = parser.offset();
    let literal = match parser.signed_constant() {
        Some(literal @ (Constant::String(_) | Constant::Number(_) | Constant::Bool(_))) => literal,
        Some(Constant::Null | Constant::Undefined) => {
            return Err(parser.error_at(at, "a property is compared with a string, a number, true or false"));
        }
        None if parser.at(Symbol::LeftRound) => return Err(parser.error(NESTED)),
        None => return Err(parser.unexpected("a string, a number, true or false")),
    };
    Ok(Test { operand, op, literal })
}

fn operand(parser: &mut Parser<'_>) -> Result<Operand, QueryError> {
    if parser.at(Symbol::LeftRound) || parser.at_word("NOT") {
        return Err(parser.error(NESTED));
    }
    let at = parser.offset();
    let first = name(parser)?;
    if first.starts_with('$') {
        return match Metadata::named(&first) {
            Some(field) => Ok(Operand::Metadata(field)),
            None => {
                let known: Vec<String> = Metadata::ALL.iter().map(|field| format!("${}", field.wire_name())).collect();
                Err(parser.error_at(at, format!("there is no {first}; the names are {}", known.join(", "))))
            }
        };
    }
    if !parser.eat(Symbol::Dot) {
        return Ok(Operand::Capability { component: None, name: first });
    }
    let name = name(parser)?;
    if parser.at(Symbol::Dot) {
        return Err(parser.error("a property is written name or component.name"));
    }
    Ok(Operand::Capability { component: Some(first), name })
}

/// A name of a property or component; words of the grammar stand in `[[ ]]`.
fn name(parser: &mut Parser<'_>) -> Result<String, QueryError> {
    const WORDS: [&str; 8] = ["SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "NIN"];
    let name = match *parser.current() {
        Kind::Word(word) if !WORDS.iter().any(|reserved| reserved.eq_ignore_ascii_case(word)) => word.to_owned(),
        Kind::Escaped(name) => name.to_owned(),
        Kind::Word(_) | Kind::String(_) | Kind::Number { .. } | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => {
            return Err(parser.unexpected(
                "the name of a property, or $id, $displayName, $template, $provisioned, $simulated, $enabled",
            ));
        }
    };
    parser.advance();
    Ok(name)
}
