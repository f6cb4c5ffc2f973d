//! The forms on the GPU against the dense convolution that each of them equals, by its definition on the CPU.

use ch01_naive::Naive as Referee;
use ch10_separable::{depthwise, depthwise_separable, flattened, spatial, spatially_separable};
use cuda_ch07_grouped::{Depthwise, Grouped};
use cuda_ch10_separable::{Suited, fused, fused_separable, kernels};
use host::testing::{OnGpu, assert_matches_ptx, profiles, session};
use host::{GpuTensor, Session};
use unrolled::testing::{Case, Cases};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, conv};

#[test]
fn kernels_have_the_parameters_that_rust_passes() {
    assert_matches_ptx(kernels::column::PTX, kernels::column::SIGNATURES);
    assert_matches_ptx(kernels::row::PTX, kernels::row::SIGNATURES);
    assert_matches_ptx(kernels::fused::PTX, kernels::fused::SIGNATURES);
}

/// The algorithm is one for any convolution; here with kernels of one line, of one tap, and of several lines.
#[test]
fn suited_is_a_convolution() {
    for kernel in [[1..=5, 1..=1], [1..=1, 1..=5], [1..=3, 1..=3]] {
        Cases { kernel, count: 32, ..Cases::<2>::any() }.assert_f32(&OnGpu(Suited), &Referee);
    }
}

/// The three passes are those of the referee, number by number: all data are whole numbers.
fn assert_same(case: &Case<2>) -> Result<()> {
    let data = case.integers::<f32>();
    assert_eq!(case.passes(&OnGpu(Suited), &data)?, case.passes(&Referee, &data)?, "{case:?}");
    Ok(())
}

/// A line of taps down (axis 0) or along (axis 1), with a step, zeros and holes along it.
fn line(
    axis: usize,
    taps: usize,
    [stride, padding, dilation]: [usize; 3],
    sizes: [usize; 4],
    k: usize,
) -> Result<Case<2>> {
    let at = |value, neutral| [0, 1].map(|a| if a == axis { value } else { neutral });
    let spec = ConvSpec { stride: at(stride, 1), padding: at(padding, 0), dilation: at(dilation, 1), groups: 1 };
    let [r, s] = at(taps, 1);
    Ok(Case { shape: spec.resolve(&sizes, &[k, sizes[1], r, s])?, seed: 7 })
}

/// Several tiles beside and below each other, more channels than a thread has at once, more taps than are copied at a
/// time; and lines that reach as far as shared memory and further.
#[test]
fn lines_beyond_one_tile() -> Result<()> {
    for axis in [0, 1] {
        assert_same(&line(axis, 3, [1, 1, 1], [2, 3, 20, 70], 6)?)?;
        assert_same(&line(axis, 5, [2, 3, 2], [1, 2, 41, 75], 5)?)?;
        assert_same(&line(axis, 70, [1, 35, 1], [1, 2, 40, 38], 3)?)?;
        for dilation in [300, 380, 1500] {
            assert_same(&line(axis, 2, [1, dilation, dilation], [1, 1, 40, 40], 2)?)?;
        }
    }
    Ok(())
}

/// The three forms.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Spatial,
    Depthwise,
    Flattened,
}

impl Form {
    /// The shapes of weights that stand for the kernel of a case of one group.
    fn shapes(self, case: &Case<2>) -> Vec<[usize; 4]> {
        let (c, k, [r, s]) = (case.shape.c, case.shape.k, case.shape.kernel);
        let m = 1 + case.seed as usize % 6;
        match self {
            Form::Spatial => vec![[m, c, r, 1], [k, m, 1, s]],
            Form::Depthwise => vec![[c, 1, r, s], [k, c, 1, 1]],
            Form::Flattened => vec![[k, c, 1, 1], [k, 1, r, 1], [k, 1, 1, s]],
        }
    }

