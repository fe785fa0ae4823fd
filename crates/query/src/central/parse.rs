//! From the text of a Central query to its parts. Brackets recurse, and the length of the text is their limit.

use super::{
    CENTRAL_ITEMS_MAX, CENTRAL_OPERATORS_MAX, CENTRAL_QUERY_CHARACTERS_MAX, CENTRAL_ROWS_MAX, CentralQuery,
    CentralQueryError, Column, Item, Order, TELEMETRY_UNSERVED, Test,
};
use crate::ast::Constant;
use crate::collection::Collection;
use crate::error::QueryError;
use crate::group_filter::Metadata;
use crate::in_set::InSet;
use crate::lex::{Kind, Symbol, is_reserved};
use crate::parse::Parser;

type Parsed<T> = Result<T, CentralQueryError>;

/// What the language has for telemetry only.
const AGGREGATES: [&str; 7] = ["SUM", "MAX", "MIN", "COUNT", "AVG", "FIRST", "LAST"];
const WINDOW: &str = "WITHIN_WINDOW";

pub(super) fn query(text: &str) -> Parsed<CentralQuery> {
    if text.chars().nth(CENTRAL_QUERY_CHARACTERS_MAX).is_some() {
        let message = format!("a query may have at most {CENTRAL_QUERY_CHARACTERS_MAX} characters");
        return Err(QueryError::at(text, 0, message).into());
    }
    let mut reader = Reader { parser: Parser::new(text, Collection::Devices), items: Vec::new(), operators: 0 };
    reader.query()
}

struct Reader<'t> {
    parser: Parser<'t>,
    items: Vec<Item>,
    /// `AND` and `OR` so far.
    operators: usize,
}

impl Reader<'_> {
    fn query(&mut self) -> Parsed<CentralQuery> {
        if !self.parser.eat_word("SELECT") {
            return Err(self.parser.unexpected("SELECT").into());
        }
        let top = self.top()?;
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
        Ok(CentralQuery { top, items: std::mem::take(&mut self.items), template, condition, order })
    }

    fn top(&mut self) -> Parsed<Option<usize>> {
        let at = self.parser.offset();
        let Some(top) = self.parser.top()? else { return Ok(None) };
        match usize::try_from(top) {
            Ok(top @ 1..=CENTRAL_ROWS_MAX) => Ok(Some(top)),
            Ok(_) | Err(_) => {
                Err(self.parser.error_at(at, format!("TOP takes 1 to {CENTRAL_ROWS_MAX} rows of properties")).into())
            }
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
            if self.items.iter().any(|item| item.name == name) {
                return Err(self.parser.error_at(at, format!("two columns are called {name}; use AS")).into());
            }
            if self.items.len() == CENTRAL_ITEMS_MAX {
                let message = format!("a query may select at most {CENTRAL_ITEMS_MAX} items");
                return Err(self.parser.error_at(at, message).into());
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
        let alias = self.items.iter().find(|item| item.name == written);
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
        self.operators += 1;
        if self.operators > CENTRAL_OPERATORS_MAX {
            let message = format!("a query may have at most {CENTRAL_OPERATORS_MAX} operators AND and OR");
            return Err(self.parser.error(message).into());
        }
        self.parser.advance();
        Ok(true)
    }

    fn test(&mut self) -> Parsed<Test> {
        if self.parser.eat(Symbol::LeftRound) {
            let inner = self.any()?;
            self.parser.expect(Symbol::RightRound, "')'")?;
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
