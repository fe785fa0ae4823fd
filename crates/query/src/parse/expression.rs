//! Expressions (query-language.md §4), loosest operator first.

use super::{DEPTH_MAX, Parsed, Parser};
use crate::ast::{Comparison, Constant, Expr, Operator};
use crate::error::QueryError;
use crate::function::{self, Function};
use crate::in_set::InSet;
use crate::lex::{Kind, Symbol};

impl<'t> Parser<'t> {
    /// `a OR b OR …`
    pub(crate) fn expression(&mut self) -> Parsed<Expr> {
        let first = self.and()?;
        if !self.at_word("OR") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat_word("OR") {
            items.push(self.and()?);
        }
        Ok(Expr::any(items))
    }

    fn and(&mut self) -> Parsed<Expr> {
        let first = self.not()?;
        if !self.at_word("AND") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat_word("AND") {
            items.push(self.not()?);
        }
        Ok(Expr::all(items))
    }

    /// `NOT` is looser than a comparison and tighter than `AND`.
    fn not(&mut self) -> Parsed<Expr> {
        let mut count = 0usize;
        while self.eat_word("NOT") {
            count += 1;
        }
        let of = self.comparison()?;
        Ok(match count {
            0 => of,
            _ => Expr::Not { of: Box::new(of), negated: count % 2 == 1 },
        })
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.sum()?;
        if let Some(op) = self.comparison_operator() {
            self.advance();
            let right = self.sum()?;
            if self.comparison_operator().is_some() || self.at_word("IN") || self.at_word("NIN") {
                return Err(self.error("comparisons do not chain; join them with AND, or use brackets"));
            }
            return Ok(Expr::compare(op, left, right, self.collection));
        }
        let negated = self.at_word("NIN");
        if negated || self.at_word("IN") {
            self.advance();
            let set = self.list(negated)?;
            return Ok(Expr::in_list(left, set, negated, self.collection));
        }
        Ok(left)
    }

    pub(crate) fn comparison_operator(&self) -> Option<Comparison> {
        match self.current() {
            Kind::Symbol(Symbol::Equal) => Some(Comparison::Equal),
            Kind::Symbol(Symbol::NotEqual) => Some(Comparison::NotEqual),
            Kind::Symbol(Symbol::Less) => Some(Comparison::Less),
            Kind::Symbol(Symbol::LessOrEqual) => Some(Comparison::LessOrEqual),
            Kind::Symbol(Symbol::Greater) => Some(Comparison::Greater),
            Kind::Symbol(Symbol::GreaterOrEqual) => Some(Comparison::GreaterOrEqual),
            Kind::Word(_)
            | Kind::Escaped(_)
            | Kind::String(_)
            | Kind::Number { .. }
            | Kind::Symbol(_)
            | Kind::Bad(_)
            | Kind::End => None,
        }
    }

    /// `[c, c, …]` after `IN` or `NIN`.
    pub(crate) fn list(&mut self, negated: bool) -> Parsed<Vec<Constant>> {
        let word = if negated { "NIN" } else { "IN" };
        if self.at(Symbol::LeftRound) {
            return Err(self.error(format!("{word} takes its list in square brackets: {word} ['a', 'b']")));
        }
        if matches!(self.current(), Kind::Escaped(_)) {
            return Err(self.error(format!("[[ ]] encloses a name; write the list as {word} ['a', 'b']")));
        }
        self.expect(Symbol::LeftSquare, &format!("'[' and a list of constants after {word}"))?;
        if self.at(Symbol::RightSquare) {
            return Err(self.error(format!("the list of {word} needs at least one constant")));
        }
        let mut constants = Vec::new();
        loop {
            match self.signed_constant() {
                Some(constant) => constants.push(constant),
                None => return Err(self.unexpected(&format!("a constant in the list of {word}"))),
            }
            if !self.eat(Symbol::Comma) {
                break;
            }
        }
        self.expect(Symbol::RightSquare, &format!("',' or ']' in the list of {word}"))?;
        Ok(constants)
    }

    /// A constant, where a number may carry a sign.
    pub(crate) fn signed_constant(&mut self) -> Option<Constant> {
        let negative = self.at(Symbol::Minus);
        if negative || self.at(Symbol::Plus) {
            self.advance();
            let Kind::Number { value, .. } = *self.current() else {
                return None;
            };
            self.advance();
            return Some(Constant::Number(if negative { -value } else { value }));
        }
        self.constant()
    }

