//! The layers beside convolutions: values by hand and from PyTorch 2.15, gradients against
//! differences, threads, and bad input.

use proptest::prelude::*;
use unrolled::nn::{self, Pool};
use unrolled::testing::gradcheck;
use unrolled::{Result, Tensor, Var, init, parallel};

type T64 = Tensor<f64>;

fn tensor(shape: &[usize], data: &[f64]) -> T64 {
    Tensor::new(shape, data.to_vec()).unwrap()
}

fn random(shape: &[usize], seed: u64) -> T64 {
    init::uniform(shape, 1.0, &mut init::rng(seed)).unwrap()
}

/// Distinct numbers at least 0.1 apart, none near 0: differences never cross a kink.
fn apart(shape: &[usize], seed: u64) -> T64 {
    let mut t = Tensor::zeros(shape).unwrap();
    let mut order: Vec<usize> = (0..t.len()).collect();
    init::shuffle(&mut order, &mut init::rng(seed));
    let half = t.len() as f64 / 2.0 - 0.25;
    t.data_mut().iter_mut().zip(order).for_each(|(x, i)| *x = (i as f64 - half) * 0.2);
    t
}

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

// ---- values ----

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
fn cross_entropy_is_pytorchs() {
    let x = Var::parameter(tensor(&[2, 3], &[1.0, 2.0, 3.0, 0.5, -1.0, 0.0]));
    let loss = nn::softmax_cross_entropy(&x, &[2, 0]).unwrap();
    loss.backward().unwrap();
    assert_eq!(loss.value().shape(), []);
    assert_close("loss", loss.value().data(), &[0.5058682848905544]);
    let dx = [
        0.04501528658519022,
        0.12236423552739882,
        -0.1673795221125891,
        -0.22672530636691018,
        0.060975826154864424,
        0.16574948021204575,
    ];
    assert_close("gradient", x.grad().unwrap().data(), &dx);
}

#[test]
fn cross_entropy_is_stable() {
    let x = Var::parameter(Tensor::new(&[2, 3], vec![1e4_f32, -1e4, 0.0, -1e4, 1e4, 1e4]).unwrap());
    let loss = nn::softmax_cross_entropy(&x, &[1, 2]).unwrap();
    loss.backward().unwrap();
    assert_eq!(loss.value().data(), [10000.3466796875]);
    assert_eq!(x.grad().unwrap().data(), [0.5, -0.5, 0.0, 0.0, 0.25, -0.25]);
    assert_eq!(nn::softmax(&x.value()).unwrap().data(), [1.0, 0.0, 0.0, 0.0, 0.5, 0.5]);
}

#[test]
fn nan_goes_through_and_nothing_panics() {
    let nan = f64::NAN;
    let x = Var::parameter(tensor(&[2, 2], &[1.0, nan, 0.0, 0.0]));
    let loss = nn::softmax_cross_entropy(&x, &[0, 0]).unwrap();
    loss.backward().unwrap();
    assert!(loss.value().data()[0].is_nan());
    let dx = x.grad().unwrap();
    assert!(dx.data()[0].is_nan() && dx.data()[1].is_nan());
    assert_eq!(dx.data()[2..], [-0.25, 0.25], "the other row has its own gradient");
    assert!(nn::argmax(&x.value()).is_ok());

    let x = Var::parameter(tensor(&[4], &[-1.0, 0.0, 2.0, nan]));
    let y = nn::relu(&x).unwrap();
    y.backward_from(Tensor::full(&[4], 5.0).unwrap()).unwrap();
    assert_eq!(y.value().data()[..3], [0.0, 0.0, 2.0]);
    assert!(y.value().data()[3].is_nan());
    assert_eq!(x.grad().unwrap().data(), [0.0, 0.0, 5.0, 5.0]);

    let x = Var::parameter(tensor(&[1, 1, 4], &[1.0, nan, 3.0, 2.0]));
    let y = nn::max_pool(&pool([2], [1], [0]), &x).unwrap().value();
    assert!(y.data()[0].is_nan() && y.data()[1].is_nan());
    assert_eq!(y.data()[2], 3.0);
    let y = nn::avg_pool(&Pool::new([2]), &x).unwrap().value();
    assert!(y.data()[0].is_nan());
    assert_eq!(y.data()[1], 2.5, "NaN stays inside of its windows");
}

