//! How long a kernel takes.

use host::Session;
use std::time::{Duration, Instant};
use unrolled::Result;

/// Seconds of one call: of so many in a row that their launches weigh nothing, the fastest row of three.
///
/// # Errors
/// If a call fails.
pub fn measure(session: &Session, mut call: impl FnMut() -> Result<()>) -> Result<f64> {
    /// What a row of calls takes at least.
    const ROW: Duration = Duration::from_millis(100);
    let mut row = |calls: u32| -> Result<Duration> {
        session.synchronize()?;
        let start = Instant::now();
        (0..calls).try_for_each(|_| call())?;
        session.synchronize()?;
        Ok(start.elapsed())
    };
    row(1)?; // loads the kernels
    let once = row(1)?;
    let calls = (ROW.as_secs_f64() / once.as_secs_f64().max(1e-9)).ceil().clamp(1.0, 10_000.0) as u32;
    let mut best = if calls == 1 { once } else { row(calls)? };
    for _ in 0..2 {
        best = best.min(row(calls)?);
    }
    Ok(best.as_secs_f64() / f64::from(calls))
}
