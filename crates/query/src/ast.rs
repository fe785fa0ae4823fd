//! The tree of an expression (query-language.md §4).

use crate::field::{Field, Fields};
use crate::function::Function;
use crate::in_set::InSet;
use crate::path::Path;

/// An expression. Chains of one level are flat, so a tree is never deeper than its text's brackets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Constant(Constant),
    Path(Path),
    /// `a OR b OR …`
    Any(Vec<Expr>),
    /// `a AND b AND …`
    All(Vec<Expr>),
    /// `NOT`, or an even number of them, which still makes a condition of its operand.
    Not {
        of: Box<Expr>,
        negated: bool,
    },
    Compare {
        op: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `IN`, or `NIN` when negated.
    In {
        item: Box<Expr>,
        set: Box<InSet>,
        negated: bool,
    },
    /// Operators of one level, from left to right.
    Chain {
        first: Box<Expr>,
        rest: Vec<(Operator, Expr)>,
    },
    /// `-x` or `+x`
    Sign {
        of: Box<Expr>,
        negative: bool,
    },
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
}

/// A constant of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    String(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Concat,
    Multiply,
    Divide,
    Modulo,
}

impl Expr {
    /// `path IN set`
    pub(crate) fn path_in(path: Path, set: InSet) -> Expr {
        Expr::In { item: Box::new(Expr::Path(path)), set: Box::new(set), negated: false }
    }

    /// The path, if the expression is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        if let Expr::Path(path) = self { Some(path) } else { None }
    }

    /// The constant, if the expression is one.
    pub(crate) fn constant(&self) -> Option<&Constant> {
        if let Expr::Constant(constant) = self { Some(constant) } else { None }
    }

    /// As [`Expr::constant`], to change it.
    pub(crate) fn constant_mut(&mut self) -> Option<&mut Constant> {
        if let Expr::Constant(constant) = self { Some(constant) } else { None }
    }

    /// The path and the constant of a comparison of the two, whichever stands first.
    pub(crate) fn path_and_constant<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e Path, &'e Constant)> {
        left.path().zip(right.constant()).or_else(|| right.path().zip(left.constant()))
    }

    /// The fields that evaluation may ask a document for.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = Fields::NONE;
        self.visit_fields(&mut |field| fields.insert(field));
        fields
    }

    fn visit_fields(&self, visit: &mut impl FnMut(Field)) {
        match self {
            Expr::Constant(_) => {}
            Expr::Path(path) => path.root.into_iter().for_each(visit),
            Expr::Any(items) | Expr::All(items) | Expr::Call { arguments: items, .. } => {
                items.iter().for_each(|item| item.visit_fields(visit));
            }
            Expr::Not { of, .. } | Expr::Sign { of, .. } | Expr::In { item: of, .. } => of.visit_fields(visit),
            Expr::Compare { left, right, .. } => {
                left.visit_fields(visit);
                right.visit_fields(visit);
            }
            Expr::Chain { first, rest } => {
                first.visit_fields(visit);
                rest.iter().for_each(|(_, item)| item.visit_fields(visit));
            }
        }
    }
}
