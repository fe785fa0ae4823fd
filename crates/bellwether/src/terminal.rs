//! Standard output and standard error, whoever reads them or not.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use crate::failure::Failure;

/// Standard output. Once its reader has gone (`| head`) every write ends the command quietly.
pub struct Out(BufWriter<Stdout>);

impl Out {
    /// Begins; nothing is written before the buffer is full or the end.
    pub fn new() -> Self {
        Out(BufWriter::new(io::stdout()))
    }

    /// A line.
    ///
    /// # Errors
    /// Nobody reads any more, or the disk behind it is full.
    pub fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        writeln!(self.0, "{text}").map_err(unwritten)
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// As [`Out::line`].
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.write_all(bytes).map_err(unwritten)
    }

    /// What was written so far goes out.
    ///
    /// # Errors
    /// As [`Out::line`].
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.0.flush().map_err(unwritten)
    }
}

fn unwritten(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::nobody_reads(),
        _ => Failure::during("cannot print", &error),
    }
}

/// Text with its line's end on standard output.
///
/// # Errors
/// As [`Out::line`].
pub fn print(text: impl Display) -> Result<(), Failure> {
    let mut out = Out::new();
    out.line(text)?;
    out.flush()
}

/// As [`print()`], where an exit code follows that tells how something ended: it is the same whether anybody reads or not.
///
/// # Errors
/// The disk behind it is full.
pub fn print_before_verdict(text: impl Display) -> Result<(), Failure> {
    read_or_not(print(text))
}

/// That nobody reads is passed over.
///
/// # Errors
/// Every other failure of printing.
pub fn read_or_not(printed: Result<(), Failure>) -> Result<(), Failure> {
    printed.or_else(|failure| if failure.is_nobody_reads() { Ok(()) } else { Err(failure) })
}

/// As [`print()`], of what is shown only now: when it cannot be printed, `lost` says what is to be done.
///
/// # Errors
/// It could not be printed, whoever is to blame.
pub fn print_secret(text: impl Display, lost: impl FnOnce() -> String) -> Result<(), Failure> {
    print(text).map_err(|_| Failure::new(lost()))
}

/// A line on standard error, if anybody reads it.
pub fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// May standard output be coloured? Only on a terminal, and not with `NO_COLOR` (no-color.org).
pub fn has_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Asks a question that only `y` or `yes` answers with yes.
///
/// # Errors
/// Nobody is there to answer: `--yes` is needed.
pub fn confirmed(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(format!("{question}\nNobody can answer here: --yes says so beforehand")));
    }
    let mut answer = String::new();
    let asked = write!(io::stderr(), "{question} [y/N] ").and_then(|()| io::stdin().read_line(&mut answer));
    asked.map_err(|error| Failure::during("cannot ask", &error))?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new("nothing was changed"))
    }
}
