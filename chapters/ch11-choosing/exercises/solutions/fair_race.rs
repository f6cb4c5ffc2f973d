//! Exercise 11.5.

// ANCHOR: fair_race
pub fn fair_race(runners: usize, mut run: impl FnMut(usize) -> f64) -> Vec<f64> {
    let mut times = vec![Vec::new(); runners];
    for _ in 0..16 {
        for (i, times) in times.iter_mut().enumerate() {
            run(i); // finds the others' data in the caches
            times.push(run(i));
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
// ANCHOR_END: fair_race
