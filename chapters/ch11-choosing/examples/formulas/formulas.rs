//! Formulas of appendix C, letter by letter as they stand there. The letters are the book's.

/// Outputs along an axis: ⌊(H + 2π − δ(R − 1) − 1) / σ⌋ + 1.
pub fn output(h: usize, r: usize, sigma: usize, pi: usize, delta: usize) -> usize {
    (h + 2 * pi - delta * (r - 1) - 1) / sigma + 1
}

/// Outputs of a transposed convolution along an axis: σ(Y − 1) + δ(R − 1) + 1 − 2π + ρ.
pub fn transposed(y: usize, r: usize, sigma: usize, pi: usize, delta: usize, rho: usize) -> usize {
    sigma * (y - 1) + delta * (r - 1) + 1 + rho - 2 * pi
}

/// Inputs that an output of layers (R, σ, δ) sees along an axis: 1 + the sum of δ(R − 1) times all strides before.
pub fn field(layers: &[[usize; 3]]) -> usize {
    let before = |l: usize| layers[..l].iter().map(|layer| layer[1]).product::<usize>();
    1 + layers.iter().enumerate().map(|(l, &[r, _, delta])| delta * (r - 1) * before(l)).sum::<usize>()
}
