//! The differentiable layer.

use crate::Dilated;
use unrolled::conv::axis_names;
use unrolled::{ConvSpec, Convolution, Error, Real, Result, Tensor, Var, conv};

/// The differentiable dilated convolution that keeps the size of its input, by any algorithm for the dense one.
///
/// Input `[N, C, ...]`, weight `[K, C, ...]`, bias `[K]`, result `[N, K, ...]` with the input's spatial size. The
/// padding is half of what the kernel reaches beyond its first tap, d (k − 1) / 2 on both sides.
///
/// With groups or another padding, call [`conv`](fn@conv) with `Dilated(algorithm)` and a [`ConvSpec`].
///
/// ```
/// use ch02_im2col::Fused;
/// use ch04_dilated::conv_dilated;
/// use unrolled::{Tensor, Var, nn};
///
/// let x = Var::constant(Tensor::<f32>::full(&[1, 3, 32, 32], 1.0)?);
/// let w = Var::parameter(Tensor::full(&[8, 3, 3, 3], 0.5)?);
/// let b = Var::parameter(Tensor::full(&[8], 2.0)?);
/// let y = conv_dilated(&Fused, [4, 4], &x, &w, Some(&b))?;
/// assert_eq!(y.value().shape(), [1, 8, 32, 32]);
/// assert_eq!(y.value().at(&[0, 0, 16, 16]), Some(27.0 * 0.5 + 2.0));
///
/// nn::sum(&y)?.backward()?;
/// assert_eq!(w.grad().unwrap().at(&[0, 0, 1, 1]), Some(32.0 * 32.0));
/// assert_eq!(w.grad().unwrap().at(&[0, 0, 0, 0]), Some(28.0 * 28.0)); // the others see padding there
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If the kernel reaches further to one side than to the other (d (k − 1) is odd), and as [`conv`](fn@conv).
// ANCHOR: layer
pub fn conv_dilated<T, const D: usize, A>(
    algorithm: &A,
    dilation: [usize; D],
    input: &Var<Tensor<T>>,
    weight: &Var<Tensor<T>>,
    bias: Option<&Var<Tensor<T>>>,
) -> Result<Var<Tensor<T>>>
where
    T: Real,
    A: Convolution<Tensor<T>, D> + Clone + 'static,
{
    let (value, mut padding) = (weight.value(), [0; D]);
    for (axis, name) in axis_names::<D>().into_iter().enumerate() {
        let taps = value.shape().get(axis + 2).copied().unwrap_or(1); // `conv` says what is wrong with the weight
        let beyond = taps.saturating_sub(1).saturating_mul(dilation[axis]);
        if beyond % 2 == 1 {
            let got = format_args!("{taps} taps at dilation {}", dilation[axis]).to_string();
            let expected =
                "an odd kernel or an even dilation, which can be centred (or conv with Dilated and a padding)";
            return Err(Error::Argument { name: format!("kernel along {name}"), got, expected: expected.into() });
        }
        padding[axis] = beyond / 2;
    }
    conv(&Dilated(algorithm.clone()), &ConvSpec { padding, dilation, ..ConvSpec::default() }, input, weight, bias)
}
// ANCHOR_END: layer
