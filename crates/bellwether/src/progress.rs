//! Progress on a terminal as a bar, anywhere else as a line now and then.

use std::io::IsTerminal;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::note;

/// How far something is.
pub struct Progress {
    bar: ProgressBar,
    label: String,
    total: AtomicU64,
    /// Set when lines are printed in place of a bar: the tenth that was printed last.
    printed: Option<AtomicU64>,
    begun: Instant,
}

impl Progress {
    /// Begins at zero of `total`.
    pub fn start(label: impl Into<String>, total: u64) -> Self {
        let label = label.into();
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{prefix:20!} {bar:24.cyan/blue} {pos:>6}/{len:<6} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(label.clone());
        Progress {
            bar,
            label,
            total: total.into(),
            printed: (!terminal).then(AtomicU64::default),
            begun: Instant::now(),
        }
    }

    /// There is so much to do.
    pub fn of(&self, total: u64) {
        self.total.store(total, Relaxed);
        self.bar.set_length(total);
    }

    /// So many are done.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done);
        let Some(printed) = &self.printed else { return };
        let total = self.total.load(Relaxed);
        let tenth = done * 10 / total.max(1);
        if tenth < 10 && printed.fetch_max(tenth, Relaxed) < tenth {
            note(format_args!("{:<20} {done}/{total}", self.label));
        }
    }

    /// Words beside the bar.
    pub fn message(&self, text: String) {
        self.bar.set_message(text);
    }

    /// A line of its own.
    pub fn note(&self, text: &str) {
        if self.printed.is_some() { note(text) } else { self.bar.println(text) }
    }

    /// Ends; the bar stays to be seen.
    pub fn done(&self) {
        let seconds = format!("in {:.1} s", self.begun.elapsed().as_secs_f64());
        if self.printed.is_some() {
            note(format_args!("{:<20} {}/{} {seconds}", self.label, self.bar.position(), self.total.load(Relaxed)));
        }
        self.bar.abandon_with_message(seconds);
    }
}
