//! The demonstration's kernels: two that are products, and one that isn't.

use ch10_separable::rank::{is_rank_one, nearest, split};
use unrolled::{Result, Tensor, say};

#[rustfmt::skip]
pub const SOBEL: [f64; 9] = [
    1.0, 0.0, -1.0,
    2.0, 0.0, -2.0,
    1.0, 0.0, -1.0,
];

#[rustfmt::skip]
pub const LAPLACE: [f64; 9] = [
    0.0,  1.0, 0.0,
    1.0, -4.0, 1.0,
    0.0,  1.0, 0.0,
];

/// A square kernel.
pub fn square(numbers: &[f64]) -> Result<Tensor<f64>> {
    let side = numbers.len().isqrt();
    Tensor::new(&[side, side], numbers.to_vec())
}

/// The outer product of a column `[R, 1]` and a row `[1, S]`.
pub fn product(column: &Tensor<f64>, row: &Tensor<f64>) -> Result<Tensor<f64>> {
    let width = row.len();
    Tensor::from_fn(&[column.len(), width], |i| column.data()[i / width] * row.data()[i % width])
}

/// The elements of a vector, side by side.
fn list(vector: &Tensor<f64>) -> Result<Tensor<f64>> {
    vector.clone().reshape(&[vector.len()])
}

pub fn rank_one() -> Result<()> {
    say!("Some kernels are a column times a row. Convolving with the two, one after the other, is the same");
    say!("as convolving with their product.\n");
    let [column, row] = [[5, 1], [1, 5]].map(|shape| Tensor::new(&shape, vec![1.0, 4.0, 6.0, 4.0, 1.0]));
    let binomial = product(&column?, &row?)?;
    for (name, kernel) in [("Sobel's edges", square(&SOBEL)?), ("The binomial blur, Gauss in integers", binomial)] {
        let [column, row] = split(&kernel)?.expect("a kernel of rank one");
        let is = if product(&column, &row)? == kernel { "is" } else { "isn't" };
        say!("{name}\n{kernel:.0}\n{is} exactly {:.0} down, {:.0} across:", list(&column)?, list(&row)?);
        say!("{} multiplications for an output become {}.\n", kernel.len(), column.len() + row.len());
    }
    Ok(())
}

// ANCHOR: laplace
pub fn nearest_to_laplace() -> Result<()> {
    let laplace = square(&LAPLACE)?;
    let rank = if is_rank_one(&laplace)? { "is" } else { "isn't" };
    say!("Laplace's kernel {rank} one of them: its rows aren't multiples of one row.\n{laplace:.0}\n");
    let best = nearest(&laplace)?;
    let [column, row] = best.factors()?;
    let first = product(&column, &row)?;
    say!("The nearest that is (Eckart and Young, 1936): sigma u vT with sigma = {:.4},", best.sigma);
    say!("{:.4} down, {:.4} across\n{first:.4}", list(&column)?, list(&row)?);
    say!("It is off by {:.1}% of the kernel's length.\n", 100.0 * best.error);

    let rest = laplace.zip(&first, |a, b| a - b)?;
    let second = nearest(&rest)?;
    let off = 100.0 * second.error;
    say!(
        "What is left has sigma = {:.4} and is off by {off:.1}%: it has rank one. So Laplace's kernel has",
        second.sigma
    );
    say!("rank two: two columns and two rows, and the sum of both results, are it exactly. (12 multiplications");
    say!("for its 9: that pays for larger kernels.)\n");
    Ok(())
}
// ANCHOR_END: laplace
