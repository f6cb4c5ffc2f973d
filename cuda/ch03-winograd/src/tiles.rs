//! The steps of the algorithm as launches: where the tiles are, and how many of them are in memory at a time.

use crate::kernels::{filter, input, output, product};
use host::{GpuTensor, Grid, size};
use std::ops::Range;
use unrolled::{Error, Result};

/// Filters or tiles that a block transforms, and the side of the square of elements that a block multiplies for.
const BLOCK: usize = 32;

/// The tiles of M × M outputs of a batch of images.
#[derive(Debug, Clone, Copy)]
pub struct Tiles<const M: usize> {
    /// Rows and columns of tiles of an image.
    count: [usize; 2],
    /// Tiles of all images.
    total: usize,
}

impl<const M: usize> Tiles<M> {
    /// Inputs of a tile along an axis.
    const SIDE: usize = {
        assert!(M == 2 || M == 4, "there are kernels for tiles of 2 × 2 and of 4 × 4 outputs");
        M + 2
    };

    /// Places of the transform domain: the multiplications for each tile.
    pub const PLACES: usize = Self::SIDE * Self::SIDE;

    /// The tiles of `images` outputs of this size.
    pub fn new(images: usize, output: [usize; 2]) -> Self {
        let count = output.map(|size| size.div_ceil(M));
        Self { count, total: images * count[0] * count[1] }
    }

    /// How many tiles fit into `workspace` bytes, with so many channels of input and output together. A block's worth
    /// is held in any case, and no more than there are.
    pub fn held(&self, channels: usize, workspace: usize) -> usize {
        (workspace / (size_of::<f32>() * Self::PLACES * channels)).max(BLOCK).min(self.total)
    }

    /// All tiles, by their numbers over all images, in portions of at most `held`.
    pub fn chunks(&self, held: usize) -> impl Iterator<Item = Range<usize>> + use<M> {
        let total = self.total;
        (0..total).step_by(held.max(1)).map(move |first| first..total.min(first + held))
    }

    /// U = G g Gᵀ, `[places, groups, depth, rows]`: see [`filter::filter_transform_2`].
    pub fn filters(weight: &GpuTensor, groups: usize, [rows, depth]: [usize; 2], flipped: bool) -> Result<GpuTensor> {
        let launch = if M == 2 { filter::filter_transform_2 } else { filter::filter_transform_4 };
        let session = weight.session();
        let mut u = session.scratch(&[Self::PLACES, groups, depth, rows])?;
        let filters = groups * depth * rows;
        let [count, rows, depth] = sizes([filters, rows, depth])?;
        launch(session, Self::grid(filters)?, weight, &mut u, count, rows, depth, flipped.into())?;
        Ok(u)
    }

    /// dw = Gᵀ dU G of the weight's shape, from `[places, filters]`.
    pub fn filters_adjoint(du: &GpuTensor, weight_shape: &[usize]) -> Result<GpuTensor> {
        let launch = if M == 2 { filter::filter_adjoint_2 } else { filter::filter_adjoint_4 };
        let mut dw = du.session().scratch(weight_shape)?;
        let filters = weight_shape[0] * weight_shape[1];
        launch(du.session(), Self::grid(filters)?, du, &mut dw, size("filters", filters)?)?;
        Ok(dw)
    }

    /// V = Bᵀ d B of some tiles of `x` `[N, C, H, W]`, of which the first begins at `start`.
    pub fn inputs(&self, x: &GpuTensor, start: [i32; 2], chunk: &Range<usize>, v: &mut GpuTensor) -> Result<()> {
        let launch = if M == 2 { input::input_transform_2 } else { input::input_transform_4 };
        let (grid, [channels, height, width], [down, right, first, tiles]) = self.walk(x, chunk)?;
        let [y, x0] = start;
        launch(x.session(), grid, x, v, channels, height, width, y, x0, down, right, first, tiles)
    }

    /// Y = Aᵀ M A of some tiles, to their places in `y` `[N, K, Y, X]`.
    pub fn outputs(&self, m: &GpuTensor, chunk: &Range<usize>, y: &mut GpuTensor) -> Result<()> {
        let launch = if M == 2 { output::output_transform_2 } else { output::output_transform_4 };
        let (grid, [channels, height, width], [down, right, first, tiles]) = self.walk(y, chunk)?;
        launch(m.session(), grid, m, y, channels, height, width, down, right, first, tiles)
    }

    /// dM = A dY Aᵀ of some tiles of `dy` `[N, K, Y, X]`.
    pub fn outputs_adjoint(&self, dy: &GpuTensor, chunk: &Range<usize>, dm: &mut GpuTensor) -> Result<()> {
        let launch = if M == 2 { output::output_adjoint_2 } else { output::output_adjoint_4 };
        let (grid, [channels, height, width], [down, right, first, tiles]) = self.walk(dy, chunk)?;
        launch(dy.session(), grid, dy, dm, channels, height, width, down, right, first, tiles)
    }

    /// How the kernels go over some tiles of all channels of `[N, C, H, W]`: the grid; channels, height and width; rows
    /// and columns of tiles, the first of the tiles, and how many.
    fn walk(&self, images: &GpuTensor, chunk: &Range<usize>) -> Result<(Grid, [u32; 3], [u32; 4])> {
        let &[_, channels, height, width] = images.shape() else {
            return Err(Error::argument("images", images.shape(), "[N, C, H, W]"));
        };
        let grid = Self::grid(channels * chunk.len())?;
        let tiles = sizes([self.count[0], self.count[1], chunk.start, chunk.len()])?;
        Ok((grid, sizes([channels, height, width])?, tiles))
    }

    /// Blocks of 32 items in a row, with a row of threads for each of a tile's inputs along an axis.
    fn grid(items: usize) -> Result<Grid> {
        Grid::new([items.div_ceil(BLOCK), 1, 1], [BLOCK as u32, Self::SIDE as u32, 1])
    }
}

/// How the factors of a product lie in memory, and what becomes of it: see [`product::batched_gemm`].
#[derive(Debug, Clone, Copy)]
pub enum Factors {
    /// `[depth, rows]` and `[depth, columns]`; the product is written.
    AcrossDepth,
    /// `[rows, depth]` and `[columns, depth]`; the product is written, or added to what is there.
    AlongDepth { accumulate: bool },
}

/// c = a b for each of a batch: `sizes` are rows, columns and depth.
pub fn multiply(
    batch: usize,
    [rows, columns, depth]: [usize; 3],
    factors: Factors,
    a: &GpuTensor,
    b: &GpuTensor,
    c: &mut GpuTensor,
) -> Result<()> {
    let blocks = batch * rows.div_ceil(BLOCK) * columns.div_ceil(BLOCK);
    let grid = Grid::new([blocks, 1, 1], [64, 1, 1])?;
    let [rows, columns, depth] = sizes([rows, columns, depth])?;
    let (along, accumulate) = match factors {
        Factors::AcrossDepth => (false, false),
        Factors::AlongDepth { accumulate } => (true, accumulate),
    };
    product::batched_gemm(a.session(), grid, a, b, c, rows, columns, depth, along.into(), accumulate.into())
}

/// Sizes as kernels take them.
fn sizes<const N: usize>(sizes: [usize; N]) -> Result<[u32; N]> {
    let mut small = [0; N];
    for (small, n) in small.iter_mut().zip(sizes) {
        *small = size("a size", n)?;
    }
    Ok(small)
}
