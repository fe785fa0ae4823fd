//! Rows of devices that lie close in one range of a table each, instead of one by one.

use bellwether_model::DeviceSeq;
use rusqlite::{Connection, Row, ToSql};

use crate::StoreError;

/// Devices whose keys lie no further apart are read in one range: what lies between them is passed over.
const GAP: i64 = 8;

/// What `read` makes of the row of each of these devices, which ascend; `None` where there is none. `read` is told the
/// device's place among them.
///
/// `sql` selects the device's key first, for keys from `?1` to `?2`, ascending; `further` are its values from `?3` on.
///
/// # Errors
/// Those of `read`, or the store failed.
pub(crate) fn each_row<T>(
    connection: &Connection,
    sql: &str,
    devices: &[DeviceSeq],
    further: &[&dyn ToSql],
    mut read: impl FnMut(usize, &Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<Option<T>>, StoreError> {
    let mut found: Vec<Option<T>> = Vec::with_capacity(devices.len());
    let mut statement = connection.prepare_cached(sql)?;
    for run in devices.chunk_by(|a, b| b.0 - a.0 <= GAP) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let begin = found.len();
        let mut values: Vec<&dyn ToSql> = vec![&first.0, &last.0];
        values.extend(further);
        let mut rows = statement.query(values.as_slice())?;
        let mut left = run.iter();
        while let Some(row) = rows.next()? {
            let device = DeviceSeq(row.get(0)?);
            let Some(skipped) = left.as_slice().iter().position(|other| *other >= device) else { break };
            found.extend(left.by_ref().take(skipped).map(|_| None));
            if left.as_slice().first() == Some(&device) {
                left.next();
                let row = read(found.len(), row)?;
                found.push(Some(row));
            }
        }
        found.resize_with(begin + run.len(), || None);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_one_by_one(
            kept in proptest::collection::btree_set(0i64..60, 0..40),
            asked in proptest::collection::btree_set(0i64..60, 0..20),
        ) {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE TABLE t (device INTEGER PRIMARY KEY, kind)").unwrap();
            for device in &kept {
                connection.execute("INSERT INTO t VALUES (?1, ?1 % 3)", [device]).unwrap();
            }
            let devices: Vec<DeviceSeq> = asked.iter().copied().map(DeviceSeq).collect();
            let sql = "SELECT device FROM t WHERE device BETWEEN ?1 AND ?2 AND kind <> ?3 ORDER BY device";
            let found = each_row(&connection, sql, &devices, &[&0i64], |at, row| {
                assert_eq!(row.get::<_, i64>(0)?, devices[at].0);
                Ok(row.get::<_, i64>(0)?)
            });
            let kept: BTreeSet<i64> = kept.into_iter().filter(|device| device % 3 != 0).collect();
            let expected: Vec<_> = asked.iter().map(|device| kept.get(device).copied()).collect();
            prop_assert_eq!(found.unwrap(), expected);
        }
    }
}
