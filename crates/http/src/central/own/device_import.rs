//! Devices from CSV (iot-central §7.6).
//!
//! The first line names the columns; which of `,`, `;` and tab parts them is seen there. A byte-order mark, blanks
//! around a cell and empty lines do not count. A column that is not known is refused: nobody is to think that it was
//! taken. Cells are read as [`spreadsheet`](super::spreadsheet) writes them: `'` before what a spreadsheet would take
//! for a formula is no part of the text, so that an export can be imported again.

use bellwether_engine::{self as engine, ImportColumn, ImportLine, ImportPlace};
use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::spreadsheet::unguarded;

/// Most bytes of a file.
pub(crate) const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most lines with a device in a file.
const LINES_MAX: usize = 100_000;
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The columns of a file, as an export has them.
pub(super) const COLUMNS: [(ImportColumn, &str); 6] = [
    (ImportColumn::Id, "IOTC_DEVICEID"),
    (ImportColumn::Name, "IOTC_DEVICENAME"),
    (ImportColumn::PrimaryKey, "IOTC_SASKEY_PRIMARY"),
    (ImportColumn::SecondaryKey, "IOTC_SASKEY_SECONDARY"),
    (ImportColumn::PrimaryThumbprint, "IOTC_X509THUMBPRINT_PRIMARY"),
    (ImportColumn::SecondaryThumbprint, "IOTC_X509THUMBPRINT_SECONDARY"),
];

/// What an import did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportReport {
    /// This was a preview.
    pub preview: bool,
    /// Lines with a device.
    pub devices: u64,
    /// Devices that were made, or would be: none when a line is faulty. Of a file with more than 10,000 devices the
    /// first may have been made although a later one could not be: the fault says so.
    pub created: u64,
    /// Lines that cannot be taken, each with the first rule that it breaks: at most 100 of them.
    pub faults: Vec<ImportFault>,
    /// How many there are.
    pub faulty: u64,
    /// The first devices: at most 20.
    pub sample: Vec<ImportedDevice>,
}

/// A line that cannot be taken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportFault {
    /// From 1, the header among them.
    pub line: u64,
    /// The column's name, if one is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands there; never a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The rule in a sentence.
    pub message: String,
}

/// A device of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportedDevice {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
}

/// `POST /deviceImport`.
pub(crate) async fn import(mut call: Call) -> Result<Answer, CentralError> {
    let preview = match call.query.get("preview") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(CentralError::bad_request("preview must be true or false")),
    };
    let named = |name: &str| call.query.get(name).map(str::to_owned);
    let place = ImportPlace { template: named("template"), organization: named("organization") };
    // Only what made something is written down, with how much.
    let entry = call.engine().store().take_entry();
    let body = std::mem::take(&mut call.body);
    // Megabytes of text: other requests do not wait for it.
    let read = tokio::task::spawn_blocking(move || read(&body)).await;
    let lines = match read.map_err(|error| CentralError::internal(&error))?? {
        Ok(lines) => lines,
        Err(fault) => return Answer::one(&ImportReport::unreadable(preview, fault)),
    };
    let report = call.engine().import_devices(lines, place, call.scope.clone(), preview, entry).await?;
    Answer::one(&ImportReport::of(preview, report))
}

type Lines = Vec<Result<ImportLine, engine::ImportFault>>;

/// The lines of a file; the inner error is why nothing can be read of it.
fn read(text: &str) -> Result<Result<Lines, engine::ImportFault>, CentralError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reader = |separator| {
        ReaderBuilder::new().delimiter(separator).flexible(true).trim(Trim::All).from_reader(text.as_bytes())
    };
    let mut found = None;
    for separator in SEPARATORS {
        let mut reader = reader(separator);
        if reader.headers()?.iter().any(|cell| column(cell) == Some(ImportColumn::Id)) {
            found = Some(reader);
            break;
        }
    }
    let Some(mut reader) = found else {
        let rule = "the first line must name the columns, IOTC_DEVICEID among them, parted by commas";
        return Ok(Err(engine::ImportFault::of_line(1, rule)));
    };
    let columns = match columns(reader.headers()?) {
        Ok(columns) => columns,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut lines = Lines::new();
    let mut record = StringRecord::new();
    let mut numbers = LineNumbers { text: text.as_bytes(), at: 0, line: 1 };
    while reader.read_record(&mut record)? {
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() == LINES_MAX {
            return Err(CentralError::unprocessable(format!("a file may have at most {LINES_MAX} lines with devices")));
        }
        let begins = record.position().map_or(0, csv::Position::byte);
        lines.push(line(numbers.at(usize::try_from(begins).unwrap_or(usize::MAX)), &record, &columns));
    }
    Ok(Ok(lines))
}

fn column(name: &str) -> Option<ImportColumn> {
    COLUMNS.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(column, _)| column)
}

fn name(column: ImportColumn) -> &'static str {
    COLUMNS.into_iter().find(|(known, _)| *known == column).map_or("", |(_, name)| name)
}

