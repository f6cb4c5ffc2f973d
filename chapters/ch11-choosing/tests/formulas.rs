//! The formulas of appendix C, held against the code over many sizes, and the gradients that it gives without an example.

#[path = "../examples/formulas/formulas.rs"]
mod formulas;

use ch01_naive::Naive;
use ch03_winograd::{CookToom, Rational, cook_toom};
use ch04_dilated::{Layer, receptive_field};
use ch05_transposed::Transposed;
use ch10_separable::{depthwise, depthwise_separable, spatial, spatially_separable};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, init};

/// Sizes that the formulas are tried with: (H, R, σ, π, δ), where the kernel fits.
fn axes() -> impl Iterator<Item = [usize; 5]> {
    let ranges = [1..14, 1..5, 1..5, 0..3, 1..4];
    let all = ranges.into_iter().fold(vec![vec![]], |all: Vec<Vec<usize>>, range| {
        all.iter().flat_map(|axis| range.clone().map(move |n| [axis.as_slice(), &[n]].concat())).collect()
    });
    let axes = all.into_iter().map(|axis| <[usize; 5]>::try_from(axis).unwrap());
    axes.filter(|&[h, r, _, pi, delta]| h + 2 * pi > delta * (r - 1))
}

/// A convolution's output, and the way back with the remainder as `output_padding`.
#[test]
fn sizes() -> Result<()> {
    for axis @ [h, r, sigma, pi, delta] in axes() {
        let spec = ConvSpec::new([sigma], [pi], [delta], 1)?;
        let y = formulas::output(h, r, sigma, pi, delta);
        assert_eq!(spec.output_size([h], [r])?, [y], "{axis:?}");

        let rho = (h + 2 * pi - delta * (r - 1) - 1) % sigma;
        assert_eq!(formulas::transposed(y, r, sigma, pi, delta, rho), h, "{axis:?}");
        let layer = Transposed { algorithm: (), output_padding: [rho] };
        assert_eq!(layer.output_size(&spec, [y], [r])?, [h], "{axis:?}");
    }
    Ok(())
}

/// The sum over layers is what the recursion comes to.
#[test]
fn fields() -> Result<()> {
    let stack: Vec<_> = axes().map(|[_, r, sigma, _, delta]| [r, sigma, delta]).step_by(37).collect();
    for layers in stack.windows(4) {
        let of = |&[kernel, stride, dilation]: &[usize; 3]| Layer { kernel, stride, dilation };
        let all: Vec<_> = layers.iter().map(of).collect();
        assert_eq!(formulas::field(layers), receptive_field(&all)?.size, "{layers:?}");
    }
    for (r, l) in [(2, 6), (3, 4)] {
        let powers: Vec<_> = (0..l).map(|l| [r, 1, usize::pow(r, l)]).collect();
        assert_eq!(formulas::field(&powers), usize::pow(r, l));
    }
    Ok(())
}

/// Whole numbers, so that sums are exact.
fn integers(shape: &[usize], seed: u64) -> Result<Tensor<f64>> {
    Ok(init::uniform::<f64>(shape, 4.5, &mut init::rng(seed))?.map(f64::round))
}

/// The three tensors of a convolution along one axis: input, weight, gradient of the output.
fn tensors([h, r, sigma, pi, delta]: [usize; 5]) -> Result<[Tensor<f64>; 3]> {
    let y = formulas::output(h, r, sigma, pi, delta);
    Ok([integers(&[2, 3, h], 1)?, integers(&[4, 3, r], 2)?, integers(&[2, 4, y], 3)?])
}

/// The first two axes exchanged.
fn exchanged(t: &Tensor<f64>) -> Result<Tensor<f64>> {
    let &[a, b, n] = t.shape() else { unreachable!("three axes") };
    Tensor::from_fn(&[b, a, n], |i| t.data()[(i / n % a * b + i / n / a) * n + i % n])
}

/// dw is a convolution in which stride and dilation have changed places, and images are summed over in place of channels.
#[test]
fn weight_gradient_exchanges_stride_and_dilation() -> Result<()> {
    for axis @ [_, r, sigma, pi, delta] in axes().step_by(5) {
        let [x, w, dy] = tensors(axis)?;
        let dw = Naive.grad_weight(&ConvSpec::new([sigma], [pi], [delta], 1)?, &x, w.shape(), &dy)?;
        let spec = ConvSpec::new([delta], [pi], [sigma], 1)?;
        let all = exchanged(&Naive.forward(&spec, &exchanged(&x)?, &exchanged(&dy)?)?)?;
        // Where the floor threw places away, there may be a tap too many.
        let taps = all.shape()[2];
        assert!(taps >= r, "{axis:?}");
        let first = Tensor::from_fn(w.shape(), |i| all.data()[i / r * taps + i % r])?;
        assert_eq!(dw, first, "{axis:?}");
    }
    Ok(())
}

