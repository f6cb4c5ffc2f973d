//! The kernels, as functions of Rust.

#![allow(non_snake_case)] // sizes have capital letters in the book, and so in the PTX

host::kernels! {
    /// The output, plane by plane.
    pub mod march from "march.ptx";

    /// output[n, k, z, y, x] = Σ input[n, c, iz, iy, ix] weight[k, c, q, r, s], one block of 32 × 8 threads for `depth`
    /// planes of as many places, and four channels.
    fn march(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_y: u32, dilation_x: u32, depth: u32,
    );
}

host::kernels! {
    /// The kernel of the gradient.
    pub mod flip from "flip.ptx";

    /// flipped[g C + c, k, tap] = weight[g K + k, c, taps - 1 - tap], one thread for each element of `flipped`.
    fn flip(weight: &GpuTensor, flipped: &mut GpuTensor, groups: u32, C: u32, K: u32, taps: u32);
}
