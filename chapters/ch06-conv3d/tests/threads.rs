//! How many threads there are must not change a bit of any result.

use ch02_im2col::Fused;
use ch06_conv3d::Sliced;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Result};

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let spec = ConvSpec::new([2, 1, 1], [1; 3], [1, 2, 1], 2)?;
    let shape = spec.resolve(&[3, 8, 9, 20, 20], &[6, 4, 3, 3, 3])?;
    Case { shape, seed: 7 }.assert_same_on_any_threads(&Sliced(Fused))
}
