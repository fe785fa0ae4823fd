//! Progress on a terminal as a bar, anywhere else as a line now and then.

use std::io::IsTerminal;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far something is.
pub struct Progress {
    bar: ProgressBar,
    label: &'static str,
    total: u64,
    /// Set when lines are printed in place of a bar: the tenth that was printed last.
    printed: Option<AtomicU64>,
    begun: Instant,
}

impl Progress {
    /// Begins at zero of `total`.
    pub fn start(label: &'static str, total: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{prefix:<20} {bar:24.cyan/blue} {pos:>6}/{len:<6} {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(label);
        Progress { bar, label, total, printed: (!terminal).then(AtomicU64::default), begun: Instant::now() }
    }

    /// So many are done.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done);
        let Some(printed) = &self.printed else { return };
        let tenth = done * 10 / self.total.max(1);
        if tenth < 10 && printed.fetch_max(tenth, Relaxed) < tenth {
            eprintln!("{:<20} {done}/{}", self.label, self.total);
        }
    }

    /// Words beside the bar.
    pub fn message(&self, text: String) {
        self.bar.set_message(text);
    }

    /// A line of its own.
    pub fn note(&self, text: &str) {
        if self.printed.is_some() { eprintln!("{text}") } else { self.bar.println(text) }
    }

    /// Ends; the bar stays to be seen.
    pub fn done(&self) {
        let seconds = format!("in {:.1} s", self.begun.elapsed().as_secs_f64());
        if self.printed.is_some() {
            eprintln!("{:<20} {}/{} {seconds}", self.label, self.bar.position(), self.total);
        }
        self.bar.abandon_with_message(seconds);
    }
}