    /// A constant without a sign, if the current token is one.
    fn constant(&mut self) -> Option<Constant> {
        let constant = match self.current() {
            Kind::String(text) => Constant::String(text.as_ref().into()),
            Kind::Number { value, .. } => Constant::Number(*value),
            Kind::Word(word) if word.eq_ignore_ascii_case("true") => Constant::Bool(true),
            Kind::Word(word) if word.eq_ignore_ascii_case("false") => Constant::Bool(false),
            Kind::Word(word) if word.eq_ignore_ascii_case("null") => Constant::Null,
            Kind::Word(word) if word.eq_ignore_ascii_case("undefined") => Constant::Undefined,
            Kind::Word(_) | Kind::Escaped(_) | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => return None,
        };
        self.advance();
        Some(constant)
    }

    /// `+ - ||` over `* / %`, both from left to right. One function, so that a bracket costs fewer frames.
    fn sum(&mut self) -> Parsed<Expr> {
        let mut sum = Vec::new();
        let mut op = Operator::Add;
        loop {
            let mut product = self.unary()?;
            if let Some(first) = self.product_operator() {
                product = self.product(product, first)?;
            }
            sum.push((op, product));
            op = match self.sum_operator() {
                Some(op) => op,
                None => return Ok(chain(sum)),
            };
            self.advance();
        }
    }

    /// The rest of a product; the current token is its first operator.
    fn product(&mut self, first: Expr, mut op: Operator) -> Parsed<Expr> {
        let mut product = vec![(op, first)];
        loop {
            self.advance();
            product.push((op, self.unary()?));
            op = match self.product_operator() {
                Some(op) => op,
                None => return Ok(chain(product)),
            };
        }
    }

    fn sum_operator(&self) -> Option<Operator> {
        if self.at(Symbol::Plus) {
            Some(Operator::Add)
        } else if self.at(Symbol::Minus) {
            Some(Operator::Subtract)
        } else {
            self.at(Symbol::Concat).then_some(Operator::Concat)
        }
    }

    fn product_operator(&self) -> Option<Operator> {
        if self.at(Symbol::Star) {
            Some(Operator::Multiply)
        } else if self.at(Symbol::Slash) {
            Some(Operator::Divide)
        } else {
            self.at(Symbol::Percent).then_some(Operator::Modulo)
        }
    }

    /// Signs in front of a primary; two minus signs are no comment.
    fn unary(&mut self) -> Parsed<Expr> {
        let mut sign = None;
        loop {
            let minus = self.at(Symbol::Minus);
            if !minus && !self.at(Symbol::Plus) {
                break;
            }
            self.advance();
            sign = Some(sign.unwrap_or(false) != minus);
        }
        let of = self.primary()?;
        Ok(match (sign, of) {
            (None, of) => of,
            (Some(negative), Expr::Constant(Constant::Number(number))) => {
                Expr::Constant(Constant::Number(if negative { -number } else { number }))
            }
            (Some(negative), of) => Expr::Sign { of: Box::new(of), negative },
        })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        if self.at(Symbol::LeftRound) {
            return self.brackets();
        }
        if let Some(constant) = self.constant() {
            return Ok(Expr::Constant(constant));
        }
        let function = self.starts_name()?;
        let at = self.offset();
        let path = self.raw_path()?;
        match function {
            Some(name) if path.is_one_word() && self.at(Symbol::LeftRound) => self.call(name, at),
            Some(_) | None => Ok(Expr::Path(path.resolve(self.collection))),
        }
    }

    fn brackets(&mut self) -> Parsed<Expr> {
        self.enter()?;
        self.advance();
        let inner = self.expression()?;
        self.leave("')'")?;
        Ok(inner)
    }

