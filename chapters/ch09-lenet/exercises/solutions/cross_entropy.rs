//! Exercise 9.1.

// ANCHOR: cross_entropy
pub fn cross_entropy(logits: &[f64], label: usize) -> (f64, Vec<f64>) {
    let max = logits.iter().fold(f64::NEG_INFINITY, |max, &x| max.max(x));
    let log_sum = logits.iter().map(|x| (x - max).exp()).sum::<f64>().ln();
    let log_p = |x: f64| (x - max) - log_sum;
    let mut gradient: Vec<f64> = logits.iter().map(|&x| log_p(x).exp()).collect();
    gradient[label] -= 1.0;
    (-log_p(logits[label]), gradient)
}
// ANCHOR_END: cross_entropy
