//! What is wrong with a text, and where.

/// A text that is refused, with the place and a reason an operator can act on.
///
/// Faces answer it with HTTP status 400. The text of [`Display`](std::fmt::Display) begins as the real
/// service's does (iot-hub.md §1.5, query-language.md §8.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQL query parse failed due to following errors: {line}:{column} {message}")]
pub struct QueryError {
    /// Line of the place, from 1. Lines end with a line feed.
    pub line: usize,
    /// Column of the place, from 1, in characters.
    pub column: usize,
    /// What was expected there, or which rule is broken.
    pub message: String,
}

impl QueryError {
    /// An error at a byte offset of `text`.
    pub(crate) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        QueryError {
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: in_line.chars().count() + 1,
            message: message.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_line_feeds() {
        let place = |offset| {
            let error = QueryError::at("ab\nçd\r\n", offset, "x");
            (error.line, error.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(2), (1, 3));
        assert_eq!(place(3), (2, 1));
        assert_eq!(place(5), (2, 2));
        assert_eq!(place(8), (3, 1));
        assert_eq!(place(99), (3, 1), "past the end is the end");
    }
}
