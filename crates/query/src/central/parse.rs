//! From the text of a Central query to its parts. Only brackets recurse, and they nest to [`DEPTH_MAX`].

use std::collections::BTreeMap;

use super::{CentralQuery, CentralQueryError, CentralQueryLimits, Column, Item, Order, TELEMETRY_UNSERVED, Test};
use crate::ast::Constant;
use crate::collection::Collection;
use crate::error::QueryError;
use crate::group_filter::Metadata;
use crate::in_set::InSet;
use crate::lex::{Kind, Symbol, is_reserved};
use crate::parse::{DEPTH_MAX, Parser};

type Parsed<T> = Result<T, CentralQueryError>;

/// What the language has for telemetry only.
const AGGREGATES: [&str; 7] = ["SUM", "MAX", "MIN", "COUNT", "AVG", "FIRST", "LAST"];
const WINDOW: &str = "WITHIN_WINDOW";

pub(super) fn query(text: &str, limits: CentralQueryLimits) -> Parsed<CentralQuery> {
    if let Some(most) = limits.characters.filter(|most| text.chars().nth(*most).is_some()) {
        let message = format!("a query may have at most {most} characters (setting central-query-characters-max)");
        return Err(QueryError::at(text, 0, message).into());
    }
    let parser = Parser::new(text, Collection::Devices);
    let (items, names) = (Vec::new(), BTreeMap::new());
    Reader { parser, limits, items, names, operators: 0, depth: 0 }.query()
}

struct Reader<'t> {
    parser: Parser<'t>,
    limits: CentralQueryLimits,
    items: Vec<Item>,
    /// Which of the items has a name: a text may have very many.
    names: BTreeMap<String, usize>,
    /// `AND` and `OR` so far.
    operators: usize,
    /// Brackets that are open.
    depth: usize,
}

