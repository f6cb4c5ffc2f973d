//! Each layer, the loss and the optimiser, with their gradients, against the functions of these names on the CPU.

use cuda_ch09_lenet::{Gpu, adaptive_avg_pool, flatten, kernels, linear, relu, softmax_cross_entropy};
use host::testing::{assert_matches_ptx, session};
use host::{GpuTensor, Grid};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use ptx::{Options, observe};
use unrolled::nn::{self, Cpu, Device};
use unrolled::optim::{Adam, Update};
use unrolled::{Result, Tensor, Var, init};

/// Numbers from −1 to 1.
fn reals(shape: &[usize], seed: u64) -> Tensor {
    init::uniform(shape, 1.0, &mut init::rng(seed)).expect("a shape of a test")
}

/// Whole numbers from −3 to 3: sums and products of them are exact.
fn integers(shape: &[usize], seed: u64) -> Tensor {
    reals(shape, seed).map(|x| (x * 3.5).round().clamp(-3.0, 3.0))
}

/// The value of `f` at `inputs` and, for a gradient `dy` of it made by `grad`, the gradients of them all. Once on the
/// CPU, once on the GPU.
fn both<const N: usize>(
    inputs: [Tensor; N],
    grad: impl Fn(&[usize]) -> Tensor,
    cpu: impl Fn(&[Var<Tensor>; N]) -> Result<Var<Tensor>>,
    gpu: impl Fn(&[Var<GpuTensor>; N]) -> Result<Var<GpuTensor>>,
) -> Result<[Vec<Tensor>; 2]> {
    let device = Gpu(session());
    let vars = inputs.clone().map(Var::parameter);
    let y = cpu(&vars)?;
    let dy = grad(y.value().shape());
    y.backward_from(dy.clone())?;
    let grads = vars.iter().map(|var| var.grad().expect("a gradient"));
    let expected = [y.value()].into_iter().chain(grads).collect();

    let uploaded: Vec<_> =
        inputs.iter().map(|t| device.upload(t.clone()).map(Var::parameter)).collect::<Result<_>>()?;
    let vars: [Var<GpuTensor>; N] = uploaded.try_into().expect("as many");
    let y = gpu(&vars)?;
    y.backward_from(device.upload(dy)?)?;
    let grads = vars.iter().map(|var| var.grad().expect("a gradient"));
    let got = [y.value()].into_iter().chain(grads).map(|t| t.download()).collect::<Result<_>>()?;
    Ok([got, expected])
}

