//! The idea along one axis, without a framework: what [`Dilated`](crate::Dilated) does for tensors.

// ANCHOR: direct
/// `y[i]` = Σ `x[i + r * dilation] w[r]` over r: the taps step over the holes.
pub fn direct(x: &[f64], w: &[f64], dilation: usize) -> Vec<f64> {
    let outputs = x.len().saturating_sub(dilation * (w.len() - 1));
    let output = |i: usize| w.iter().zip(x[i..].iter().step_by(dilation)).map(|(w, x)| w * x).sum();
    (0..outputs).map(output).collect()
}
// ANCHOR_END: direct

// ANCHOR: filled
/// The same with the holes filled: a larger kernel, most of it zeros.
pub fn filled(x: &[f64], w: &[f64], dilation: usize) -> Vec<f64> {
    let mut kernel = vec![0.0; dilation * (w.len() - 1) + 1];
    kernel.iter_mut().step_by(dilation).zip(w).for_each(|(place, w)| *place = *w);
    direct(x, &kernel, 1)
}
// ANCHOR_END: filled

// ANCHOR: by_sub_grids
/// The same on sub-grids: every `dilation`-th input from each phase on, convolved without holes.
pub fn by_sub_grids(x: &[f64], w: &[f64], dilation: usize) -> Vec<f64> {
    let mut y = vec![0.0; x.len().saturating_sub(dilation * (w.len() - 1))];
    for phase in 0..dilation.min(y.len()) {
        let sub_grid: Vec<f64> = x[phase..].iter().step_by(dilation).copied().collect();
        let part = direct(&sub_grid, w, 1);
        y[phase..].iter_mut().step_by(dilation).zip(part).for_each(|(y, part)| *y = part);
    }
    y
}
// ANCHOR_END: by_sub_grids

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_to_one_result() {
        assert_eq!(direct(&[1.0, 2.0, 4.0, 7.0, 11.0], &[-1.0, 1.0], 2), [3.0, 5.0, 7.0]);
        let w = [1.0, 10.0, 100.0];
        for (inputs, dilation) in (1..20).flat_map(|inputs| (1..8).map(move |dilation| (inputs, dilation))) {
            let x: Vec<f64> = (0..inputs).map(|i| f64::from(i * i % 7)).collect();
            let y = direct(&x, &w, dilation);
            assert_eq!(y.len(), x.len().saturating_sub(2 * dilation));
            assert_eq!(filled(&x, &w, dilation), y, "{inputs} inputs, dilation {dilation}");
            assert_eq!(by_sub_grids(&x, &w, dilation), y, "{inputs} inputs, dilation {dilation}");
        }
    }
}
