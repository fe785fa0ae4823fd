//! Files of devices: CSV with a header, or NDJSON with an object a line; the same names in both.
//!
//! `id`, `status`, `statusReason`, `iotEdge`, `primaryKey`, `secondaryKey`; in CSV a column for every value of the twin
//! (`tags.building`, `desired.fan.speed`), in NDJSON the objects `tags` and `desired`. A cell without text sets nothing;
//! what a cell of the twin says is read by [`typed`]. Anything else is a fault: nothing of a file is passed over.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use bellwether_model::DeviceId;
use bellwether_model::json::{Key, Members};
use bellwether_model::twin::TwinChange;
use clap::ValueEnum as _;
use serde_json::Value;

use super::super::table::{plain, short};
use super::super::values::{Sections, TOO_LARGE, in_one_line, members, typed};
use super::identity::{Settings, StatusArg};
use crate::failure::chain;

/// A device of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Where it stands, from 1.
    pub line: u64,
    /// Its id.
    pub id: String,
    /// Its identity.
    pub settings: Settings,
    /// Its twin.
    pub twin: Sections,
}

/// What is wrong in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Where, from 1.
    pub line: u64,
    /// The column of a CSV file, the member of an object.
    pub column: Option<String>,
    /// The rule.
    pub rule: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, {}: {}", self.line, plain(column), plain(&self.rule)),
            None => write!(f, "line {}: {}", self.line, plain(&self.rule)),
        }
    }
}

/// A whole file, read and checked.
#[derive(Debug, Default)]
pub struct Lines {
    /// The devices, when there are no faults.
    pub entries: Vec<Entry>,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
    seen: HashMap<String, u64>,
}

/// Of the name of a column that there is not.
const NAME_WIDTH: usize = 24;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What names a device; the hub calls it `deviceId`.
const ID: [&str; 2] = ["id", "deviceId"];
/// What stands beside the twin.
const FIELDS: [&str; 5] = ["status", "statusReason", "iotEdge", "primaryKey", "secondaryKey"];
const SECTIONS: [&str; 2] = ["tags", "desired"];
const COLUMNS: &str = "id, status, statusReason, iotEdge, primaryKey, secondaryKey, tags.NAME, desired.NAME";
const MEMBERS: &str = "id, status, statusReason, iotEdge, primaryKey, secondaryKey, tags, desired";