    fn run(self, spec: &ConvSpec<2>, x: &Var<GpuTensor>, weights: &[Var<GpuTensor>]) -> Result<Var<GpuTensor>> {
        match (self, weights) {
            (Form::Spatial, [a, b]) => spatially_separable(&Suited, spec, x, [a, b], None),
            (Form::Depthwise, [a, b]) => depthwise_separable(&Suited, spec, x, [a, b], None),
            (Form::Flattened, [a, b, c]) => flattened(&Suited, spec, x, [a, b, c], None),
            _ => unreachable!("as many weights as shapes"),
        }
    }

    fn composed(self, w: &[Tensor]) -> Result<Tensor> {
        match self {
            Form::Spatial => spatial::composed(&w[0], &w[1]),
            Form::Depthwise => depthwise::composed(&w[0], &w[1]),
            Form::Flattened => flattened::composed(&w[0], &w[1], &w[2]),
        }
    }
}

/// Small whole numbers.
fn integers(shape: &[usize], seed: u64) -> Result<Tensor> {
    Tensor::from_fn(shape, |i| ((i as u64 * 7 + seed) % 11 % 5) as f32 - 2.0)
}

fn upload(session: &Session, tensors: &[Tensor]) -> Result<Vec<Var<GpuTensor>>> {
    tensors.iter().map(|t| Ok(Var::parameter(session.upload(t)?))).collect()
}

/// The pipeline, and the dense convolution with the composed kernel: the same output and the same gradient of the input.
/// And as the output is linear in each of the weights, ⟨dy, y⟩ = ⟨gradient, weight⟩ for all of them.
#[test]
fn each_form_equals_one_dense_convolution() {
    for form in [Form::Spatial, Form::Depthwise, Form::Flattened] {
        Cases { count: 32, ..Cases::any().one_group() }.check(|case| {
            let ([x, _, dy], spec, session) = (case.integers::<f32>(), &case.shape.spec, session());
            let shapes = form.shapes(case).into_iter().zip(case.seed % 100..);
            let weights = shapes.map(|(shape, seed)| integers(&shape, seed)).collect::<Result<Vec<_>>>()?;
            let dense_x = Var::parameter(x.clone());
            let dense = conv(&Referee, spec, &dense_x, &Var::constant(form.composed(&weights)?), None)?;
            dense.backward_from(dy.clone())?;

            let (on_gpu, w) = (Var::parameter(session.upload(&x)?), upload(&session, &weights)?);
            let y = form.run(spec, &on_gpu, &w)?;
            y.backward_from(session.upload(&dy)?)?;
            assert_eq!(y.value().download()?, dense.value(), "{form:?}: forward");
            let dx = on_gpu.grad().expect("a parameter").download()?;
            assert_eq!(Some(dx), dense_x.grad(), "{form:?}: the gradient of the input");
            let expected = dy.cast::<f64>().dot(&dense.value().cast())?;
            for (w, value) in w.iter().zip(&weights) {
                let grad = w.grad().expect("a parameter").download()?;
                assert_eq!(grad.cast::<f64>().dot(&value.cast())?, expected, "{form:?}: a weight's gradient");
            }
            Ok(())
        });
    }
}

/// Output, and all gradients, of the fused layer or of the same in two steps.
fn separable(
    in_one: bool,
    spec: &ConvSpec<2>,
    tensors: &[Tensor; 4],
    dy: impl FnOnce(&[usize]) -> Result<Tensor>,
) -> Result<Vec<Tensor>> {
    let session = session();
    let vars = upload(&session, tensors)?;
    let [x, w, p, bias] = &vars[..] else { unreachable!("four tensors") };
    let y = match in_one {
        true => fused_separable(spec, x, [w, p], Some(bias))?,
        false => depthwise_separable(&Grouped, spec, x, [w, p], Some(bias))?,
    };
    y.backward_from(session.upload(&dy(y.value().shape())?)?)?;
    let grads = vars.iter().map(|var| var.grad().expect("a parameter"));
    [y.value()].into_iter().chain(grads).map(|t| t.download()).collect()
}

