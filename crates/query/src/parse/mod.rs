//! From text to tree: recursive descent over one token of look-ahead.
//!
//! The grammar never needs to go back, so the parser decides by the current token, and every refusal can
//! name the rule that it breaks. Brackets nest to [`DEPTH_MAX`]; everything else is read in loops, so no
//! text overflows the stack.

mod expression;
mod path;
mod statement;

pub(crate) use statement::{Aggregate, RawItem, RawSelect, Statement, What};

use crate::ast::Expr;
use crate::collection::Collection;
use crate::error::QueryError;
use crate::lex::{Kind, Lexer, Symbol, Token, shorten};

/// How deep brackets and function calls may nest.
pub(crate) const DEPTH_MAX: usize = 100;

type Parsed<T> = Result<T, QueryError>;

/// A text being read.
pub(crate) struct Parser<'t> {
    pub(crate) text: &'t str,
    lexer: Lexer<'t>,
    current: Token<'t>,
    /// What paths refer to; known once `FROM` is read.
    collection: Collection,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub(crate) fn new(text: &'t str, collection: Collection) -> Self {
        let mut lexer = Lexer::new(text);
        let current = lexer.next();
        Parser { text, lexer, current, collection, depth: 0 }
    }

    /// The text of a job condition (query-language.md §8.1): one expression and nothing else.
    pub(crate) fn condition(mut self) -> Parsed<Expr> {
        if self.at_end() {
            return Err(self.error("the condition is empty; write * for every device"));
        }
        if self.at_word("SELECT") || self.at_word("WHERE") || self.at_word("FROM") {
            return Err(self.error(
                "a condition is only the text after WHERE of a query on devices, without SELECT, FROM or WHERE; write * for every device",
            ));
        }
        if self.at(Symbol::Star) {
            return Err(self.error("* means every device and must stand alone"));
        }
        let at = self.offset();
        let condition = self.expression()?;
        if !self.at_end() {
            return Err(self.unexpected_after_expression("AND, OR or the end of the condition"));
        }
        if !condition.can_be_boolean() {
            let message = "the condition can never be true or false; compare the value with something";
            return Err(self.error_at(at, message));
        }
        Ok(condition)
    }

    pub(crate) fn offset(&self) -> usize {
        self.current.start
    }

    pub(crate) fn current(&self) -> &Kind<'t> {
        &self.current.kind
    }

    /// Moves on and returns the token that was current.
    pub(crate) fn advance(&mut self) -> Token<'t> {
        let next = self.lexer.next();
        std::mem::replace(&mut self.current, next)
    }

    pub(crate) fn at_end(&self) -> bool {
        self.current.kind == Kind::End
    }

    pub(crate) fn at(&self, symbol: Symbol) -> bool {
        self.current.kind == Kind::Symbol(symbol)
    }

    pub(crate) fn at_word(&self, word: &str) -> bool {
        matches!(self.current.kind, Kind::Word(current) if current.eq_ignore_ascii_case(word))
    }

    /// Moves on if the current token is this symbol.
    pub(crate) fn eat(&mut self, symbol: Symbol) -> bool {
        let found = self.at(symbol);
        if found {
            self.advance();
        }
        found
    }

    /// Moves on if the current token is this word, in any case.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn expect(&mut self, symbol: Symbol, expected: &str) -> Parsed<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// The run of characters from the current token to the next white space, which need not be tokens.
    pub(crate) fn take_run(&mut self) -> &'t str {
        self.lexer = Lexer::at(self.text, self.current.start);
        let run = self.lexer.run();
        self.current = self.lexer.next();
        run
    }

    /// An error at the current token.
    pub(crate) fn error(&self, message: impl Into<String>) -> QueryError {
        self.error_at(self.current.start, message)
    }

    pub(crate) fn error_at(&self, offset: usize, message: impl Into<String>) -> QueryError {
        QueryError::at(self.text, offset, message)
    }

    /// The current token is not what must stand here.
    pub(crate) fn unexpected(&self, expected: &str) -> QueryError {
        let found = match &self.current.kind {
            Kind::Bad(message) => return self.error(&**message),
            Kind::End => "the end of the text".to_owned(),
            Kind::String(text) => format!("the string '{}'", shorten(text)),
            Kind::Word(_) | Kind::Escaped(_) | Kind::Number { .. } | Kind::Symbol(_) => {
                let written = self.text.get(self.current.start..self.current.end).unwrap_or_default();
                format!("'{}'", shorten(written))
            }
        };
        self.error(format!("expected {expected}, found {found}"))
    }
}
