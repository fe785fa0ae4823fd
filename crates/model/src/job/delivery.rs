//! In how many batches a job goes, and at how many failures it stops (iot-central §3.2, §5.3, §5.4).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// Most digits after the point of a percentage: what is computed with it stays exact.
const FRACTION_DIGITS_MAX: u32 = 18;

/// So many devices, or so many of a hundred. Exact: never a binary fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// Devices; the whole part counts.
    Number(Decimal),
    /// Percent of the devices it is judged over.
    Percentage(Decimal),
}

/// How a job goes over its list. Without batches it is one; without a threshold no number of failures stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delivery {
    /// The size of a batch; the next one begins when every device of the last has ended.
    pub batch: Option<Amount>,
    /// More failures than this cancel the job.
    pub threshold: Option<Threshold>,
}

/// The cancellation threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// The failures that are still borne.
    pub amount: Amount,
    /// Judged in each batch by itself instead of over the whole job. Without batches the whole job is one.
    pub per_batch: bool,
}

/// A member of the delivery options breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct BadDelivery {
    /// The member's name on the wire.
    pub field: &'static str,
    /// The rule, as the rest of a sentence.
    pub rule: &'static str,
}

/// The text is no number that can be kept exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of at most 28 digits")]
pub struct BadNumber;

/// Reads a JSON number exactly, in plain or scientific notation.
///
/// # Errors
/// It is no number, or has more digits than can be kept.
pub fn read_decimal(text: &str) -> Result<Decimal, BadNumber> {
    if text.contains(['e', 'E']) {
        Decimal::from_scientific(text).map_err(|_| BadNumber)
    } else {
        Decimal::from_str_exact(text).map_err(|_| BadNumber)
    }
}

impl Delivery {
    /// Are these options that a job can have?
    ///
    /// # Errors
    /// The first member that breaks a rule: a batch has at least one device or more than 0 and at most 100
    /// percent; a threshold is not negative and at most 100 percent.
    pub fn check(&self) -> Result<(), BadDelivery> {
        let bad = |field, rule| Err(BadDelivery { field, rule });
        match self.batch {
            Some(Amount::Number(n)) if n < Decimal::ONE => bad("batch.value", "must be at least 1"),
            Some(Amount::Percentage(p)) if p <= Decimal::ZERO || p > Decimal::ONE_HUNDRED => {
                bad("batch.value", "must be more than 0 and at most 100 percent")
            }
            Some(Amount::Percentage(p)) if p.scale() > FRACTION_DIGITS_MAX => {
                bad("batch.value", "may have at most 18 digits after the point")
            }
            Some(Amount::Number(_) | Amount::Percentage(_)) | None => Ok(()),
        }?;
        match self.threshold.map(|threshold| threshold.amount) {
            Some(Amount::Number(n) | Amount::Percentage(n)) if n < Decimal::ZERO => {
                bad("cancellationThreshold.value", "must not be negative")
            }
            Some(Amount::Percentage(p)) if p > Decimal::ONE_HUNDRED => {
                bad("cancellationThreshold.value", "must be at most 100 percent")
            }
            Some(Amount::Percentage(p)) if p.scale() > FRACTION_DIGITS_MAX => {
                bad("cancellationThreshold.value", "may have at most 18 digits after the point")
            }
            Some(Amount::Number(_) | Amount::Percentage(_)) | None => Ok(()),
        }
    }

    /// How many devices a batch of a job of `targets` devices has; the last one takes what is left
    /// (iot-central §5.3: rounded up, at least 1, at most all).
    pub fn batch_size(&self, targets: u64) -> u64 {
        let size = match self.batch {
            None => targets,
            Some(Amount::Number(n)) => whole(n),
            Some(Amount::Percentage(p)) => {
                let (part, whole) = percent_of(p, targets);
                u64::try_from(part.div_ceil(whole)).unwrap_or(u64::MAX)
            }
        };
        size.min(targets).max(1)
    }

    /// In how many batches a job of `targets` devices goes; none without devices.
    pub fn batches(&self, targets: u64) -> u64 {
        targets.div_ceil(self.batch_size(targets))
    }

    /// How many failures are borne where `devices` take part; one more is too many. `None`: any number.
    pub fn failures_borne(&self, devices: u64) -> Option<u64> {
        Some(match self.threshold?.amount {
            Amount::Number(n) => whole(n),
            Amount::Percentage(p) => {
                // Failures are whole: failed × 100 > p × devices exactly when failed is over the whole part.
                let (part, whole) = percent_of(p, devices);
                u64::try_from(part / whole).unwrap_or(u64::MAX)
            }
        })
    }
}

/// The whole part; a number too large for any list is all of it.
fn whole(n: Decimal) -> u64 {
    if n.is_sign_negative() { 0 } else { n.trunc().to_u64().unwrap_or(u64::MAX) }
}

