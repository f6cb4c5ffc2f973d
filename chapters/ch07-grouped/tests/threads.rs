//! How many threads there are must not change a bit of any result.

use ch02_im2col::Fused;
use ch07_grouped::{Depthwise, Grouped};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, Tensor};

/// All three passes on one, two, three and seven threads.
fn same_on_any_number<const D: usize>(
    algorithm: &dyn Convolution<Tensor, D>,
    spec: ConvSpec<D>,
    input: &[usize],
    weight: &[usize],
) -> Result<()> {
    let shape = spec.resolve(input, weight)?;
    Case { shape, seed: 7 }.assert_same_on_any_threads(algorithm)
}

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let spec = |stride, padding, groups| ConvSpec::<2>::new([stride; 2], [padding; 2], [1; 2], groups);
    same_on_any_number(&Depthwise, spec(1, 1, 32)?, &[2, 32, 56, 56], &[32, 1, 3, 3])?;
    same_on_any_number(&Depthwise, spec(2, 1, 32)?, &[5, 32, 29, 31], &[32, 1, 3, 3])?;
    same_on_any_number(&Depthwise, spec(1, 2, 100)?, &[3, 100, 7, 7], &[200, 1, 5, 5])?;
    same_on_any_number(
        &Depthwise,
        ConvSpec::new([2, 1, 1], [1; 3], [1; 3], 8)?,
        &[4, 8, 9, 20, 20],
        &[16, 1, 3, 3, 3],
    )?;
    same_on_any_number(&Depthwise, ConvSpec::new([3], [5], [2], 6)?, &[2, 6, 3000], &[6, 1, 9])?;
    same_on_any_number(&Grouped(Fused), spec(1, 1, 4)?, &[3, 32, 28, 28], &[24, 8, 3, 3])
}
