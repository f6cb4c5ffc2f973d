//! The matrix product on a ladder: four kernels that do the same, and fetch less and less for it.
//!
//! What counts is how many numbers are loaded for one multiplication. A tile of T × T elements of C needs T rows of A
//! and T columns of B, so that each element of A is read N/T times from global memory, and each element of B M/T times:
//!
//! ```text
//! rung       tile of C   threads    sums of a thread    loads for a multiplication, global    shared
//! naive          -       32 × 8            1                                        2            0
//! tiled       32 × 32    32 × 32           1                                        1/16         2
//! blocked     64 × 64    256             4 × 4                                      1/32         1/2
//! vector     128 × 128   256             8 × 8         (four by one instruction)    1/64         1/4
//! ```
//!
//! The steps are those of V. Volkov, J. Demmel, "Benchmarking GPUs to Tune Dense Linear Algebra" (2008), and of
//! everyone who tuned a GPU's product since.

use crate::matrix::Matrix;
use host::{GpuTensor, Grid};
use unrolled::{Error, Result};

/// A kernel of the ladder, in a module of its own.
macro_rules! rung {
    ($(#[$doc:meta])* $kernel:ident from $path:literal) => {
        host::kernels! {
            $(#[$doc])*
            pub mod $kernel from $path;

            /// C = A B, or C += A B, for a batch: see `sgemm/naive.ptx` for the parameters.
            fn $kernel(
                a: &GpuTensor, b: &GpuTensor, c: &mut GpuTensor, m: u32, n: u32, k: u32,
                a_at: u32, a_row: u32, a_col: u32, a_batch: u32, a_count: u32,
                b_at: u32, b_row: u32, b_col: u32, b_batch: u32, b_count: u32,
                c_at: u32, c_row: u32, c_batch: u32, first: u32, accumulate: u32,
            );
        }
    };
}
rung!(/** [`Rung::Naive`](crate::Rung::Naive). */ sgemm_naive from "sgemm/naive.ptx");
rung!(/** [`Rung::Tiled`](crate::Rung::Tiled). */ sgemm_tiled from "sgemm/tiled.ptx");
rung!(/** [`Rung::Blocked`](crate::Rung::Blocked). */ sgemm_blocked from "sgemm/blocked.ptx");
rung!(/** [`Rung::Vector`](crate::Rung::Vector). */ sgemm_vector from "sgemm/vector.ptx");

/// A rung of the ladder: one of the kernels that [`gemm`] can use. Higher ones are faster on large matrices, and waste
/// work on those that are smaller than their tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// A thread for each element of C, which reads all it needs from global memory.
    Naive,
    /// A block of threads shares tiles of 32 × 32.
    Tiled,
    /// Tiles of 64 × 64; each thread has 4 × 4 sums in registers.
    Blocked,
    /// Tiles of 128 × 128; each thread has 8 × 8 sums, and loads four numbers at once.
    Vector,
}

impl Rung {
    /// All, from the ground up.
    pub const ALL: [Self; 4] = [Self::Naive, Self::Tiled, Self::Blocked, Self::Vector];

    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Tiled => "tiled",
            Self::Blocked => "blocked",
            Self::Vector => "vector",
        }
    }

    /// The rung for a product of so many rows and columns: the highest whose tile isn't larger, in either direction.
    pub fn fitting(rows: usize, cols: usize) -> Self {
        let fits = |rung: &Self| rung.tile().into_iter().max() <= Some(rows.min(cols));
        Self::ALL.into_iter().rev().find(fits).unwrap_or(Self::Naive)
    }

    /// Rows and columns of C that a block computes.
    fn tile(self) -> [usize; 2] {
        match self {
            Self::Naive => [8, 32],
            Self::Tiled => [32, 32],
            Self::Blocked => [64, 64],
            Self::Vector => [128, 128],
        }
    }

    /// The threads of a block.
    fn threads(self) -> [u32; 3] {
        match self {
            Self::Naive => [32, 8, 1],
            Self::Tiled => [32, 32, 1],
            Self::Blocked | Self::Vector => [256, 1, 1],
        }
    }
}

