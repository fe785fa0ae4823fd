//! Tokens (query-language.md §2), read one at a time.
//!
//! Text that is no token becomes [`Kind::Bad`] and is reported when the parser gets there, so the first
//! error in the text is the one that is told.

use std::borrow::Cow;

use winnow::ascii::{digit1, hex_digit1};
use winnow::combinator::{alt, dispatch, empty, opt, peek};
use winnow::error::EmptyError;
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{any, one_of, take, take_until, take_while};
use winnow::{Parser, Result};

type Input<'t> = LocatingSlice<&'t str>;
type Lexed<O> = Result<O, EmptyError>;

/// A token and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind<'t>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind<'t> {
    /// An identifier, a keyword or a function's name.
    Word(&'t str),
    /// `[[name]]`
    Escaped(&'t str),
    /// A string constant, without quotes and escapes.
    String(Cow<'t, str>),
    /// A number, never signed.
    Number {
        text: &'t str,
        value: f64,
    },
    Symbol(Symbol),
    /// No token; the message says why.
    Bad(Cow<'static, str>),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    LeftRound,
    RightRound,
    LeftSquare,
    RightSquare,
    Comma,
    Dot,
    Star,
    Slash,
    Percent,
    Plus,
    Minus,
    Concat,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Reads tokens from a text.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'t> {
    input: Input<'t>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Lexer { input: LocatingSlice::new(text) }
    }

    /// A lexer that goes on from a byte offset of the text.
    pub(crate) fn at(text: &'t str, offset: usize) -> Self {
        let mut lexer = Lexer::new(text);
        lexer.input.next_slice(offset);
        lexer
    }

    /// The next token; [`Kind::End`] at the end, again and again.
    pub(crate) fn next(&mut self) -> Token<'t> {
        skip_space(&mut self.input);
        let start = self.input.current_token_start();
        let lexed = token.parse_next(&mut self.input);
        let end = self.input.current_token_start();
        match lexed {
            Ok(Lexeme::Whole(kind)) => Token { kind, start, end },
            Ok(Lexeme::BadAt(at, message)) => Token { kind: Kind::Bad(message), start: at, end },
            // `token` fails only where there is nothing left to read.
            Err(EmptyError) => Token { kind: Kind::End, start, end: start },
        }
    }

    /// Everything up to the next white space: an IoT Central template id, which is no token. Empty at the end.
    pub(crate) fn run(&mut self) -> &'t str {
        skip_space(&mut self.input);
        let run: Lexed<&str> = take_while(0.., |c: char| !c.is_whitespace()).parse_next(&mut self.input);
        run.unwrap_or_default()
    }
}

/// A token, or a complaint about a place inside one.
enum Lexeme<'t> {
    Whole(Kind<'t>),
    BadAt(usize, Cow<'static, str>),
}

impl<'t> From<Kind<'t>> for Lexeme<'t> {
    fn from(kind: Kind<'t>) -> Self {
        Lexeme::Whole(kind)
    }
}

fn bad<'t>(message: impl Into<Cow<'static, str>>) -> Lexeme<'t> {
    Lexeme::Whole(Kind::Bad(message.into()))
}

fn skip_space(input: &mut Input<'_>) {
    // Zero or more of anything cannot fail.
    let _: Lexed<&str> = take_while(0.., char::is_whitespace).parse_next(input);
}

fn token<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    dispatch! { peek(any);
        '\'' | '"' => string,
        '0'..='9' => number,
        '[' => left_square,
        c if is_name_start(c) => word,
        _ => alt((symbol, stray)),
    }
    .parse_next(input)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn word<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    take_while(1.., is_name_part).map(|word| Kind::Word(word).into()).parse_next(input)
}

/// `[[name]]`, or the bracket of a list or an index.
fn left_square<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    let escaped = (take_until(0.., "]]"), "]]").map(|(name, _)| Kind::Escaped(name).into());
    let unclosed = empty.map(|()| bad("a name in [[ ]] has no closing ]]"));
    let name = (take(2usize).verify(|open: &str| open == "[["), alt((escaped, unclosed))).map(|(_, name)| name);
    alt((name, '['.map(|_| Kind::Symbol(Symbol::LeftSquare).into()))).parse_next(input)
}

fn number<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    let (text, value) = alt((hexadecimal, decimal)).parse_next(input)?;
    let runs_on: Option<&str> = opt(take_while(1.., is_name_part)).parse_next(input)?;
    Ok(match (runs_on, value) {
        (Some("x" | "X"), _) if text == "0" => bad("hexadecimal digits are missing after 0x"),
        (Some(_), _) => bad("a number must not run into a name; put a space between them"),
        (None, value) if value.is_infinite() => bad("the number is too large for a double"),
        (None, value) => Kind::Number { text, value }.into(),
    })
}

