//! A line that says how far a long run is: rewritten in place on a terminal, and a plain line now
//! and then where the output goes elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Reports on standard error, so that standard output holds results alone.
pub struct Progress {
    live: bool,
    every: Duration,
    last: Instant,
}

impl Progress {
    /// A new run. The first report comes after a moment: what is over by then needs none.
    pub fn start() -> Self {
        let live = stderr().is_terminal();
        let every = if live { Duration::from_millis(100) } else { Duration::from_secs(10) };
        Self { live, every, last: Instant::now() }
    }

    /// Shows the line that `text` makes, if the last one is old enough.
    pub fn show(&mut self, text: impl FnOnce() -> String) {
        if self.last.elapsed() < self.every {
            return;
        }
        self.last = Instant::now();
        // Where standard error is closed, nobody looks.
        let _ = match self.live {
            true => write!(stderr(), "\r\x1b[2K{}", text()),
            false => writeln!(stderr(), "{}", text()),
        };
    }

    /// Takes a live line away, to make room for a result.
    pub fn clear(&self) {
        if self.live {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
    }
}

impl Drop for Progress {
    /// What comes next, an error perhaps, begins on an empty line.
    fn drop(&mut self) {
        self.clear();
    }
}

/// A duration as people say it: `42 s`, `3 min 05 s`, `2 h 10 min`.
pub fn human(time: Duration) -> String {
    match time.as_secs() {
        s if s < 60 => format!("{s} s"),
        s if s < 3600 => format!("{} min {:02} s", s / 60, s % 60),
        s => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}
