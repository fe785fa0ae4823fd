//! How documents look to people.

use bellwether_model::Time;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table};
use serde_json::Value;

use crate::terminal::has_colours;

/// Columns of words and numbers, which no narrow terminal breaks.
const UNBROKEN: [&str; 5] = ["STATUS", "DEVICES", "SUCCEEDED", "FAILED", "LINE"];

/// A list without lines, as wide as the terminal at most; as wide as it needs where there is none.
pub fn list(header: &[&str]) -> Table {
    let mut table = Table::new();
    let head = |title: &&str| {
        let cell = Cell::new(title);
        if has_colours() { cell.add_attribute(Attribute::Bold) } else { cell }
    };
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(head).collect::<Vec<_>>());
    for (title, column) in header.iter().zip(table.column_iter_mut()) {
        if UNBROKEN.contains(title) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    at_the_margin(table)
}

fn at_the_margin(mut table: Table) -> Table {
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    table
}

/// Names and what stands beside them; those without a value are left out.
pub fn facts(rows: &[(&str, String)]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        table.add_row([Cell::new(name), coloured(value)]);
    }
    at_the_margin(table).trim_fmt()
}

/// Text as it stands, everything else as JSON; nothing of null.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// What came from devices must not steer the terminal.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// As [`text`], cut to `most` characters.
pub fn short(value: &Value, most: usize) -> String {
    let whole = text(value);
    match whole.char_indices().nth(most) {
        None => whole,
        Some(_) => whole.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// JSON over several lines.
pub fn pretty(value: &Value) -> String {
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    json.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// A state in the colour of what it means.
pub fn state(value: &Value) -> Cell {
    coloured(&text(value))
}

fn coloured(word: &str) -> Cell {
    let colour = match word {
        "completed" | "enabled" | "Connected" | "created" | "updated" => Color::Green,
        "failed" | "disabled" => Color::Red,
        "cancelled" | "canceled" | "skipped" => Color::Yellow,
        "running" | "queued" | "scheduled" | "pending" => Color::Cyan,
        _ => return Cell::new(word),
    };
    if has_colours() { Cell::new(word).fg(colour) } else { Cell::new(word) }
}

/// A number, with commas, to the right.
pub fn amount(value: &Value) -> Cell {
    let shown = value.as_u64().map(thousands).unwrap_or_default();
    Cell::new(shown).set_alignment(CellAlignment::Right)
}

/// `1203` as `1,203`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut shown = digits[..first].to_owned();
    for at in (first..digits.len()).step_by(3) {
        if at > 0 {
            shown.push(',');
        }
        shown.push_str(&digits[at..at + 3]);
    }
    shown
}

/// A time to the second, in UTC.
pub fn time(value: &Value) -> String {
    match value.as_str().map(str::parse::<Time>) {
        None => String::new(),
        Some(Ok(time)) if time.is_year_one() => "never".to_owned(),
        Some(Ok(time)) => time.to_millis_text().split('.').next().unwrap_or_default().replace('T', " ") + "Z",
        Some(Err(_)) => text(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn as_people_read_it() {
        assert_eq!(time(&json!("2026-03-01T02:00:00.1187341Z")), "2026-03-01 02:00:00Z");
        assert_eq!(time(&json!("0001-01-01T00:00:00")), "never");
        assert_eq!(time(&json!("soon")), "soon");
        assert_eq!([0, 12, 999, 1000, 123_456, 1_000_000].map(thousands).join(" "), "0 12 999 1,000 123,456 1,000,000");
        assert_eq!(short(&json!({"a": "a long text"}), 8), "{\"a\":\"a…");
        assert_eq!(short(&json!("12345678"), 8), "12345678");
        assert_eq!(text(&json!("\u{1b}[2J\u{9b}x")), "\\u{1b}[2J\\u{9b}x");
    }

    #[test]
    fn a_narrow_terminal_is_respected() {
        let mut table = list(&["DEVICE", "TAGS"]);
        table.add_row(["pump-1", "{\"building\":\"43\",\"floor\":3,\"room\":\"a long name of a room\"}"]);
        table.set_width(40);
        assert!(table.lines().all(|line| line.chars().count() <= 40), "{table}");
    }
}
