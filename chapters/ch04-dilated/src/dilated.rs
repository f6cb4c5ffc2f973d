//! Dilated convolution by any algorithm for the dense one.

use crate::SubGrids;
use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

/// A dilated convolution as the dense convolutions of its sub-grids, by the algorithm `A`.
///
/// Take one axis, dilation d and padding p. Output y = a + d j of phase a reads, through tap r, the padded input at
/// y + d r = a + d (j + r): position j + r of the sub-grid of phase a. So each phase is a convolution without dilation
/// and without padding, and the phases of all axes are images of one larger batch:
///
/// ```text
/// input  [N, C, H, W]   →  gather   →  [N · d_y d_x, C, ⌈Y / d_y⌉ + R − 1, ⌈X / d_x⌉ + S − 1]
/// weight [K, C/groups, R, S]           one dense convolution
/// output [N, K, Y, X]   ←  scatter  ←  [N · d_y d_x, K, ⌈Y / d_y⌉, ⌈X / d_x⌉]
/// ```
///
/// Where d doesn't divide Y, some phases have an output fewer than others; they compute it all the same, and it is
/// dropped. Gathering and scattering are each other's adjoints, so the gradients are those of `A` between the
/// same two maps.
///
/// Any dilation along each axis; stride 1, beside dilation. Without dilation this is `A` itself. Input and output are
/// copied once each, and computed are up to ⌈Y / d⌉ d / Y times the outputs along each axis.
///
/// ```
/// use ch02_im2col::Im2col;
/// use ch04_dilated::Dilated;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// let spec = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() };
/// let x: Tensor = Tensor::new(&[1, 1, 6], vec![1.0, 2.0, 4.0, 7.0, 11.0, 16.0])?;
/// let difference = Tensor::new(&[1, 1, 2], vec![-1.0, 1.0])?;
/// let y = Dilated(Im2col).forward(&spec, &x, &difference)?;
/// assert_eq!(y.data(), [3.0, 5.0, 7.0, 9.0]); // 4 − 1, 7 − 2, 11 − 4, 16 − 7
/// # Ok::<(), unrolled::Error>(())
/// ```
// ANCHOR: dilated
#[derive(Debug, Clone, Copy, Default)]
pub struct Dilated<A>(pub A);

impl<A, T: Real, const D: usize> Convolution<Tensor<T>, D> for Dilated<A>
where
    A: Convolution<Tensor<T>, D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        if spec.dilation == [1; D] {
            return self.0.forward(spec, input, weight);
        }
        let (dense, x, y) = split(&spec.resolve(input.shape(), weight.shape())?)?;
        y.scatter(&self.0.forward(&dense, &x.gather(input)?, weight)?)
    }
    // ANCHOR_END: dilated

    // ANCHOR: gradients
    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        if spec.dilation == [1; D] {
            return self.0.grad_input(spec, input_shape, weight, grad);
        }
        let (dense, x, y) = split(&spec.resolve_grad(input_shape, weight.shape(), grad.shape())?)?;
        x.scatter(&self.0.grad_input(&dense, &x.parts_shape(), weight, &y.gather(grad)?)?)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        if spec.dilation == [1; D] {
            return self.0.grad_weight(spec, input, weight_shape, grad);
        }
        let (dense, x, y) = split(&spec.resolve_grad(input.shape(), weight_shape, grad.shape())?)?;
        self.0.grad_weight(&dense, &x.gather(input)?, weight_shape, &y.gather(grad)?)
    }
    // ANCHOR_END: gradients
}

/// The dense convolution of the sub-grids, and those of input and output.
fn split<const D: usize>(shape: &ConvShape<D>) -> Result<(ConvSpec<D>, SubGrids<D>, SubGrids<D>)> {
    let (x, y) = SubGrids::of(shape)?;
    Ok((ConvSpec { groups: shape.spec.groups, ..ConvSpec::default() }, x, y))
}