/// dx is a forward pass over dy with holes, by the flipped kernel; behind it goes what the floor threw away of the padded input.
#[test]
fn input_gradient_flips_the_kernel() -> Result<()> {
    for axis @ [h, r, sigma, pi, delta] in axes().step_by(5).filter(|&[_, r, _, pi, delta]| pi <= delta * (r - 1)) {
        let [x, w, dy] = tensors(axis)?;
        let dx = Naive.grad_input(&ConvSpec::new([sigma], [pi], [delta], 1)?, x.shape(), &w, &dy)?;
        let y = dy.shape()[2];
        let rho = (h + 2 * pi - delta * (r - 1) - 1) % sigma;
        let size = sigma * (y - 1) + 1 + rho;
        let holes = Tensor::from_fn(&[2, 4, size], |i| match (i % size % sigma, i % size / sigma) {
            (0, place) if place < y => dy.data()[i / size * y + place],
            _ => 0.0,
        })?;
        let flipped = exchanged(&Tensor::from_fn(w.shape(), |i| w.data()[i / r * r + r - 1 - i % r])?)?;
        let spec = ConvSpec::new([1], [delta * (r - 1) - pi], [delta], 1)?;
        assert_eq!(dx, Naive.forward(&spec, &holes, &flipped)?, "{axis:?}");
    }
    Ok(())
}

type Matrix = Vec<Vec<Rational>>;

fn times(a: &Matrix, b: &Matrix) -> Matrix {
    let sum = |row: &[Rational], j: usize| row.iter().zip(b).fold(Rational::ZERO, |sum, (&x, row)| sum + x * row[j]);
    a.iter().map(|row| (0..b[0].len()).map(|j| sum(row, j)).collect()).collect()
}

fn turned(a: &Matrix) -> Matrix {
    (0..a[0].len()).map(|j| a.iter().map(|row| row[j]).collect()).collect()
}

fn around(a: &Matrix, x: &Matrix) -> Matrix {
    times(&times(a, x), &turned(a))
}

fn each(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(&a, &b)| a * b).collect()).collect()
}

/// A tile and both of its sides: the output, and the weight's gradient, in fractions.
#[test]
fn winograd_forwards_and_backwards() -> Result<()> {
    for (m, r) in [(2, 3), (4, 3), (6, 3), (2, 5)] {
        let CookToom { at, g, bt } = cook_toom(m, r)?;
        let n = m + r - 1;
        let square = |size: usize, seed| -> Result<(Tensor<f64>, Matrix)> {
            let numbers = integers(&[1, 1, size, size], seed)?;
            let rows = numbers.data().chunks(size);
            let matrix = rows.map(|row| row.iter().map(|&x| Rational::whole(x as i128)).collect()).collect();
            Ok((numbers, matrix))
        };
        let ((x, d), (w, filter), (grad, dy)) = (square(n, 4)?, square(r, 5)?, square(m, 6)?);
        let numbers = |m: &Matrix| m.iter().flatten().map(|x| x.f64()).collect::<Vec<_>>();

        let spec = ConvSpec::<2>::default();
        let y = around(&at, &each(&around(&g, &filter), &around(&bt, &d)));
        assert_eq!(numbers(&y), Naive.forward(&spec, &x, &w)?.data());
        let dg = around(&turned(&g), &each(&around(&turned(&at), &dy), &around(&bt, &d)));
        assert_eq!(numbers(&dg), Naive.grad_weight(&spec, &x, w.shape(), &grad)?.data());
    }
    Ok(())
}

/// The gradients of factors, from that of the dense kernel which they make.
#[test]
fn factors_of_a_kernel() -> Result<()> {
    let spec = ConvSpec::<2>::default();
    let (n, k, m, c, r, s) = (2, 5, 4, 3, 3, 2);
    let x = integers(&[n, c, 6, 5], 1)?;
    let (column, row) = (integers(&[m, c, r, 1], 2)?, integers(&[k, m, 1, s], 3)?);
    let dy = integers(&[n, k, 4, 4], 4)?;
    let dw = Naive.grad_weight(&spec, &x, spatial::composed(&column, &row)?.shape(), &dy)?;
    let at = |k_: usize, c_: usize, r_: usize, s_: usize| dw.data()[((k_ * c + c_) * r + r_) * s + s_];

    let vars = [&column, &row].map(|t| Var::parameter(t.clone()));
    let input = Var::constant(x.clone());
    let y = spatially_separable(&Naive, &spec, &input, [&vars[0], &vars[1]], None)?;
    y.backward_from(dy.clone())?;
    let from_dense = Tensor::from_fn(column.shape(), |i| {
        let (m_, c_, r_) = (i / (c * r), i / r % c, i % r);
        let terms = (0..k * s).map(|ks| at(ks / s, c_, r_, ks % s) * row.data()[(ks / s * m + m_) * s + ks % s]);
        terms.sum()
    })?;
    assert_eq!(vars[0].grad().unwrap(), from_dense);

    let (kernels, mixture) = (integers(&[c, 1, r, s], 5)?, integers(&[k, c, 1, 1], 6)?);
    assert_eq!(depthwise::composed(&kernels, &mixture)?.shape(), dw.shape());
    let vars = [&kernels, &mixture].map(|t| Var::parameter(t.clone()));
    depthwise_separable(&Naive, &spec, &input, [&vars[0], &vars[1]], None)?.backward_from(dy)?;
    let from_dense = Tensor::from_fn(kernels.shape(), |i| {
        (0..k).map(|k| dw.data()[k * c * r * s + i] * mixture.data()[k * c + i / (r * s)]).sum()
    })?;
    assert_eq!(vars[0].grad().unwrap(), from_dense);
    Ok(())
}
