//! The algorithm at its plainest: one tile and one pair of channels at a time, each transformed whenever it is needed.

use crate::cook_toom::CookToom;
use crate::rational::Rational;
use unrolled::{ConvShape, ConvSpec, Convolution, Error, Real, Result, Tensor};

/// A matrix by its rows.
type Matrix = Vec<Vec<f64>>;

// ANCHOR: both_sides
/// a bᵀ: the products of all rows of a with all rows of b.
fn rows_by_rows(a: &Matrix, b: &Matrix) -> Matrix {
    let dot = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum();
    a.iter().map(|a| b.iter().map(|b| dot(a, b)).collect()).collect()
}

/// L X Lᵀ, which is L (L Xᵀ)ᵀ.
fn both_sides(l: &Matrix, x: &Matrix) -> Matrix {
    rows_by_rows(l, &rows_by_rows(l, x))
}

/// The products, place by place.
fn products(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).collect()).collect()
}
// ANCHOR_END: both_sides

/// F(m × m, r × r) on one tile: its three passes.
///
/// ```
/// use ch03_winograd::{OneTile, cook_toom};
///
/// let tile = OneTile::new(&cook_toom(2, 3)?);
/// let (d, ones) = (vec![vec![1.0, 2.0, 3.0, 4.0]; 4], vec![vec![1.0; 3]; 3]);
/// assert_eq!(tile.forward(&d, &ones), [[18.0, 27.0]; 2]);
/// # Ok::<(), unrolled::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct OneTile {
    at: Matrix,
    a: Matrix,
    g: Matrix,
    gt: Matrix,
    bt: Matrix,
    b: Matrix,
}

impl OneTile {
    /// With these matrices.
    pub fn new(f: &CookToom) -> Self {
        let numbers =
            |m: &[Vec<Rational>]| -> Matrix { m.iter().map(|r| r.iter().map(|x| x.f64()).collect()).collect() };
        let turned = |m: &Matrix| -> Matrix { (0..m[0].len()).map(|j| m.iter().map(|row| row[j]).collect()).collect() };
        let [at, g, bt] = [&f.at, &f.g, &f.bt].map(|m| numbers(m));
        Self { a: turned(&at), gt: turned(&g), b: turned(&bt), at, g, bt }
    }

    // ANCHOR: forward
    /// `y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A`: m × m outputs, from n × n inputs and r × r taps.
    pub fn forward(&self, d: &Matrix, g: &Matrix) -> Matrix {
        both_sides(&self.at, &products(&both_sides(&self.g, g), &both_sides(&self.bt, d)))
    }
    // ANCHOR_END: forward

    // ANCHOR: gradients
    /// `dd = B [(G g Gᵀ) ⊙ (A dy Aᵀ)] Bᵀ`.
    pub fn grad_input(&self, g: &Matrix, dy: &Matrix) -> Matrix {
        both_sides(&self.b, &products(&both_sides(&self.g, g), &both_sides(&self.a, dy)))
    }

    /// `dg = Gᵀ [(Bᵀ d B) ⊙ (A dy Aᵀ)] G`.
    pub fn grad_filter(&self, d: &Matrix, dy: &Matrix) -> Matrix {
        both_sides(&self.gt, &products(&both_sides(&self.bt, d), &both_sides(&self.a, dy)))
    }
    // ANCHOR_END: gradients

    /// Outputs, taps and inputs along an axis.
    fn sizes(&self) -> [usize; 3] {
        [self.at.len(), self.gt.len(), self.bt.len()]
    }
}

/// A convolution of two dimensions by [`OneTile`], a tile of one pair of channels after the other. Stride 1, dilation 1, and
/// the kernel that the matrices are for.
///
/// With its transforms it takes more than the definition: see [`Winograd`](crate::Winograd) for what to do about it.
#[derive(Debug, Clone)]
pub struct ByTiles(pub OneTile);

/// A meeting of a tile of the input, a filter and a tile of the output.
struct Meeting {
    /// The planes of input and output, and the filter, by their numbers.
    x: usize,
    w: usize,
    y: usize,
    /// Where the tile begins in input and output.
    input: [isize; 2],
    output: [isize; 2],
}