impl Lines {
    /// Reads CSV (RFC 4180, with a header).
    pub fn of_csv(bytes: &[u8]) -> Lines {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let mut lines = Lines::default();
        if let Err((line, rule)) = quotes(bytes) {
            lines.fault(line, None, rule);
            return lines;
        }
        let mut counter = LineCounter { bytes, at: 0, line: 1 };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let columns: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
            Err(error) => {
                lines.fault(1, None, chain(&error));
                return lines;
            }
        };
        lines.check_header(&columns);
        if !lines.faults.is_empty() {
            return lines;
        }
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => lines.take_record(counter.line_of(record.position()), &columns, &record),
                Ok(false) => return lines,
                Err(error) => {
                    let line = counter.line_of(error.position());
                    lines.fault(line, None, "is no UTF-8 text, or cannot be read".to_owned());
                    if !matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) {
                        return lines;
                    }
                }
            }
        }
    }

    /// Reads NDJSON; empty lines are passed over.
    pub fn of_ndjson(text: impl BufRead) -> Lines {
        let mut lines = Lines::default();
        for (text, line) in text.lines().zip(1..) {
            match text {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => match Members::of(text.trim_start_matches('\u{feff}')) {
                    Ok(members) => lines.take_object(line, members),
                    Err(error) => lines.fault(line, None, format!("is no JSON object: {}", in_one_line(&error))),
                },
                Err(error) => {
                    lines.fault(line, None, format!("cannot be read: {error}"));
                    return lines;
                }
            }
        }
        lines
    }

    fn fault(&mut self, line: u64, column: Option<&str>, rule: impl Into<String>) {
        self.faults.push(Fault { line, column: column.map(str::to_owned), rule: rule.into() });
    }

    /// The rules of twins name the place before a colon.
    fn fault_in_twin(&mut self, line: u64, rule: &str) {
        match rule.split_once(": ") {
            Some((place, rule)) => self.fault(line, Some(place), rule),
            None => self.fault(line, None, rule),
        }
    }

    fn check_header(&mut self, columns: &[String]) {
        if let [only] = columns
            && only.contains(';')
        {
            return self.fault(1, None, "the columns must be separated by commas");
        }
        let names_device = |column: &&String| ID.contains(&column.as_str());
        if !columns.iter().any(|column| names_device(&column)) {
            // It may be a line of devices: their keys are not shown.
            return self.fault(1, None, "the first line must name the columns, and one of them must be id");
        }
        let mut twin = Sections::default();
        for (at, column) in columns.iter().enumerate() {
            let named = format!("column {}, {}", at + 1, short(&Value::from(column.as_str()), NAME_WIDTH));
            if !is_of_twin(column) && !ID.iter().chain(&FIELDS).any(|known| known == column) {
                self.fault(1, Some(&named), format!("is no column of devices; there are {COLUMNS}"));
            } else if columns[..at].contains(column) {
                self.fault(1, Some(&named), "stands twice");
            } else if is_of_twin(column)
                && let Err(rule) = twin.set(column, Value::from(0))
            {
                self.fault(1, Some(&named), rule);
            }
        }
        if columns.iter().filter(names_device).count() > 1 {
            self.fault(1, Some("deviceId"), "is the same as id: give one of them");
        }
    }

    fn take_record(&mut self, line: u64, columns: &[String], record: &csv::StringRecord) {
        if record.len() != columns.len() {
            let rule = format!("has {} fields where the first line has {}", record.len(), columns.len());
            return self.fault(line, None, rule);
        }
        let (before, mut entry) = (self.faults.len(), Entry { line, ..Entry::default() });
        for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
            let taken = if is_of_twin(column) {
                in_cell(cell).and_then(|value| entry.twin.set(column, not_null(value)?))
            } else {
                entry.settings_from(column, Value::from(cell))
            };
            if let Err(rule) = taken {
                self.fault(line, Some(column), rule);
            }
        }
        self.finish(entry, before);
    }

    fn take_object(&mut self, line: u64, object: Members<'_>) {
        let (before, mut entry) = (self.faults.len(), Entry { line, ..Entry::default() });
        let mut names = HashSet::new();
        for (Key(name), value) in &object.0 {
            let taken =
                if !names.insert(name) { Err("stands twice".to_owned()) } else { entry.take_member(name, value.get()) };
            match taken {
                Ok(()) => {}
                Err(rule) if SECTIONS.contains(&&**name) && rule.starts_with(&**name) => {
                    self.fault_in_twin(line, &rule);
                }
                Err(rule) => self.fault(line, Some(name), rule),
            }
        }
        self.finish(entry, before);
    }

    /// The rules that look at a whole device.
    fn finish(&mut self, entry: Entry, faults_before: usize) {
        if self.faults.len() > faults_before {
            return;
        }
        let line = entry.line;
        if entry.id.is_empty() {
            return self.fault(line, Some("id"), "is missing");
        }
        if let Err((field, rule)) = entry.settings.check() {
            return self.fault(line, Some(field), rule);
        }
        let twin = TwinChange::replace_from_body(&entry.twin.body().to_string());
        if let Err(error) = twin.and_then(|change| change.check_size()) {
            return self.fault_in_twin(line, &error.to_string());
        }
        if let Some(first) = self.seen.insert(entry.id.clone(), line) {
            return self.fault(line, Some("id"), format!("{} stands on line {first} already", entry.id));
        }
        self.entries.push(entry);
    }
}

