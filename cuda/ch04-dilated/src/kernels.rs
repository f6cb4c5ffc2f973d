//! The kernels, as functions of Rust.

#![allow(non_snake_case)] // sizes have capital letters in the book, and so in the PTX

host::kernels! {
    /// Space to batch, and back.
    pub mod sub_grids from "sub_grids.ptx";

    /// Deals `whole` `[N, C, D, H, W]` out into `parts` `[N · phases, C, count]`; `lines` is the number of channels of
    /// `parts`, N · phases · C.
    fn gather(
        whole: &GpuTensor, parts: &mut GpuTensor, lines: u32, C: u32, D: u32, H: u32, W: u32,
        phases_z: u32, phases_y: u32, phases_x: u32, count_z: u32, count_y: u32, count_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
    );

    /// The adjoint of `gather`; `lines` is the number of channels of `whole`, N · C.
    fn scatter(
        parts: &GpuTensor, whole: &mut GpuTensor, lines: u32, C: u32, D: u32, H: u32, W: u32,
        phases_z: u32, phases_y: u32, phases_x: u32, count_z: u32, count_y: u32, count_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
    );
}

host::kernels! {
    /// The direct convolution.
    pub mod direct from "direct.ptx";

    /// output[n, k, z, y, x] = Σ input[n, c, iz, iy, ix] weight[k, c, q, r, s]: in x a block for each channel of the
    /// output, in y as many as it takes to have a thread for each of its elements. Shared memory for 2048 weights, or as
    /// many as one channel of the kernel has.
    fn direct(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}
