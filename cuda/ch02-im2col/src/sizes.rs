//! The sizes of a convolution, as kernels take them.

use host::size;
use unrolled::conv::axis_names;
use unrolled::{ConvShape, Result};

/// Sizes of input, output and kernel, stride, padding and dilation, each along (z, y, x): in the order of the kernels'
/// parameters.
///
/// # Errors
/// If the places of the padded input can't be counted in 32 bits.
pub(crate) fn sizes(s: &ConvShape<3>) -> Result<[u32; 18]> {
    for (axis, name) in axis_names::<3>().into_iter().enumerate() {
        size(&format!("padded input along {name}"), s.input[axis] + 2 * s.spec.padding[axis])?;
    }
    let mut sizes = [0; 18];
    let all = [s.input, s.output, s.kernel, s.spec.stride, s.spec.padding, s.spec.dilation];
    for (to, &from) in sizes.iter_mut().zip(all.as_flattened()) {
        // Only a stride or a dilation may not fit. It has nothing to step to then: one position, or one tap.
        *to = from.try_into().unwrap_or(u32::MAX);
    }
    Ok(sizes)
}
