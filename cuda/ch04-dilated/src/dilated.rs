//! Dilated convolution by any algorithm for the dense one.

use crate::{gather, scatter};
use ch04_dilated::SubGrids;
use host::GpuTensor;
use unrolled::{ConvShape, ConvSpec, Convolution, Result};

/// A dilated convolution as the dense convolutions of its sub-grids, by the algorithm `A`; as the CPU's
/// [`ch04_dilated::Dilated`], which says more.
///
/// Any dilation along each axis; stride 1, beside dilation. Without dilation this is `A` itself.
///
/// ```
/// use cuda_ch01_naive::Naive;
/// use cuda_ch04_dilated::Dilated;
/// use host::Session;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let session = Session::new()?;
/// let spec = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() };
/// let x = session.upload(&Tensor::new(&[1, 1, 6], vec![1.0, 2.0, 4.0, 7.0, 11.0, 16.0])?)?;
/// let difference = session.upload(&Tensor::new(&[1, 1, 2], vec![-1.0, 1.0])?)?;
/// let y = Dilated(Naive).forward(&spec, &x, &difference)?;
/// assert_eq!(y.download()?.data(), [3.0, 5.0, 7.0, 9.0]); // 4 − 1, 7 − 2, 11 − 4, 16 − 7
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Dilated<A>(pub A);

impl<A: Convolution<GpuTensor, D>, const D: usize> Convolution<GpuTensor, D> for Dilated<A> {
    fn forward(&self, spec: &ConvSpec<D>, input: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        if spec.dilation == [1; D] {
            return self.0.forward(spec, input, weight);
        }
        let (dense, x, y) = split(&spec.resolve(input.shape(), weight.shape())?)?;
        scatter(&y, &self.0.forward(&dense, &gather(&x, input)?, weight)?)
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        if spec.dilation == [1; D] {
            return self.0.grad_input(spec, input_shape, weight, grad);
        }
        let (dense, x, y) = split(&spec.resolve_grad(input_shape, weight.shape(), grad.shape())?)?;
        scatter(&x, &self.0.grad_input(&dense, &x.parts_shape(), weight, &gather(&y, grad)?)?)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &GpuTensor,
        weight_shape: &[usize],
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        if spec.dilation == [1; D] {
            return self.0.grad_weight(spec, input, weight_shape, grad);
        }
        let (dense, x, y) = split(&spec.resolve_grad(input.shape(), weight_shape, grad.shape())?)?;
        self.0.grad_weight(&dense, &gather(&x, input)?, weight_shape, &gather(&y, grad)?)
    }
}

/// The dense convolution of the sub-grids, and those of input and output.
fn split<const D: usize>(shape: &ConvShape<D>) -> Result<(ConvSpec<D>, SubGrids<D>, SubGrids<D>)> {
    let (x, y) = SubGrids::of(shape)?;
    Ok((ConvSpec { groups: shape.spec.groups, ..ConvSpec::default() }, x, y))
}