/// `p` percent of `devices` as an exact fraction.
fn percent_of(p: Decimal, devices: u64) -> (u128, u128) {
    let mantissa = u128::try_from(p.mantissa()).unwrap_or(0);
    let scale = 10u128.saturating_pow(p.scale().min(FRACTION_DIGITS_MAX));
    (mantissa.saturating_mul(u128::from(devices)), scale.saturating_mul(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Amount {
        Amount::Number(read_decimal(text).unwrap())
    }

    fn percent(text: &str) -> Amount {
        Amount::Percentage(read_decimal(text).unwrap())
    }

    fn batch(amount: Amount) -> Delivery {
        Delivery { batch: Some(amount), threshold: None }
    }

    fn threshold(amount: Amount) -> Delivery {
        Delivery { batch: None, threshold: Some(Threshold { amount, per_batch: false }) }
    }

    #[test]
    fn sizes_of_batches() {
        for (amount, targets, size) in [
            (number("3"), 10, 3),
            (number("3.9"), 10, 3),
            (number("10"), 10, 10),
            (number("1e20"), 10, 10),
            (percent("25"), 10, 3),
            (percent("20"), 10, 2),
            (percent("100"), 10, 10),
            (percent("0.001"), 10, 1),
            (percent("33.333333333333336"), 3, 2),
            // 0.07 × 100 is 7.000000000000001 in binary fractions.
            (percent("7"), 100, 7),
            (percent("0.7"), 1000, 7),
        ] {
            assert_eq!(batch(amount).batch_size(targets), size, "{amount:?} of {targets}");
            let batches = batch(amount).batches(targets);
            assert!(batches * size >= targets && (batches - 1) * size < targets, "{amount:?} of {targets}: {batches}");
        }
        assert_eq!(Delivery::default().batch_size(7), 7);
        assert_eq!((Delivery::default().batches(7), batch(number("3")).batches(0)), (1, 0));
    }

    #[test]
    fn failures_that_are_borne() {
        for (amount, devices, borne) in [
            (number("0"), 10, 0),
            (number("3"), 10, 3),
            (number("3.7"), 10, 3),
            (percent("0"), 10, 0),
            (percent("10"), 10, 1),
            (percent("10"), 19, 1),
            (percent("10"), 20, 2),
            (percent("0.7"), 1000, 7),
            (percent("100"), 5, 5),
        ] {
            assert_eq!(threshold(amount).failures_borne(devices), Some(borne), "{amount:?} of {devices}");
        }
        assert_eq!(Delivery::default().failures_borne(5), None);
    }

    #[test]
    fn rules() {
        let said = |delivery: Delivery| delivery.check().map_err(|error| error.to_string());
        for good in [number("1"), number("1.5"), percent("0.1"), percent("100")] {
            assert_eq!(said(batch(good)), Ok(()), "{good:?}");
        }
        for bad in [number("0"), number("0.9"), number("-1"), percent("0"), percent("-5"), percent("100.1")] {
            assert!(said(batch(bad)).unwrap_err().starts_with("batch.value must"), "{bad:?}");
        }
        assert!(said(batch(percent("1.0000000000000000001"))).unwrap_err().contains("18 digits"));
        for good in [number("0"), number("7.5"), percent("0"), percent("100")] {
            assert_eq!(said(threshold(good)), Ok(()), "{good:?}");
        }
        for bad in [number("-0.1"), percent("-1"), percent("101")] {
            assert!(said(threshold(bad)).unwrap_err().starts_with("cancellationThreshold.value must"), "{bad:?}");
        }
    }

    #[test]
    fn numbers() {
        for (text, shown) in [("20", "20"), ("20.50", "20.50"), ("2e1", "20"), ("-1.5E0", "-1.5")] {
            assert_eq!(read_decimal(text).map(|n| n.to_string()), Ok(shown.to_owned()), "{text}");
        }
        for bad in ["", "x", "1e40", "0.00000000000000000000000000001", "\"1\""] {
            assert_eq!(read_decimal(bad), Err(BadNumber), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_percentage_in_hundredths_is_exact(hundredths in 1u64..=10_000, devices in 1u64..10_000_000_000) {
            let amount = Amount::Percentage(Decimal::new(hundredths as i64, 2));
            let size = batch(amount).batch_size(devices);
            prop_assert!(size * 10_000 >= devices * hundredths);
            prop_assert!(size == 1 || (size - 1) * 10_000 < devices * hundredths);
            let borne = threshold(amount).failures_borne(devices).unwrap();
            prop_assert!(borne * 10_000 <= devices * hundredths);
            prop_assert!((borne + 1) * 10_000 > devices * hundredths);
        }
    }
}
