//! A convolution as the matrix that it is.

use unrolled::{ConvSpec, Convolution, Error, Real, Result, Tensor, conv::volume};

/// The matrix W `[outputs, inputs]` of a convolution with this weight, on an input of shape `[1, C, ...]`: y = W
/// x, where x and y are the elements in the order of their tensors.
///
/// Column j is what the convolution makes of an input that is 1 at its element j, and 0 elsewhere. All those inputs
/// are the rows of an identity matrix, and go through as one batch.
///
/// ```
/// use ch01_naive::Naive;
/// use unrolled::{ConvSpec, Tensor};
///
/// let weight: Tensor = Tensor::new(&[1, 1, 2], vec![3.0, 4.0])?;
/// let w = ch05_transposed::matrix(&Naive, &ConvSpec::<1>::default(), &[1, 1, 3], &weight)?;
/// assert_eq!(w.to_string(), "[[3.0, 4.0, 0.0],\n [0.0, 3.0, 4.0]]");
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// It takes memory for inputs × (inputs + 2 outputs) elements: for small cases, to look at.
///
/// # Errors
/// If the input isn't one image, or as [`ConvSpec::resolve`].
// ANCHOR: matrix
pub fn matrix<T: Real, const D: usize>(
    algorithm: &impl Convolution<Tensor<T>, D>,
    spec: &ConvSpec<D>,
    input_shape: &[usize],
    weight: &Tensor<T>,
) -> Result<Tensor<T>> {
    let (inputs, [1, image @ ..]) = (volume(input_shape)?, input_shape) else {
        return Err(Error::argument("input", input_shape, "one image, [1, C, ...]"));
    };
    let identity = Tensor::from_fn(&[inputs, inputs], |i| if i / inputs == i % inputs { T::ONE } else { T::ZERO })?;
    let columns = algorithm.forward(spec, &identity.reshape(&[&[inputs], image].concat())?, weight)?;
    let outputs = columns.len() / inputs;
    Tensor::from_fn(&[outputs, inputs], |i| columns.data()[i % inputs * outputs + i / inputs])
}
// ANCHOR_END: matrix
