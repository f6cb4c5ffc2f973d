//! Exercise 10.2.

use ch10_separable::rank::nearest;
use unrolled::{Result, Tensor};

// ANCHOR: low_rank
/// The columns `[R, 1]` and rows `[1, S]` whose `m` products, summed, are nearest to the kernel `[R, S]`.
pub fn low_rank(kernel: &Tensor<f64>, m: usize) -> Result<Vec<[Tensor<f64>; 2]>> {
    let (mut rest, mut products) = (kernel.clone(), Vec::new());
    for _ in 0..m {
        let [column, row] = nearest(&rest)?.factors::<f64>()?;
        let width = row.len();
        let product = Tensor::from_fn(rest.shape(), |i| column.data()[i / width] * row.data()[i % width])?;
        rest = rest.zip(&product, |a, b| a - b)?;
        products.push([column, row]);
    }
    Ok(products)
}
// ANCHOR_END: low_rank
