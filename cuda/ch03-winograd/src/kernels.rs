//! The kernels: five transforms for each tile size, and the products between them.
//!
//! The number at the end of a name is that of a tile's outputs along an axis.

host::kernels! {
    /// The transform of filters, and its adjoint.
    pub mod filter from "filter.ptx";

    /// U = G g Gᵀ: from a weight to `u` `[16, groups, depth, rows]`, for F(2 × 2, 3 × 3). `filters` is their product
    /// without the places. The weight's filters are `[groups, rows, depth]`, or `[groups, depth, rows]` if `flipped`
    /// isn't 0, and then they are turned around. Blocks of 32 × 4 threads, for 32 filters each.
    fn filter_transform_2(weight: &GpuTensor, u: &mut GpuTensor, filters: u32, rows: u32, depth: u32, flipped: u32);

    /// The same for F(4 × 4, 3 × 3): 36 places, and blocks of 32 × 6 threads.
    fn filter_transform_4(weight: &GpuTensor, u: &mut GpuTensor, filters: u32, rows: u32, depth: u32, flipped: u32);

    /// dw = Gᵀ dU G: from `du` `[16, filters]` to `dw` `[filters, 3, 3]`, for F(2 × 2, 3 × 3). Blocks of 32 × 4
    /// threads, for 32 filters each.
    fn filter_adjoint_2(du: &GpuTensor, dw: &mut GpuTensor, filters: u32);

    /// The same for F(4 × 4, 3 × 3): 36 places, and blocks of 32 × 6 threads.
    fn filter_adjoint_4(du: &GpuTensor, dw: &mut GpuTensor, filters: u32);
}

host::kernels! {
    /// The transform of inputs.
    pub mod input from "input.ptx";

    /// V = Bᵀ d B: from an input `[N, channels, height, width]` to `v` `[16, channels, tiles]`, for F(2 × 2, 3 × 3).
    /// An image has `down` × `right` tiles; these are the ones from the `first` on, over all images. The first tile of
    /// an image begins at (`start_y`, `start_x`), and what lies beyond the edge is 0. Blocks of 32 × 4 threads, for
    /// 32 tiles of a channel each.
    fn input_transform_2(
        input: &GpuTensor,
        v: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        start_y: i32,
        start_x: i32,
        down: u32,
        right: u32,
        first: u32,
        tiles: u32,
    );

    /// The same for F(4 × 4, 3 × 3): 36 places, and blocks of 32 × 6 threads.
    fn input_transform_4(
        input: &GpuTensor,
        v: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        start_y: i32,
        start_x: i32,
        down: u32,
        right: u32,
        first: u32,
        tiles: u32,
    );
}

host::kernels! {
    /// The transform of outputs, and its adjoint.
    pub mod output from "output.ptx";

    /// Y = Aᵀ M A: from `m` `[16, channels, tiles]` to an output `[N, channels, height, width]`, for F(2 × 2, 3 × 3).
    /// Tiles are those of [`input_transform_2`](super::input::input_transform_2); what lies beyond the edge is cut
    /// off. Blocks of 32 × 4 threads, for 32 tiles of a channel each.
    fn output_transform_2(
        m: &GpuTensor,
        output: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        down: u32,
        right: u32,
        first: u32,
        tiles: u32,
    );

    /// The same for F(4 × 4, 3 × 3): 36 places, and blocks of 32 × 6 threads.
    fn output_transform_4(
        m: &GpuTensor,
        output: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        down: u32,
        right: u32,
        first: u32,
        tiles: u32,
    );

    /// dM = A dY Aᵀ: from the gradient of an output to `dm`, shapes and blocks as those of
    /// [`output_transform_2`]; what lies beyond the edge is 0.
    fn output_adjoint_2(
        grad: &GpuTensor,
        dm: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        down: u32,
        right: u32,
        first: u32,
        tiles: u32,
    );

    /// The same for F(4 × 4, 3 × 3): 36 places, and blocks of 32 × 6 threads.
    fn output_adjoint_4(
        grad: &GpuTensor,
        dm: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        down: u32,
        right: u32,
        first: u32,
        tiles: u32,
    );
}

host::kernels! {
    /// The products of the transform domain.
    pub mod product from "product.ptx";

    /// c\[i\] = a\[i\] b\[i\] for each i of a batch, or += if `accumulate` isn't 0: `a` is `[batch, depth, rows]`, `b`
    /// `[batch, depth, columns]` and `c` `[batch, rows, columns]`. With an `along_depth` that isn't 0, `a` is `[batch,
    /// rows, depth]` and `b` `[batch, columns, depth]`. Blocks of 64 threads, for 32 × 32 elements of one product each.
    fn batched_gemm(
        a: &GpuTensor,
        b: &GpuTensor,
        c: &mut GpuTensor,
        rows: u32,
        columns: u32,
        depth: u32,
        along_depth: u32,
        accumulate: u32,
    );
}
