//! When a kernel is a column times a row, and what comes nearest to it when it isn't.
//!
//! A matrix has rank one if its rows are multiples of one row. Then the convolution with it is two
//! short ones. Any other matrix is a sum σ₁u₁v₁ᵀ + σ₂u₂v₂ᵀ + … of such, largest first, and the first
//! of them is the nearest there is (Eckart and Young, "The Approximation of One Matrix by Another of
//! Lower Rank", 1936).

use unrolled::{Error, Real, Result, Tensor};

/// Whether a kernel `[R, S]` has rank one (or zero), up to the rounding of its element type.
///
/// ```
/// use ch10_separable::rank::is_rank_one;
/// use unrolled::Tensor;
///
/// let sobel = Tensor::<f32>::new(&[3, 3], vec![1.0, 0.0, -1.0, 2.0, 0.0, -2.0, 1.0, 0.0, -1.0])?;
/// assert!(is_rank_one(&sobel)?);
/// let laplace = Tensor::<f32>::new(&[3, 3], vec![0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0])?;
/// assert!(!is_rank_one(&laplace)?);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the kernel isn't a matrix of at least one tap, or has an element that isn't finite.
pub fn is_rank_one<T: Real>(kernel: &Tensor<T>) -> Result<bool> {
    Ok(split(kernel)?.is_some())
}

// ANCHOR: split
/// A column `[R, 1]` and a row `[1, S]` whose product is the kernel `[R, S]`; `None` if it has another
/// rank. A kernel of integers is split into integers, and exactly.
///
/// With a pivot `p = K[i,j]`, the largest element, rank one means that `K[r,s] p = K[r,j] K[i,s]` for
/// every r and s: row i and column j say it all.
///
/// # Errors
/// As [`is_rank_one`].
pub fn split<T: Real>(kernel: &Tensor<T>) -> Result<Option<[Tensor<T>; 2]>> {
    let (rows, cols, k) = matrix(kernel)?;
    let pivot = (0..k.len()).fold(0, |best, i| if k[i].abs() > k[best].abs() { i } else { best });
    let (i, j, p) = (pivot / cols, pivot % cols, k[pivot]);
    // Numbers that were rounded two or three times on their way here still count.
    let epsilon = if T::of(1.0 + f64::EPSILON) == T::ONE { f32::EPSILON.into() } else { f64::EPSILON };
    let same = |a: f64, b: f64| (a - b).abs() <= 8.0 * epsilon * a.abs();
    if p != 0.0 && !(0..k.len()).all(|at| same(k[at], k[at / cols * cols + j] * (k[i * cols + at % cols] / p))) {
        return Ok(None);
    }
    let row = &k[i * cols..][..cols];
    let unit = unit(row, p);
    let column = Tensor::from_fn(&[rows, 1], |r| T::of(if p == 0.0 { 0.0 } else { k[r * cols + j] / (p / unit) }))?;
    Ok(Some([column, Tensor::from_fn(&[1, cols], |s| T::of(row[s] / unit))?]))
}
// ANCHOR_END: split

/// What to divide a row by: its greatest common divisor if that makes it a row of integers, as small as
/// can be, and its largest element `p` otherwise. If K = column · row is of integers and so is the row,
/// without a common divisor, the column is too.
fn unit(row: &[f64], p: f64) -> f64 {
    // Euclid's algorithm: the remainder of two floats is exact.
    let divisor = row.iter().fold(0.0, |mut a: f64, &b| {
        let mut b = b.abs();
        while b != 0.0 {
            (a, b) = (b, a % b);
        }
        a
    });
    const MOST: f64 = 16_777_216.0; // integers up to here are exact in either type
    match p {
        0.0 => 1.0,
        p if p.abs() / divisor <= MOST => divisor,
        p => p,
    }
}

/// The best approximation of a matrix by one of rank one, σ u vᵀ.
#[derive(Debug, Clone, PartialEq)]
pub struct RankOne {
    /// The largest singular value σ, at least 0.
    pub sigma: f64,
    /// u, a unit vector with one element per row. Its first large element is positive.
    pub column: Vec<f64>,
    /// v, a unit vector with one element per column.
    pub row: Vec<f64>,
    /// ‖K − σ u vᵀ‖ / ‖K‖, the norms being the roots of the sums of squares: from 0 to 1.
    pub error: f64,
}

impl RankOne {
    /// A column `[R, 1]` and a row `[1, S]` whose product is the approximation; each has √σ in it.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn factors<T: Real>(&self) -> Result<[Tensor<T>; 2]> {
        let root = self.sigma.sqrt();
        let tensor =
            |shape: [usize; 2], vector: &[f64]| Tensor::new(&shape, vector.iter().map(|x| T::of(root * x)).collect());
        Ok([tensor([self.column.len(), 1], &self.column)?, tensor([1, self.row.len()], &self.row)?])
    }
}