/// The same shapes, and elements that are off by at most `error`; NaN only where there is one.
fn near([got, expected]: &[Vec<Tensor>; 2], error: f32) -> TestCaseResult {
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        prop_assert_eq!(got.shape(), expected.shape());
        for (&g, &e) in got.data().iter().zip(expected.data()) {
            let right = if e.is_nan() { g.is_nan() } else { g == e || (g - e).abs() <= error * e.abs().max(1.0) };
            prop_assert!(right, "result {i}: {g}, not {e}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn relu_is_that_of_the_cpu(n in 0usize..700, seed: u64) {
        near(&both([integers(&[n], seed)], |s| reals(s, !seed), |[x]| nn::relu(x), |[x]| relu(x))?, 0.0)?;
    }

    /// To the last bit: the sums are made in the same order.
    #[test]
    fn pooling_is_that_of_the_cpu(n in 0usize..3, c in 1usize..4, size: [u8; 2], output: [u8; 2], seed: u64) {
        let (size, output) = (size.map(|n| usize::from(n % 13) + 1), output.map(|n| usize::from(n % 13) + 1));
        let x = reals(&[n, c, size[0], size[1]], seed);
        let results = both(
            [x],
            |s| reals(s, !seed),
            |[x]| nn::adaptive_avg_pool(output, x),
            |[x]| adaptive_avg_pool(output, x),
        )?;
        near(&results, 0.0)?;
    }

    #[test]
    fn linear_is_that_of_the_cpu(n in 0usize..40, inputs in 0usize..70, outputs in 0usize..40, seed: u64) {
        let data = [[n, inputs], [outputs, inputs]].map(|shape| integers(&shape, seed ^ shape[0] as u64));
        let [x, w] = data.clone();
        let b = integers(&[outputs], seed);
        let results = both(
            [x, w, b],
            |s| integers(s, !seed),
            |[x, w, b]| nn::linear(x, w, Some(b)),
            |[x, w, b]| linear(x, w, Some(b)),
        )?;
        near(&results, 0.0)?;
        let results =
            both(data, |s| integers(s, !seed), |[x, w]| nn::linear(x, w, None), |[x, w]| linear(x, w, None))?;
        near(&results, 0.0)?;
    }

    #[test]
    fn flatten_is_that_of_the_cpu(shape in prop::collection::vec(0usize..5, 1..5), seed: u64) {
        let results = both([reals(&shape, seed)], |s| reals(s, !seed), |[x]| nn::flatten(x), |[x]| flatten(x))?;
        near(&results, 0.0)?;
    }

    /// Powers and logarithms are approximations on a GPU. Here they are off by all that they may be.
    #[test]
    fn the_loss_is_that_of_the_cpu(n in 1usize..300, classes in 1usize..80, scale in 1f32..10.0, seed: u64) {
        let logits = reals(&[n, classes], seed).map(|x| x * scale);
        let labels: Vec<_> = (0..n).map(|i| (i * 7 + seed as usize % 97) % classes).collect();
        let off = Options { jitter: true, ..Options::from_env() };
        let (results, _) = observe(off, || {
            both(
                [logits],
                |s| reals(s, !seed),
                |[x]| nn::softmax_cross_entropy(x, &labels),
                |[x]| softmax_cross_entropy(x, &labels),
            )
        });
        near(&results?, 3e-6)?;
    }

    /// To the last bit.
    #[test]
    fn adam_is_that_of_the_cpu(n in 1usize..600, lr in 1e-4..0.1, seed: u64) {
        let w = reals(&[n], seed);
        let device = Gpu(session());
        let cpu = Var::parameter(w.clone());
        let gpu = Var::parameter(device.upload(w)?);
        let mut here = Adam::on(Cpu, vec![cpu.clone()], lr)?;
        let mut there = Adam::on(device.clone(), vec![gpu.clone()], lr)?;
        for step in 0..5 {
            let mut grad = reals(&[n], seed ^ (step + 1));
            grad.data_mut()[0] = 0.0; // where the gradient was always 0, only epsilon is left below the line
            for (i, g) in grad.data_mut().iter_mut().enumerate() {
                *g *= 10f32.powi((i % 9) as i32 - 6);
            }
            here.zero_grad();
            there.zero_grad();
            cpu.backward_from(grad.clone())?;
            gpu.backward_from(device.upload(grad)?)?;
            here.step()?;
            there.step()?;
        }
        near(&[vec![gpu.value().download()?], vec![cpu.value()]], 0.0)?;
    }
}

/// A network that went wrong says so: NaN goes through, and so does each infinity.
#[test]
fn what_is_not_a_number() -> Result<()> {
    let odd = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1.0];
    let x = Tensor::new(&[5], odd.clone())?;
    near(&both([x], |s| reals(s, 1), |[x]| nn::relu(x), |[x]| relu(x))?, 0.0).expect("relu");
    for first in odd {
        let x = Tensor::new(&[2, 3], vec![first, 2.0, 1.0, -1e4, 1e4, 0.0])?;
        let results = both(
            [x],
            |s| reals(s, 1),
            |[x]| nn::softmax_cross_entropy(x, &[1, 0]),
            |[x]| softmax_cross_entropy(x, &[1, 0]),
        )?;
        near(&results, 1e-6).unwrap_or_else(|e| panic!("cross-entropy with {first}: {e}"));
    }
    Ok(())
}

/// The kernel that the book begins with, and the one that it ends with.
#[test]
fn a_thread_for_each_row_computes_the_same() -> Result<()> {
    let session = session();
    for (rows, classes) in [(1, 1), (3, 10), (40, 33), (200, 64), (5, 0)] {
        let x = session.upload(&reals(&[rows, classes], 7).map(|x| 5.0 * x))?;
        let (mut a, mut b) = (session.full(&[rows, classes], 9.0)?, session.full(&[rows, classes], 9.0)?);
        let [n, c] = [rows as u32, classes as u32];
        let grid = Grid::new([rows.div_ceil(4), 1, 1], [32, 4, 1])?;
        kernels::loss::log_softmax(&session, grid, &x, &mut a, n, c)?;
        kernels::by_thread::log_softmax_by_thread(&session, Grid::cover(rows, 64)?, &x, &mut b, n, c)?;
        near(&[vec![b.download()?], vec![a.download()?]], 1e-6).expect("the same");
    }
    Ok(())
}

/// Large logits, of whichever class, and many of the same: the loss is a logarithm that one can do by heart.
#[test]
fn losses_by_heart() -> Result<()> {
    let device = Gpu(session());
    let loss = |x: Tensor, label| -> Result<f32> {
        let loss = softmax_cross_entropy(&Var::constant(device.upload(x)?), &[label])?;
        Ok(device.download(&loss.value())?.data()[0])
    };
    for classes in [2, 64, 1024] {
        let (got, expected) = (loss(Tensor::full(&[1, classes], 3.0)?, classes - 1)?, (classes as f32).ln());
        assert!((got - expected).abs() <= 5e-7 * expected, "of {classes} classes alike: {got}, not {expected}");
    }
    for large in [0, 31, 32, 40, 63, 64, 69] {
        let x = Tensor::from_fn(&[1, 70], |i| if i == large { 1e4 } else { 0.0 })?;
        assert_eq!([loss(x.clone(), large)?, loss(x, (large + 1) % 70)?], [0.0, 1e4]);
    }
    Ok(())
}

