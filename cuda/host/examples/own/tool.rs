//! What `own` does, as a function: a test calls it, too.

// ANCHOR: kernels
use host::{Grid, Session, size};
use unrolled::{Result, Tensor};

host::kernels! {
    /// The kernels of own.ptx.
    mod kernels from "own.ptx";

    /// y[i] = limit if x[i] is greater, else x[i], a thread for each of `count` elements.
    fn limited(x: &GpuTensor, y: &mut GpuTensor, limit: f32, count: u32);
}
// ANCHOR_END: kernels

/// Runs the kernel, rightly and wrongly, and tells what came of it.
///
/// # Errors
/// If there is a GPU that can't be used.
pub fn run() -> Result<String> {
    // ANCHOR: run
    let session = Session::new()?;
    let x = session.upload(&Tensor::new(&[5], vec![1.0, 2.0, 3.0, 4.0, 5.0])?)?;
    let mut y = session.scratch(&[5])?;
    let count = size("elements", x.len())?;
    kernels::limited(&session, Grid::cover(x.len(), 32)?, &x, &mut y, 3.5, count)?;
    let mut text = format!("{:?}\n", y.download()?.data());
    // ANCHOR_END: run

    if session.is_simulated() {
        // A GPU wouldn't say where, and perhaps not even that.
        // ANCHOR: wrong
        let launched = kernels::limited(&session, Grid::cover(x.len(), 32)?, &x, &mut y, 3.5, count + 1);
        text += &format!("launched: {launched:?}\n");
        if let Err(error) = session.synchronize() {
            text += &format!("waited for: {}", error.to_string().replace(": ", ":\n    "));
        }
        // ANCHOR_END: wrong
    }
    Ok(text)
}