/// What stands where.
fn columns(header: &StringRecord) -> Result<Vec<ImportColumn>, engine::ImportFault> {
    let mut columns = Vec::with_capacity(header.len());
    for cell in header {
        let fault = |rule: String| engine::ImportFault::of_line(1, rule);
        let Some(column) = column(cell) else {
            let known = COLUMNS.map(|(_, name)| name).join(", ");
            let cell: String = cell.chars().take(64).collect();
            return Err(fault(format!("the column {cell:?} is not known; columns are {known}")));
        };
        if columns.contains(&column) {
            return Err(fault(format!("the column {} stands twice", name(column))));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// The numbers of lines as an editor shows them. Those of the CSV reader are of where it stood before the line: at the
/// second byte of an end of line, or at an empty line.
struct LineNumbers<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl LineNumbers<'_> {
    /// The number of the line of the first cell at or behind this byte, which is not before the one that was asked for
    /// last.
    fn at(&mut self, byte: usize) -> u64 {
        while let Some(found) = self.text.get(self.at)
            && (self.at < byte || matches!(found, b'\r' | b'\n'))
        {
            let next = self.text.get(self.at + 1);
            self.line += u64::from(*found == b'\n' || (*found == b'\r' && next != Some(&b'\n')));
            self.at += 1;
        }
        self.line
    }
}

fn line(line: u64, record: &StringRecord, columns: &[ImportColumn]) -> Result<ImportLine, engine::ImportFault> {
    if record.iter().skip(columns.len()).any(|cell| !cell.is_empty()) {
        let rule = format!("the line has {} cells, the first line {}", record.len(), columns.len());
        return Err(engine::ImportFault::of_line(line, rule));
    }
    let mut found = ImportLine { line, ..ImportLine::default() };
    for (column, cell) in columns.iter().zip(record) {
        let member = match column {
            ImportColumn::Id => &mut found.id,
            ImportColumn::Name => &mut found.name,
            ImportColumn::PrimaryKey => &mut found.primary_key,
            ImportColumn::SecondaryKey => &mut found.secondary_key,
            ImportColumn::PrimaryThumbprint => &mut found.primary_thumbprint,
            ImportColumn::SecondaryThumbprint => &mut found.secondary_thumbprint,
        };
        unguarded(cell).clone_into(member);
    }
    Ok(found)
}

impl ImportReport {
    fn of(preview: bool, report: engine::ImportReport) -> ImportReport {
        let sample = report.sample.into_iter();
        ImportReport {
            preview,
            devices: report.devices,
            created: report.created,
            faults: report.faults.into_iter().map(ImportFault::from).collect(),
            faulty: report.faulty,
            sample: sample.map(|(id, display_name)| ImportedDevice { id, display_name }).collect(),
        }
    }

    fn unreadable(preview: bool, fault: engine::ImportFault) -> ImportReport {
        let faults = vec![fault.into()];
        ImportReport { preview, devices: 0, created: 0, faults, faulty: 1, sample: Vec::new() }
    }
}

impl From<engine::ImportFault> for ImportFault {
    fn from(fault: engine::ImportFault) -> ImportFault {
        let column = fault.column.map(|column| name(column).to_owned());
        ImportFault { line: fault.line, column, value: fault.value, message: fault.rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Lines {
        super::read(text).unwrap().unwrap()
    }

    fn line(line: u64, id: &str, name: &str) -> Result<ImportLine, engine::ImportFault> {
        Ok(ImportLine { line, id: id.to_owned(), name: name.to_owned(), ..ImportLine::default() })
    }

    #[test]
    fn files_as_people_make_them() {
        let two = vec![line(2, "d1", "Pump 1"), line(3, "d2", "")];
        for text in [
            "IOTC_DEVICEID,IOTC_DEVICENAME\nd1,Pump 1\nd2,\n",
            "\u{feff}IOTC_DEVICEID,IOTC_DEVICENAME\r\nd1,Pump 1\r\nd2",
            "iotc_deviceid;iotc_devicename\nd1;Pump 1\nd2;",
            "IOTC_DEVICENAME\tIOTC_DEVICEID\nPump 1\td1\n\td2\n",
            "\"IOTC_DEVICEID\" , IOTC_DEVICENAME\nd1 ,\"Pump 1\",,\nd2,\n,\n\n",
        ] {
            assert_eq!(read(text), two, "{text}");
        }
        assert_eq!(read("IOTC_DEVICEID\rd1\r\rd2"), [line(2, "d1", ""), line(4, "d2", "")]);
        assert_eq!(
            read("\r\n\r\nIOTC_DEVICEID,IOTC_DEVICENAME\r\n\"d1\",\"two\r\nlines\"\r\n,\r\n\r\nd2"),
            [line(4, "d1", "two\r\nlines"), line(8, "d2", "")]
        );
        assert_eq!(read("IOTC_DEVICEID\n"), []);
        assert_eq!(
            read("IOTC_DEVICEID,IOTC_DEVICENAME\n\n\"d1\",\"a, \"\"b\"\"\"\n'-d2,'=1+1\n'd3,'tis"),
            [line(3, "d1", "a, \"b\""), line(4, "-d2", "=1+1"), line(5, "'d3", "'tis"),]
        );
    }

    #[test]
    fn files_that_cannot_be_read() {
        let fault = |text: &str| super::read(text).unwrap().unwrap_err();
        for (text, rule) in [
            ("", "IOTC_DEVICEID among them"),
            ("d1,Pump 1\n", "IOTC_DEVICEID among them"),
            ("IOTC_DEVICEID|IOTC_DEVICENAME\n", "IOTC_DEVICEID among them"),
            ("IOTC_DEVICEID,colour\n", "\"colour\" is not known"),
            ("IOTC_DEVICEID,IOTC_DEVICEID\n", "IOTC_DEVICEID stands twice"),
        ] {
            let fault = fault(text);
            assert!(fault.rule.contains(rule) && fault.line == 1, "{text}: {fault:?}");
        }
        let cells = read("IOTC_DEVICEID\nd1,Pump\nd2\n");
        assert!(cells[0].as_ref().unwrap_err().rule.contains("2 cells, the first line 1"), "{cells:?}");
        assert_eq!(cells[1], line(3, "d2", ""));
        let most = format!("IOTC_DEVICEID\n{}", "d\n".repeat(LINES_MAX));
        assert_eq!(read(&most).len(), LINES_MAX);
        assert!(super::read(&format!("{most}d")).is_err());
    }
}
