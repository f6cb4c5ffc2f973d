//! Grouped convolution from its definition: a dense convolution for each group.

use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

/// A grouped convolution as one dense convolution for each group, by the algorithm `A`.
///
/// Group g of `groups` takes its own C/groups input channels to its own K/groups output channels and sees
/// nothing else:
///
/// ```text
/// input  [N, C, ...]            →  parts [N, C/groups, ...], one for each group
/// weight [K, C/groups, ...]     →  parts [K/groups, C/groups, ...]
/// output [N, K, ...]            ←  parts [N, K/groups, ...], side by side
/// ```
///
/// Taking parts and putting them side by side are each other's adjoints, so the gradients are those of `A`
/// between the same two maps. Beside what `A` does, every element is copied once; with one group,
/// nothing is.
///
/// Groups are from Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
/// Networks" (2012), which put one on each of two devices. Xie et al., "Aggregated Residual
/// Transformations for Deep Neural Networks" (2017), found that at equal cost many narrow groups learn better than
/// one wide one.
///
/// ```
/// use ch02_im2col::Im2col;
/// use ch07_grouped::Grouped;
/// use unrolled::{ConvSpec, Convolution, Tensor};
///
/// // Two groups of one channel each: the first is doubled, the second negated.
/// let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
/// let input: Tensor = Tensor::new(&[1, 2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// let weight = Tensor::new(&[2, 1, 1], vec![2.0, -1.0])?;
/// let output = Grouped(Im2col).forward(&spec, &input, &weight)?;
/// assert_eq!(output.data(), [2.0, 4.0, 6.0, -4.0, -5.0, -6.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Grouped<A>(pub A);

// ANCHOR: grouped
impl<A, T: Real, const D: usize> Convolution<Tensor<T>, D> for Grouped<A>
where
    A: Convolution<Tensor<T>, D>,
{
    fn forward(&self, spec: &ConvSpec<D>, input: &Tensor<T>, weight: &Tensor<T>) -> Result<Tensor<T>> {
        if spec.groups == 1 {
            return self.0.forward(spec, input, weight);
        }
        let shape = spec.resolve(input.shape(), weight.shape())?;
        let (one, parts) = (one_group(&shape), Parts::of(&shape));
        let mut output = Tensor::scratch(&shape.output_shape())?;
        for g in 0..spec.groups {
            let x = parts.input.take(input, g, &one.input_shape())?;
            let w = parts.weight.take(weight, g, &one.weight_shape())?;
            parts.output.put(&mut output, g, &self.0.forward(&one.spec, &x, &w)?);
        }
        Ok(output)
    }
    // ANCHOR_END: grouped

    fn grad_input(
        &self,
        spec: &ConvSpec<D>,
        input_shape: &[usize],
        weight: &Tensor<T>,
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        if spec.groups == 1 {
            return self.0.grad_input(spec, input_shape, weight, grad);
        }
        let shape = spec.resolve_grad(input_shape, weight.shape(), grad.shape())?;
        let (one, parts) = (one_group(&shape), Parts::of(&shape));
        // ANCHOR: grad_input
        let mut dx = Tensor::scratch(input_shape)?;
        for g in 0..spec.groups {
            let w = parts.weight.take(weight, g, &one.weight_shape())?;
            let dy = parts.output.take(grad, g, &one.output_shape())?;
            parts.input.put(&mut dx, g, &self.0.grad_input(&one.spec, &one.input_shape(), &w, &dy)?);
        }
        Ok(dx)
        // ANCHOR_END: grad_input
    }

    fn grad_weight(
        &self,
        spec: &ConvSpec<D>,
        input: &Tensor<T>,
        weight_shape: &[usize],
        grad: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        if spec.groups == 1 {
            return self.0.grad_weight(spec, input, weight_shape, grad);
        }
        let shape = spec.resolve_grad(input.shape(), weight_shape, grad.shape())?;
        let (one, parts) = (one_group(&shape), Parts::of(&shape));
        let mut dw = Tensor::scratch(weight_shape)?;
        for g in 0..spec.groups {
            let x = parts.input.take(input, g, &one.input_shape())?;
            let dy = parts.output.take(grad, g, &one.output_shape())?;
            parts.weight.put(&mut dw, g, &self.0.grad_weight(&one.spec, &x, &one.weight_shape(), &dy)?);
        }
        Ok(dw)
    }
}

/// The convolution inside one of the groups.
fn one_group<const D: usize>(shape: &ConvShape<D>) -> ConvShape<D> {
    ConvShape { spec: ConvSpec { groups: 1, ..shape.spec }, ..*shape }
}

/// Where the groups lie in the three tensors.
struct Parts {
    input: Part,
    weight: Part,
    output: Part,
}

impl Parts {
    fn of<const D: usize>(shape: &ConvShape<D>) -> Self {
        let part = |len| Part { groups: shape.spec.groups, len };
        Self {
            input: part(shape.c * shape.positions_in()),
            weight: part(shape.k * shape.taps()), // the weight is one image, as it were
            output: part(shape.k * shape.positions_out()),
        }
    }
}

// ANCHOR: parts
/// Groups take turns in the memory of a tensor: `len` elements of the first, then of the second and so on, and
/// from the start again with the next image.
pub(crate) struct Part {
    pub groups: usize,
    pub len: usize,
}

impl Part {
    /// The elements of group `g`, as a tensor of their own.
    pub fn take<T: Real>(&self, whole: &Tensor<T>, g: usize, shape: &[usize]) -> Result<Tensor<T>> {
        let mut part = Tensor::scratch(shape)?;
        let pieces = whole.data().chunks_exact(self.len).skip(g).step_by(self.groups);
        part.data_mut().chunks_exact_mut(self.len).zip(pieces).for_each(|(to, from)| to.copy_from_slice(from));
        Ok(part)
    }

    /// Writes them back.
    pub fn put<T: Real>(&self, whole: &mut Tensor<T>, g: usize, part: &Tensor<T>) {
        let places = whole.data_mut().chunks_exact_mut(self.len).skip(g).step_by(self.groups);
        places.zip(part.data().chunks_exact(self.len)).for_each(|(to, from)| to.copy_from_slice(from));
    }
}
// ANCHOR_END: parts
