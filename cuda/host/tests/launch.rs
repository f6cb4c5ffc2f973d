//! Launching kernels of one's own.

use host::{Grid, Session, size};
use unrolled::{Result, Tensor};

host::kernels! {
    /// Kernels of this test.
    mod kernels from "kernels.ptx";

    /// z[i] = a x[i] + b[i mod m], a thread for each of `count` elements.
    fn scaled(x: &GpuTensor, table: &GpuVec, z: &mut GpuTensor, count: u32, m: u32, shift: i32, a: f32);
}

#[test]
fn a_kernel_gets_its_parameters() -> Result<()> {
    let session = Session::new()?;
    let x = session.upload(&Tensor::from_fn(&[10], |i| i as f32)?)?;
    let table = session.upload_u32(&[1, 10, 100])?;
    let mut z = session.scratch(&[10])?;
    let grid = Grid::cover(x.len(), 4)?;
    kernels::scaled(&session, grid, &x, &table, &mut z, size("elements", x.len())?, 3, -1, 0.5)?;
    let expected: Vec<f32> = (0..10).map(|i| 0.5 * i as f32 + [0.0, 9.0, 99.0][i % 3]).collect();
    assert_eq!(z.download()?.data(), expected);
    Ok(())
}
