//! The kernels, as functions of Rust.

#![allow(non_snake_case)] // sizes have capital letters in the book, and so in the PTX

host::kernels! {
    /// Down the columns.
    pub mod column from "column.ptx";

    /// output[n, k, y, x] = Σ input[n, c, y · stride + r · dilation − padding, x] weight[k, c, r, 0]. A block of 32 × 8
    /// threads is a tile; in x there is one for each image, four k and tile beside the others, in y for each tile below.
    /// Shared memory for the four weights of each tap, and for 32 × `rows` of the input.
    fn column(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        rows: u32, C: u32, K: u32, H: u32, W: u32, R: u32, Y: u32, stride: u32, padding: u32, dilation: u32,
    );
}

host::kernels! {
    /// Along the rows.
    pub mod row from "row.ptx";

    /// output[n, k, y, x] = Σ input[n, c, y, x · stride + s · dilation − padding] weight[k, c, 0, s]. As `column`, with
    /// `columns` × 8 of the input.
    fn row(
        input: &GpuTensor, weight: &GpuTensor, output: &mut GpuTensor,
        columns: u32, C: u32, K: u32, H: u32, W: u32, S: u32, X: u32, stride: u32, padding: u32, dilation: u32,
    );
}

host::kernels! {
    /// Depthwise and pointwise at once.
    pub mod fused from "fused.ptx";

    /// output[n, k, y, x] = Σ pointwise[k, c] input[n, c, iy, ix] depthwise[c, 0, r, s] over c, r, s. A block of 128 threads
    /// has 64 k of a tile of 16 × 4; in x there is one for each image, tile beside the others and 64 k, in y for each
    /// tile below. Shared memory: 4224 bytes, the weights of 8 c, and 8 times `pitch` × `rows` of the input, of which
    /// `columns` in each row are used.
    fn fused(
        input: &GpuTensor, depthwise: &GpuTensor, pointwise: &GpuTensor, output: &mut GpuTensor,
        rows: u32, columns: u32, pitch: u32, C: u32, K: u32, H: u32, W: u32, R: u32, S: u32, Y: u32, X: u32,
        stride_y: u32, stride_x: u32, padding_y: u32, padding_x: u32, dilation_y: u32, dilation_x: u32,
    );
}
