//! Evaluates a tree against a document, with three-valued logic (query-language.md §4.1).

use std::borrow::Cow;

use crate::ast::{Constant, Expr};
use crate::document::Document;
use crate::operand::{Operand, combine, compare};

impl Constant {
    pub(crate) fn operand(&self) -> Operand<'_> {
        match self {
            Constant::Undefined => Operand::Undefined,
            Constant::Null => Operand::Null,
            Constant::Bool(bool) => Operand::Bool(*bool),
            Constant::Number(number) => Operand::Number(*number),
            Constant::String(text) => Operand::String(Cow::Borrowed(text)),
        }
    }
}

impl Expr {
    /// The outcome as a condition; `None` is undefined. A row matches only when it is `Some(true)`.
    pub(crate) fn truth(&self, document: &dyn Document) -> Option<bool> {
        match self {
            Expr::All(items) => {
                let mut outcome = Some(true);
                for item in items {
                    match item.truth(document) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => outcome = None,
                    }
                }
                outcome
            }
            Expr::Any(items) => {
                let mut outcome = Some(false);
                for item in items {
                    match item.truth(document) {
                        Some(false) => {}
                        Some(true) => return Some(true),
                        None => outcome = None,
                    }
                }
                outcome
            }
            Expr::Not { of, negated } => of.truth(document).map(|truth| truth != *negated),
            Expr::Compare { op, left, right } => compare(*op, &left.value(document), &right.value(document)),
            Expr::In { item, set, negated } => set.contains(&item.value(document)).map(|found| found != *negated),
            Expr::Call { function, arguments } => {
                let argument = |index| arguments.get(index).map_or(Operand::Undefined, |at: &Expr| at.value(document));
                function.call(argument(0), argument(1))
            }
            Expr::Constant(_) | Expr::Path(_) | Expr::Chain { .. } | Expr::Sign { .. } => self.value(document).truth(),
        }
    }

    /// The value of an expression.
    pub(crate) fn value<'a>(&'a self, document: &'a dyn Document) -> Operand<'a> {
        match self {
            Expr::Constant(constant) => constant.operand(),
            Expr::Path(path) => path.value(document).into(),
            Expr::Chain { first, rest } => {
                let start = first.value(document);
                rest.iter().fold(start, |left, (op, right)| combine(*op, left, right.value(document)))
            }
            Expr::Sign { of, negative } => of.value(document).signed(*negative),
            Expr::All(_)
            | Expr::Any(_)
            | Expr::Not { .. }
            | Expr::Compare { .. }
            | Expr::In { .. }
            | Expr::Call { .. } => self.truth(document).map_or(Operand::Undefined, Operand::Bool),
        }
    }
}