/// The matrix of rank one that is nearest to a kernel `[R, S]`, and how far it is away.
///
/// v is what KᵀK stretches the most, found by the power method, with steps that double; then σ u = K v.
/// Where several are equally near, it is one of them. Takes R S min(R, S) multiplications, and
/// 60 min(R, S)³.
///
/// ```
/// use ch10_separable::rank::nearest;
/// use unrolled::Tensor;
///
/// let best = nearest(&Tensor::<f64>::new(&[2, 2], vec![3.0, 0.0, 0.0, 4.0])?)?;
/// assert_eq!((best.sigma, best.column, best.row), (4.0, vec![0.0, 1.0], vec![0.0, 1.0]));
/// assert_eq!(best.error, 3.0 / 5.0);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`is_rank_one`].
pub fn nearest<T: Real>(kernel: &Tensor<T>) -> Result<RankOne> {
    let (rows, cols, mut k) = matrix(kernel)?;
    let scale = k.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if scale == 0.0 {
        let first = |n| (0..n).map(|i| if i == 0 { 1.0 } else { 0.0 }).collect();
        return Ok(RankOne { sigma: 0.0, column: first(rows), row: first(cols), error: 0.0 });
    }
    k.iter_mut().for_each(|x| *x /= scale); // squares neither overflow nor vanish
    let times = |v: &[f64]| k.chunks(cols).map(|row| dot(row, v)).collect::<Vec<_>>();
    let times_t = |u: &[f64]| (0..cols).map(|s| (0..rows).map(|r| k[r * cols + s] * u[r]).sum()).collect::<Vec<_>>();

    // KᵀK or KKᵀ, whichever is smaller; then the other vector.
    let (mut u, mut v);
    if cols <= rows {
        v = dominant(cols, |i, j| (0..rows).map(|r| k[r * cols + i] * k[r * cols + j]).sum());
        u = times(&v);
    } else {
        u = dominant(rows, |i, j| dot(&k[i * cols..][..cols], &k[j * cols..][..cols]));
        v = times_t(&u);
    }
    let sigma = normalise(&mut u) * normalise(&mut v);
    let largest = u.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if u.iter().find(|x| x.abs() > largest / 2.0).is_some_and(|x| *x < 0.0) {
        u.iter_mut().chain(&mut v).for_each(|x| *x = -*x);
    }
    let rest: Vec<f64> = (0..k.len()).map(|i| k[i] - sigma * u[i / cols] * v[i % cols]).collect();
    let error = (dot(&rest, &rest) / dot(&k, &k)).sqrt();
    Ok(RankOne { sigma: sigma * scale, column: u, row: v, error })
}

// ANCHOR: power
/// A unit vector that a matrix G stretches the most: `n` × `n`, symmetric, without negative
/// eigenvalues, not zero.
///
/// The power method multiplies a vector with G again and again: the part that is stretched the most
/// outgrows the others. If two parts grow nearly alike that takes long, so here the steps double:
/// G², G⁴, G⁸, … are squared one from the other. A column of the last is 2⁶⁰ steps from a unit vector,
/// enough for any two numbers that `f64` tells apart; and the column with the largest element on the
/// diagonal began with a large part of what is sought.
fn dominant(n: usize, g: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut g: Vec<f64> = (0..n * n).map(|i| g(i / n, i % n)).collect();
    for _ in 0..60 {
        let trace: f64 = (0..n).map(|i| g[i * n + i]).sum();
        g.iter_mut().for_each(|x| *x /= trace); // else they grow too large
        g = (0..n * n).map(|i| dot(&g[i / n * n..][..n], &g[i % n * n..][..n])).collect(); // G is its own transpose
    }
    let best = (0..n).fold(0, |best, i| if g[i * n + i] > g[best * n + best] { i } else { best });
    let mut v = g[best * n..][..n].to_vec();
    normalise(&mut v);
    v
}
// ANCHOR_END: power

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gives a vector the length 1, and returns the length it had.
fn normalise(v: &mut [f64]) -> f64 {
    let length = dot(v, v).sqrt();
    v.iter_mut().for_each(|x| *x /= length);
    length
}

/// Rows, columns and elements of a kernel.
fn matrix<T: Real>(kernel: &Tensor<T>) -> Result<(usize, usize, Vec<f64>)> {
    let &[rows, cols] = kernel.shape() else {
        return Err(Error::argument("kernel", kernel.shape(), "two axes, [R, S]"));
    };
    if kernel.is_empty() {
        return Err(Error::argument("kernel", kernel.shape(), "at least one tap"));
    }
    let k: Vec<f64> = kernel.data().iter().map(|x| x.f64()).collect();
    match k.iter().find(|x| !x.is_finite()) {
        Some(x) => Err(Error::argument("kernel", x, "finite numbers")),
        None => Ok((rows, cols, k)),
    }
}
