//! The kernels, as functions of Rust.

#![allow(non_snake_case)] // sizes have capital letters in the book, and so in the PTX

host::kernels! {
    /// The output.
    pub mod forward from "forward.ptx";

    /// output[n, k, z, y, x] = Σ input[n, c, iz, iy, ix] weight[k, c, q, r, s], one thread for each element of
    /// `output`.
    fn forward(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of the input.
    pub mod grad_input from "grad_input.ptx";

    /// grad_in[n, c, iz, iy, ix] = Σ grad[n, k, z, y, x] weight[k, c, q, r, s], one thread for each element of
    /// `grad_in`.
    fn grad_input(
        weight: &GpuTensor, grad: &GpuTensor, grad_in: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of the weight, by single threads.
    pub mod grad_weight from "grad_weight.ptx";

    /// grad_w[k, c, q, r, s] = Σ grad[n, k, z, y, x] input[n, c, iz, iy, ix], one thread for each element of `grad_w`.
    fn grad_weight(
        input: &GpuTensor, grad: &GpuTensor, grad_w: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of the weight, by blocks of threads.
    pub mod grad_weight_by_block from "grad_weight_by_block.ptx";

    /// The same sums, one block of 128 threads for each element of `grad_w`.
    fn grad_weight_by_block(
        input: &GpuTensor, grad: &GpuTensor, grad_w: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}