fn hexadecimal<'t>(input: &mut Input<'t>) -> Lexed<(&'t str, f64)> {
    (alt(("0x", "0X")), hex_digit1)
        .with_taken()
        .map(|((_, digits), text): ((_, &str), _)| {
            let value = digits
                .chars()
                .filter_map(|digit| digit.to_digit(16))
                .fold(0.0, |value, digit| value * 16.0 + f64::from(digit));
            (text, value)
        })
        .parse_next(input)
}

fn decimal<'t>(input: &mut Input<'t>) -> Lexed<(&'t str, f64)> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    (digit1, opt(('.', digit1)), opt(exponent))
        .take()
        // What is taken here always parses as a double.
        .map(|text: &str| (text, text.parse().unwrap_or(f64::INFINITY)))
        .parse_next(input)
}

fn string<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    let open = input.current_token_start();
    let quote = any.parse_next(input)?;
    let mut text = Cow::Borrowed("");
    loop {
        let plain: &str = take_while(0.., |c| c != quote && c != '\\').parse_next(input)?;
        if text.is_empty() {
            text = Cow::Borrowed(plain);
        } else {
            text.to_mut().push_str(plain);
        }
        let at = input.current_token_start();
        match opt(any).parse_next(input)? {
            None => {
                return Ok(Lexeme::BadAt(open, format!("the string that begins here has no closing {quote}").into()));
            }
            Some('\\') => match escape(input)? {
                Ok(c) => text.to_mut().push(c),
                Err(message) => return Ok(Lexeme::BadAt(at, message.into())),
            },
            Some(_) => return Ok(Kind::String(text).into()),
        }
    }
}

/// What follows a backslash in a string.
fn escape(input: &mut Input<'_>) -> Lexed<std::result::Result<char, &'static str>> {
    Ok(match opt(any).parse_next(input)? {
        Some(quoted @ ('\'' | '"' | '\\')) => Ok(quoted),
        Some('u') => unicode_escape(input)?.ok_or("\\u takes four hexadecimal digits and must name a character"),
        Some(_) | None => Err("the escapes in a string are \\' \\\" \\\\ and \\uXXXX; write \\\\ for a backslash"),
    })
}

/// `XXXX`, or the two halves `XXXX\uXXXX` of a character above U+FFFF.
fn unicode_escape(input: &mut Input<'_>) -> Lexed<Option<char>> {
    let Some(first) = opt(code_unit).parse_next(input)? else {
        return Ok(None);
    };
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Ok(Some(c));
    }
    let second = opt(("\\u", code_unit).map(|(_, unit)| unit)).parse_next(input)?;
    let units = [first, second.unwrap_or_default()];
    Ok(match char::decode_utf16(units).next() {
        Some(Ok(c)) => Some(c),
        Some(Err(_)) | None => None,
    })
}

fn code_unit(input: &mut Input<'_>) -> Lexed<u16> {
    take_while(4..=4, |c: char| c.is_ascii_hexdigit())
        .verify_map(|digits: &str| u16::from_str_radix(digits, 16).ok())
        .parse_next(input)
}

fn symbol<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    let two = alt((
        "<=".value(Symbol::LessOrEqual),
        ">=".value(Symbol::GreaterOrEqual),
        "<>".value(Symbol::NotEqual),
        "!=".value(Symbol::NotEqual),
        "||".value(Symbol::Concat),
    ));
    let one = dispatch! { any;
        '(' => empty.value(Symbol::LeftRound),
        ')' => empty.value(Symbol::RightRound),
        ']' => empty.value(Symbol::RightSquare),
        ',' => empty.value(Symbol::Comma),
        '.' => empty.value(Symbol::Dot),
        '*' => empty.value(Symbol::Star),
        '/' => empty.value(Symbol::Slash),
        '%' => empty.value(Symbol::Percent),
        '+' => empty.value(Symbol::Plus),
        '-' => empty.value(Symbol::Minus),
        '=' => empty.value(Symbol::Equal),
        '<' => empty.value(Symbol::Less),
        '>' => empty.value(Symbol::Greater),
        _ => winnow::combinator::fail,
    };
    let refused = alt((
        "==".map(|_| bad("== is not an operator; use =")),
        "??".map(|_| bad("?? is not an operator here")),
        "&&".map(|_| bad("&& is not an operator; use AND")),
    ));
    alt((refused, alt((two, one)).map(|symbol| Kind::Symbol(symbol).into()))).parse_next(input)
}

