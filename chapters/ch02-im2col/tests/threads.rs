//! How many threads there are must not change a bit of any result.

use ch02_im2col::{Fused, Im2col};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Result};

/// All three passes of both versions on one, two, three and seven threads.
fn same_on_any_number<const D: usize>(spec: ConvSpec<D>, input: &[usize], weight: &[usize]) -> Result<()> {
    let case = Case { shape: spec.resolve(input, weight)?, seed: 7 };
    case.assert_same_on_any_threads(&Fused)?;
    case.assert_same_on_any_threads(&Im2col)
}

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    same_on_any_number(ConvSpec::<2>::default(), &[32, 1, 28, 28], &[6, 1, 5, 5])?;
    same_on_any_number(ConvSpec::<2>::default(), &[32, 6, 14, 14], &[16, 6, 5, 5])?;
    same_on_any_number(ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() }, &[1, 64, 56, 56], &[72, 64, 3, 3])?;
    same_on_any_number(ConvSpec::new([2, 2], [3, 3], [1, 1], 1)?, &[1, 3, 101, 97], &[64, 3, 7, 7])?;
    same_on_any_number(ConvSpec::new([1, 2], [2, 0], [2, 1], 4)?, &[3, 16, 40, 33], &[24, 4, 3, 2])?;
    same_on_any_number(ConvSpec::new([2, 1, 1], [1; 3], [1; 3], 1)?, &[2, 8, 9, 20, 20], &[16, 8, 3, 3, 3])?;
    same_on_any_number(ConvSpec::new([3], [5], [2], 2)?, &[2, 8, 1000], &[6, 4, 9])
}
