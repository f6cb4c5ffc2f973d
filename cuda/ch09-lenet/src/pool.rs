//! Pooling to a given size.

use crate::{THREADS, kernels::pool};
use host::{GpuTensor, Grid, size};
use unrolled::{Error, Result, Var};

/// The mean over as many windows as the output shall have, whatever the input's size: from `[N, C, H, W]` to
/// `[N, C, output...]`, as [`unrolled::nn::adaptive_avg_pool`].
///
/// # Errors
/// If the input isn't `[N, C, H, W]` with planes that aren't empty, an output size is 0 or too large, or the device
/// fails.
pub fn adaptive_avg_pool(output: [usize; 2], x: &Var<GpuTensor>) -> Result<Var<GpuTensor>> {
    let value = x.value();
    let shape = value.shape().to_vec();
    let &[n, c, height, width] = &shape[..] else { return Err(wrong_input(&shape)) };
    if height == 0 || width == 0 {
        return Err(wrong_input(&shape));
    }
    for (name, output, input) in [("height", output[0], height), ("width", output[1], width)] {
        // The largest number that the kernels come to is that of the last window's end, before it is divided.
        let largest = output.saturating_mul(input).saturating_add(output).saturating_add(input);
        let fits = u32::try_from(largest).is_ok();
        if output == 0 || !fits {
            let name = format!("output size along {name}");
            return Err(Error::argument(name, output, "at least 1, and no overflow"));
        }
    }
    let [down, right] = [size("output", output[0])?, size("output", output[1])?];
    let [height, width] = [size("input", height)?, size("input", width)?];

    let mut y = value.session().scratch(&[n, c, output[0], output[1]])?;
    let (grid, count) = (Grid::cover(y.len(), THREADS)?, size("outputs", y.len())?);
    pool::adaptive_avg_pool(value.session(), grid, &value, &mut y, height, width, down, right, count)?;

    let adjoint = move |dy: GpuTensor| {
        let mut dx = dy.session().scratch(&shape)?;
        let (grid, count) = (Grid::cover(dx.len(), THREADS)?, size("inputs", dx.len())?);
        pool::adaptive_avg_pool_grad(dy.session(), grid, &dy, &mut dx, height, width, down, right, count)?;
        Ok(dx)
    };
    Ok(Var::op(y).input(x, adjoint).var())
}

fn wrong_input(shape: &[usize]) -> Error {
    Error::argument("input", shape, "[N, C] and 2 spatial axes, none of them empty")
}