/// A character that begins no token.
fn stray<'t>(input: &mut Input<'t>) -> Lexed<Lexeme<'t>> {
    let c = any.parse_next(input)?;
    Ok(match c {
        ';' => bad("a statement has no terminator; remove the ;"),
        '!' => bad("! is not an operator; use NOT, or != for \"is not\""),
        '|' => bad("| is not an operator; use OR, or || to join strings"),
        '`' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => bad(format!("strings stand in ' or \", not in {c}")),
        c => bad(format!("unexpected character {c:?}")),
    })
}

/// A piece of the text for an error message, cut to a readable length.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        None => Cow::Borrowed(text),
        Some((cut, _)) => Cow::Owned(format!("{}…", text.get(..cut).unwrap_or_default())),
    }
}

/// Words that are no bare path segment (query-language.md §2).
const RESERVED: [&str; 24] = [
    "ALL", "AND", "AS", "ASC", "AVG", "BY", "COUNT", "DESC", "DEVICES", "FROM", "FALSE", "GROUP", "IN", "MAX", "MIN",
    "NIN", "NOT", "NULL", "OR", "ORDER", "SELECT", "SUM", "TOP", "TRUE",
];

/// Whether a bare word is reserved, in any case.
pub(crate) fn is_reserved(word: &str) -> bool {
    word.eq_ignore_ascii_case("WHERE") || RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind<'_>> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| Some(lexer.next().kind)).take_while(|kind| *kind != Kind::End).collect()
    }

    fn string(text: &str) -> Kind<'_> {
        Kind::String(text.into())
    }

    #[test]
    fn names_and_strings() {
        for (text, expected) in [
            ("a _b $c d1$", vec![Kind::Word("a"), Kind::Word("_b"), Kind::Word("$c"), Kind::Word("d1$")]),
            ("größe", vec![Kind::Word("größe")]),
            ("[[my-tag]] [[a]b]]", vec![Kind::Escaped("my-tag"), Kind::Escaped("a]b")]),
            (r#"'a"b' "c'd" '' "#, vec![string("a\"b"), string("c'd"), string("")]),
            (
                r#"'\'' "\"" '\\' '\u00e9' '\ud83d\ude00x'"#,
                vec![string("'"), string("\""), string("\\"), string("é"), string("😀x")],
            ),
            ("'a''b'", vec![string("a"), string("b")]),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers() {
        for (text, expected) in
            [("0", 0.0), ("3.0e2", 300.0), ("1E-2", 0.01), ("0x0B", 11.0), ("0Xff", 255.0), ("007", 7.0)]
        {
            assert_eq!(kinds(text), [Kind::Number { text, value: expected }], "{text}");
        }
        for text in ["1a", "0x", "0xg", "5e", "1e999", "0b1"] {
            assert!(matches!(kinds(text).as_slice(), [Kind::Bad(_), ..]), "{text}: {:?}", kinds(text));
        }
        assert_eq!(kinds("1.").len(), 2, "a fraction has digits");
    }

    #[test]
    fn symbols_need_no_space() {
        use Symbol::*;
        let symbols = kinds("()[ ],.*/%+-||=!=<><<=>>=--").into_iter().map(|kind| match kind {
            Kind::Symbol(symbol) => Some(symbol),
            _ => None,
        });
        let expected = [
            LeftRound,
            RightRound,
            LeftSquare,
            RightSquare,
            Comma,
            Dot,
            Star,
            Slash,
            Percent,
            Plus,
            Minus,
            Concat,
            Equal,
            NotEqual,
            NotEqual,
            Less,
            LessOrEqual,
            Greater,
            GreaterOrEqual,
            Minus,
            Minus,
        ];
        assert_eq!(symbols.collect::<Vec<_>>(), expected.map(Some));
    }

    #[test]
    fn bad_text_says_where() {
        for (text, at) in [
            ("x 'abc", 2),
            (r"'ab\n'", 3),
            (r"'\ud800'", 1),
            (r"'\u12'", 1),
            ("[[a]", 0),
            (" ==", 1),
            (" ;", 1),
            ("'\\", 1),
        ] {
            let mut lexer = Lexer::new(text);
            let token = std::iter::from_fn(|| Some(lexer.next())).find(|token| !matches!(token.kind, Kind::Word(_)));
            assert!(
                matches!(&token, Some(Token { kind: Kind::Bad(_), start, .. }) if *start == at),
                "{text}: {token:?}"
            );
        }
    }

    #[test]
    fn the_end_comes_again_and_again() {
        let mut lexer = Lexer::new(" a ");
        assert_eq!(lexer.next().end, 2);
        for _ in 0..2 {
            assert_eq!(lexer.next(), Token { kind: Kind::End, start: 3, end: 3 });
        }
    }
}
