//! Launching kernels of one's own, and what is refused before.

use host::testing::{OnGpu, assert_matches_ptx, profiles, session};
use host::{GpuTensor, Grid, Signature, size};
use ptx::ir::Type;
use std::panic::catch_unwind;
use unrolled::{ConvSpec, Convolution, Error, Result, Tensor, Value};

host::kernels! {
    /// Kernels of these tests.
    mod kernels from "kernels.ptx";

    /// z[i] = a x[i] + (table[i mod m] + shift), a thread for each of `count` elements.
    fn scaled(x: &GpuTensor, table: &GpuVec, z: &mut GpuTensor, count: u32, m: u32, shift: i32, a: f32);

    /// x[i + offset] = 1, without a look at how many elements there are.
    fn far(x: &mut GpuTensor, offset: u32);
}

/// `far` with its parameters in the wrong order.
mod swapped {
    host::kernels! {
        /// Planted mistake.
        pub mod kernels from "kernels.ptx";

        /// As it isn't.
        fn far(offset: u32, x: &mut GpuTensor);
    }
}

/// The signature of `far`, with something changed.
fn far(kernel: &'static str, params: &'static [(&'static str, Type)]) -> [Signature; 2] {
    [kernels::SIGNATURES[0], Signature { kernel, params }]
}

/// What `assert_matches_ptx` panics with.
fn mismatch(ptx: &str, signatures: &[Signature]) -> String {
    let panic = catch_unwind(|| assert_matches_ptx(ptx, signatures)).expect_err("a mismatch");
    panic.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn a_kernel_gets_its_parameters() -> Result<()> {
    let session = session();
    let x = session.upload(&Tensor::from_fn(&[10], |i| i as f32)?)?;
    let table = session.upload_u32(&[1, 10, 100])?;
    let mut z = session.scratch(&[10])?;
    let grid = Grid::cover(x.len(), 4)?;
    kernels::scaled(&session, grid, &x, &table, &mut z, size("elements", x.len())?, 3, -1, 0.5)?;
    let expected: Vec<f32> = (0..10).map(|i| 0.5 * i as f32 + [0.0, 9.0, 99.0][i % 3]).collect();
    assert_eq!(z.download()?.data(), expected);
    Ok(())
}

#[test]
fn an_output_that_a_clone_shares_gets_elements_of_its_own() -> Result<()> {
    let session = session();
    let x = session.full(&[8], 1.0)?;
    let table = session.upload_u32(&[7])?;
    let mut z = x.clone();
    kernels::scaled(&session, Grid::cover(4, 4)?, &x, &table, &mut z, 4, 1, 0, 1.0)?;
    assert_eq!(z.download()?.data(), [8.0, 8.0, 8.0, 8.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(x.download()?.data(), [1.0; 8]);
    Ok(())
}

#[test]
fn without_blocks_there_is_nothing_to_do() -> Result<()> {
    let session = session();
    let mut x = session.full(&[4], 0.0)?;
    for axis in 0..3 {
        let mut blocks = [3; 3];
        blocks[axis] = 0;
        kernels::far(&session, Grid::new(blocks, [32, 1, 1])?, &mut x, 1 << 30)?;
    }
    kernels::far(&session, Grid::cover(0, 256)?, &mut x, 1 << 30)?;
    assert_eq!(x.download()?.data(), [0.0; 4]);
    Ok(())
}

#[test]
fn grids_that_no_gpu_takes() -> Result<()> {
    let grid = Grid::new([2, 65_535, 65_535], [16, 1, 64])?;
    assert_eq!(grid, Grid { blocks: [2, 65_535, 65_535], threads: [16, 1, 64], shared: 0 });
    for (blocks, threads) in [
        ([1 << 31, 1, 1], [1, 1, 1]),
        ([1 << 33, 1, 1], [1, 1, 1]),
        ([1, 65_536, 1], [1, 1, 1]),
        ([1, 1, 65_536], [1, 1, 1]),
        ([1, 1, 1], [1025, 1, 1]),
        ([1, 1, 1], [1, 1, 65]),
        ([1, 1, 1], [32, 33, 1]),
        ([1, 1, 1], [0, 1, 1]),
        ([1, 1, 1], [1024, 1024, u32::MAX]),
    ] {
        assert!(Grid::new(blocks, threads).is_err(), "{blocks:?}, {threads:?}");
    }
    let most = i32::MAX as usize - 256;
    assert_eq!(Grid::cover(most, 256)?.blocks, [most.div_ceil(256) as u32, 1, 1]);
    assert!(Grid::cover(most + 1, 256).is_err());
    assert_eq!(Grid::cover(257, 256)?.blocks, [2, 1, 1]);
    assert!(Grid::cover(0, 0).is_err());

    // One that was put together by hand is refused at the launch.
    let session = session();
    let mut x = session.full(&[4], 0.0)?;
    let large = Grid { blocks: [1, 1, 1], threads: [2048, 1, 1], shared: 0 };
    assert!(kernels::far(&session, large, &mut x, 0).is_err());
    let e = kernels::far(&session, Grid::new([1; 3], [4, 1, 1])?.with_shared(1 << 20), &mut x, 0);
    assert_eq!(e.unwrap_err().to_string(), "shared memory of a block: got 1048576, expected at most 49152 bytes");
    assert_eq!(x.download()?.data(), [0.0; 4]);
    Ok(())
}

#[test]
fn signatures_match() {
    assert_matches_ptx(kernels::PTX, kernels::SIGNATURES);
}

#[test]
fn planted_mismatches_are_found() {
    let is = |signatures: &[Signature], expected: &str| assert_eq!(mismatch(kernels::PTX, signatures), expected);
    let takes = "PTX takes (.u64 x, .u32 offset)";
    let order = far("far", &[("offset", Type::U32), ("x", Type::U64)]);
    is(&order, &format!("kernel far: Rust passes (.u32 offset, .u64 x), {takes}"));
    let width = far("far", &[("x", Type::U64), ("offset", Type::U64)]);
    is(&width, &format!("kernel far: Rust passes (.u64 x, .u64 offset), {takes}"));
    let sign = far("far", &[("x", Type::U64), ("offset", Type::S32)]);
    is(&sign, &format!("kernel far: Rust passes (.u64 x, .s32 offset), {takes}"));
    let name = far("far", &[("x", Type::U64), ("off", Type::U32)]);
    is(&name, &format!("kernel far: Rust passes (.u64 x, .u32 off), {takes}"));
    let few = far("far", &[("x", Type::U64)]);
    is(&few, &format!("kernel far: Rust passes (.u64 x), {takes}"));
    let many = far("far", &[("x", Type::U64), ("offset", Type::U32), ("more", Type::U32)]);
    is(&many, &format!("kernel far: Rust passes (.u64 x, .u32 offset, .u32 more), {takes}"));
    is(&far("near", &[]), "kernel near: PTX has no .entry of this name");
    is(&kernels::SIGNATURES[..1], "kernel far: Rust has no function of this name");
    assert!(mismatch("nonsense", &[]).starts_with("reading PTX: "));
}

#[test]
fn a_mismatch_is_not_launched() -> Result<()> {
    let session = session();
    let mut x = session.full(&[4], 0.0)?;
    kernels::far(&session, Grid::cover(4, 4)?, &mut x, 0)?; // the same text, already loaded
    let e = swapped::kernels::far(&session, Grid::cover(4, 4)?, 0, &mut x).expect_err("another order");
    let problem = "Rust passes (.u32 offset, .u64 x), PTX takes (.u64 x, .u32 offset)";
    assert_eq!(e, Error::failed("kernel far", problem));
    Ok(())
}

#[test]
fn profiles_are_of_what_ran_inside() -> Result<()> {
    let session = session();
    if !session.is_simulated() {
        return Ok(());
    }
    let mut x = session.full(&[100], 1.0)?;
    let (y, profiles) = profiles(|| {
        let y = x.clone();
        x.accumulate(&y)?;
        Ok(y)
    })?;
    assert_eq!(y.len(), 100);
    assert_eq!(profiles.iter().map(|profile| profile.name()).collect::<Vec<_>>(), ["accumulate"]);
    assert_eq!(profiles[0].flops(), 100);
    Ok(())
}

/// Each pass gives back one of its operands; grad_input of another kernel than 1 fails.
struct Operands;

impl Convolution<GpuTensor, 1> for Operands {
    fn forward(&self, _: &ConvSpec<1>, _: &GpuTensor, weight: &GpuTensor) -> Result<GpuTensor> {
        Ok(weight.clone())
    }

    fn grad_input(
        &self,
        spec: &ConvSpec<1>,
        shape: &[usize],
        weight: &GpuTensor,
        grad: &GpuTensor,
    ) -> Result<GpuTensor> {
        spec.resolve(shape, weight.shape())?;
        grad.clone().reshape(shape)
    }

    fn grad_weight(&self, _: &ConvSpec<1>, input: &GpuTensor, shape: &[usize], _: &GpuTensor) -> Result<GpuTensor> {
        input.clone().reshape(shape)
    }
}

#[test]
fn on_gpu_copies_there_and_back() -> Result<()> {
    let [a, b] = [Tensor::full(&[1, 2, 3], 1.0)?, Tensor::full(&[1, 2, 3], 2.0)?];
    let spec = ConvSpec::default();
    assert_eq!(OnGpu(Operands).forward(&spec, &a, &b)?, b);
    assert_eq!(OnGpu(Operands).grad_input(&spec, &[1, 2, 3], &a, &b)?, b);
    assert_eq!(OnGpu(Operands).grad_weight(&spec, &a, &[3, 2, 1], &b)?, a.reshape(&[3, 2, 1])?);
    assert!(OnGpu(Operands).grad_input(&spec, &[1, 2, 0], &b, &b).is_err());
    Ok(())
}
