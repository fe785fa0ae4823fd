//! The list of `IN` and `NIN`, sorted for lookup: a job's condition may list 50,000 device ids.

use crate::ast::Constant;
use crate::operand::Operand;

/// The constants of a list. Membership means the same as `x = a OR x = b OR …` (query-language.md §4.1).
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct InSet {
    strings: Vec<Box<str>>,
    /// Without negative zero, which equals zero.
    numbers: Vec<f64>,
    has_true: bool,
    has_false: bool,
    has_null: bool,
    has_undefined: bool,
}

impl FromIterator<Constant> for InSet {
    fn from_iter<T: IntoIterator<Item = Constant>>(constants: T) -> Self {
        let mut set = InSet::default();
        for constant in constants {
            set.push(constant);
        }
        set.sort();
        set
    }
}

impl InSet {
    /// The constants of all the sets.
    pub(crate) fn union(sets: impl IntoIterator<Item = InSet>) -> Self {
        let mut union = InSet::default();
        for set in sets {
            union.strings.extend(set.strings);
            union.numbers.extend(set.numbers);
            union.has_true |= set.has_true;
            union.has_false |= set.has_false;
            union.has_null |= set.has_null;
            union.has_undefined |= set.has_undefined;
        }
        union.sort();
        union
    }

    fn push(&mut self, constant: Constant) {
        match constant {
            Constant::Undefined => self.has_undefined = true,
            Constant::Null => self.has_null = true,
            Constant::Bool(true) => self.has_true = true,
            Constant::Bool(false) => self.has_false = true,
            Constant::Number(number) => self.numbers.push(number + 0.0),
            Constant::String(text) => self.strings.push(text),
        }
    }

    fn sort(&mut self) {
        self.strings.sort_unstable();
        self.strings.dedup();
        self.numbers.sort_unstable_by(f64::total_cmp);
        self.numbers.dedup();
    }

    /// Whether the value is in the list. An item of another kind makes "no" into "undefined", because
    /// comparing with it is undefined.
    pub(crate) fn contains(&self, value: &Operand<'_>) -> Option<bool> {
        let (found, others) = match value {
            Operand::Undefined | Operand::Json(_) => return None,
            Operand::Null => (self.has_null, self.has_strings() || self.has_numbers() || self.has_bools()),
            Operand::Bool(bool) => (
                if *bool { self.has_true } else { self.has_false },
                self.has_strings() || self.has_numbers() || self.has_null,
            ),
            Operand::Number(number) => (
                self.numbers.binary_search_by(|item| item.total_cmp(&(number + 0.0))).is_ok(),
                self.has_strings() || self.has_bools() || self.has_null,
            ),
            Operand::String(text) => (
                self.strings.binary_search_by(|item| (**item).cmp(text)).is_ok(),
                self.has_numbers() || self.has_bools() || self.has_null,
            ),
        };
        match (found, others || self.has_undefined) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }

    /// The strings, sorted, when there is nothing else in the list.
    pub(crate) fn only_strings(&self) -> Option<&[Box<str>]> {
        let others = self.has_numbers() || self.has_bools() || self.has_null || self.has_undefined;
        (!others).then_some(&self.strings)
    }

    fn has_strings(&self) -> bool {
        !self.strings.is_empty()
    }

    fn has_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    fn has_bools(&self) -> bool {
        self.has_true || self.has_false
    }
}
