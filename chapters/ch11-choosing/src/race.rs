//! The race: every candidate, timed fairly.

use std::time::{Duration, Instant};
use unrolled::Result;

/// Rounds of a race.
const ROUNDS: u32 = 3;

/// The median time of each runner's calls, in about `budget` for each; where a call fails, its error. `run(i)` is a call of
/// runner i of `runners`.
///
/// They take turns, as a machine has moods: what is slow for a while is then slow for all. In each of three rounds a runner's
/// first call isn't counted, if it is short, as it finds the others' data in the caches.
pub fn race(runners: usize, budget: Duration, run: impl Fn(usize) -> Result<()>) -> Vec<Result<Duration>> {
    let start = Instant::now();
    race_by(|| start.elapsed(), runners, budget, run)
}

/// [`race`], by another clock: `now()` is the time since some beginning.
// ANCHOR: race
pub fn race_by(
    now: impl Fn() -> Duration,
    runners: usize,
    budget: Duration,
    run: impl Fn(usize) -> Result<()>,
) -> Vec<Result<Duration>> {
    let mut times: Vec<Result<Vec<Duration>>> = (0..runners).map(|i| run(i).map(|()| Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (i, times) in times.iter_mut().enumerate() {
            if let Ok(counted) = times
                && let Err(error) = turn(&now, || run(i), counted, budget / ROUNDS)
            {
                *times = Err(error);
            }
        }
    }
    times.into_iter().map(|times| times.map(median)).collect()
}

// ANCHOR_END: race

// ANCHOR: turn
/// A runner's turn.
fn turn(
    now: impl Fn() -> Duration,
    run: impl Fn() -> Result<()>,
    counted: &mut Vec<Duration>,
    share: Duration,
) -> Result<()> {
    let start = now();
    if counted.last().is_none_or(|&last| last < share / 2) {
        run()?;
    }
    loop {
        let begin = now();
        run()?;
        counted.push(now() - begin);
        if now() - start >= share {
            return Ok(());
        }
    }
}
// ANCHOR_END: turn

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The price of choosing: the geometric mean of time(choice) / time(best) over many races, each (choice, best) in
/// seconds. 1 where every choice was the best; of no race at all, too.
///
/// ```
/// let mean = ch11_choosing::race::regret(&[(2.0, 1.0), (8.0, 8.0)]);
/// assert!((mean - 2.0_f64.sqrt()).abs() < 1e-12);
/// ```
pub fn regret(races: &[(f64, f64)]) -> f64 {
    geometric_mean(races.iter().map(|(choice, best)| choice / best))
}

/// The mean of ratios: the one under which twice as fast and half as fast make no difference. Of none, 1.
///
/// ```
/// let mean = ch11_choosing::race::geometric_mean([2.0, 0.5]);
/// assert!((mean - 1.0).abs() < 1e-12);
/// ```
pub fn geometric_mean(ratios: impl IntoIterator<Item = f64>) -> f64 {
    let (mut logs, mut count) = (0.0, 0.0);
    for ratio in ratios {
        logs += ratio.ln();
        count += 1.0;
    }
    if count == 0.0 { 1.0 } else { (logs / count).exp() }
}
