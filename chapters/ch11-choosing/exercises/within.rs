//! Exercise 11.6.

/// The fastest of the candidates, (time, bytes of workspace), that need no more than `limit` bytes: which one.
pub fn within(limit: usize, candidates: &[(f64, usize)]) -> Option<usize> {
    todo!()
}

/// A network's layers run one after another, and use the same workspace. The smallest that lets them take no more than `slack` times what
/// they take without a limit. Each layer has a candidate that needs none.
pub fn smallest(layers: &[Vec<(f64, usize)>], slack: f64) -> usize {
    todo!()
}
