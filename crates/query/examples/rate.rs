//! How long one row takes: `cargo run --release -p bellwether-query --example rate`.
#![allow(clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // measuring takes a clock

use std::hint::black_box;
use std::time::Instant;

use bellwether_query::{Condition, Document, Field, Value};

struct Row {
    id: String,
    tags: String,
}

impl Document for Row {
    fn field(&self, field: Field) -> Value<'_> {
        match field {
            Field::DeviceId => Value::string(&self.id),
            Field::Tags => Value::json(&self.tags),
            _ => Value::Undefined,
        }
    }
}

/// About 400 bytes of tags; what conditions ask for stands last, so nothing is gained by stopping early.
fn row(n: usize) -> Row {
    let tags = format!(
        r#"{{"site":"redmond-{}","owner":"facilities@example.com","installed":"2023-04-{:02}T08:30:00.0000000Z","room":{{"name":"Plant room {}","zone":"B","area":{}.5}},"labels":["pump","hvac","critical","monitored"],"maintenance":{{"contract":"C-2231-{}","next":"2026-09-01","vendor":"Fabrikam Building Services"}},"note":"replaced impeller \"type 4\" in spring, see ticket","building":"{}","floor":{}}}"#,
        n % 17,
        n % 28 + 1,
        n % 900,
        n % 70,
        n,
        n % 60,
        n % 12
    );
    Row { id: format!("device-{n:07}"), tags }
}

fn main() {
    let rows: Vec<Row> = (0..200_000).map(row).collect();
    let bytes: usize = rows.iter().map(|row| row.tags.len()).sum();
    println!("{} rows, {} bytes of tags each", rows.len(), bytes / rows.len());
    let many: Vec<String> = (0..50_000).map(|n| format!("device-{:07}", n * 7)).collect();
    let list = format!("deviceId IN ['{}']", many.join("','"));
    let chain = format!("deviceId = '{}'", many.join("' OR deviceId = '"));
    let hundred = (0..100).map(|n| format!("tags.building != 'x{n}'")).collect::<Vec<_>>().join(" AND ");
    for (name, text) in [
        ("tags.building = '43' AND tags.floor = 7", None),
        ("tags.floor = 7 AND tags.building = '43'", None),
        ("tags.floor >= 0 AND tags.building != ''", None),
        ("tags.site = 'redmond-3'", None),
        ("tags.maintenance.vendor = 'x'", None),
        ("tags.missing = 'x'", None),
        ("STARTSWITH(deviceId, 'device-00001')", None),
        ("deviceId IN [50,000 ids]", Some(list)),
        ("deviceId = … OR … (50,000)", Some(chain)),
        ("tags.building != … AND … (100)", Some(hundred)),
    ] {
        let text = text.as_deref().unwrap_or(name);
        let start = Instant::now();
        let condition = match Condition::parse(text) {
            Ok(condition) => condition,
            Err(error) => {
                println!("{error}");
                return;
            }
        };
        let parsed = start.elapsed();
        let start = Instant::now();
        let found = rows.iter().filter(|row| condition.matches(black_box(*row))).count();
        let each = start.elapsed().as_nanos() / rows.len() as u128;
        println!("{each:>6} ns/row  {found:>7} found  parsed in {parsed:>9.1?}  {name}");
    }
}
