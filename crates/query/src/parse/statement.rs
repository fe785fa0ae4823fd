//! Statements (query-language.md §1): clauses in their fixed order, before the rules between them.

use super::{Parsed, Parser};
use crate::ast::Expr;
use crate::collection::Collection;
use crate::error::QueryError;
use crate::lex::{Kind, Symbol, is_reserved};
use crate::path::RawPath;

/// A statement as written.
pub(crate) struct Statement {
    pub(crate) top: Option<u64>,
    pub(crate) select: RawSelect,
    /// Offset of the select list.
    pub(crate) select_at: usize,
    pub(crate) collection: Collection,
    pub(crate) condition: Option<Expr>,
    /// Paths of `GROUP BY` and its offset.
    pub(crate) group_by: Option<(Vec<RawPath>, usize)>,
}

pub(crate) enum RawSelect {
    All,
    Items(Vec<RawItem>),
}

pub(crate) struct RawItem {
    pub(crate) what: What,
    pub(crate) alias: Option<String>,
    pub(crate) at: usize,
}

pub(crate) enum What {
    Path(RawPath),
    Count,
    Aggregate(Aggregate, RawPath),
}

/// An aggregate over numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Avg,
    Sum,
    Min,
    Max,
}

impl Parser<'_> {
    /// A whole query.
    pub(crate) fn statement(&mut self) -> Parsed<Statement> {
        if !self.eat_word("SELECT") {
            return Err(self.unexpected("SELECT"));
        }
        let top = self.top()?;
        let select_at = self.offset();
        let select = self.select()?;
        if !self.eat_word("FROM") {
            return Err(self.unexpected("',' or FROM after the select list"));
        }
        self.collection = self.collection()?;
        let mut after = "WHERE, GROUP BY or the end of the query";
        let mut condition = None;
        if self.eat_word("WHERE") {
            condition = Some(self.expression()?);
            after = "AND, OR, GROUP BY or the end of the query";
        }
        let group_at = self.offset();
        let mut group_by = None;
        if self.eat_word("GROUP") {
            group_by = Some((self.group_by()?, group_at));
            after = "',' or the end of the query";
        }
        if !self.at_end() {
            return Err(self.unexpected_after_clause(after, condition.is_none() && group_by.is_none()));
        }
        Ok(Statement { top, select, select_at, collection: self.collection, condition, group_by })
    }

    pub(crate) fn top(&mut self) -> Parsed<Option<u64>> {
        if !self.eat_word("TOP") {
            return Ok(None);
        }
        let count = match *self.current() {
            Kind::Number { text, .. } => text.parse().ok(),
            Kind::Word(_) | Kind::Escaped(_) | Kind::String(_) | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => None,
        };
        if count.is_none() {
            return Err(self.unexpected("a whole number of rows after TOP"));
        }
        self.advance();
        Ok(count)
    }

    fn select(&mut self) -> Parsed<RawSelect> {
        if self.at_word("DISTINCT") {
            return Err(self.error("DISTINCT is not supported; use GROUP BY"));
        }
        if self.eat(Symbol::Star) {
            if self.at(Symbol::Comma) {
                return Err(self.error("* stands alone in a select list"));
            }
            return Ok(RawSelect::All);
        }
        let mut items = Vec::new();
        loop {
            items.push(self.select_item()?);
            if !self.eat(Symbol::Comma) {
                return Ok(RawSelect::Items(items));
            }
        }
    }

    fn select_item(&mut self) -> Parsed<RawItem> {
        let at = self.offset();
        let what = match *self.current() {
            Kind::Word(word) if word.eq_ignore_ascii_case("COUNT") => {
                self.advance();
                self.count()?
            }
            Kind::Word(word) => match aggregate(word) {
                Some(aggregate) => {
                    self.advance();
                    self.aggregate(aggregate, word)?
                }
                None if is_reserved(word) && !word.eq_ignore_ascii_case("devices") => {
                    return Err(self.unexpected("a select list: *, paths or aggregates"));
                }
                None => What::Path(self.raw_path()?),
            },
            Kind::Escaped(_) => What::Path(self.raw_path()?),
            Kind::String(_) | Kind::Number { .. } | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => {
                return Err(self.unexpected("a select list: *, paths or aggregates"));
            }
        };
        if self.at(Symbol::LeftRound) {
            return Err(self.error_at(at, "the functions of a select list are COUNT, AVG, SUM, MIN and MAX"));
        }
        let alias = if self.eat_word("AS") { Some(self.alias()?) } else { None };
        Ok(RawItem { what, alias, at })
    }

    fn count(&mut self) -> Parsed<What> {
        self.expect(Symbol::LeftRound, "'()' after COUNT (a name that is a reserved word stands in [[ ]])")?;
        if !self.eat(Symbol::RightRound) {
            return Err(self.error("COUNT takes nothing: write COUNT()"));
        }
        Ok(What::Count)
    }

    fn aggregate(&mut self, aggregate: Aggregate, word: &str) -> Parsed<What> {
        let expected = format!("'(' and a path after {word} (a name that is a reserved word stands in [[ ]])");
        self.expect(Symbol::LeftRound, &expected)?;
        let path = self.raw_path()?;
        self.expect(Symbol::RightRound, &format!("')' after the path of {word}"))?;
        Ok(What::Aggregate(aggregate, path))
    }

    /// A name after `AS`. Reserved words are fine here but for the one that goes on with the query.
    fn alias(&mut self) -> Parsed<String> {
        let alias = match *self.current() {
            Kind::Word(word) if !word.eq_ignore_ascii_case("FROM") => word.to_owned(),
            Kind::Escaped(name) => name.to_owned(),
            Kind::Word(_) | Kind::String(_) | Kind::Number { .. } | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => {
                return Err(self.unexpected("a name after AS, in [[ ]] if it is no plain identifier"));
            }
        };
        self.advance();
        Ok(alias)
    }

    fn collection(&mut self) -> Parsed<Collection> {
        const COLLECTIONS: &str = "devices, devices.modules or devices.jobs after FROM";
        if !self.eat_word("devices") {
            return Err(self.unexpected(COLLECTIONS));
        }
        if !self.eat(Symbol::Dot) {
            return Ok(Collection::Devices);
        }
        if self.eat_word("modules") {
            Ok(Collection::Modules)
        } else if self.eat_word("jobs") {
            Ok(Collection::DeviceJobs)
        } else {
            Err(self.unexpected(COLLECTIONS))
        }
    }

    fn group_by(&mut self) -> Parsed<Vec<RawPath>> {
        if !self.eat_word("BY") {
            return Err(self.unexpected("BY after GROUP"));
        }
        let mut paths = Vec::new();
        loop {
            paths.push(self.raw_path()?);
            if !self.eat(Symbol::Comma) {
                return Ok(paths);
            }
        }
    }

    /// Something stands where the query should end or go on with its next clause.
    fn unexpected_after_clause(&self, expected: &str, after_collection: bool) -> QueryError {
        if let Kind::Word(word) = *self.current() {
            match word.to_ascii_uppercase().as_str() {
                "JOIN" => return self.error("JOIN is not supported; a query reads one collection"),
                "WHERE" => return self.error("WHERE stands once, after FROM and before GROUP BY"),
                "AS" => return self.error("a collection has no alias"),
                "SELECT" => return self.error("one query at a time"),
                "ORDER" | "LIMIT" | "OFFSET" | "HAVING" | "UNION" => {}
                _ if after_collection && !is_reserved(word) => {
                    return self.error(format!(
                        "a collection has no alias; expected {expected}, found '{}'",
                        crate::lex::shorten(word)
                    ));
                }
                _ => {}
            }
        }
        if after_collection && self.at(Symbol::Comma) {
            return self.error("a query reads one collection");
        }
        self.unexpected_after_expression(expected)
    }
}

fn aggregate(word: &str) -> Option<Aggregate> {
    let named = |name: &str| word.eq_ignore_ascii_case(name);
    if named("AVG") {
        Some(Aggregate::Avg)
    } else if named("SUM") {
        Some(Aggregate::Sum)
    } else if named("MIN") {
        Some(Aggregate::Min)
    } else if named("MAX") {
        Some(Aggregate::Max)
    } else {
        None
    }
}
