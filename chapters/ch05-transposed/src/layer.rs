//! The differentiable layers.

use crate::Transposed;
use unrolled::conv::axis_names;
use unrolled::{ConvSpec, Convolution, Error, Real, Result, Tensor, Var, conv};

/// The differentiable transposed convolution, by any algorithm for the dense one.
///
/// Input `[N, C, ...]`, weight `[C, K/groups, ...]`, bias `[K]`, result `[N, K, ...]` of the size that
/// [`Transposed`] says.
///
/// `output_padding` follows PyTorch's rule: along each axis, less than the stride or than the dilation. Less
/// than the stride, it chooses an output size, as [`Transposed::output_padding`] tells. From there up to the
/// dilation there is no input size left to choose; the result is that of an input with `output_padding / stride`
/// zeros more behind.
///
/// ```
/// use ch01_naive::Naive;
/// use ch05_transposed::conv_transpose;
/// use unrolled::{ConvSpec, Tensor, Var, conv};
///
/// // Down from 8 × 8 to 4 × 4, and back up to 8 × 8.
/// let spec = ConvSpec { stride: [2, 2], padding: [1, 1], ..ConvSpec::default() };
/// let x = Var::constant(Tensor::<f32>::zeros(&[1, 3, 8, 8])?);
/// let w = Var::parameter(Tensor::zeros(&[16, 3, 3, 3])?); // 3 to 16 channels, and 16 to 3
/// let small = conv(&Naive, &spec, &x, &w, None)?;
/// assert_eq!(small.value().shape(), [1, 16, 4, 4]);
/// let b = Var::parameter(Tensor::full(&[3], 0.5)?);
/// let large = conv_transpose(&Naive, &spec, [1, 1], &small, &w, Some(&b))?;
/// assert_eq!(large.value(), Tensor::full(&[1, 3, 8, 8], 0.5)?);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// As [`Transposed::dense`], and if the bias isn't `[K]`.
// ANCHOR: layer
pub fn conv_transpose<T, const D: usize, A>(
    algorithm: &A,
    spec: &ConvSpec<D>,
    mut output_padding: [usize; D],
    input: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>>
where
    T: Real,
    A: Convolution<Tensor<T>, D> + Clone + 'static,
{
    let (mut input, shape) = (input.clone(), input.value().shape().to_vec());
    let sound = shape.len() == D + 2 && !shape[2..].contains(&0); // if not, the convolution says what is wrong
    for axis in (0..D).filter(|_| sound) {
        let (chosen, stride) = (output_padding[axis], spec.stride[axis]);
        if stride > 0 && chosen >= stride && chosen < spec.dilation[axis] {
            input = pad_behind(&input, axis + 2, chosen / stride)?;
            output_padding[axis] = chosen % stride;
        }
    }
    conv(&Transposed { algorithm: algorithm.clone(), output_padding }, spec, &input, weight, bias)
}
// ANCHOR_END: layer

/// Zeros behind the input along one axis; their gradient is dropped.
fn pad_behind<T: Real>(x: &Var<Tensor<T>>, axis: usize, zeros: usize) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let (from, mut to) = (value.shape().to_vec(), value.shape().to_vec());
    to[axis] = to[axis].saturating_add(zeros);
    let mut y = Tensor::zeros(&to)?;
    // Along with the axes inside of it, the axis is a line of so many elements.
    let [short, long] = [&from, &to].map(|shape| shape[axis..].iter().product::<usize>());
    y.data_mut().chunks_mut(long).zip(value.data().chunks(short)).for_each(|(y, x)| y[..short].copy_from_slice(x));

    let adjoint = move |dy: Tensor<T>| {
        let mut dx = Tensor::zeros(&from)?;
        let lines = dx.data_mut().chunks_mut(short).zip(dy.data().chunks(long));
        lines.for_each(|(dx, dy)| dx.copy_from_slice(&dy[..short]));
        Ok(dx)
    };
    Ok(Var::op(y).input(x, adjoint).var())
}

/// Enlarges `[N, C, ...]` by a whole factor along each axis; every element becomes a block of copies of itself.
/// ("Nearest neighbour", in the words of image processing.)
///
/// That is a transposed convolution too: each channel by itself, with a kernel of ones as large as the stride, so
/// that the stamps touch and don't overlap. Its gradient, the sum of each block, comes with that.
///
/// ```
/// use ch01_naive::Naive;
/// use ch05_transposed::upsample;
/// use unrolled::{Tensor, Var};
///
/// let x = Var::parameter(Tensor::new(&[1, 1, 1, 2], vec![3.0, 7.0])?);
/// let y = upsample(&Naive, [2, 2], &x)?;
/// assert_eq!(y.value().data(), [3.0, 3.0, 7.0, 7.0, 3.0, 3.0, 7.0, 7.0]);
///
/// y.backward_from(Tensor::new(&[1, 1, 2, 4], (1..=8).map(|dy| dy as f32).collect())?)?;
/// assert_eq!(x.grad().unwrap().data(), [1.0 + 2.0 + 5.0 + 6.0, 3.0 + 4.0 + 7.0 + 8.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If a factor is 0, or the input isn't `[N, C, ...]` with at least one channel and position.
// ANCHOR: upsample
pub fn upsample<T, const D: usize, A>(
    algorithm: &A,
    factors: [usize; D],
    input: &Var<Tensor<T>>,
) -> Result<Var<Tensor<T>>>
where
    T: Real,
    A: Convolution<Tensor<T>, D> + Clone + 'static,
{
    if let Some(axis) = factors.iter().position(|&factor| factor == 0) {
        return Err(Error::argument(format!("factor along {}", axis_names::<D>()[axis]), 0, "at least 1"));
    }
    let channels = input.value().shape().get(1).copied().unwrap_or(1).max(1); // the layer says what is wrong with it
    let spec = ConvSpec { stride: factors, groups: channels, ..ConvSpec::default() };
    let ones = Tensor::full(&[&[channels, 1], &factors[..]].concat(), T::ONE)?;
    conv_transpose(algorithm, &spec, [0; D], input, &Var::constant(ones), None)
}
// ANCHOR_END: upsample
