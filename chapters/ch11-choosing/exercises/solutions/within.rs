//! Exercise 11.6.

// ANCHOR: within
pub fn within(limit: usize, candidates: &[(f64, usize)]) -> Option<usize> {
    let fitting = candidates.iter().enumerate().filter(|(_, (_, bytes))| *bytes <= limit);
    fitting.min_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(i, _)| i)
}

pub fn smallest(layers: &[Vec<(f64, usize)>], slack: f64) -> usize {
    let time = |limit| -> f64 {
        let layer =
            |candidates: &Vec<(f64, usize)>| within(limit, candidates).map_or(f64::INFINITY, |i| candidates[i].0);
        layers.iter().map(layer).sum()
    };
    // Only at a candidate's own size does anything change.
    let mut sizes: Vec<usize> = layers.iter().flatten().map(|&(_, bytes)| bytes).collect();
    sizes.sort_unstable();
    let enough = slack * time(usize::MAX);
    sizes.into_iter().find(|&limit| time(limit) <= enough).unwrap_or(0)
}
// ANCHOR_END: within
