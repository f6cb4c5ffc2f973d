//! The layers beside convolutions: values by hand and from PyTorch 2.15, gradients against
//! differences, threads, and bad input.

mod common;

use common::{T64, apart, random};
use proptest::prelude::*;
use unrolled::nn::{self, Pool};
use unrolled::testing::gradcheck;
use unrolled::{Result, Tensor, Var, init, parallel};

fn tensor(shape: &[usize], data: &[f64]) -> T64 {
    Tensor::new(shape, data.to_vec()).unwrap()
}

fn assert_close(what: &str, got: &[f64], wanted: &[f64]) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        assert!((g - w).abs() <= 1e-12 * w.abs().max(1.0), "{what}, element {i}: {g} for {w}");
    }
}

// ---- values ----

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
    assert_eq!(loss.value().data(), [10_000.347]);
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
    let y = nn::max_pool(&Pool { stride: [1], ..Pool::new([2]) }, &x).unwrap().value();
    assert!(y.data()[0].is_nan() && y.data()[1].is_nan());
    assert_eq!(y.data()[2], 3.0);
    let y = nn::avg_pool(&Pool::new([2]), &x).unwrap().value();
    assert!(y.data()[0].is_nan());
    assert_eq!(y.data()[1], 2.5, "NaN stays inside of its windows");
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
        Ok(Var::op(v[0].value()).input(&v[0], reverse).var())
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
        let seen = nn::max_pool(&Pool { kernel: [3, 2], stride: [1, 1], padding: [1, 1] }, &seen).unwrap();
        let seen = nn::avg_pool(&Pool { stride: [1, 1], ..Pool::new([2, 2]) }, &seen).unwrap();
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
    let seen = nn::max_pool(&Pool { stride: [1, 1], ..Pool::new([2, 2]) }, &nn::relu(&seen).unwrap()).unwrap();
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
        refused(
            bad(&Pool { stride: [1, 1], ..Pool::new([0, 2]) }, &image),
            "kernel along height: got 0, expected at least 1",
        );
        refused(
            bad(&Pool { padding: [0, 2], ..Pool::new([2, 3]) }, &image),
            "padding along width: got 2, expected at most half of the kernel, 1",
        );
        assert!(bad(&Pool::new([5, 1]), &image).is_err(), "a window larger than the input");
        assert!(
            bad(&Pool { padding: [usize::MAX / 2, 0], ..Pool::new([usize::MAX, 1]) }, &image).is_err(),
            "sizes that overflow"
        );
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
