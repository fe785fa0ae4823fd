//! What is wrong with a template or with a value, and where.

/// A rule that something breaks, with the path to it: dots between names, `[n]` for the n-th item from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{rule}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct Fault {
    /// Where; empty for the thing itself.
    pub path: String,
    /// The rule, as a sentence about what stands at the path.
    pub rule: String,
}

impl Fault {
    /// A fault of the thing itself.
    pub fn new(rule: impl Into<String>) -> Fault {
        Fault { path: String::new(), rule: rule.into() }
    }

    /// The same fault, seen from the object whose member `name` has it.
    #[must_use]
    pub fn under(self, name: &str) -> Fault {
        let between = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Fault { path: format!("{name}{between}{}", self.path), rule: self.rule }
    }

    /// The same fault, seen from the array whose item `index` has it.
    #[must_use]
    pub fn at(self, index: usize) -> Fault {
        self.under(&format!("[{index}]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_from_the_outside() {
        let fault = Fault::new("must be a string").under("name").at(3).under("contents").under("capabilityModel");
        assert_eq!(fault.to_string(), "capabilityModel.contents[3].name: must be a string");
        assert_eq!(Fault::new("must be an object").to_string(), "must be an object");
    }
}
