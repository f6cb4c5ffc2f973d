//! Pooling: values from PyTorch 2.15 and from the definition, gradients against differences.

mod common;

use common::{T64, apart, random};
use proptest::prelude::*;
use unrolled::nn::{self, Pool};
use unrolled::testing::gradcheck;
use unrolled::{Result, Tensor, Var};

/// What the PyTorch script drew: `(arange(n) * 7 + 3) % 11 - 5`.
fn ramp(shape: &[usize]) -> T64 {
    Tensor::from_fn(shape, |i| ((i * 7 + 3) % 11) as f64 - 5.0).unwrap()
}

/// And its gradient of the output: `(arange(n) * 5 + 1) % 7 - 3`.
fn cotangent(shape: &[usize]) -> T64 {
    Tensor::from_fn(shape, |i| ((i * 5 + 1) % 7) as f64 - 3.0).unwrap()
}

/// A weighted sum that no rearrangement keeps: `(t * ((arange(n) * 3 + 2) % 13 - 6)).sum()`.
fn weighted(t: &T64) -> f64 {
    t.data().iter().enumerate().map(|(i, x)| x * (((i * 3 + 2) % 13) as f64 - 6.0)).sum()
}

fn assert_close(what: &str, got: &[f64], wanted: &[f64]) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        assert!((g - w).abs() <= 1e-12 * w.abs().max(1.0), "{what}, element {i}: {g} for {w}");
    }
}

/// y = f(ramp) and dx for its cotangent.
fn run(shape: &[usize], f: impl Fn(&Var<T64>) -> Result<Var<T64>>) -> (T64, T64) {
    let x = Var::parameter(ramp(shape));
    let y = f(&x).unwrap();
    y.backward_from(cotangent(y.value().shape())).unwrap();
    (y.value(), x.grad().unwrap())
}

fn pool<const D: usize>(kernel: [usize; D], stride: [usize; D], padding: [usize; D]) -> Pool<D> {
    Pool { kernel, stride, padding }
}

#[test]
#[rustfmt::skip]
fn pooling_in_two_dimensions_is_pytorchs() {
    let p = pool([3, 2], [2, 1], [1, 1]);
    let (y, dx) = run(&[1, 1, 5, 6], |x| nn::avg_pool(&p, x));
    assert_eq!(y.shape(), [1, 1, 3, 7]);
    let sums = [-6., 2., 8., -8., -2., 4., -2., 4., 7., -6., -8., 1., -1., -1., 4., 0., -5., 1., -4., 2., 8.];
    assert_close("average", y.data(), &sums.map(|sum| sum / 6.0));
    let dsums = [1., 4., 0., -4., -1., 2., 2., 8., 0., -8., -2., 4., 1., 4., 0., -4., -1., 2., 2., 8., 0., -8., -2., 4., 1., 4., 0., -4., -1., 2.];
    assert_close("its gradient", dx.data(), &dsums.map(|sum| sum / 6.0));

    let (y, dx) = run(&[1, 1, 5, 6], |x| nn::max_pool(&p, x));
    assert_eq!(y.data(), [-2., 5., 5., 1., 4., 4., 0., 5., 5., 3., 4., 4., 5., 5., 3., 3., 4., 4., 2., 5., 5.]);
    assert_eq!(dx.data(), [-2., 4., -1., 0., -1., 0., 0., 1., 0., 0., 0., 0., 1., 0., 0., -4., 0., 0., 1., 0., 0., -3., 0., 4., 0., 0., 0., 0., 0., 0.]);
}