/// Both ways to compute the layer give the same numbers, for few channels and many, odd sizes, steps and holes.
#[test]
fn fused_is_the_two_steps() -> Result<()> {
    let spec = |stride, padding, dilation| ConvSpec { stride, padding, dilation, groups: 1 };
    for (spec, [n, c, h, w], [k, r, s]) in [
        (spec([1, 1], [1, 1], [1, 1]), [2, 3, 9, 20], [5, 3, 3]),
        (spec([2, 2], [1, 1], [1, 1]), [1, 19, 13, 37], [70, 3, 3]),
        (spec([1, 2], [2, 0], [2, 1]), [1, 8, 10, 11], [64, 2, 4]),
        (spec([1, 1], [0, 0], [1, 1]), [3, 9, 4, 16], [65, 1, 1]),
        (spec([3, 1], [0, 4], [1, 3]), [2, 1, 17, 7], [1, 5, 5]),
        (spec([9, 3], [40, 0], [13, 7]), [1, 2, 30, 60], [3, 3, 3]), // more than fits shared memory: in two steps
        (spec([1, 1], [1, 1], [1, 1]), [0, 3, 5, 5], [4, 3, 3]),
    ] {
        let tensors =
            [integers(&[n, c, h, w], 1)?, integers(&[c, 1, r, s], 2)?, integers(&[k, c, 1, 1], 3)?, integers(&[k], 4)?];
        let dy = |shape: &[usize]| integers(shape, 5);
        assert_eq!(separable(true, &spec, &tensors, dy)?, separable(false, &spec, &tensors, dy)?, "{spec:?}");
    }
    Ok(())
}

/// The fused kernel against the dense convolution that it equals.
#[test]
fn fused_equals_one_dense_convolution() {
    Cases { count: 48, size: 1..=20, ..Cases::any().one_group() }.check(|case| {
        let ([x, ..], session) = (case.integers::<f32>(), session());
        let [w, p] = [
            integers(&[case.shape.c, 1, case.shape.kernel[0], case.shape.kernel[1]], case.seed % 100)?,
            integers(&[case.shape.k, case.shape.c, 1, 1], case.seed % 99)?,
        ];
        let expected = Referee.forward(&case.shape.spec, &x, &depthwise::composed(&w, &p)?)?;
        let weights = [&session.upload(&w)?, &session.upload(&p)?];
        assert_eq!(fused(&case.shape.spec, &session.upload(&x)?, weights)?.download()?, expected);
        Ok(())
    });
}

/// Two channels of 2 × 2, each summed up by its own kernel, then mixed.
#[test]
fn by_hand() -> Result<()> {
    let session = session();
    let on_gpu = |shape: &[usize], data: Vec<f32>| session.upload(&Tensor::new(shape, data)?);
    let x = on_gpu(&[1, 2, 2, 2], vec![1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0])?;
    let w = on_gpu(&[2, 1, 2, 2], vec![1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, -1.0])?;
    let p = on_gpu(&[3, 2, 1, 1], vec![1.0, 0.0, 0.0, 1.0, 2.0, 3.0])?;
    let y = fused(&ConvSpec::default(), &x, [&w, &p])?.download()?;
    assert_eq!(y.data(), [10.0, -30.0, 2.0 * 10.0 - 3.0 * 30.0]);
    Ok(())
}

