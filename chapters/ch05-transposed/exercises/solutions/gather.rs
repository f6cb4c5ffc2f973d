//! Exercise 5.2.

// ANCHOR: gather
pub fn gather(x: &[f64], w: &[f64], stride: usize, padding: usize, dilation: usize, i: usize) -> f64 {
    let place = i + padding;
    let term = |(r, w): (usize, &f64)| {
        let rest = place.checked_sub(r * dilation)?; // further back is no input
        let input = rest.is_multiple_of(stride).then_some(rest / stride)?;
        Some(w * x.get(input)?)
    };
    w.iter().enumerate().filter_map(term).sum()
}
// ANCHOR_END: gather
