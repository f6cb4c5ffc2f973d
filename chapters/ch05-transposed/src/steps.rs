//! The idea along one axis, without a framework: one map, computed in four ways.

// ANCHOR: scatter
/// Every input stamps the kernel, a stride further on than the one before; where stamps overlap, they add up.
pub fn scatter(x: &[f64], w: &[f64], stride: usize) -> Vec<f64> {
    let mut y = vec![0.0; (x.len() - 1) * stride + w.len()];
    for (i, x) in x.iter().enumerate() {
        for (r, w) in w.iter().enumerate() {
            y[i * stride + r] += x * w;
        }
    }
    y
}
// ANCHOR_END: scatter

// ANCHOR: gather
/// Every output asks which stamps reach it: tap r of the stamp of input (i − r) / stride, where that is a whole number.
pub fn gather(x: &[f64], w: &[f64], stride: usize) -> Vec<f64> {
    let output = |i: usize| {
        let taps = (i % stride..w.len().min(i + 1)).step_by(stride);
        taps.filter_map(|r| Some(w[r] * x.get((i - r) / stride)?)).sum()
    };
    (0..(x.len() - 1) * stride + w.len()).map(output).collect()
}
// ANCHOR_END: gather

// ANCHOR: holes
/// Zeros between the inputs and around them, and the flipped kernel over all.
pub fn over_holes(x: &[f64], w: &[f64], stride: usize) -> Vec<f64> {
    let outputs = (x.len() - 1) * stride + w.len();
    let mut row = vec![0.0; outputs + w.len() - 1];
    row[w.len() - 1..].iter_mut().step_by(stride).zip(x).for_each(|(place, x)| *place = *x);
    let flipped: Vec<f64> = w.iter().rev().copied().collect();
    correlate(&row, &flipped)
}

/// An ordinary convolution, with stride 1 and no padding.
pub fn correlate(x: &[f64], w: &[f64]) -> Vec<f64> {
    x.windows(w.len()).map(|window| window.iter().zip(w).map(|(x, w)| x * w).sum()).collect()
}
// ANCHOR_END: holes

// ANCHOR: phases
/// The outputs of each remainder by the stride: a map of stride 1, by the taps of the same remainder.
pub fn by_phases(x: &[f64], w: &[f64], stride: usize) -> Vec<f64> {
    let mut y = vec![0.0; (x.len() - 1) * stride + w.len()];
    for phase in 0..stride.min(w.len()) {
        let taps: Vec<f64> = w[phase..].iter().step_by(stride).copied().collect();
        y[phase..].iter_mut().step_by(stride).zip(scatter(x, &taps, 1)).for_each(|(y, sum)| *y = sum);
    }
    y
}
// ANCHOR_END: phases

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_ways_to_one_result() {
        assert_eq!(scatter(&[1.0, 2.0, 3.0], &[1.0, 10.0, 100.0], 2), [1.0, 10.0, 102.0, 20.0, 203.0, 30.0, 300.0]);
        for (inputs, taps, stride) in (0..6 * 6 * 5).map(|i| (i / 30 + 1, i / 5 % 6 + 1, i % 5 + 1)) {
            let numbers = |n: usize, factor| (1..=n).map(|i| (i * factor % 7) as f64).collect::<Vec<_>>();
            let (x, w) = (numbers(inputs, 3), numbers(taps, 5));
            let y = scatter(&x, &w, stride);
            for way in [gather, over_holes, by_phases] {
                assert_eq!(way(&x, &w, stride), y, "{inputs} inputs, {taps} taps, stride {stride}");
            }
        }
    }
}