#[test]
#[rustfmt::skip]
fn pooling_in_one_and_three_dimensions_is_pytorchs() {
    let (y, dx) = run(&[2, 1, 7], |x| nn::avg_pool(&pool([3], [2], [1]), x));
    assert_close("1D", y.data(), &[3., 3., 1., -4., 2., -4., 5., 6.].map(|sum| sum / 3.0));
    assert_close("1D", dx.data(), &[-2., 1., 3., 4., 1., 0., -1., -3., -1., 2., 2., 0., -2., -2.].map(|sum| sum / 3.0));
    // A stride above the kernel: what lies between windows, and behind the last, gets 0.
    let (y, dx) = run(&[2, 1, 7], |x| nn::max_pool(&pool([2], [3], [0]), x));
    assert_eq!(y.data(), [5., 4., 3., 2.]);
    assert_eq!(dx.data(), [0., -2., 0., 0., 3., 0., 0., 1., 0., 0., -1., 0., 0., 0.]);

    let p = pool([2, 3, 2], [1, 2, 2], [1, 1, 0]);
    let (y, dx) = run(&[1, 1, 3, 4, 3], |x| nn::avg_pool(&p, x));
    assert_eq!(y.shape(), [1, 1, 4, 2, 1]);
    assert_close("3D", y.data(), &[4., -3., 14., 3., 4., -1., -6., -7.].map(|sum| sum / 12.0));
    let dsums = [-1., -1., 0., 1., 1., 0., 2., 2., 0., 2., 2., 0., -2., -2., 0., -1., -1., 0., 1., 1., 0., 1., 1., 0., -3., -3., 0., -3., -3., 0., 0., 0., 0., 0., 0., 0.];
    assert_close("3D", dx.data(), &dsums.map(|sum| sum / 12.0));
    let (y, dx) = run(&[1, 1, 3, 4, 3], |x| nn::max_pool(&p, x));
    assert_eq!(y.data(), [5., 4., 5., 4., 5., 5., 1., 5.]);
    let mut wanted = [0.0; 36];
    (wanted[1], wanted[4], wanted[12]) = (-1.0, 2.0, -3.0);
    assert_eq!(dx.data(), wanted);
}

#[test]
#[rustfmt::skip]
fn adaptive_pooling_is_pytorchs() {
    let (y, dx) = run(&[1, 2, 7], |x| nn::adaptive_avg_pool([3], x));
    assert_close("7 to 3", y.data(), &[4., 2., 0., -3., -5., 4.].map(|sum| sum / 3.0));
    assert_close("7 to 3", dx.data(), &[-2., -2., 1., 3., 4., 1., 1., -1., -1., -4., -3., -1., 2., 2.].map(|sum| sum / 3.0));

    let (y, dx) = run(&[1, 2, 3], |x| nn::adaptive_avg_pool([5], x));
    assert_eq!(y.data(), [-2.0, 1.5, 5.0, 3.0, 1.0, -3.0, 0.5, 4.0, 2.0, 0.0]);
    assert_eq!(dx.data(), [-0.5, 2.0, -3.5, 2.0, -0.5, 2.5]);

    let (y, dx) = run(&[1, 1, 7, 3], |x| nn::adaptive_avg_pool([3, 5], x));
    assert_close("rows and columns", y.data(), &[-9., 1.5, 12., 6., 0., -4., 1., 6., 0., -6., 12., 6., 0., -6., -12.].map(|sum| sum / 3.0));
    assert_close("rows and columns", dx.data(), &[-1., 4., -7., -1., 4., -7., 3., 3., -2., 4., -1., 5., -1., 0., 1., -5., 1., -4., -5., 1., -4.].map(|sum| sum / 6.0));

    let (y, dx) = run(&[1, 1, 3, 2, 4], |x| nn::adaptive_avg_pool([2, 3, 2], x));
    assert_close("three axes", y.data(), &[-0.75, -0.5, 0.875, -0.25, 2.5, 0.0, -2.5, 0.5, -0.875, 0.75, 0.75, 1.0]);
    assert_close("three axes", dx.data(), &[-0.375, -0.375, 0.625, 0.625, -0.625, -0.625, 0.375, 0.375, 0.0, 0.0, 0.25, 0.25, -0.5, -0.5, -0.25, -0.25, 0.375, 0.375, -0.375, -0.375, 0.125, 0.125, -0.625, -0.625]);
}

/// The sizes of the LeNet, and others with several channels and images: PyTorch's weighted sums.
#[test]
fn pooling_of_many_planes_is_pytorchs() {
    type Op = fn(&Var<T64>) -> Result<Var<T64>>;
    let cases: [(&[usize], Op, f64, f64); 4] = [
        (&[2, 3, 24, 24], |x| nn::adaptive_avg_pool([14, 14], x), 91.52777777777781, -7.638888888888901),
        (&[2, 3, 10, 10], |x| nn::adaptive_avg_pool([5, 5], x), -14.75, -4.75),
        (&[2, 3, 9, 13], |x| nn::max_pool(&pool([3, 3], [2, 2], [1, 1]), x), 3.0, 550.0),
        (&[2, 3, 9, 13], |x| nn::avg_pool(&pool([3, 3], [2, 2], [1, 1]), x), 2.2222222222222214, 329.33333333333337),
    ];
    for (shape, op, y, dx) in cases {
        let got = run(shape, op);
        assert_close(&format!("{shape:?}"), &[weighted(&got.0), weighted(&got.1)], &[y, dx]);
    }
}