impl Reader<'_> {
    fn query(mut self) -> Parsed<CentralQuery> {
        if !self.parser.eat_word("SELECT") {
            return Err(self.parser.unexpected("SELECT").into());
        }
        let limit = self.top()?;
        self.items()?;
        if !self.parser.eat_word("FROM") {
            return Err(self.parser.unexpected("',', AS or FROM after an item").into());
        }
        if self.parser.at_end() {
            return Err(self.parser.unexpected("the id of a device template after FROM").into());
        }
        let template = self.parser.take_run().to_owned();
        let mut after = "WHERE, ORDER BY or the end of the query";
        let mut condition = None;
        if self.parser.eat_word("WHERE") {
            condition = Some(self.any()?);
            after = "AND, OR, ORDER BY or the end of the query";
        }
        if self.parser.at_word("GROUP") {
            return Err(unserved("GROUP BY WINDOW"));
        }
        let mut order = Vec::new();
        if self.parser.eat_word("ORDER") {
            order = self.order()?;
            after = "',', ASC, DESC or the end of the query";
        }
        if !self.parser.at_end() {
            return Err(self.parser.unexpected(after).into());
        }
        Ok(CentralQuery { limit, items: self.items, template, condition, order })
    }

    /// Most rows of the result.
    fn top(&mut self) -> Parsed<usize> {
        let at = self.parser.offset();
        let most = self.limits.rows.unwrap_or(usize::MAX);
        let Some(top) = self.parser.top()? else { return Ok(most) };
        match (usize::try_from(top).unwrap_or(usize::MAX), self.limits.rows) {
            (0, _) => Err(self.parser.error_at(at, "TOP takes at least 1 row").into()),
            (top, Some(most)) if top > most => {
                let message = format!("TOP takes at most {most} rows (setting central-query-rows-max)");
                Err(self.parser.error_at(at, message).into())
            }
            (top, _) => Ok(top),
        }
    }

    fn items(&mut self) -> Parsed<()> {
        if self.parser.at(Symbol::Star) {
            return Err(self.parser.error("* is not supported; name the columns").into());
        }
        loop {
            let at = self.parser.offset();
            let (written, column) = self.column()?;
            let name = if self.parser.eat_word("AS") { self.name("a name after AS")? } else { written };
            if let Some(most) = self.limits.items.filter(|most| self.items.len() >= *most) {
                let message = format!("a query may select at most {most} items (setting central-query-items-max)");
                return Err(self.parser.error_at(at, message).into());
            }
            if self.names.insert(name.clone(), self.items.len()).is_some() {
                return Err(self.parser.error_at(at, format!("two columns are called {name}; use AS")).into());
            }
            self.items.push(Item { name, column });
            if !self.parser.eat(Symbol::Comma) {
                return Ok(());
            }
        }
    }

    /// A column, and how it was written.
    fn column(&mut self) -> Parsed<(String, Column)> {
        let at = self.parser.offset();
        if let Kind::Word(word) = *self.parser.current() {
            let is = |name: &&str| name.eq_ignore_ascii_case(word);
            if AGGREGATES.iter().chain([&WINDOW]).any(is) {
                // A property may have such a name.
                self.parser.advance();
                if self.parser.at(Symbol::LeftRound) {
                    return Err(unserved(&word.to_ascii_uppercase()));
                }
                return self.path(word.to_owned());
            }
        }
        let first = self.name("a property, component.property, $id, $ts, $provisioned or $simulated")?;
        if self.parser.at(Symbol::LeftRound) {
            return Err(self.parser.error_at(at, format!("there is no function {first}")).into());
        }
        if !first.starts_with('$') {
            return self.path(first);
        }
        let known = [
            ("$id", Column::Metadata(Metadata::Id)),
            ("$ts", Column::Timestamp),
            ("$provisioned", Column::Metadata(Metadata::Provisioned)),
            ("$simulated", Column::Metadata(Metadata::Simulated)),
        ];
        let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&first));
        let (name, column) = found.ok_or_else(|| {
            let message = format!("there is no {first}; the names are $id, $ts, $provisioned, $simulated");
            self.parser.error_at(at, message)
        })?;
        Ok((name.to_owned(), column))
    }

    fn path(&mut self, first: String) -> Parsed<(String, Column)> {
        if !self.parser.eat(Symbol::Dot) {
            return Ok((first.clone(), Column::Property { component: None, name: first }));
        }
        let name = self.name("the name of a property after the component")?;
        if self.parser.at(Symbol::Dot) {
            return Err(self.parser.error("a property is written name or component.name").into());
        }
        Ok((format!("{first}.{name}"), Column::Property { component: Some(first), name }))
    }

    fn name(&mut self, expected: &str) -> Parsed<String> {
        let name = match *self.parser.current() {
            Kind::Word(word) if !is_reserved(word) => word.to_owned(),
            Kind::Escaped(name) => name.to_owned(),
            Kind::Word(_) | Kind::String(_) | Kind::Number { .. } | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => {
                return Err(self.parser.unexpected(expected).into());
            }
        };
        self.parser.advance();
        Ok(name)
    }

    /// A column after the select list, where an alias may stand for one.
    fn column_or_alias(&mut self) -> Parsed<Column> {
        let (written, column) = self.column()?;
        let alias = self.names.get(&written).and_then(|index| self.items.get(*index));
        Ok(alias.map_or(column, |item| item.column.clone()))
    }

    fn any(&mut self) -> Parsed<Test> {
        let mut tests = vec![self.all()?];
        while self.operator("OR")? {
            tests.push(self.all()?);
        }
        Ok(Test::Any(tests))
    }

    fn all(&mut self) -> Parsed<Test> {
        let mut tests = vec![self.test()?];
        while self.operator("AND")? {
            tests.push(self.test()?);
        }
        Ok(Test::All(tests))
    }

    fn operator(&mut self, word: &str) -> Parsed<bool> {
        if !self.parser.at_word(word) {
            return Ok(false);
        }
        if let Some(most) = self.limits.operators.filter(|most| self.operators >= *most) {
            let setting = "setting central-query-operators-max";
            let message = format!("a query may have at most {most} operators AND and OR ({setting})");
            return Err(self.parser.error(message).into());
        }
        self.operators += 1;
        self.parser.advance();
        Ok(true)
    }

    fn test(&mut self) -> Parsed<Test> {
        if self.parser.at(Symbol::LeftRound) {
            if self.depth == DEPTH_MAX {
                return Err(self.parser.error(format!("brackets nest deeper than {DEPTH_MAX}")).into());
            }
            self.parser.advance();
            self.depth += 1;
            let inner = self.any()?;
            self.parser.expect(Symbol::RightRound, "')'")?;
            self.depth -= 1;
            return Ok(inner);
        }
        if self.parser.at_word("NOT") {
            return Err(self.parser.error("NOT is not supported; use != or <>").into());
        }
        let column = self.column_or_alias()?;
        if self.parser.at_word("IN") {
            if column != Column::Metadata(Metadata::Id) {
                return Err(self.parser.error("IN takes $id only; join comparisons with OR").into());
            }
            self.parser.advance();
            let list = self.parser.list(false)?.into_iter().collect::<InSet>();
            return Ok(Test::In { column, list });
        }
        let Some(op) = self.parser.comparison_operator() else {
            return Err(self.parser.unexpected("a comparison: = != <> < <= > >=, or IN").into());
        };
        self.parser.advance();
        let at = self.parser.offset();
        match self.parser.signed_constant() {
            Some(literal @ (Constant::String(_) | Constant::Number(_) | Constant::Bool(_))) => {
                Ok(Test::Compare { column, op, literal })
            }
            Some(Constant::Null | Constant::Undefined) => {
                let message = "a value is compared with a string, a number, true or false";
                Err(self.parser.error_at(at, message).into())
            }
            None => Err(self.parser.unexpected("a string, a number, true or false").into()),
        }
    }

    fn order(&mut self) -> Parsed<Vec<Order>> {
        if !self.parser.eat_word("BY") {
            return Err(self.parser.unexpected("BY after ORDER").into());
        }
        let mut order = Vec::new();
        loop {
            let column = self.column_or_alias()?;
            let descending = self.parser.at_word("DESC");
            if descending || self.parser.at_word("ASC") {
                self.parser.advance();
            }
            order.push(Order { column, descending });
            if !self.parser.eat(Symbol::Comma) {
                return Ok(order);
            }
        }
    }
}

fn unserved(what: &str) -> CentralQueryError {
    CentralQueryError::Unserved(format!("{what} is for telemetry: {TELEMETRY_UNSERVED}"))
}
