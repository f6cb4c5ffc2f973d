//! The kernels, as functions of Rust.

#![allow(non_snake_case)] // sizes have capital letters in the book, and so in the PTX

host::kernels! {
    /// The large map's elements ask for what stamps them.
    pub mod gather from "gather.ptx";

    /// large[n, c, iz, iy, ix] = Σ small[n, k, z, y, x] weight[k, c, q, r, s], one thread for each element of `large`.
    ///
    /// skip = stride / gcd(stride, dilation), back = dilation / gcd(stride, dilation).
    fn gather(
        small: &GpuTensor, weight: &GpuTensor, large: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
        skip_z: u32, skip_y: u32, skip_x: u32, back_z: u32, back_y: u32, back_x: u32,
    );
}

host::kernels! {
    /// The small map's elements stamp.
    pub mod scatter from "scatter.ptx";

    /// large[n, c, iz, iy, ix] += small[n, k, z, y, x] weight[k, c, q, r, s], one thread for each place of `small` in
    /// each channel of `large`.
    fn scatter(
        small: &GpuTensor, weight: &GpuTensor, large: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}