/// The square of `side` elements from `start` on, with zeros beyond the edge.
fn cut<T: Real>(data: &[T], [height, width]: [usize; 2], start: [isize; 2], side: usize) -> Matrix {
    let at = |y: isize, x: isize| {
        let inside = (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
        if inside { data[y as usize * width + x as usize].f64() } else { 0.0 }
    };
    (0..side as isize).map(|i| (0..side as isize).map(|j| at(start[0] + i, start[1] + j)).collect()).collect()
}

/// The adjoint of [`cut`]: adds a square where it was cut, and drops what is beyond the edge.
fn add(tile: &Matrix, data: &mut [f64], [height, width]: [usize; 2], start: [isize; 2]) {
    for (y, row) in (start[0]..).zip(tile).filter(|(y, _)| (0..height as isize).contains(y)) {
        for (x, number) in (start[1]..).zip(row).filter(|(x, _)| (0..width as isize).contains(x)) {
            data[y as usize * width + x as usize] += number;
        }
    }
}

impl ByTiles {
    // ANCHOR: each
    /// Calls `meet` for each tile of each pair of channels.
    fn each(&self, shape: &ConvShape<2>, mut meet: impl FnMut(Meeting)) -> Result<()> {
        let [m, r, _] = self.0.sizes();
        let ConvSpec { stride, padding, dilation, groups } = shape.spec;
        if (stride, dilation, shape.kernel) != ([1, 1], [1, 1], [r, r]) {
            let expected = format!("stride 1, dilation 1 and a kernel of {r} x {r}");
            return Err(Error::argument("convolution by tiles", format!("{:?}", shape.spec), expected));
        }
        let [down, right] = shape.output.map(|size| size.div_ceil(m));
        for (ng, k, c) in triples(shape.n * groups, shape.k, shape.c) {
            for t in 0..down * right {
                let output = [t / right * m, t % right * m].map(|place| place as isize);
                let input = [0, 1].map(|d| output[d] - padding[d] as isize);
                let w = (ng % groups * shape.k + k) * shape.c + c;
                meet(Meeting { x: ng * shape.c + c, w, y: ng * shape.k + k, input, output });
            }
        }
        Ok(())
    }
    // ANCHOR_END: each
}

/// All (i, j, l) below these.
fn triples(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |l| (i, j, l))))
}

/// Plane `i` of a tensor of planes.
fn plane<T>(data: &[T], i: usize, [height, width]: [usize; 2]) -> &[T] {
    &data[i * height * width..][..height * width]
}

/// The same, to write.
fn plane_mut<T>(data: &mut [T], i: usize, [height, width]: [usize; 2]) -> &mut [T] {
    &mut data[i * height * width..][..height * width]
}

impl<T: Real> Convolution<Tensor<T>, 2> for ByTiles {
    // ANCHOR: layer_forward
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        let ([_, r, n], ConvShape { input, output, .. }) = (self.0.sizes(), shape);
        let mut y = Tensor::<f64>::zeros(&shape.output_shape())?;
        self.each(&shape, |at| {
            let d = cut(plane(x.data(), at.x, input), input, at.input, n);
            let g = cut(plane(w.data(), at.w, [r, r]), [r, r], [0, 0], r);
            add(&self.0.forward(&d, &g), plane_mut(y.data_mut(), at.y, output), output, at.output);
        })?;
        Ok(y.cast())
    }
    // ANCHOR_END: layer_forward

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x, w.shape(), dy.shape())?;
        let ([m, r, _], ConvShape { input, output, .. }) = (self.0.sizes(), shape);
        let mut dx = Tensor::<f64>::zeros(x)?;
        self.each(&shape, |at| {
            let g = cut(plane(w.data(), at.w, [r, r]), [r, r], [0, 0], r);
            let dy = cut(plane(dy.data(), at.y, output), output, at.output, m);
            add(&self.0.grad_input(&g, &dy), plane_mut(dx.data_mut(), at.x, input), input, at.input);
        })?;
        Ok(dx.cast())
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x.shape(), w, dy.shape())?;
        let ([m, r, n], ConvShape { input, output, .. }) = (self.0.sizes(), shape);
        let mut dw = Tensor::<f64>::zeros(w)?;
        self.each(&shape, |at| {
            let d = cut(plane(x.data(), at.x, input), input, at.input, n);
            let dy = cut(plane(dy.data(), at.y, output), output, at.output, m);
            add(&self.0.grad_filter(&d, &dy), plane_mut(dw.data_mut(), at.w, [r, r]), [r, r], [0, 0]);
        })?;
        Ok(dw.cast())
    }
}
