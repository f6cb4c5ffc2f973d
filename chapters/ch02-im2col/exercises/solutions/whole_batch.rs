//! Exercise 2.6.

use ch02_im2col::{Im2col, im2col};
use unrolled::gemm::{MatRef, gemm};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

#[derive(Debug, Clone, Copy)]
pub struct WholeBatch;

impl<T: Real> Convolution<Tensor<T>, 2> for WholeBatch {
    // ANCHOR: whole_batch
    fn forward(&self, spec: &ConvSpec<2>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let mut output = Tensor::zeros(&shape.output_shape())?;
        let s = shape.lift();
        let (groups, image, taps, positions) = (s.spec.groups, s.c * s.positions_in(), s.taps(), s.positions_out());
        let mut one = vec![T::ZERO; taps * positions];
        let mut all = vec![T::ZERO; taps * s.n * positions];
        let mut product = vec![T::ZERO; s.k * s.n * positions];
        for g in 0..groups {
            for n in 0..s.n {
                im2col(&s, &input.data()[(n * groups + g) * image..][..image], &mut one);
                for (row, one) in one.chunks(positions).enumerate() {
                    all[(row * s.n + n) * positions..][..positions].copy_from_slice(one);
                }
            }
            let w = MatRef::new(&weight.data()[g * s.k * taps..], s.k, taps)?;
            gemm(T::ONE, w, MatRef::new(&all, taps, s.n * positions)?, T::ZERO, &mut product)?;
            for (i, line) in product.chunks(positions).enumerate() {
                let (k, n) = (i / s.n, i % s.n);
                output.data_mut()[((n * groups + g) * s.k + k) * positions..][..positions].copy_from_slice(line);
            }
        }
        Ok(output)
    }
    // ANCHOR_END: whole_batch

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Im2col.grad_input(spec, x, w, dy)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Im2col.grad_weight(spec, x, w, dy)
    }
}
