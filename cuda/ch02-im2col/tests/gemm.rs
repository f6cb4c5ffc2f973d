//! Each rung of the ladder against the CPU's product.

use cuda_ch02_im2col::{Matrix, Rung, gemm};
use host::GpuTensor;
use host::testing::session;
use proptest::prelude::*;
use unrolled::gemm::MatRef;
use unrolled::{Result, Tensor};

/// How a matrix, or several, lie in a tensor.
#[derive(Debug, Clone, Copy)]
struct Layout {
    transposed: bool,
    offset: usize,
    /// Elements between rows, and between matrices, that belong to none.
    gaps: [usize; 2],
    count: usize,
}

impl Layout {
    fn any(
        transposed: impl Strategy<Value = bool>,
        count: impl Strategy<Value = usize>,
    ) -> impl Strategy<Value = Self> {
        let gap = || prop_oneof![Just(0_usize), 0..5_usize];
        (transposed, gap(), [gap(), gap()], count).prop_map(|(transposed, offset, gaps, count)| Self {
            transposed,
            offset,
            gaps,
            count,
        })
    }

    fn row(&self, [rows, cols]: [usize; 2]) -> usize {
        if self.transposed { rows + self.gaps[0] } else { cols + self.gaps[0] }
    }

    fn apart(&self, [rows, cols]: [usize; 2]) -> usize {
        let lines = if self.transposed { cols } else { rows };
        lines * self.row([rows, cols]) + self.gaps[1]
    }

    /// Where element (i, j) of matrix z is.
    fn at(&self, size: [usize; 2], [z, i, j]: [usize; 3]) -> usize {
        let (line, along) = if self.transposed { (j, i) } else { (i, j) };
        self.offset + z * self.apart(size) + line * self.row(size) + along
    }

    /// The elements, in a tensor that ends with the last of them.
    fn store(&self, size: [usize; 2], between: f32, value: impl Fn([usize; 3]) -> f32) -> Result<Tensor> {
        let [rows, cols] = size;
        let len = self.at(size, [self.count - 1, rows - 1, cols - 1]) + 1;
        let mut data = vec![between; len];
        for z in 0..self.count {
            for i in 0..rows {
                for j in 0..cols {
                    data[self.at(size, [z, i, j])] = value([z, i, j]);
                }
            }
        }
        Tensor::new(&[len], data)
    }

    fn matrix<T>(&self, tensor: T, size: [usize; 2]) -> Matrix<T> {
        let [rows, cols] = size;
        let matrix = if self.transposed { Matrix::new(tensor, cols, rows) } else { Matrix::new(tensor, rows, cols) };
        let matrix = matrix.strides(self.row(size), 1).at(self.offset).batch(self.count, self.apart(size));
        if self.transposed { matrix.t() } else { matrix }
    }
}

/// A small integer that looks like chance: a hash of where it is.
fn number(seed: usize, [z, i, j]: [usize; 3]) -> f32 {
    let x = [seed, z, i, j].into_iter().fold(0x9e37_79b9_u32, |x, n| {
        let x = (x ^ n as u32).wrapping_mul(0x85eb_ca6b);
        x ^ x >> 13
    });
    (x % 7) as f32 - 3.0
}

/// Sizes on and beside the edges of the tiles.
fn edge() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 66, 67, 70, 127, 128, 129])
}

#[derive(Debug, Clone)]
struct Product {
    m: usize,
    n: usize,
    k: usize,
    a: Layout,
    b: Layout,
    c: Layout,
    accumulate: bool,
}

impl Product {
    fn any() -> impl Strategy<Value = Self> {
        let depth = prop::sample::select(vec![0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40]);
        let factor = || Layout::any(any::<bool>(), 1..=3_usize);
        (edge(), edge(), depth, factor(), factor(), Layout::any(Just(false), 1..=3_usize), any::<bool>())
            .prop_map(|(m, n, k, a, b, c, accumulate)| Self { m, n, k, a, b, c, accumulate })
    }

    /// Small integers come out exactly; what is between the elements isn't read (it is NaN), nor written.
    fn check(&self, rung: Rung) -> Result<()> {
        let Self { m, n, k, a, b, c, accumulate } = *self;
        let session = session();
        let stored = |layout: Layout, size: [usize; 2], seed| match size.contains(&0) {
            true => Tensor::zeros(&[0]),
            false => layout.store(size, f32::NAN, |at| number(seed, at)),
        };
        let [x, y] = [session.upload(&stored(a, [m, k], 1)?)?, session.upload(&stored(b, [k, n], 2)?)?];
        let mut z = session.upload(&c.store([m, n], 99.0, |at| number(3, at))?)?;
        gemm(rung, a.matrix(&x, [m, k]), b.matrix(&y, [k, n]), c.matrix(&mut z, [m, n]), accumulate)?;

        let dense = |rows: usize, cols: usize, seed, z| -> Vec<f32> {
            (0..rows * cols).map(|i| number(seed, [z, i / cols, i % cols])).collect()
        };
        let products = (0..c.count).map(|i| {
            let (a, b) = (dense(m, k, 1, i % a.count), dense(k, n, 2, i % b.count));
            let mut c = dense(m, n, 3, i);
            let beta = if accumulate { 1.0 } else { 0.0 };
            unrolled::gemm::gemm(1.0, MatRef::new(&a, m, k)?, MatRef::new(&b, k, n)?, beta, &mut c)?;
            Ok(c)
        });
        let products = products.collect::<Result<Vec<_>>>()?;
        let expected = c.store([m, n], 99.0, |[z, i, j]| products[z][i * n + j])?;
        assert_eq!(z.download()?, expected, "{} for {self:?}", rung.name());
        Ok(())
    }
}