#[test]
fn bad_input_is_an_error_of_one_line() -> Result<()> {
    let session = session();
    let zeros = |shape: &[usize]| session.full(shape, 0.0);
    let refused = |spec: ConvSpec<2>, x: &[usize], w: &[usize], p: &[usize], starts: &str| -> Result<()> {
        let e = fused(&spec, &zeros(x)?, [&zeros(w)?, &zeros(p)?]).unwrap_err().to_string();
        assert!(e.starts_with(starts) && e.contains("expected") && e.lines().count() == 1, "{e}");
        Ok(())
    };
    let (spec, x, w, p) = (ConvSpec::default(), [1, 3, 7, 7], [3, 1, 3, 3], [4, 3, 1, 1]);
    fused(&spec, &zeros(&x)?, [&zeros(&w)?, &zeros(&p)?])?;
    refused(spec, &x, &[3, 2, 3, 3], &p, "depthwise: got [3, 2, 3, 3]")?;
    refused(spec, &x, &w, &[4, 2, 1, 1], "pointwise: got [4, 2, 1, 1]")?;
    refused(spec, &x, &w, &[4, 3, 1, 2], "pointwise: got")?;
    refused(spec, &[1, 2, 7, 7], &w, &p, "input channels: got 2")?;
    refused(spec, &[1, 3, 2, 7], &w, &p, "kernel along height")?;
    refused(ConvSpec { groups: 3, ..spec }, &x, &w, &p, "groups: got 3")?;
    refused(ConvSpec { stride: [0, 1], ..spec }, &x, &w, &p, "stride along height: got 0")?;

    let vars = [&x, &w, &p].map(|shape| zeros(shape).map(Var::parameter));
    let [x, w, p] = vars.map(|var| var.expect("zeros"));
    let bias = Var::parameter(zeros(&[3])?);
    assert!(fused_separable(&spec, &x, [&w, &p], Some(&bias)).is_err());
    Ok(())
}

/// What fusing saves: the tensor in the middle is neither stored nor loaded, and the output is stored as before.
#[test]
fn what_fusing_saves() -> Result<()> {
    let session = session();
    if !session.is_simulated() {
        return Ok(());
    }
    let (c, k, [y, x]) = (16, 64, [16, 32]);
    let spec = ConvSpec { padding: [1, 1], ..ConvSpec::default() };
    let input = session.upload(&integers(&[1, c, y, x], 1)?)?;
    let (w, p) = (session.upload(&integers(&[c, 1, 3, 3], 2)?)?, session.upload(&integers(&[k, c, 1, 1], 3)?)?);
    let [first, second] = depthwise::steps(&spec, c)?;
    let (_, steps) = profiles(|| Grouped.forward(&second, &Depthwise.forward(&first, &input, &w)?, &p))?;
    let (_, fused) = profiles(|| fused(&spec, &input, [&w, &p]))?;
    let (bytes_of, fused) = (|channels: usize| (4 * channels * y * x) as u64, &fused[0]);
    let stored: u64 = steps.iter().map(|step| step.global_store_bytes()).sum();
    assert_eq!((stored, fused.global_store_bytes()), (bytes_of(c) + bytes_of(k), bytes_of(k)));

    // Beside the weights, each block loads its tile with the halo, but for what is outside of the image: 4 × 16 outputs
    // from 6 × 17, or 5 × 17 at the top and at the bottom.
    let weights = 4 * (c * k + 9 * c) as u64;
    let tiles = 4 * c as u64 * 2 * (2 * 6 * 17 + 2 * 5 * 17);
    assert_eq!(fused.blocks, 8);
    assert_eq!(fused.global_load_bytes(), fused.blocks * weights + tiles);
    let moved: u64 = steps.iter().map(|step| step.bytes_moved()).sum();
    assert!(fused.bytes_moved() + 2 * bytes_of(c) < moved, "{fused}\n{moved}");
    assert_eq!(fused.bank_conflicts(), 0, "{fused}");

    // The middle is computed once for these 64 output channels, and no product is in vain.
    assert_eq!(fused.flops(), 2 * (9 * c * y * x + c * k * y * x) as u64);

    // Backwards it is computed once more, and its gradient, which two others are made of, once.
    let [x, w, p] = [&input, &w, &p].map(|t| Var::parameter(t.clone()));
    let y = fused_separable(&spec, &x, [&w, &p], None)?;
    let (_, seen) = profiles(|| y.backward_from(y.value()))?;
    let launches = |kernel| seen.iter().find(|profile| profile.name() == kernel).map(|profile| profile.launches);
    assert_eq!([launches("depthwise_forward"), launches("grouped_grad_input")], [Some(1); 2]);
    Ok(())
}
