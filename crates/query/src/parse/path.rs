//! Paths as written (query-language.md §3).

use super::{Parsed, Parser};
use crate::lex::{Kind, Symbol, is_reserved};
use crate::path::{RawPath, Segment};

impl Parser<'_> {
    /// A path; the current token is its first name.
    pub(crate) fn raw_path(&mut self) -> Parsed<RawPath> {
        let mut segments = Vec::new();
        match *self.current() {
            Kind::Word(word) if is_reserved(word) && !word.eq_ignore_ascii_case("devices") => {
                return Err(self.reserved(word, "a path"));
            }
            Kind::Word(word) => segments.push(Segment::Bare(word.into())),
            Kind::Escaped(name) => segments.push(Segment::Escaped(name.into())),
            Kind::String(_) | Kind::Number { .. } | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => {
                return Err(self.unexpected("a path"));
            }
        }
        self.advance();
        loop {
            if self.eat(Symbol::Dot) {
                segments.push(self.segment()?);
            } else if self.eat(Symbol::LeftSquare) {
                segments.push(self.index()?);
            } else if let Kind::Escaped(name) = *self.current() {
                segments.push(Segment::Escaped(name.into()));
                self.advance();
            } else {
                return Ok(RawPath { segments });
            }
        }
    }

    /// A name after a dot.
    fn segment(&mut self) -> Parsed<Segment> {
        let segment = match *self.current() {
            Kind::Word(word) if is_reserved(word) => return Err(self.reserved(word, "a path")),
            Kind::Word(word) => Segment::Bare(word.into()),
            Kind::Escaped(name) => Segment::Escaped(name.into()),
            Kind::String(_) | Kind::Number { .. } | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => {
                return Err(self.unexpected("a name after the dot, in [[ ]] if it is no plain identifier"));
            }
        };
        self.advance();
        Ok(segment)
    }

    /// An index after its bracket.
    fn index(&mut self) -> Parsed<Segment> {
        let index = match *self.current() {
            Kind::Number { text, .. } => text.parse().ok(),
            Kind::Word(_) | Kind::Escaped(_) | Kind::String(_) | Kind::Symbol(_) | Kind::Bad(_) | Kind::End => None,
        };
        let Some(index) = index else {
            return Err(self.unexpected("the number of an element, from 0; a name stands in [[ ]]"));
        };
        self.advance();
        self.expect(Symbol::RightSquare, "']' after the number of an element")?;
        Ok(Segment::Index(index))
    }

    fn reserved(&self, word: &str, place: &str) -> crate::error::QueryError {
        self.error(format!("'{word}' is a reserved word; as a name in {place} write [[{word}]]"))
    }
}
