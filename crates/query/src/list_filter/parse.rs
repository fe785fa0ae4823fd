//! From a list's filter to its tree: recursive descent; only brackets recurse, and they have a limit.

use super::lex::{self, Token};
use super::{LIST_FILTER_BYTES_MAX, ListField, ListFieldKind, ListFilterError, Literal, Node};
use crate::ast::Comparison;

/// How deep brackets may nest.
const DEPTH_MAX: usize = 20;

type Parsed<T> = Result<T, ListFilterError>;

pub(super) fn filter<F: ListField>(text: &str) -> Parsed<Node<F>> {
    if text.len() > LIST_FILTER_BYTES_MAX {
        let message = format!("a filter may have at most {LIST_FILTER_BYTES_MAX} bytes");
        return Err(ListFilterError { column: 1, message });
    }
    let mut parser = Parser { text, start: 0, token: Token::End, end: 0, depth: 0 };
    parser.advance();
    let node = parser.any()?;
    parser.expect(&Token::End, "and, or, or the end of the filter")?;
    Ok(node)
}

struct Parser<'t> {
    text: &'t str,
    /// Where the current token begins.
    start: usize,
    token: Token<'t>,
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn advance(&mut self) -> Token<'t> {
        let (start, token, end) = lex::next(self.text, self.end);
        (self.start, self.end) = (start, end);
        std::mem::replace(&mut self.token, token)
    }

    fn error(&self, message: impl Into<String>) -> ListFilterError {
        ListFilterError::at(self.text, self.start, message)
    }

    fn unexpected(&self, expected: &str) -> ListFilterError {
        let found = match &self.token {
            Token::Bad(message) => return self.error(message.as_str()),
            Token::End => "the end of the filter".to_owned(),
            Token::Word(_) | Token::Text(_) | Token::Number(_) | Token::Left | Token::Right | Token::Comma => {
                let written = self.text.get(self.start..self.end).unwrap_or_default();
                crate::lex::shorten(written).into_owned()
            }
        };
        self.error(format!("expected {expected}, found {found}"))
    }

    fn word(&self) -> Option<&'t str> {
        if let Token::Word(word) = self.token { Some(word) } else { None }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word().is_some_and(|current| current.eq_ignore_ascii_case(word));
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, token: &Token<'_>, expected: &str) -> Parsed<()> {
        if self.token != *token {
            return Err(self.unexpected(expected));
        }
        self.advance();
        Ok(())
    }

    fn any<F: ListField>(&mut self) -> Parsed<Node<F>> {
        let first = self.all()?;
        let mut items = vec![first];
        while self.eat_word("or") {
            items.push(self.all()?);
        }
        Ok(one_or(items, Node::Any))
    }

    fn all<F: ListField>(&mut self) -> Parsed<Node<F>> {
        let mut items = vec![self.not()?];
        while self.eat_word("and") {
            items.push(self.not()?);
        }
        Ok(one_or(items, Node::All))
    }

    fn not<F: ListField>(&mut self) -> Parsed<Node<F>> {
        let mut negated = false;
        while self.eat_word("not") {
            negated = !negated;
        }
        let of = if self.token == Token::Left { self.brackets()? } else { self.test()? };
        Ok(if negated { Node::Not(Box::new(of)) } else { of })
    }

    fn brackets<F: ListField>(&mut self) -> Parsed<Node<F>> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(format!("brackets nest deeper than {DEPTH_MAX}")));
        }
        self.depth += 1;
        self.advance();
        let inner = self.any()?;
        self.expect(&Token::Right, "')'")?;
        self.depth -= 1;
        Ok(inner)
    }

    fn test<F: ListField>(&mut self) -> Parsed<Node<F>> {
        let word = self.word().ok_or_else(|| self.unexpected("a field, contains, indexof, not, or '('"))?;
        let at = self.start;
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        if is("contains") {
            let (field, part) = self.call()?;
            return Ok(Node::IndexOf { field, part, op: Comparison::GreaterOrEqual, at: 0.0 });
        }
        if is("indexof") {
            let (field, part) = self.call()?;
            let op = self.operator()?;
            let Token::Number(at) = self.token else { return Err(self.unexpected("a number")) };
            self.advance();
            return Ok(Node::IndexOf { field, part, op, at });
        }
        let field: F = self.field()?;
        if self.token == Token::Left {
            return Err(ListFilterError::at(self.text, at, "the functions are contains and indexof"));
        }
        let op = self.operator()?;
        let at = self.start;
        let literal = self.literal()?;
        let wrong = |message: &str| Err(ListFilterError::at(self.text, at, format!("{} {message}", field.name())));
        let order = !matches!(op, Comparison::Equal | Comparison::NotEqual);
        match (field.kind(), &literal) {
            (_, Literal::Null) | (ListFieldKind::Flag, Literal::Flag(_)) if order => {
                wrong("is compared with true, false or null by eq and ne only")
            }
            (_, Literal::Null) | (ListFieldKind::Text, Literal::Text(_)) | (ListFieldKind::Flag, Literal::Flag(_)) => {
                Ok(Node::Compare { field, op, literal })
            }
            (ListFieldKind::Text, Literal::Flag(_)) => wrong("is a text; it is compared with a text in single quotes"),
            (ListFieldKind::Flag, Literal::Text(_)) => wrong("is compared with true or false, without quotes"),
        }
    }

    /// `(field, 'text')` after the name of a function, which is the current token.
    fn call<F: ListField>(&mut self) -> Parsed<(F, Box<str>)> {
        self.advance();
        self.expect(&Token::Left, "'('")?;
        let at = self.start;
        let field: F = self.field()?;
        if field.kind() != ListFieldKind::Text {
            return Err(ListFilterError::at(self.text, at, format!("{} is no text", field.name())));
        }
        self.expect(&Token::Comma, "','")?;
        let Token::Text(part) = &self.token else { return Err(self.unexpected("a text in single quotes")) };
        let part = part.as_ref().into();
        self.advance();
        self.expect(&Token::Right, "')'")?;
        Ok((field, part))
    }

    fn field<F: ListField>(&mut self) -> Parsed<F> {
        let word = self.word().ok_or_else(|| self.unexpected("a field"))?;
        let Some(field) = F::ALL.iter().find(|field| field.name().eq_ignore_ascii_case(word)) else {
            let names: Vec<&str> = F::ALL.iter().map(|field| field.name()).collect();
            return Err(self.error(format!("there is no field {word}; the fields are {}", names.join(", "))));
        };
        self.advance();
        Ok(*field)
    }

    fn operator(&mut self) -> Parsed<Comparison> {
        const OPERATORS: [(&str, Comparison); 6] = [
            ("eq", Comparison::Equal),
            ("ne", Comparison::NotEqual),
            ("gt", Comparison::Greater),
            ("ge", Comparison::GreaterOrEqual),
            ("lt", Comparison::Less),
            ("le", Comparison::LessOrEqual),
        ];
        let word = self.word().unwrap_or_default();
        let found = OPERATORS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        let (_, op) = found.ok_or_else(|| self.unexpected("a comparison: eq ne gt ge lt le"))?;
        self.advance();
        Ok(op)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let is = |word: &str, name: &str| word.eq_ignore_ascii_case(name);
        let literal = match &self.token {
            Token::Text(text) => Literal::Text(text.as_ref().into()),
            Token::Word(word) if is(word, "true") => Literal::Flag(true),
            Token::Word(word) if is(word, "false") => Literal::Flag(false),
            Token::Word(word) if is(word, "null") => Literal::Null,
            Token::Number(_) => return Err(self.error("no field is a number; texts stand in single quotes")),
            Token::Word(_) | Token::Left | Token::Right | Token::Comma | Token::End | Token::Bad(_) => {
                return Err(self.unexpected("a text in single quotes, true, false or null"));
            }
        };
        self.advance();
        Ok(literal)
    }
}

/// The one item, or all of them joined.
fn one_or<F>(mut items: Vec<Node<F>>, join: fn(Vec<Node<F>>) -> Node<F>) -> Node<F> {
    match items.pop() {
        Some(only) if items.is_empty() => only,
        Some(last) => {
            items.push(last);
            join(items)
        }
        None => join(items),
    }
}