/// Counts lines as editors do; the reader of CSV counts the end of a line of two characters only with the next.
struct LineCounter<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line on which what begins at or after the position stands, from 1; positions only grow.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let byte = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        while let Some(byte_here) = self.bytes.get(self.at)
            && (self.at < byte || matches!(byte_here, b'\r' | b'\n'))
        {
            self.line += u64::from(*byte_here == b'\n');
            self.at += 1;
        }
        self.line
    }
}

impl Entry {
    fn take_member(&mut self, name: &str, json: &str) -> Result<(), String> {
        match name {
            "tags" => self.twin.tags = members(name, json)?,
            "desired" => self.twin.desired = members(name, json)?,
            _ => return self.settings_from(name, serde_json::from_str(json).map_err(|error| error.to_string())?),
        }
        Ok(())
    }

    /// A field beside the twin; a CSV cell is text.
    fn settings_from(&mut self, name: &str, value: Value) -> Result<(), String> {
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            _ => Err("must be text".to_owned()),
        };
        let settings = &mut self.settings;
        match name {
            "id" | "deviceId" if self.id.is_empty() => {
                let id = text(value)?;
                id.parse::<DeviceId>().map_err(|error| error.to_string().replace("deviceId ", ""))?;
                self.id = id;
            }
            "id" | "deviceId" => return Err("is the same as id: give one of them".to_owned()),
            "status" => {
                let status = StatusArg::from_str(&text(value)?, true);
                settings.status = Some(status.map_err(|_| "must be enabled or disabled".to_owned())?);
            }
            "statusReason" => settings.status_reason = Some(text(value)?),
            "iotEdge" => {
                let edge = value.as_bool().or_else(|| value.as_str()?.to_ascii_lowercase().parse().ok());
                settings.edge_enabled = Some(edge.ok_or("must be true or false")?);
            }
            "primaryKey" => settings.primary_key = Some(text(value)?),
            "secondaryKey" => settings.secondary_key = Some(text(value)?),
            _ => return Err(format!("is no member of devices; there are {MEMBERS}")),
        }
        Ok(())
    }
}

/// Every field that begins with a quote ends with one (RFC 4180): the reader of CSV passes over it when one does not.
///
/// # Errors
/// The line on which the first faulty quote opens, from 1, and the rule. What comes after it cannot be told apart.
fn quotes(bytes: &[u8]) -> Result<(), (u64, &'static str)> {
    let (mut line, mut field_begins) = (1, true);
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte == b'"' && field_begins {
            let opened = line;
            loop {
                match rest.next() {
                    Some(b'"') if rest.next_if_eq(&b'"').is_none() => break,
                    Some(inner) => line += u64::from(inner == b'\n'),
                    None => return Err((opened, "a quote opens here and is never closed")),
                }
            }
            if !matches!(rest.peek(), None | Some(b',' | b'\r' | b'\n')) {
                let rule = "text follows the closing quote of a field: fields are separated by commas, and a quote inside \
                            of quotes is written twice";
                return Err((opened, rule));
            }
        }
        field_begins = matches!(byte, b',' | b'\r' | b'\n');
        line += u64::from(byte == b'\n');
    }
    Ok(())
}

fn is_of_twin(column: &str) -> bool {
    ["tags.", "desired.", "properties.desired."].iter().any(|section| column.starts_with(section))
}

/// A quote of text is written twice in a cell, and the cell stands in quotes itself.
fn in_cell(cell: &str) -> Result<Value, String> {
    let told = |rule: String| if rule == TOO_LARGE { format!("{rule}: \"\"\"{}\"\"\"", cell.trim()) } else { rule };
    typed(cell).map_err(told)
}

fn not_null(value: Value) -> Result<Value, String> {
    match value {
        Value::Null => {
            Err("null sets nothing: leave the cell empty, or write \"null\" with its quotes for the text".to_owned())
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests;
