//! Exercise 9.1.

// ANCHOR: smoothing
pub fn smoothing(logits: &[f64], label: usize, epsilon: f64) -> (f64, Vec<f64>) {
    let max = logits.iter().fold(f64::NEG_INFINITY, |max, &x| max.max(x));
    let log_sum = logits.iter().map(|x| (x - max).exp()).sum::<f64>().ln();
    let log_p: Vec<f64> = logits.iter().map(|x| (x - max) - log_sum).collect();
    let spread = epsilon / logits.len() as f64;
    let truth = |class| spread + if class == label { 1.0 - epsilon } else { 0.0 };
    let loss = log_p.iter().enumerate().map(|(class, log_p)| -truth(class) * log_p).sum();
    (loss, log_p.iter().enumerate().map(|(class, log_p)| log_p.exp() - truth(class)).collect())
}
// ANCHOR_END: smoothing
