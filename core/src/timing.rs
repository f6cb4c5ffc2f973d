//! How long a call takes: for programs that show speeds.

use crate::error::Result;
use std::time::{Duration, Instant};

/// The median time of a call, of up to 200 in about `budget`, but at least three.
///
/// One more comes first and isn't counted: it finds its memory, and wakes the threads.
///
/// # Errors
/// If a call fails.
pub fn median<R>(budget: Duration, mut call: impl FnMut() -> Result<R>) -> Result<Duration> {
    call()?;
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || (start.elapsed() < budget && times.len() < 200) {
        let begin = Instant::now();
        call()?;
        times.push(begin.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
