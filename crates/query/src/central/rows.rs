//! The rows of a Central query while they are found.
//!
//! A result is one document without pages, so it is in memory as a whole. What bounds it is therefore its size, the one
//! limit of queries that no setting takes away: a fleet may be larger than memory.

use std::cmp::Ordering;

use super::{CentralDevice, CentralQuery};
use crate::operand::Operand;
use crate::select::Row;

/// Most bytes that a result may take while it is found: the text of its rows, the values by which they are ordered, and
/// what holds these.
pub const CENTRAL_RESULT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A result that nobody should hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the result would take more than {CENTRAL_RESULT_BYTES_MAX} bytes; ask for fewer columns, or for fewer rows with TOP"
)]
pub struct ResultTooLarge;

/// Collects the rows of a query.
#[derive(Debug)]
pub struct CentralRows<'q> {
    query: &'q CentralQuery,
    rows: Vec<Found>,
    bytes: usize,
}

#[derive(Debug)]
struct Found {
    /// A value for each part of the order.
    order: Vec<Operand<'static>>,
    text: String,
}

impl Found {
    fn bytes(&self) -> usize {
        let order = self.order.iter().map(|value| size_of::<Operand<'_>>() + value.text().map_or(0, str::len));
        size_of::<Found>() + order.sum::<usize>() + self.text.len()
    }
}

impl<'q> CentralRows<'q> {
    /// Nothing yet.
    pub fn new(query: &'q CentralQuery) -> Self {
        CentralRows { query, rows: Vec::new(), bytes: 0 }
    }

    /// Takes the next device. Returns whether another one could still change the result.
    ///
    /// # Errors
    /// The result is too large.
    pub fn push(&mut self, device: &dyn CentralDevice) -> Result<bool, ResultTooLarge> {
        let limit = self.query.limit;
        if !self.query.matches(device) {
            return Ok(true);
        }
        let mut row = Row::default();
        for item in &self.query.items {
            row.member(&item.name, &item.column.value(device));
        }
        let order = self.query.order.iter().map(|order| Operand::from(order.column.value(device).into_owned()));
        let found = Found { order: order.collect(), text: row.finish() };
        self.bytes += found.bytes();
        self.rows.push(found);
        // Twice what may be kept, so that sorting is paid for by many rows.
        if self.rows.len() >= limit.saturating_mul(2) || self.bytes > 2 * CENTRAL_RESULT_BYTES_MAX {
            self.cut()?;
        }
        Ok(!self.query.order.is_empty() || self.rows.len() < limit)
    }

    /// The rows, each a JSON object text.
    ///
    /// # Errors
    /// The result is too large.
    pub fn finish(mut self) -> Result<Vec<String>, ResultTooLarge> {
        self.cut()?;
        Ok(self.rows.into_iter().map(|found| found.text).collect())
    }

    /// Leaves the rows that are first in order; equal ones as they came.
    fn cut(&mut self) -> Result<(), ResultTooLarge> {
        let order = &self.query.order;
        if !order.is_empty() {
            self.rows.sort_by(|a, b| {
                let parts = order.iter().zip(a.order.iter().zip(&b.order));
                parts
                    .map(|(order, (a, b))| compare(a, b, order.descending))
                    .find(|o| o.is_ne())
                    .unwrap_or(Ordering::Equal)
            });
        }
        self.rows.truncate(self.query.limit);
        self.bytes = self.rows.iter().map(Found::bytes).sum();
        if self.bytes > CENTRAL_RESULT_BYTES_MAX { Err(ResultTooLarge) } else { Ok(()) }
    }
}

/// Missing values last, then by kind, then by value.
fn compare(a: &Operand<'_>, b: &Operand<'_>, descending: bool) -> Ordering {
    let rank = |value: &Operand<'_>| match value {
        Operand::Null => 0,
        Operand::Bool(_) => 1,
        Operand::Number(_) => 2,
        Operand::String(_) => 3,
        Operand::Json(_) => 4,
        Operand::Undefined => 5,
    };
    match (a, b) {
        (Operand::Undefined, _) | (_, Operand::Undefined) => rank(a).cmp(&rank(b)),
        _ => {
            let order = rank(a).cmp(&rank(b)).then_with(|| a.order(b).unwrap_or(Ordering::Equal));
            if descending { order.reverse() } else { order }
        }
    }
}