/// The most products of one launch: blocks along the grid's z.
const BATCH: usize = 65_535;

/// C = A B, or C += A B to `accumulate`, on the device of the result. Where it doesn't accumulate, C isn't read.
///
/// For a batch, C has as many matrices as there are products. The product z takes the matrix z of A, or z mod count if
/// A has fewer of them, and of B likewise: one weight for all images is a batch of 1.
///
/// ```
/// use cuda_ch02_im2col::{Matrix, Rung, gemm};
/// use host::Session;
/// use unrolled::Tensor;
///
/// let session = Session::new()?;
/// let a = session.upload(&Tensor::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?)?;
/// let b = session.upload(&Tensor::new(&[2, 3], vec![1.0, 0.0, 1.0, 0.0, 1.0, 1.0])?)?;
/// let mut c = session.scratch(&[2, 2])?;
/// gemm(Rung::Naive, Matrix::new(&a, 2, 3), Matrix::new(&b, 2, 3).t(), Matrix::new(&mut c, 2, 2), false)?; // A Bᵀ
/// assert_eq!(c.download()?.data(), [4.0, 5.0, 10.0, 11.0]);
/// # Ok::<(), unrolled::Error>(())
/// ```
///
/// # Errors
/// If sizes don't fit each other, a matrix isn't inside of its tensor, matrices of C overlap or their columns aren't
/// neighbours, there are more than 65 535 rows of tiles, or a launch fails.
pub fn gemm(
    rung: Rung,
    a: Matrix<&GpuTensor>,
    b: Matrix<&GpuTensor>,
    c: Matrix<&mut GpuTensor>,
    accumulate: bool,
) -> Result<()> {
    let (m, n, k) = (c.rows, c.cols, a.cols);
    for (name, got, expected, of) in [
        ("rows of A", a.rows, m, "the rows of C"),
        ("columns of B", b.cols, n, "the columns of C"),
        ("rows of B", b.rows, k, "the columns of A"),
    ] {
        if got != expected {
            return Err(Error::argument(name, got, format!("{expected}, {of}")));
        }
    }
    for (name, count) in [("matrices of A", a.count), ("matrices of B", b.count)] {
        if count == 0 && c.count > 0 {
            return Err(Error::argument(name, 0, "at least 1"));
        }
    }
    a.check("A", a.tensor.len())?;
    b.check("B", b.tensor.len())?;
    c.check("C", c.tensor.len())?;
    if m == 0 || n == 0 || c.count == 0 {
        return Ok(());
    }
    c.check_result("C")?;
    if i32::try_from(k).is_err() {
        return Err(Error::argument("columns of A", k, format!("at most {}", i32::MAX)));
    }

    let kernel = match rung {
        Rung::Naive => sgemm_naive::sgemm_naive,
        Rung::Tiled => sgemm_tiled::sgemm_tiled,
        Rung::Blocked => sgemm_blocked::sgemm_blocked,
        Rung::Vector => sgemm_vector::sgemm_vector,
    };
    let session = c.tensor.session().clone();
    let [[a_at, a_row, a_col, a_batch, a_count], [b_at, b_row, b_col, b_batch, b_count]] = [a.numbers(), b.numbers()];
    let [c_at, c_row, _, c_batch, _] = c.numbers();
    let [rows, cols] = [m.div_ceil(rung.tile()[0]), n.div_ceil(rung.tile()[1])];
    for first in (0..c.count).step_by(BATCH) {
        let grid = Grid::new([cols, rows, BATCH.min(c.count - first)], rung.threads())?;
        #[rustfmt::skip]
        kernel(
            &session, grid, a.tensor, b.tensor, &mut *c.tensor, m as u32, n as u32, k as u32,
            a_at, a_row, a_col, a_batch, a_count,
            b_at, b_row, b_col, b_batch, b_count,
            c_at, c_row, c_batch, first as u32, accumulate.into(),
        )?;
    }
    Ok(())
}