#[test]
fn padding_never_wins_a_maximum() {
    let x = Var::parameter(tensor(&[1, 1, 3], &[-5.0, f64::NEG_INFINITY, -7.0]));
    let y = nn::max_pool(&pool([2], [1], [1]), &x).unwrap();
    assert_eq!(y.value().data(), [-5.0, -5.0, -7.0, -7.0]);
}

#[test]
fn small_products_by_hand() {
    let (a, b) = (Var::parameter(tensor(&[2], &[1.0, 2.0])), Var::parameter(tensor(&[2], &[3.0, 5.0])));
    assert_eq!(nn::add(&a, &b).unwrap().value().data(), [4.0, 7.0]);
    assert_eq!(nn::sub(&a, &b).unwrap().value().data(), [-2.0, -3.0]);
    assert_eq!(nn::mul(&a, &b).unwrap().value().data(), [3.0, 10.0]);
    assert_eq!(nn::scale(&a, -2.0).unwrap().value().data(), [-2.0, -4.0]);
    assert_eq!(nn::mean(&b).unwrap().value(), Tensor::scalar(4.0));

    let m = Var::parameter(tensor(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let v = Var::parameter(tensor(&[3, 1], &[1.0, 0.0, -1.0]));
    let y = nn::matmul(&m, &v).unwrap();
    assert_eq!(y.value(), tensor(&[2, 1], &[-2.0, -2.0]));
    y.backward_from(tensor(&[2, 1], &[1.0, 10.0])).unwrap();
    assert_eq!(m.grad().unwrap().data(), [1.0, 0.0, -1.0, 10.0, 0.0, -10.0]);
    assert_eq!(v.grad().unwrap().data(), [41.0, 52.0, 63.0]);
}

#[test]
fn guesses_are_counted() {
    let logits = tensor(&[4, 3], &[1.0, 2.0, 0.0, 3.0, 3.0, 1.0, -1.0, -2.0, -0.5, 0.0, 0.0, 0.0]);
    assert_eq!(nn::argmax(&logits).unwrap(), [1, 0, 2, 0]); // the first of equals
    assert_eq!(nn::accuracy(&logits, &[1, 1, 2, 0]).unwrap(), 0.75);
    let p = nn::softmax(&logits).unwrap();
    assert!(p.data().chunks(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-15));
    assert_close("softmax", &p.data()[..3], &[1.0, 2.0, 0.0].map(|x: f64| x.exp() / (1_f64.exp() + 2_f64.exp() + 1.0)));
}

// ---- gradients ----

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn elementwise_gradients(shape in prop::collection::vec(1usize..4, 0..4), seed: u64) {
        let x = [random(&shape, seed), random(&shape, seed ^ 1)];
        gradcheck(|v| nn::add(&v[0], &v[1]), &x);
        gradcheck(|v| nn::sub(&v[0], &v[1]), &x);
        gradcheck(|v| nn::mul(&v[0], &v[1]), &x);
        gradcheck(|v| nn::mul(&v[0], &v[0]), &x[..1]);
        gradcheck(|v| nn::scale(&v[0], -1.5), &x[..1]);
        gradcheck(|v| nn::sum(&v[0]), &x[..1]);
        gradcheck(|v| nn::mean(&v[0]), &x[..1]);
        gradcheck(|v| nn::reshape(&v[0], &[1, x[0].len()]), &x[..1]);
        gradcheck(|v| nn::relu(&v[0]), &[apart(&shape, seed)]);
        if !shape.is_empty() {
            gradcheck(|v| nn::flatten(&v[0]), &x[..1]);
        }
    }

    #[test]
    fn product_gradients(m in 1usize..6, k in 1usize..6, n in 1usize..6, seed: u64) {
        let x = [random(&[m, k], seed), random(&[k, n], seed ^ 1)];
        gradcheck(|v| nn::matmul(&v[0], &v[1]), &x);
        let x = [random(&[m, k], seed), random(&[n, k], seed ^ 1), random(&[n], seed ^ 2)];
        gradcheck(|v| nn::linear(&v[0], &v[1], Some(&v[2])), &x);
        gradcheck(|v| nn::linear(&v[0], &v[1], None), &x[..2]);
    }

    #[test]
    fn cross_entropy_gradients(n in 1usize..5, classes in 1usize..6, seed: u64) {
        let labels: Vec<usize> = (0..n).map(|i| (seed as usize % 97 + 3 * i) % classes).collect();
        gradcheck(|v| nn::softmax_cross_entropy(&v[0], &labels), &[random(&[n, classes], seed)]);
    }

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

#[test]
#[should_panic(expected = "gradcheck: input 1 [2], element 1: the gradient is 1, the central difference 4")]
fn gradcheck_names_what_is_wrong() {
    // y₀ = a₀ b₀, y₁ = a₁ b₁, with the cotangent divided out again: db₁ should be a₁ = 4.
    let c = init::uniform::<f64>(&[2], 1.0, &mut init::rng(0x9c)).unwrap();
    let unweigh = c.map(|c| 1.0 / c);
    let f = |v: &[Var<T64>]| {
        let (a, b) = (v[0].value(), v[1].value());
        let (u, w) = (unweigh.clone(), unweigh.clone());
        let y = a.clone().zip(&b, |a, b| a * b)?.zip(&unweigh, |y, u| y * u)?;
        Ok(Var::op(y)
            .input(&v[0], move |dy| dy.zip(&u, |dy, u| dy * u)?.zip(&b, |dy, b| dy * b))
            .input(&v[1], move |dy| Ok(dy.zip(&w, |dy, w| dy * w)?.map(|_| 1.0)))
            .var())
    };
    gradcheck(f, &[tensor(&[2], &[1.0, 4.0]), tensor(&[2], &[3.0, 0.5])]);
}

/// Handing on a gradient in the wrong order is invisible to a cotangent of ones.
#[test]
#[should_panic(expected = "gradcheck: input 0")]
fn gradcheck_sees_a_reordered_gradient() {
    let reversed = |v: &[Var<T64>]| {
        let reverse = |t: T64| Tensor::from_fn(&[3], |i| t.data()[2 - i]);
        Ok(Var::op(v[0].value()).input(&v[0], move |dy| reverse(dy)).var())
    };
    gradcheck(reversed, &[tensor(&[3], &[1.0, 2.0, 3.0])]);
}

// ---- threads ----

#[test]
fn no_bit_depends_on_the_threads() {
    let (x, labels) = (random(&[700, 6, 11, 9], 1).cast::<f32>(), (0..700).map(|i| i % 24).collect::<Vec<_>>());
    let (w, b) = (random(&[24, 6 * 30], 2).cast::<f32>(), random(&[24], 3).cast::<f32>());
    let run = |threads| {
        parallel::set_threads(threads).unwrap();
        let [x, w, b] = [&x, &w, &b].map(|t| Var::parameter(t.clone()));
        let seen = nn::relu(&x).unwrap();
        let seen = nn::max_pool(&pool([3, 2], [1, 1], [1, 1]), &seen).unwrap();
        let seen = nn::avg_pool(&pool([2, 2], [1, 1], [0, 0]), &seen).unwrap();
        let seen = nn::flatten(&nn::adaptive_avg_pool([6, 5], &seen).unwrap()).unwrap();
        let loss = nn::softmax_cross_entropy(&nn::linear(&seen, &w, Some(&b)).unwrap(), &labels).unwrap();
        loss.backward().unwrap();
        (loss.value(), [x, w, b].map(|v| v.grad().unwrap()))
    };
    let one = run(1);
    assert!(one.0.data()[0].is_finite());
    assert!(one == run(2) && one == run(3));
}

// ---- nothing, and bad input ----

#[test]
fn an_empty_batch_is_fine() {
    let x = Var::parameter(T64::zeros(&[0, 2, 4, 4]).unwrap());
    let seen = nn::adaptive_avg_pool([3, 3], &nn::avg_pool(&Pool::new([2, 2]), &x).unwrap()).unwrap();
    let seen = nn::max_pool(&pool([2, 2], [1, 1], [0, 0]), &nn::relu(&seen).unwrap()).unwrap();
    let flat = nn::flatten(&seen).unwrap();
    assert_eq!(flat.value().shape(), [0, 8]);
    let (w, b) = (Var::parameter(random(&[3, 8], 1)), Var::parameter(random(&[3], 2)));
    let loss = nn::softmax_cross_entropy(&nn::linear(&flat, &w, Some(&b)).unwrap(), &[]).unwrap();
    assert!(loss.value().data()[0].is_nan());
    loss.backward().unwrap();
    assert_eq!(x.grad().unwrap().shape(), [0, 2, 4, 4]);
    assert_eq!(w.grad(), Some(Tensor::zeros(&[3, 8]).unwrap()));
    assert_eq!(b.grad(), Some(Tensor::zeros(&[3]).unwrap()));

    let nothing = Var::parameter(T64::zeros(&[0]).unwrap());
    assert!(nn::mean(&nothing).unwrap().value().data()[0].is_nan());
    assert_eq!(nn::sum(&nothing).unwrap().value(), Tensor::scalar(0.0));
    assert_eq!(nn::argmax(&T64::zeros(&[0, 3]).unwrap()).unwrap(), []);
    assert!(nn::accuracy(&T64::zeros(&[0, 3]).unwrap(), &[]).unwrap().is_nan());
    // A product over nothing is 0.
    let (a, b) = (Var::parameter(T64::zeros(&[2, 0]).unwrap()), Var::parameter(T64::zeros(&[0, 3]).unwrap()));
    let y = nn::matmul(&a, &b).unwrap();
    assert_eq!(y.value(), Tensor::zeros(&[2, 3]).unwrap());
    y.backward_from(Tensor::full(&[2, 3], 1.0).unwrap()).unwrap();
    assert_eq!((a.grad().unwrap().len(), b.grad().unwrap().len()), (0, 0));
}

#[test]
fn bad_input_is_named() {
    let var = |shape: &[usize]| Var::parameter(random(shape, 1));
    let (m, v, image) = (var(&[2, 3]), var(&[3]), var(&[1, 1, 4, 4]));
    let refused = |result: Result<Var<T64>>, message: &str| assert_eq!(result.unwrap_err().to_string(), message);

    refused(nn::add(&m, &v), "right operand: got [3], expected the left one's shape, [2, 3]");
    assert!(nn::sub(&m, &v).is_err() && nn::mul(&m, &v).is_err());
    refused(nn::matmul(&m, &v), "right operand: got [3], expected two axes");
    refused(nn::matmul(&v, &m), "left operand: got [3], expected two axes");
    refused(nn::matmul(&m, &m), "rows of B: got 2, expected 3, the columns of A");
    refused(nn::reshape(&m, &[4]), "shape: got [4], expected 6 places, as [2, 3] has");
    refused(nn::flatten(&var(&[])), "input: got [], expected at least one axis, [N, ...]");

    refused(nn::linear(&v, &m, None), "input: got [3], expected two axes");
    refused(nn::linear(&m, &v, None), "weight: got [3], expected two axes");
    refused(nn::linear(&var(&[5, 4]), &m, None), "input: got [5, 4], expected [N, 3], as the weight [2, 3] says");
    refused(nn::linear(&m, &m, Some(&v)), "bias: got [3], expected [2], one per output");

    refused(nn::softmax_cross_entropy(&v, &[0]), "logits: got [3], expected two axes, [N, classes]");
    refused(nn::softmax_cross_entropy(&m, &[0]), "labels: got 1, expected 2 of them, one per row of the logits");
    refused(nn::softmax_cross_entropy(&m, &[2, 3]), "label 1: got 3, expected a class: less than 3");
    assert!(nn::accuracy(&m.value(), &[2, 3]).is_err());
    assert!(nn::softmax(&v.value()).is_err() && nn::argmax(&v.value()).is_err());
    assert!(nn::argmax(&T64::zeros(&[2, 0]).unwrap()).is_err());
    assert_eq!(nn::softmax(&T64::zeros(&[2, 0]).unwrap()).unwrap().len(), 0);

    let shape = "input: got [2, 3], expected [N, C] and 2 spatial axes, none of them empty";
    refused(nn::avg_pool(&Pool::new([2, 2]), &m), shape);
    refused(nn::max_pool(&Pool::new([2, 2]), &m), shape);
    refused(nn::adaptive_avg_pool([2, 2], &m), shape);
    refused(
        nn::avg_pool(&Pool::new([2]), &image),
        "input: got [1, 1, 4, 4], expected [N, C] and 1 spatial axes, none of them empty",
    );
    assert!(nn::avg_pool(&Pool::new([2, 2]), &var(&[1, 1, 0, 4])).is_err());
    for bad in [nn::avg_pool, nn::max_pool] {
        refused(bad(&Pool::new([2, 0]), &image), "stride along width: got 0, expected at least 1");
        refused(bad(&pool([0, 2], [1, 1], [0, 0]), &image), "kernel along height: got 0, expected at least 1");
        refused(
            bad(&pool([2, 3], [1, 1], [0, 2]), &image),
            "padding along width: got 2, expected at most half of the kernel, 1",
        );
        assert!(bad(&Pool::new([5, 1]), &image).is_err(), "a window larger than the input");
        assert!(bad(&pool([usize::MAX, 1], [1, 1], [usize::MAX / 2, 0]), &image).is_err(), "sizes that overflow");
    }
    refused(
        nn::adaptive_avg_pool([2, 0], &image),
        "output size along width: got 0, expected at least 1, and no overflow",
    );
    assert!(nn::adaptive_avg_pool([usize::MAX, 1], &image).is_err());
    assert!(nn::adaptive_avg_pool([1 << 30, 1 << 30], &image).is_err());
}

#[test]
fn initial_weights_fill_their_bounds() {
    let bounds = |t: &T64, bound: f64| {
        let most = t.data().iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let mean = t.sum() / t.len() as f64;
        assert!(most <= bound && most > 0.98 * bound && mean.abs() < 0.1 * bound, "{most} and {mean} for {bound}");
    };
    let mut rng = init::rng(5);
    bounds(&init::weight(&[16, 6, 5, 5], &mut rng).unwrap(), 1.0 / 150_f64.sqrt());
    bounds(&init::weight(&[120, 400], &mut rng).unwrap(), 0.05);
    bounds(&init::bias(1000, 25, &mut rng).unwrap(), 0.2);
    // A seed is the same network in either type, and in a thousand years.
    let narrow = init::weight::<f32>(&[2, 3], &mut init::rng(1)).unwrap();
    assert_eq!(narrow, init::weight::<f64>(&[2, 3], &mut init::rng(1)).unwrap().cast());
    assert_ne!(narrow, init::weight(&[2, 3], &mut init::rng(2)).unwrap());

    assert!(init::weight::<f32>(&[3], &mut rng).is_err());
    assert!(init::bias::<f32>(4, 0, &mut rng).unwrap().data() == [0.0; 4]);
    for bound in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(init::uniform::<f32>(&[1], bound, &mut rng).is_err());
    }
    assert!(init::weight::<f32>(&[usize::MAX, 2], &mut rng).is_err());
}