/// The loss of no images is NaN, and its gradient is empty.
#[test]
fn an_empty_batch() -> Result<()> {
    let results = both(
        [Tensor::zeros(&[0, 10])?],
        |s| reals(s, 1),
        |[x]| nn::softmax_cross_entropy(x, &[]),
        |[x]| softmax_cross_entropy(x, &[]),
    )?;
    assert!(results[0][0].data()[0].is_nan());
    near(&results, 0.0).expect("the same");
    Ok(())
}

/// Bad input gets the CPU's words for it.
#[test]
fn refuses_what_the_cpu_refuses() -> Result<()> {
    let device = Gpu(session());
    let cpu = |shape: &[usize]| Var::constant(Tensor::zeros(shape).expect("a shape"));
    let gpu = |shape: &[usize]| Var::constant(session().full(shape, 0.0).expect("a shape"));
    let same = |got: Result<Var<GpuTensor>>, expected: Result<Var<Tensor>>| match (got, expected) {
        (Err(got), Err(expected)) => assert_eq!(got, expected),
        (got, expected) => panic!("{:?} and {:?}", got.map(|y| y.value()), expected.map(|y| y.value())),
    };
    for shape in [&[3, 4][..], &[1, 1, 0, 4], &[1, 1, 4, 4, 4]] {
        same(adaptive_avg_pool([2, 2], &gpu(shape)), nn::adaptive_avg_pool([2, 2], &cpu(shape)));
    }
    for output in [[0, 1], [1, 0], [1, usize::MAX]] {
        let shape = [1, 1, 4, 4];
        same(adaptive_avg_pool(output, &gpu(&shape)), nn::adaptive_avg_pool(output, &cpu(&shape)));
    }
    // Kernels count in 32 bits, so the GPU refuses more.
    for size in [1 << 31, usize::MAX] {
        assert!(adaptive_avg_pool([1, size], &gpu(&[1, 1, 2, 1])).is_err());
    }
    same(flatten(&gpu(&[])), nn::flatten(&cpu(&[])));
    for (x, w, b) in [
        (&[2, 3][..], &[4, 2][..], &[4][..]),
        (&[2], &[4, 2], &[4]),
        (&[2, 3], &[4, 3, 1], &[4]),
        (&[2, 3], &[4, 3], &[3]),
    ] {
        let expected = nn::linear(&cpu(x), &cpu(w), Some(&cpu(b)));
        match linear(&gpu(x), &gpu(w), Some(&gpu(b))) {
            // The GPU's bias is that of a convolution, and speaks of channels.
            Err(got) if b == [3] => assert!(got.to_string().starts_with("bias: got [3], expected [4]"), "{got}"),
            got => same(got, expected),
        }
    }
    for (shape, labels) in [(&[2, 3][..], &[0][..]), (&[2, 3], &[0, 3]), (&[6], &[0])] {
        same(softmax_cross_entropy(&gpu(shape), labels), nn::softmax_cross_entropy(&cpu(shape), labels));
    }
    let mut adam = Adam::on(device.clone(), vec![gpu(&[3])], 0.1)?;
    adam.step()?; // no gradient, nothing to do
    let [mut w, mut m, mut v] = [[3], [3], [2]].map(|shape| gpu(&shape).value());
    let step = unrolled::optim::AdamStep { size: 0.1, root: 0.1 };
    let got = device.adam(step, [&mut w, &mut m, &mut v], &gpu(&[3]).value()).unwrap_err();
    let [mut w, mut m, mut v] = [[3], [3], [2]].map(|shape| cpu(&shape).value());
    assert_eq!(got, Cpu.adam(step, [&mut w, &mut m, &mut v], &cpu(&[3]).value()).unwrap_err());
    Ok(())
}

#[test]
fn kernels_have_the_parameters_of_their_functions() {
    assert_matches_ptx(kernels::activation::PTX, kernels::activation::SIGNATURES);
    assert_matches_ptx(kernels::pool::PTX, kernels::pool::SIGNATURES);
    assert_matches_ptx(kernels::loss::PTX, kernels::loss::SIGNATURES);
    assert_matches_ptx(kernels::by_thread::PTX, kernels::by_thread::SIGNATURES);
    assert_matches_ptx(kernels::optimiser::PTX, kernels::optimiser::SIGNATURES);
}
