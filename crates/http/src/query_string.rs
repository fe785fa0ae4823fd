//! The parameters behind the `?`.

use percent_encoding::percent_decode_str;

/// Decoded parameters in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct QueryString(Vec<(String, String)>);

impl QueryString {
    /// Reads what stands behind the `?`.
    pub fn parse(text: &str) -> QueryString {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pair = |field: &str| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (decode(name), decode(value))
        };
        QueryString(text.split('&').filter(|field| !field.is_empty()).map(pair).collect())
    }

    /// The first value of `name`, whose case does not matter, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// Names and values in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of `name`, also empty ones.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let is_named = move |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.0.iter().filter(is_named).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        let query = QueryString::parse("jobType=a%20b+c&&flag&top=&JOBSTATUS=x=y");
        assert_eq!(query.get("jobtype"), Some("a b c"));
        assert_eq!(query.get("flag"), None);
        assert_eq!(query.get("top"), None);
        assert_eq!(query.get("jobStatus"), Some("x=y"));
    }
}
