//! How many threads there are must not change a bit of any result.

use ch02_im2col::{Fused, Im2col};
use unrolled::testing::Case;
use unrolled::{ConvSpec, Convolution, Result, Tensor, parallel};

/// All three passes of both versions on one, two, three and seven threads.
fn same_on_any_number<const D: usize>(spec: ConvSpec<D>, input: &[usize], weight: &[usize]) -> Result<()> {
    let shape = spec.resolve(input, weight)?;
    let [x, w, dy] = Case { shape, seed: 7 }.reals::<f32>();
    let passes = |algorithm: &dyn Convolution<Tensor, D>| -> Result<[Tensor; 3]> {
        Ok([
            algorithm.forward(&spec, &x, &w)?,
            algorithm.grad_input(&spec, x.shape(), &w, &dy)?,
            algorithm.grad_weight(&spec, &x, w.shape(), &dy)?,
        ])
    };
    parallel::set_threads(1)?;
    let (fused, im2col) = (passes(&Fused)?, passes(&Im2col)?);
    for threads in [2, 3, 7] {
        parallel::set_threads(threads)?;
        assert!(passes(&Fused)? == fused, "fused differs on {threads} threads: {spec:?} {input:?} {weight:?}");
        assert!(passes(&Im2col)? == im2col, "im2col differs on {threads} threads: {spec:?} {input:?} {weight:?}");
    }
    Ok(())
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