#[test]
fn padding_never_wins_a_maximum() {
    let x = Var::parameter(Tensor::new(&[1, 1, 3], vec![-5.0, f64::NEG_INFINITY, -7.0]).unwrap());
    let y = nn::max_pool(&pool([2], [1], [1]), &x).unwrap();
    assert_eq!(y.value().data(), [-5.0, -5.0, -7.0, -7.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pooling_gradients_1d(p in axis(), nc in (1usize..3, 1usize..3), out in 1usize..9, seed: u64) {
        check_pools([p], nc, [out], seed);
    }

    #[test]
    fn pooling_gradients_2d(p in [axis(), axis()], nc in (1usize..3, 1usize..3), out in [1usize..8, 1..8], seed: u64) {
        check_pools(p, nc, out, seed);
    }

    #[test]
    fn pooling_gradients_3d(p in [axis(), axis(), axis()], out in [1usize..5, 1..5, 1..5], seed: u64) {
        check_pools(p, (1, 1), out, seed);
    }

    /// Straight from the definition.
    #[test]
    fn pooling_is_what_it_says(p in [axis(), axis()], out in [1usize..8, 1..8], seed: u64) {
        let size = p.map(|a| a.size);
        let x = apart(&[1, 2, size[0], size[1]], seed);
        let v = Var::constant(x.clone());
        let spec = pool(p.map(|a| a.kernel), p.map(|a| a.stride), p.map(|a| a.padding));
        let (avg, max) = (nn::avg_pool(&spec, &v).unwrap().value(), nn::max_pool(&spec, &v).unwrap().value());
        let box_of = |c: usize, rows: std::ops::Range<usize>, cols: std::ops::Range<usize>| -> Vec<f64> {
            rows.flat_map(|i| cols.clone().map(move |j| (i, j))).filter_map(|(i, j)| x.at(&[0, c, i, j])).collect()
        };
        for (at, &[_, c, y, x]) in indices(avg.shape()).iter().enumerate() {
            // Positions above the padding wrap around to none: they are outside of the tensor.
            let range = |axis: usize, o: usize| {
                let start = o * p[axis].stride;
                start.saturating_sub(p[axis].padding)..start + p[axis].kernel - p[axis].padding
            };
            let seen = box_of(c, range(0, y), range(1, x));
            let mean = seen.iter().sum::<f64>() / (p[0].kernel * p[1].kernel) as f64;
            prop_assert!((avg.data()[at] - mean).abs() < 1e-12);
            prop_assert_eq!(max.data()[at], seen.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
        let adaptive = nn::adaptive_avg_pool(out, &v).unwrap().value();
        for (at, &[_, c, y, x]) in indices(adaptive.shape()).iter().enumerate() {
            let range = |axis: usize, o: usize| {
                let scale = size[axis] as f64 / out[axis] as f64;
                // Exact in f64 for such sizes, but for the last bit of a quotient that should be whole.
                ((o as f64 * scale + 1e-9).floor() as usize)..(((o + 1) as f64 * scale - 1e-9).ceil() as usize)
            };
            let seen = box_of(c, range(0, y), range(1, x));
            prop_assert!((adaptive.data()[at] - seen.iter().sum::<f64>() / seen.len() as f64).abs() < 1e-12);
        }
    }
}

fn indices(shape: &[usize]) -> Vec<[usize; 4]> {
    let &[n, c, h, w] = shape else { panic!("four axes") };
    (0..n * c * h * w).map(|i| [i / w / h / c, i / w / h % c, i / w % h, i % w]).collect()
}

/// A pooling along one axis that is always legal.
#[derive(Debug, Clone, Copy)]
struct Axis {
    size: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

fn axis() -> impl Strategy<Value = Axis> {
    (1usize..5, 1usize..5).prop_flat_map(|(kernel, stride)| {
        (0..=kernel / 2).prop_flat_map(move |padding| {
            let least = kernel.saturating_sub(2 * padding).max(1);
            (least..least + 5).prop_map(move |size| Axis { size, kernel, stride, padding })
        })
    })
}

fn check_pools<const D: usize>(p: [Axis; D], (n, c): (usize, usize), out: [usize; D], seed: u64) {
    let shape: Vec<usize> = [n, c].into_iter().chain(p.map(|a| a.size)).collect();
    let spec = pool(p.map(|a| a.kernel), p.map(|a| a.stride), p.map(|a| a.padding));
    gradcheck(|v| nn::avg_pool(&spec, &v[0]), &[random(&shape, seed)]);
    gradcheck(|v| nn::max_pool(&spec, &v[0]), &[apart(&shape, seed)]);
    gradcheck(|v| nn::adaptive_avg_pool(out, &v[0]), &[random(&shape, seed)]);
}
