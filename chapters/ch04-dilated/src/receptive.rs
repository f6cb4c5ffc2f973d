//! How far a stack of layers sees.

use unrolled::{ConvSpec, Convolution, Error, Result, Tensor, Var, conv};

/// A convolution or a pooling layer, along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Taps.
    pub kernel: usize,
    /// Steps of the kernel over its input.
    pub stride: usize,
    /// Distance between neighbouring taps; 1 means no holes.
    pub dilation: usize,
}

impl Layer {
    /// How many of its inputs the kernel reaches over, holes included: d (k − 1) + 1.
    ///
    /// # Errors
    /// If kernel, stride or dilation is 0, or the result overflows.
    pub fn effective_kernel(&self) -> Result<usize> {
        for (name, value) in [("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)] {
            if value == 0 {
                return Err(Error::argument(name, 0, "at least 1"));
            }
        }
        self.dilation.checked_mul(self.kernel - 1).and_then(|reach| reach.checked_add(1)).ok_or_else(too_large)
    }
}

fn too_large() -> Error {
    Error::argument("layers", "a receptive field that overflows", "fewer or smaller layers")
}

/// What one output of a stack of layers sees, along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Inputs from the first to the last that it depends on.
    pub size: usize,
    /// Inputs between the fields of neighbouring outputs: the product of the strides.
    pub jump: usize,
}

/// The receptive field of a stack of layers, first to last.
///
/// Neighbouring inputs of a layer lie `jump` inputs of the stack apart. A kernel that reaches over d (k − 1) + 1
/// of them makes the field d (k − 1) · jump larger, and its stride multiplies the jump:
///
/// size ← size + d (k − 1) · jump, then jump ← jump · stride
///
/// ```
/// use ch04_dilated::{Field, Layer, receptive_field};
///
/// let dilated = |dilation| Layer { kernel: 3, stride: 1, dilation };
/// assert_eq!(receptive_field(&[dilated(1), dilated(1), dilated(1)])?, Field { size: 7, jump: 1 });
/// assert_eq!(receptive_field(&[dilated(1), dilated(2), dilated(4)])?, Field { size: 15, jump: 1 });
/// let pool = Layer { kernel: 2, stride: 2, dilation: 1 };
/// assert_eq!(receptive_field(&[dilated(1), pool, dilated(1)])?, Field { size: 3 + 1 + 4, jump: 2 });
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If a kernel, stride or dilation is 0, or the result overflows.
// ANCHOR: field
pub fn receptive_field(layers: &[Layer]) -> Result<Field> {
    let mut field = Field { size: 1, jump: 1 };
    for layer in layers {
        let beyond = (layer.effective_kernel()? - 1).checked_mul(field.jump);
        field.size = beyond.and_then(|beyond| field.size.checked_add(beyond)).ok_or_else(too_large)?;
        field.jump = field.jump.checked_mul(layer.stride).ok_or_else(too_large)?;
    }
    Ok(field)
}
// ANCHOR_END: field

/// How many paths lead through the layers from each of `inputs` inputs along each axis to the output in the middle:
/// the gradient of that output where all weights are 1, `[inputs, ...]`.
///
/// The inputs with a gradient are what the output sees. No padding; the layers are the same along all `D` axes.
///
/// ```
/// use ch02_im2col::Fused;
/// use ch04_dilated::{Layer, paths};
///
/// let layer = |dilation| Layer { kernel: 3, stride: 1, dilation };
/// assert_eq!(paths::<1, _>(&Fused, &[layer(1), layer(1)], 7)?.data(), [0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0]);
/// assert_eq!(paths::<1, _>(&Fused, &[layer(1), layer(3)], 9)?.data(), [1.0; 9]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If there are fewer inputs than one output sees, and as the algorithm.
// ANCHOR: paths
pub fn paths<const D: usize, A>(algorithm: &A, layers: &[Layer], inputs: usize) -> Result<Tensor<f64>>
where
    A: Convolution<Tensor<f64>, D> + Clone + 'static,
{
    let image = [inputs; D];
    let x = Var::parameter(Tensor::zeros(&[&[1, 1], &image[..]].concat())?);
    let mut y = x.clone();
    for &Layer { kernel, stride, dilation } in layers {
        let ones = Var::constant(Tensor::full(&[&[1, 1], &[kernel; D][..]].concat(), 1.0)?);
        let spec = ConvSpec::new([stride; D], [0; D], [dilation; D], 1)?;
        y = conv(algorithm, &spec, &y, &ones, None)?;
    }
    let shape = y.value().shape().to_vec();
    let middle = shape.iter().fold(0, |flat, n| flat * n + n / 2);
    y.backward_from(Tensor::from_fn(&shape, |i| if i == middle { 1.0 } else { 0.0 })?)?;
    x.grad().ok_or_else(|| Error::failed("paths", "no gradient came back"))?.reshape(&image)
}
// ANCHOR_END: paths