fn check(rung: Rung) {
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let result = proptest::test_runner::TestRunner::new_with_rng(config, rng)
        .run(&Product::any(), |product| Ok(product.check(rung)?));
    if let Err(e) = result {
        panic!("{e}");
    }
}

#[test]
fn naive() {
    check(Rung::Naive);
}

#[test]
fn tiled() {
    check(Rung::Tiled);
}

#[test]
fn blocked() {
    check(Rung::Blocked);
}

#[test]
fn vector() {
    check(Rung::Vector);
}

/// More products than the grid's z takes.
#[test]
fn large_batch() -> Result<()> {
    let (session, count) = (session(), 65_535 + 3);
    let a = session.upload(&Tensor::from_fn(&[count], |i| (i % 100) as f32)?)?;
    let b = session.upload(&Tensor::new(&[2], vec![1.0, -2.0])?)?;
    let mut c = session.scratch(&[count])?;
    let matrix = |tensor| Matrix::<&GpuTensor>::new(tensor, 1, 1);
    let product = Matrix::new(&mut c, 1, 1).batch(count, 1);
    gemm(Rung::Naive, matrix(&a).batch(count, 1), matrix(&b).batch(2, 1), product, false)?;
    let expected = Tensor::from_fn(&[count], |i| (i % 100) as f32 * if i % 2 == 0 { 1.0 } else { -2.0 })?;
    assert_eq!(c.download()?, expected);
    Ok(())
}

#[test]
fn fitting_rung() {
    for (rows, cols, rung) in [
        (1, 1000, Rung::Naive),
        (31, 32, Rung::Naive),
        (32, 32, Rung::Tiled),
        (63, 4096, Rung::Tiled),
        (64, 64, Rung::Blocked),
        (127, 128, Rung::Blocked),
        (128, 128, Rung::Vector),
        (0, 5, Rung::Naive),
    ] {
        assert_eq!(Rung::fitting(rows, cols), rung, "{rows} x {cols}");
    }
}

/// What doesn't fit comes back as an error that names it, before anything is launched.
#[test]
fn refuses_bad_input() -> Result<()> {
    let session = session();
    let x = session.full(&[12], 1.0)?;
    let mut y = session.full(&[12], 1.0)?;
    let [a, b] = [Matrix::new(&x, 3, 4), Matrix::new(&x, 4, 3)];
    let mut refused =
        |a: Matrix<&GpuTensor>, b, c: fn(Matrix<&mut GpuTensor>) -> Matrix<&mut GpuTensor>, words: &str| {
            let e = gemm(Rung::Naive, a, b, c(Matrix::new(&mut y, 3, 3)), false).unwrap_err().to_string();
            assert!(e.contains(words), "{e}");
        };
    refused(a.t(), b, |c| c, "rows of A: got 4, expected 3");
    refused(a, a, |c| c, "columns of B: got 4, expected 3");
    refused(a, Matrix::new(&x, 2, 3), |c| c, "rows of B: got 2, expected 4");
    refused(
        a.at(1),
        b,
        |c| c,
        "A: got 3 x 4 from element 1 on, strides (4, 1), expected a matrix inside of its tensor's 12",
    );
    refused(a, b.batch(2, 1), |c| c, "B: got 4 x 3");
    refused(a.strides(usize::MAX, usize::MAX), b, |c| c, "A: got");
    refused(a.batch(0, 0), b, |c| c, "matrices of A: got 0");
    refused(a, b, |c| c.at(4), "C: got");
    refused(a, b, |c| c.t(), "neighbours");
    refused(a, b, |c| c.strides(2, 1), "overlap");
    refused(a, b, |c| c.batch(2, 2), "overlap");
    // Nothing was written.
    assert_eq!(y.download()?, Tensor::full(&[12], 1.0)?);
    // Interleaved matrices don't overlap: row i of the first, then row i of the second.
    let c = Matrix::new(&mut y, 2, 3).strides(6, 1).batch(2, 3);
    gemm(Rung::Naive, Matrix::new(&x, 2, 4), b, c, false)?;
    assert_eq!(y.download()?, Tensor::full(&[12], 4.0)?);
    Ok(())
}
