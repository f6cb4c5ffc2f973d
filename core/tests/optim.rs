//! The optimisers against PyTorch 2.15, step by step, and what they refuse.

use unrolled::optim::{Adam, AdamStep, Sgd, Update};
use unrolled::{Error, Real, Result, Tensor, Var, nn, parallel};

/// Gives `param` this gradient, through the tape as always: d⟨param, grad⟩ = grad.
fn set_grad<T: Real>(param: &Var<Tensor<T>>, grad: Vec<T>) {
    let grad = Tensor::new(param.value().shape(), grad).unwrap();
    nn::sum(&nn::mul(param, &Var::constant(grad)).unwrap()).unwrap().backward().unwrap();
}

/// The parameter after each of five steps with the gradients of `torch.tensor([0.5 * (t - 2), -1.25 * t, 3 / t,
/// 1e-3 * t])`.
fn run<T: Real>(param: &Var<Tensor<T>>, mut step: impl FnMut()) -> Vec<f64> {
    let mut seen = Vec::new();
    for t in 1..=5 {
        let t = f64::from(t);
        param.clear_grad();
        set_grad(param, [0.5 * (t - 2.0), -1.25 * t, 3.0 / t, 1e-3 * t].map(T::of).to_vec());
        step();
        seen.extend(param.value().data().iter().map(|w| w.f64()));
    }
    seen
}

fn start<T: Real>() -> Var<Tensor<T>> {
    Var::parameter(Tensor::new(&[4], [1.0, -2.0, 0.5, 3.0].map(T::of).to_vec()).unwrap())
}

fn assert_close(got: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(got.len(), wanted.len());
    for (i, (g, w)) in got.iter().zip(wanted).enumerate() {
        assert!((g - w).abs() <= tolerance, "element {i}: {g} for {w}");
    }
}

#[rustfmt::skip]
const ADAM: [f64; 20] = [
    1.099999998, -1.9000000008, 0.4000000003333333, 2.90000099999,
    1.1670058215179686, -1.8034817987060976, 0.3067820368452935, 2.803483407747085,
    1.158419050283533, -1.707681676650944, 0.21946618444355862, 2.707683728676881,
    1.1068960710413462, -1.6116406500074947, 0.1373422991788883, 2.611643052297846,
    1.0370997536078972, -1.5149169069355264, 0.05985391214956669, 2.5149196004658387,
];

#[rustfmt::skip]
const SGD: [f64; 20] = [
    1.05, -1.875, 0.19999999999999998, 2.9999,
    1.095, -1.5125, -0.22000000000000006, 2.9996099999999997,
    1.0855, -0.8112499999999999, -0.6980000000000001, 2.999049,
    0.9769499999999999, 0.31987500000000024, -1.2032, 2.9981440999999998,
    0.7292549999999999, 1.9628875000000008, -1.71788, 2.9968296899999998,
];

#[test]
fn adam_is_pytorchs() {
    let w = start::<f64>();
    let mut adam = Adam::new(vec![w.clone()], 0.1).unwrap();
    assert_close(&run(&w, || adam.step().unwrap()), &ADAM, 1e-14);
    let w = start::<f32>();
    let mut adam = Adam::new(vec![w.clone()], 0.1).unwrap();
    assert_close(&run(&w, || adam.step().unwrap()), &ADAM, 5e-7);
}

#[test]
fn sgd_is_pytorchs() {
    let w = start::<f64>();
    let mut sgd = Sgd::new(vec![w.clone()], 0.1, 0.9).unwrap();
    assert_close(&run(&w, || sgd.step().unwrap()), &SGD, 1e-14);
    let w = start::<f32>();
    let mut sgd = Sgd::new(vec![w.clone()], 0.1, 0.9).unwrap();
    assert_close(&run(&w, || sgd.step().unwrap()), &SGD, 5e-7);
}

/// ε outside of the root: it alone bounds a step where the gradient is far below it.
#[test]
fn epsilon_is_outside_of_the_root() {
    let w = Var::parameter(Tensor::new(&[1], vec![0.0]).unwrap());
    let mut adam = Adam::new(vec![w.clone()], 1.0).unwrap();
    set_grad(&w, vec![1e-8]);
    adam.step().unwrap();
    assert_close(w.value().data(), &[-0.5], 1e-12); // m̂ / (√v̂ + ε) = 1e-8 / (1e-8 + 1e-8)
}

#[test]
fn a_parameter_without_a_gradient_is_left_alone() {
    let (with, without) = (start::<f64>(), start::<f64>());
    let mut adam = Adam::new(vec![with.clone(), without.clone()], 0.1).unwrap();
    let mut sgd = Sgd::new(vec![with.clone(), without.clone()], 0.1, 0.9).unwrap();
    set_grad(&with, vec![1.0; 4]);
    adam.step().unwrap();
    sgd.step().unwrap();
    assert_ne!(with.value(), start::<f64>().value());
    assert_eq!(without.value(), start::<f64>().value());

    // Its first step with a gradient is a first step: the bias correction counts per parameter.
    adam.zero_grad();
    assert_eq!(with.grad(), None);
    set_grad(&without, vec![-0.5, -1.25, 3.0, 1e-3]);
    adam.step().unwrap();
    assert_close(without.value().data(), &ADAM[..4], 1e-14);
}

