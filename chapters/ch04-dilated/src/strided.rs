//! A strided convolution, by any algorithm for stride 1.

use crate::SubGrids;
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Real, Result, Tensor};

/// A strided convolution as a dense one of stride 1 on the sub-grids of the stride, by the algorithm `A`.
///
/// With stride s, tap r reads the inputs s y + r − padding for all outputs y. Those lie on one sub-grid, the one of phase
/// r mod s, next to each other. So tap r = s i + a of the kernel is tap i of a kernel on the sub-grid of phase a. All
/// sub-grids are summed over, and so their phases become channels, and so do those of the kernel ("space to depth"):
///
/// ```text
/// input  [N, C, H, W]    →  [N, s s C, Y + ⌈R/s⌉ − 1, X + ⌈S/s⌉ − 1]
/// weight [K, C, R, S]    →  [K, s s C, ⌈R/s⌉, ⌈S/s⌉]     zeros where s doesn't divide the kernel
/// output [N, K, Y, X]       as it is
/// ```
///
/// A kernel that the stride doesn't divide costs more multiplications, 3 × 3 at stride 2 as many as 4 × 4. It pays where
/// `A` is one that only stride 1 can use: by Winograd's algorithm those 4 × 4 cost less than the 3 × 3, and the 4 × 4 of a layer
/// that doubles its input cost less than half.
///
/// Dealing out is linear, and so are its adjoints: the gradients are those of `A`. At stride 1 it is `A` itself.
///
/// ```
/// use ch03_winograd::Winograd;
/// use ch04_dilated::Strided;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Winograd's algorithm takes no stride of its own.
/// let spec = ConvSpec { stride: [2], ..ConvSpec::<1>::default() };
/// let x: Tensor = Tensor::new(&[1, 1, 7], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])?;
/// let w = Tensor::new(&[1, 1, 3], vec![1.0, 1.0, 1.0])?;
/// assert_eq!(Strided(Winograd::<2>).forward(&spec, &x, &w)?.data(), [6.0, 12.0, 18.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Strided<A>(pub A);

// ANCHOR: strided
impl<A, T: Real, const D: usize> Convolution<Tensor<T>, D> for Strided<A>
where
    A: Convolution<Tensor<T>, D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        if spec.stride == [1; D] {
            return self.0.forward(spec, input, weight);
        }
        let (x, w) = split(&spec.resolve(input.shape(), weight.shape())?)?;
        self.0.forward(&ConvSpec::default(), &x.gather(input)?, &w.gather(weight)?)
    }
    // ANCHOR_END: strided

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        if spec.stride == [1; D] {
            return self.0.grad_input(spec, input_shape, weight, grad);
        }
        let (x, w) = split(&spec.resolve_grad(input_shape, weight.shape(), grad.shape())?)?;
        x.scatter(self.0.grad_input(&ConvSpec::default(), &x.shape(), &w.gather(weight)?, grad)?)
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        if spec.stride == [1; D] {
            return self.0.grad_weight(spec, input, weight_shape, grad);
        }
        let (x, w) = split(&spec.resolve_grad(input.shape(), weight_shape, grad.shape())?)?;
        w.scatter(self.0.grad_weight(&ConvSpec::default(), &x.gather(input)?, &w.shape(), grad)?)
    }
}

/// Sub-grids whose phases are channels.
struct Depth<const D: usize>(SubGrids<D>);

/// Those of the input and of the weight.
fn split<const D: usize>(shape: &ConvShape<D>) -> Result<(Depth<D>, Depth<D>)> {
    if shape.spec.groups != 1 {
        let expected = "1: the phases of a group's channels would lie apart (Grouped(Strided(..)) takes groups)";
        return Err(Error::argument("groups of a strided convolution", shape.spec.groups, expected));
    }
    let (x, w) = SubGrids::of_stride(shape)?;
    Ok((Depth(x), Depth(w)))
}

impl<const D: usize> Depth<D> {
    /// `[N, phases · C, ...]`: the sub-grids of an image lie next to each other, so this is another shape for the same
    /// elements.
    fn shape(&self) -> Vec<usize> {
        let (mut shape, phases) =
            (self.0.parts_shape(), self.0.axes().map(|axis| axis.phases).iter().product::<usize>());
        shape[0] /= phases;
        shape[1] *= phases;
        shape
    }

    fn gather<T: Real>(&self, whole: &Tensor<T>) -> Result<Tensor<T>> {
        self.0.gather(whole)?.reshape(&self.shape())
    }

    fn scatter<T: Real>(&self, parts: Tensor<T>) -> Result<Tensor<T>> {
        self.0.scatter(&parts.reshape(&self.0.parts_shape())?)
    }
}
