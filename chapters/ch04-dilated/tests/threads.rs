//! How many threads there are must not change a bit of any result.

use ch02_im2col::Fused;
use ch04_dilated::Dilated;
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, Tensor, parallel};

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let spec = ConvSpec::new([1, 1], [3, 3], [3, 2], 2)?;
    let shape = spec.resolve(&[3, 8, 41, 50], &[6, 4, 3, 3])?;
    let [x, w, dy] = Case { shape, seed: 7 }.reals::<f32>();
    let passes = || -> Result<[Tensor; 3]> {
        let a = Dilated(Fused);
        Ok([
            a.forward(&spec, &x, &w)?,
            a.grad_input(&spec, x.shape(), &w, &dy)?,
            a.grad_weight(&spec, &x, w.shape(), &dy)?,
        ])
    };
    parallel::set_threads(1)?;
    let expected = passes()?;
    for threads in [2, 3, 7] {
        parallel::set_threads(threads)?;
        assert_eq!(passes()?, expected, "{threads} threads");
    }
    Ok(())
}
