//! How many threads there are must not change a bit of any result.

use ch02_im2col::Fused;
use ch06_conv3d::Sliced;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, parallel};

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let spec = ConvSpec::new([2, 1, 1], [1; 3], [1, 2, 1], 2)?;
    let shape = spec.resolve(&[3, 8, 9, 20, 20], &[6, 4, 3, 3, 3])?;
    let data = Case { shape, seed: 7 }.reals::<f32>();
    let passes = || {
        let [x, w, dy] = &data;
        Result::Ok([
            Sliced(Fused).forward(&spec, x, w)?,
            Sliced(Fused).grad_input(&spec, x.shape(), w, dy)?,
            Sliced(Fused).grad_weight(&spec, x, w.shape(), dy)?,
        ])
    };
    parallel::set_threads(1)?;
    let one = passes()?;
    for threads in [2, 3, 7] {
        parallel::set_threads(threads)?;
        assert!(passes()? == one, "{threads} threads");
    }
    Ok(())
}
