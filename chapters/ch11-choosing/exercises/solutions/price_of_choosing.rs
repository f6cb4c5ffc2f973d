//! Exercise 11.4.

// ANCHOR: price_of_choosing
pub fn price_of_choosing(races: &[Vec<(f64, f64)>]) -> f64 {
    let ratio = |race: &Vec<(f64, f64)>| {
        let chosen = race.iter().min_by(|a, b| a.0.total_cmp(&b.0)).expect("a candidate");
        let fastest = race.iter().map(|&(_, time)| time).fold(f64::INFINITY, f64::min);
        chosen.1 / fastest
    };
    let logs: f64 = races.iter().map(|race| ratio(race).ln()).sum();
    (logs / races.len() as f64).exp()
}
// ANCHOR_END: price_of_choosing
