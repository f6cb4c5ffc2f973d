//! The kernels, as functions of Rust. All take the parameters of chapter 1's.

#![allow(non_snake_case)] // sizes have capital letters in the book, and so in the PTX

host::kernels! {
    /// A grouped convolution's output.
    pub mod grouped_forward from "grouped/forward.ptx";

    /// output[n, g K + k, z, y, x] = Σ input[n, g C + c, iz, iy, ix] weight[g K + k, c, q, r, s]: in x a block for each image,
    /// group and four k, in y as many as it takes to have a thread for each position; whole warps. Shared memory for the
    /// weights of 4 · 512 taps, or as many as one c has.
    fn grouped_forward(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of its input.
    pub mod grouped_grad_input from "grouped/grad_input.ptx";

    /// dx[n, g C + c, iz, iy, ix] = Σ dy[n, g K + k, z, y, x] weight[g K + k, c, q, r, s]: blocks as for the output, with
    /// four c for four k.
    fn grouped_grad_input(
        weight: &GpuTensor, dy: &GpuTensor, dx: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of its weight.
    pub mod grouped_grad_weight from "grouped/grad_weight.ptx";

    /// dw[g K + k, c, q, r, s] = Σ input[n, g C + c, iz, iy, ix] dy[n, g K + k, z, y, x]: a block of whole warps for each
    /// group, four k, c and tap.
    fn grouped_grad_weight(
        input: &GpuTensor, dy: &GpuTensor, dw: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// A depthwise convolution's output.
    pub mod depthwise_forward from "depthwise/forward.ptx";

    /// output[n, g K + k, z, y, x] = Σ input[n, g, iz, iy, ix] weight[g K + k, 0, q, r, s]. Threads in x and y are a tile of
    /// outputs; in x there is a block for each image, output channel and tile beside the others, in y for each tile
    /// below, in z for each z. Shared memory for the weights of one k and for what the tile reads of one plane.
    fn depthwise_forward(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of its input.
    pub mod depthwise_grad_input from "depthwise/grad_input.ptx";

    /// dx[n, g, iz, iy, ix] = Σ dy[n, g K + k, z, y, x] weight[g K + k, 0, q, r, s]. The same with tiles of inputs, and shared
    /// memory for the weights of all k and for what comes to the tile of one plane of dy.
    fn depthwise_grad_input(
        weight: &GpuTensor, dy: &GpuTensor, dx: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}

host::kernels! {
    /// The gradient of its weight, image by image.
    pub mod depthwise_grad_weight from "depthwise/grad_weight.ptx";

    /// parts[n, g K + k, q, r, s] = Σ input[n, g, iz, iy, ix] dy[n, g K + k, z, y, x] over the positions of image n. A block
    /// of whole warps for each image and output channel. Shared memory for a pair of numbers for each thread, for the
    /// sums, and for what a tile reads of one plane.
    fn depthwise_grad_weight(
        input: &GpuTensor, dy: &GpuTensor, parts: &mut GpuTensor,
        N: u32, groups: u32, C: u32, K: u32,
        D: u32, H: u32, W: u32, Q: u32, R: u32, S: u32, Z: u32, Y: u32, X: u32,
        stride_z: u32, stride_y: u32, stride_x: u32, padding_z: u32, padding_y: u32, padding_x: u32,
        dilation_z: u32, dilation_y: u32, dilation_x: u32,
    );
}
