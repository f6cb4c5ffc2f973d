//! The parts of training as one writes them first: for one row of numbers, or for one number. The crate `unrolled` has
//! them for tensors, on all threads; the tests hold the two against each other.

use std::ops::Range;

// ANCHOR: window
/// The part of an axis of `input` places that output `i` of `output` is the mean of.
pub fn window(i: usize, input: usize, output: usize) -> Range<usize> {
    i * input / output..((i + 1) * input).div_ceil(output)
}

/// Adaptive average pooling along one axis.
pub fn pool(x: &[f32], output: usize) -> Vec<f32> {
    let mean = |window: Range<usize>| x[window.clone()].iter().sum::<f32>() / window.len() as f32;
    (0..output).map(|i| mean(window(i, x.len(), output))).collect()
}

/// Its gradient: each output gives every input in its window an equal share.
pub fn pool_grad(dy: &[f32], input: usize) -> Vec<f32> {
    let mut dx = vec![0.0; input];
    for (i, share) in dy.iter().enumerate() {
        let window = window(i, input, dy.len());
        let share = share / window.len() as f32;
        dx[window].iter_mut().for_each(|dx| *dx += share);
    }
    dx
}
// ANCHOR_END: window

// ANCHOR: naive_softmax
/// Probabilities from logits, as the formula is written.
pub fn softmax_as_written(logits: &[f32]) -> Vec<f32> {
    let exps: Vec<f32> = logits.iter().map(|x| x.exp()).collect();
    let sum: f32 = exps.iter().sum();
    exps.iter().map(|e| e / sum).collect()
}
// ANCHOR_END: naive_softmax

// ANCHOR: cross_entropy
/// ln softmax, less the maximum: no exponential overflows, and one term of the sum is 1.
pub fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let max = logits.iter().fold(f32::NEG_INFINITY, |max, &x| max.max(x));
    let log = logits.iter().map(|x| (x - max).exp()).sum::<f32>().ln();
    logits.iter().map(|x| (x - max) - log).collect()
}

/// The loss of one image, and its gradient with respect to the logits.
pub fn cross_entropy(logits: &[f32], label: usize) -> (f32, Vec<f32>) {
    let log_p = log_softmax(logits);
    let mut gradient: Vec<f32> = log_p.iter().map(|log_p| log_p.exp()).collect();
    gradient[label] -= 1.0;
    (-log_p[label], gradient)
}
// ANCHOR_END: cross_entropy

// ANCHOR: optimisers
/// A step of gradient descent with momentum: `u` is the velocity of the weight `w`, `g` its gradient.
pub fn momentum([w, u]: [&mut f32; 2], g: f32, rate: f32, mu: f32) {
    *u = mu * *u + g;
    *w -= rate * *u;
}

/// Step `t` of Adam, counted from 1: `m` and `v` are the running means of the gradient and of its square.
pub fn adam([w, m, v]: [&mut f32; 3], g: f32, rate: f32, t: i32) {
    *m = 0.9 * *m + 0.1 * g;
    *v = 0.999 * *v + 0.001 * g * g;
    let mean = *m / (1.0 - 0.9f32.powi(t));
    let square = *v / (1.0 - 0.999f32.powi(t));
    *w -= rate * mean / (square.sqrt() + 1e-8);
}
// ANCHOR_END: optimisers