    /// Checks that a path or a function begins here, and gives the word that may be the function's name.
    fn starts_name(&self) -> Parsed<Option<&'t str>> {
        let word = match *self.current() {
            Kind::Word(word) => word,
            Kind::Escaped(_) => return Ok(None),
            Kind::Symbol(Symbol::LeftSquare) => {
                let message = "a list can only stand after IN or NIN; a name with special characters stands in [[ ]]";
                return Err(self.error(message));
            }
            Kind::Symbol(_) | Kind::Bad(_) | Kind::End | Kind::String(_) | Kind::Number { .. } => {
                return Err(self.unexpected("a path, a constant, a function or '('"));
            }
        };
        match word.to_ascii_uppercase().as_str() {
            "NOT" => Err(self.error("NOT is looser than operators and comparisons; put brackets around (NOT …)")),
            "SELECT" => Err(self.error("a SELECT inside a condition is not supported")),
            "COUNT" | "AVG" | "SUM" | "MIN" | "MAX" => {
                Err(self.error("aggregates can only stand in the select list; a name of a path stands in [[ ]]"))
            }
            "AND" | "OR" | "WHERE" | "GROUP" | "IN" | "NIN" | "ORDER" => Err(self
                .unexpected("a path, a constant, a function or '(' (a name that is a reserved word stands in [[ ]])")),
            _ => Ok(Some(word)),
        }
    }

    /// A function call; the current token is its bracket.
    fn call(&mut self, name: &str, at: usize) -> Parsed<Expr> {
        let Some(function) = Function::named(name) else {
            return Err(self.error_at(at, function::unknown(name)));
        };
        self.enter()?;
        self.advance();
        let mut arguments = Vec::new();
        if !self.at(Symbol::RightRound) {
            loop {
                arguments.push(self.expression()?);
                if !self.eat(Symbol::Comma) {
                    break;
                }
            }
        }
        self.leave("',' or ')'")?;
        if arguments.len() != function.arity() {
            return Err(self.error_at(at, function.wrong_arity(arguments.len())));
        }
        Ok(Expr::Call { function, arguments })
    }

    fn enter(&mut self) -> Parsed<()> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(format!("brackets nest deeper than {DEPTH_MAX}")));
        }
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self, expected: &str) -> Parsed<()> {
        if !self.at(Symbol::RightRound) {
            return Err(self.unexpected_after_expression(expected));
        }
        self.advance();
        self.depth -= 1;
        Ok(())
    }

    /// Something stands after an expression that cannot go on with it.
    pub(crate) fn unexpected_after_expression(&self, expected: &str) -> QueryError {
        let Kind::Word(word) = *self.current() else {
            return self.unexpected(expected);
        };
        let advice = match word.to_ascii_uppercase().as_str() {
            "LIKE" => "LIKE is not supported; use STARTSWITH or ENDSWITH",
            "BETWEEN" => "BETWEEN is not supported; use >= and <=",
            "IS" => "IS NULL is not supported; use x = null, or NOT IS_DEFINED(x) for a path that does not exist",
            "NOT" => "NOT stands in front of a comparison; for a list write NIN",
            "CONTAINS" => "CONTAINS is not supported; use STARTSWITH, ENDSWITH, or ARRAY_CONTAINS for arrays",
            "ORDER" => "ORDER BY is not supported; rows come in no particular order",
            "LIMIT" | "OFFSET" => "LIMIT and OFFSET are not supported; use SELECT TOP n and paging",
            "HAVING" => "HAVING is not supported",
            "UNION" => "UNION is not supported",
            _ => return self.unexpected(expected),
        };
        self.error(advice)
    }
}

/// Operands with the operator in front of each; the first operator counts for nothing.
fn chain(mut operands: Vec<(Operator, Expr)>) -> Expr {
    let rest = operands.split_off(operands.len().min(1));
    match operands.pop() {
        Some((_, first)) if rest.is_empty() => first,
        Some((_, first)) => Expr::Chain { first: Box::new(first), rest },
        None => Expr::Constant(Constant::Undefined),
    }
}

impl Expr {
    /// `left op right`, with the constant beside `jobType` in canonical spelling.
    fn compare(op: Comparison, mut left: Expr, mut right: Expr, collection: crate::collection::Collection) -> Expr {
        crate::job_type::canonical_beside(&mut left, &mut right, collection);
        Expr::Compare { op, left: Box::new(left), right: Box::new(right) }
    }

    fn in_list(item: Expr, mut list: Vec<Constant>, negated: bool, collection: crate::collection::Collection) -> Expr {
        crate::job_type::canonical_list(&item, &mut list, collection);
        Expr::In { item: Box::new(item), set: Box::new(InSet::from_iter(list)), negated }
    }
}
