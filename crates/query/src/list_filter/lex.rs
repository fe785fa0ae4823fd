//! Tokens of a list's filter.

use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Text(Cow<'t, str>),
    Number(f64),
    Left,
    Right,
    Comma,
    End,
    /// No token; the message says why.
    Bad(String),
}

/// Reads the token after `from`: where it begins, what it is, and where it ends.
pub(super) fn next(text: &str, from: usize) -> (usize, Token<'_>, usize) {
    let rest = text.get(from..).unwrap_or_default();
    let rest = rest.trim_start();
    let start = text.len() - rest.len();
    let run = |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let Some(first) = rest.chars().next() else { return (start, Token::End, start) };
    let (token, length) = match first {
        '(' => (Token::Left, 1),
        ')' => (Token::Right, 1),
        ',' => (Token::Comma, 1),
        '\'' => string(rest),
        c if c.is_ascii_alphabetic() || c == '_' => {
            let length = run(|c| c.is_ascii_alphanumeric() || c == '_');
            (Token::Word(rest.get(..length).unwrap_or_default()), length)
        }
        c if c.is_ascii_digit() || c == '-' || c == '+' => {
            let length = run(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
            let digits = rest.get(..length).unwrap_or_default();
            match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => (Token::Number(number), length),
                Ok(_) | Err(_) => (Token::Bad(format!("{digits} is no number")), length),
            }
        }
        '"' => (Token::Bad("texts stand in single quotes".to_owned()), 1),
        c => (Token::Bad(format!("unexpected character {c:?}")), c.len_utf8()),
    };
    (start, token, start + length)
}

/// A text in single quotes; two of them are one in it.
fn string(rest: &str) -> (Token<'_>, usize) {
    let mut text = Cow::Borrowed("");
    let mut at = 1;
    loop {
        let tail = rest.get(at..).unwrap_or_default();
        let Some(quote) = tail.find('\'') else {
            return (Token::Bad("the text that begins here has no closing quote".to_owned()), rest.len());
        };
        let part = tail.get(..quote).unwrap_or_default();
        if text.is_empty() {
            text = Cow::Borrowed(part);
        } else {
            text.to_mut().push_str(part);
        }
        at += quote + 1;
        if !rest.get(at..).is_some_and(|after| after.starts_with('\'')) {
            return (Token::Text(text), at);
        }
        text.to_mut().push('\'');
        at += 1;
    }
}