#[test]
fn zero_grad_forgets_every_gradient() {
    let (a, b) = (start::<f64>(), start::<f64>());
    for zero in [
        Box::new({
            let sgd = Sgd::new(vec![a.clone(), b.clone()], 0.1, 0.0).unwrap();
            move || sgd.zero_grad()
        }) as Box<dyn Fn()>,
        Box::new({
            let adam = Adam::new(vec![a.clone(), b.clone()], 0.1).unwrap();
            move || adam.zero_grad()
        }),
    ] {
        set_grad(&a, vec![1.0; 4]);
        set_grad(&b, vec![1.0; 4]);
        zero();
        assert_eq!((a.grad(), b.grad()), (None, None));
    }
}

#[test]
fn no_bit_depends_on_the_threads() {
    let n = 100_003; // several chunks, the last one short
    let run = |threads| {
        parallel::set_threads(threads).unwrap();
        let begin = Tensor::from_fn(&[n], |i| (i % 17) as f32 - 8.0).unwrap();
        let (a, b) = (Var::parameter(begin.clone()), Var::parameter(begin));
        let mut adam = Adam::new(vec![a.clone()], 0.01).unwrap();
        let mut sgd = Sgd::new(vec![b.clone()], 0.01, 0.9).unwrap();
        for t in 0..3 {
            for w in [&a, &b] {
                w.clear_grad();
                set_grad(w, (0..n).map(|i| ((i + t) % 13) as f32 / 7.0 - 1.0).collect());
            }
            adam.step().unwrap();
            sgd.step().unwrap();
        }
        (a.value(), b.value())
    };
    let one = run(1);
    assert_eq!(run(2), one);
    assert_eq!(run(3), one);

    // And each place is where it belongs: the same steps, alone.
    let at = |i: usize, seen: &Tensor| {
        let w = Var::parameter(Tensor::new(&[1], vec![(i % 17) as f32 - 8.0]).unwrap());
        let mut adam = Adam::new(vec![w.clone()], 0.01).unwrap();
        for t in 0..3 {
            w.clear_grad();
            set_grad(&w, vec![((i + t) % 13) as f32 / 7.0 - 1.0]);
            adam.step().unwrap();
        }
        assert_eq!(w.value().data()[0], seen.data()[i], "place {i}");
    };
    [0, 1, 8191, 8192, 50_000, 100_002].iter().for_each(|&i| at(i, &one.0));
}

#[test]
fn a_shared_value_is_not_written_through() {
    let w = start::<f64>();
    let before = w.value();
    let mut adam = Adam::new(vec![w.clone()], 0.1).unwrap();
    set_grad(&w, vec![1.0; 4]);
    adam.step().unwrap();
    assert_eq!(before, start::<f64>().value());
}

#[test]
fn what_cannot_be_a_learning_rate_is_refused() {
    for lr in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        let adam = Adam::new(vec![start::<f32>()], lr).err().expect("refused");
        assert_eq!(adam.to_string(), format!("learning rate: got {lr:?}, expected finite, and above 0"));
        assert_eq!(Sgd::new(vec![start::<f32>()], lr, 0.9).err(), Some(adam));
    }
    for momentum in [-0.1, 1.0, f64::NAN] {
        let e = Sgd::new(vec![start::<f32>()], 0.1, momentum).err().expect("refused");
        assert_eq!(e.to_string(), format!("momentum: got {momentum:?}, expected at least 0 and below 1"));
    }
}

#[test]
fn a_parameter_of_another_shape_is_refused() {
    let w = start::<f32>();
    let mut adam = Adam::new(vec![w.clone()], 0.1).unwrap();
    let mut sgd = Sgd::new(vec![w.clone()], 0.1, 0.9).unwrap();
    w.update(|w| *w = Tensor::zeros(&[2, 2]).unwrap());
    set_grad(&w, vec![1.0; 4]);
    let problem = "parameter or its state: got [4], expected the shape of the gradient, [2, 2]";
    assert_eq!(adam.step().unwrap_err().to_string(), problem);
    assert_eq!(sgd.step().unwrap_err().to_string(), problem);
    assert_eq!(w.value().data(), [0.0; 4], "as it was");
}

/// A device for plain numbers, which can break.
struct Pocket {
    works: bool,
}

impl Update<f64> for Pocket {
    fn zeros_like(&self, _: &f64) -> Result<f64> {
        Ok(0.0)
    }
    fn adam(&self, step: AdamStep, [w, m, v]: [&mut f64; 3], g: &f64) -> Result<()> {
        if !self.works {
            return Err(Error::failed("adding", "the battery is empty"));
        }
        *m = AdamStep::BETA1 * *m + (1.0 - AdamStep::BETA1) * g;
        *v = AdamStep::BETA2 * *v + (1.0 - AdamStep::BETA2) * g * g;
        *w -= step.size * *m / (v.sqrt() / step.root + AdamStep::EPSILON);
        Ok(())
    }
}

#[test]
fn adam_runs_on_any_device() {
    let w = Var::parameter(1.0);
    let mut adam = Adam::on(Pocket { works: true }, vec![w.clone()], 0.1).unwrap();
    let first = ADAM.iter().step_by(4);
    for (t, &wanted) in (1..).zip(first) {
        adam.zero_grad();
        w.backward_from(0.5 * (f64::from(t) - 2.0)).unwrap();
        adam.step().unwrap();
        assert_close(&[w.value()], &[wanted], 1e-14);
    }
    let mut broken = Adam::on(Pocket { works: false }, vec![w.clone()], 0.1).unwrap();
    assert_eq!(broken.step().unwrap_err().to_string(), "adding: the battery is empty");
    assert!(Adam::on(Pocket { works: true }, vec![w], 0.0).is_err());
}
