//! Exercise 11.5.

/// A time for each of so many runners, that the machine's moods don't change the order of. `run(i)` runs runner i once, and says how
/// long that took. Don't call it more than 64 times for each runner.
pub fn fair_race(runners: usize, mut run: impl FnMut(usize) -> f64) -> Vec<f64> {
    todo!()
}
