//! Exercise 11.4.

/// The regret of choosing by forecast: the geometric mean, over the races, of the time of the candidate with the lowest forecast over
/// the time of the fastest. A race is (forecast, time) of each candidate.
pub fn price_of_choosing(races: &[Vec<(f64, f64)>]) -> f64 {
    todo!()
}
