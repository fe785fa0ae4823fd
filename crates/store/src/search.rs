//! Looking for a text in ids and names.

/// A text that is looked for; case does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

impl SearchText {
    /// Looks for `text`.
    pub fn new(text: &str) -> SearchText {
        SearchText(text.to_lowercase())
    }

    /// Does it stand in `name`?
    pub fn is_in(&self, name: &str) -> bool {
        if self.0.is_empty() {
            return true;
        }
        // Most names are plain: nothing is copied for them. In lower case they are plain still, so that nothing else
        // is in them.
        if name.is_ascii() {
            let at = |part: &[u8]| part.eq_ignore_ascii_case(self.0.as_bytes());
            return name.as_bytes().windows(self.0.len()).any(at);
        }
        name.to_lowercase().contains(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_does_not_matter() {
        for (text, name, expected) in [
            ("", "", true),
            ("", "a", true),
            ("a", "", false),
            ("PUMP", "my pump 7", true),
            ("pump 7", "My Pump 7", true),
            ("pumps", "pump", false),
            ("ÜBER", "kühlung über", true),
            ("ü", "u", false),
            // KELVIN SIGN.
            ("\u{212a}", "kiln", true),
        ] {
            assert_eq!(SearchText::new(text).is_in(name), expected, "{text} in {name}");
        }
    }

    proptest! {
        #[test]
        fn as_in_lower_case(text in "[a-cA-CüÜ]{0,3}", name in "[a-cA-CüÜ]{0,6}") {
            let expected = name.to_lowercase().contains(&text.to_lowercase());
            prop_assert_eq!(SearchText::new(&text).is_in(&name), expected);
        }
    }
}
