//! The three pipelines against the dense convolution that each of them equals.

use ch01_naive::Naive;
use ch02_im2col::{Fused, Im2col};
use ch10_separable::{depthwise, depthwise_separable, flattened, spatial, spatially_separable};
use unrolled::testing::{Case, Cases, gradcheck};
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor, Var, conv};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Spatial,
    Depthwise,
    Flattened,
}

use Form::{Depthwise, Flattened, Spatial};

const FORMS: [Form; 3] = [Spatial, Depthwise, Flattened];

impl Form {
    /// The shapes of weights that stand for the kernel of a case of one group.
    fn shapes(self, case: &Case<2>) -> Vec<[usize; 4]> {
        let (c, k, [r, s]) = (case.shape.c, case.shape.k, case.shape.kernel);
        let m = 1 + case.seed as usize % 4;
        match self {
            Spatial => vec![[m, c, r, 1], [k, m, 1, s]],
            Depthwise => vec![[c, 1, r, s], [k, c, 1, 1]],
            Flattened => vec![[k, c, 1, 1], [k, 1, r, 1], [k, 1, 1, s]],
        }
    }

    fn run<T: Real, A: Convolution<Tensor<T>, 2> + Clone + 'static>(
        self,
        algorithm: &A,
        spec: &ConvSpec<2>,
        x: &Var<Tensor<T>>,
        weights: &[Var<Tensor<T>>],
        bias: Option<&Var<Tensor<T>>>,
    ) -> Result<Var<Tensor<T>>> {
        match (self, weights) {
            (Spatial, [a, b]) => spatially_separable(algorithm, spec, x, [a, b], bias),
            (Depthwise, [a, b]) => depthwise_separable(algorithm, spec, x, [a, b], bias),
            (Flattened, [a, b, c]) => flattened(algorithm, spec, x, [a, b, c], bias),
            _ => unreachable!("as many weights as shapes"),
        }
    }

    fn composed<T: Real>(self, w: &[Tensor<T>]) -> Result<Tensor<T>> {
        match self {
            Spatial => spatial::composed(&w[0], &w[1]),
            Depthwise => depthwise::composed(&w[0], &w[1]),
            Flattened => flattened::composed(&w[0], &w[1], &w[2]),
        }
    }
}

/// A tensor of random numbers, as a case draws its weight.
fn draw<T: Real>(shape: &[usize], seed: u64, data: impl Fn(&Case<2>) -> [Tensor<T>; 3]) -> Result<Tensor<T>> {
    let shape = ConvSpec::default().resolve(&[0, shape[1], 99, 99], shape)?;
    let [_, weight, _] = data(&Case { shape, seed });
    Ok(weight)
}

fn integers<T: Real>(form: Form, case: &Case<2>) -> Result<Vec<Tensor<T>>> {
    let shapes = form.shapes(case).into_iter().zip(case.seed..);
    shapes.map(|(shape, seed)| draw(&shape, seed, Case::integers)).collect()
}

fn parameters<T: Real>(tensors: &[Tensor<T>]) -> Vec<Var<Tensor<T>>> {
    tensors.iter().cloned().map(Var::parameter).collect()
}

fn cases() -> Cases<2> {
    Cases { count: 96, ..Cases::any().one_group() }
}

/// The pipeline, by an algorithm, and the dense convolution with the composed kernel, by the referee:
/// the same output and the same gradient of the input, bit by bit.
fn equals_the_dense_one<T: Real, A: Convolution<Tensor<T>, 2> + Clone + 'static>(algorithm: &A, cases: &Cases<2>) {
    for form in FORMS {
        cases.check(|case| {
            let ([x, _, dy], spec) = (case.integers::<T>(), &case.shape.spec);
            let weights = integers::<T>(form, case)?;
            let composed = form.composed(&weights)?;
            assert_eq!(composed.shape(), case.shape.weight_shape());

            let (x, dense_x) = (Var::parameter(x.clone()), Var::parameter(x));
            let y = form.run(algorithm, spec, &x, &parameters(&weights), None)?;
            let dense = conv(&Naive, spec, &dense_x, &Var::constant(composed), None)?;
            assert_eq!(y.value(), dense.value(), "{:?}: forward", form);
            y.backward_from(dy.clone())?;
            dense.backward_from(dy)?;
            assert_eq!(x.grad(), dense_x.grad(), "{:?}: the gradient of the input", form);
            Ok(())
        });
    }
}

#[test]
fn each_equals_one_dense_convolution() {
    equals_the_dense_one::<f32, _>(&Naive, &cases());
    equals_the_dense_one::<f32, _>(&Im2col, &cases());
    equals_the_dense_one::<f32, _>(&Fused, &cases());
    equals_the_dense_one::<f64, _>(&Fused, &cases());
}

#[test]
fn all_gradients_are_adjoints() {
    // The output is linear in the input and in each of the weights, so that for all of them
    // ⟨dy, y⟩ = ⟨gradient, itself⟩.
    for form in FORMS {
        cases().check(|case| {
            let [x, _, dy] = case.integers::<f32>();
            let weights = integers::<f32>(form, case)?;
            let inputs = parameters(&[&[x], &weights[..]].concat());
            let y = form.run(&Fused, &case.shape.spec, &inputs[0], &inputs[1..], None)?;
            y.backward_from(dy.clone())?;
            let dot = |a: &Tensor, b: &Tensor| a.cast::<f64>().dot(&b.cast());
            let expected = dot(&dy, &y.value())?;
            for (i, input) in inputs.iter().enumerate() {
                let grad = input.grad().expect("a parameter");
                assert_eq!(dot(&grad, &input.value())?, expected, "{:?}, input {}", form, i);
            }
            Ok(())
        });
    }
}

#[test]
fn gradients_are_those_of_differences() {
    let small = Cases { count: 16, batch: 0..=2, channels: 1..=2, size: 1..=5, ..Cases::any().one_group() };
    let small = Cases { kernel: [1..=3, 1..=3], ..small };
    for form in FORMS {
        small.check(|case| {
            let [x, ..] = case.reals::<f64>();
            let mut inputs = vec![x, Tensor::from_fn(&[case.shape.k], |k| k as f64 - 0.5)?];
            for (shape, seed) in form.shapes(case).into_iter().zip(case.seed..) {
                inputs.push(draw(&shape, seed, Case::reals)?);
            }
            gradcheck(|v| form.run(&Fused, &case.shape.spec, &v[0], &v[2..], Some(&v[1])), &inputs);
            Ok(())
        });
    }
}

#[test]
fn the_bias_is_added_once_in_the_end() {
    for form in FORMS {
        Cases { count: 32, ..cases() }.check(|case| {
            let [x, ..] = case.integers::<f32>();
            let (x, weights) = (Var::constant(x), parameters(&integers::<f32>(form, case)?));
            let bias = Var::constant(Tensor::from_fn(&[case.shape.k], |k| (k + 1) as f32)?);
            let without = form.run(&Fused, &case.shape.spec, &x, &weights, None)?.value();
            let with = form.run(&Fused, &case.shape.spec, &x, &weights, Some(&bias))?.value();
            let positions = case.shape.positions_out();
            let expected =
                Tensor::from_fn(without.shape(), |i| without.data()[i] + (i / positions % case.shape.k + 1) as f32)?;
            assert_eq!(with, expected);
            Ok(())
        });
    }
}

/// Weights of zeros.
fn zeros(shapes: &[&[usize]]) -> Vec<Var<Tensor>> {
    shapes.iter().map(|shape| Var::parameter(Tensor::zeros(shape).unwrap())).collect()
}

#[test]
fn bad_input_is_an_error_of_one_line() {
    let x = Var::constant(Tensor::zeros(&[1, 3, 7, 7]).unwrap());
    let good: [(Form, [&[usize]; 3]); 3] = [
        (Spatial, [&[2, 3, 3, 1], &[4, 2, 1, 3], &[]]),
        (Depthwise, [&[3, 1, 3, 3], &[4, 3, 1, 1], &[]]),
        (Flattened, [&[4, 3, 1, 1], &[4, 1, 3, 1], &[4, 1, 1, 3]]),
    ];
    let spec = ConvSpec::default();
    for (form, shapes) in good {
        let shapes = &shapes[..if form == Flattened { 3 } else { 2 }];
        let refuse = |what: &str, spec: ConvSpec<2>, x: &Var<Tensor>, shapes: &[&[usize]]| {
            let e = form.run(&Fused, &spec, x, &zeros(shapes), None).unwrap_err().to_string();
            assert_eq!(e.lines().count(), 1, "{e}");
            assert!(e.contains("expected"), "{form:?} {what}: {e}");
        };
        form.run(&Fused, &spec, &x, &zeros(shapes), None).unwrap();
        for i in 0..shapes.len() {
            // Each weight with each axis one longer, empty or missing: only sizes that are free may change.
            for axis in 0..4 {
                let mut changed: Vec<Vec<usize>> = shapes.iter().map(|shape| shape.to_vec()).collect();
                let free = match form {
                    Spatial => [[2], [0]][i].contains(&axis) || (i, axis) == (1, 3),
                    Depthwise => (i, axis) == (0, 2) || (i, axis) == (0, 3) || (i, axis) == (1, 0),
                    Flattened => (i, axis) == (1, 2) || (i, axis) == (2, 3),
                };
                changed[i][axis] += 1;
                let views = |changed: &[Vec<usize>]| changed.iter().map(Vec::clone).collect::<Vec<_>>();
                let grown = views(&changed);
                let grown: Vec<&[usize]> = grown.iter().map(Vec::as_slice).collect();
                if free {
                    form.run(&Fused, &spec, &x, &zeros(&grown), None).unwrap();
                } else {
                    refuse("one longer", spec, &x, &grown);
                }
                changed[i][axis] = 0;
                refuse("empty", spec, &x, &changed.iter().map(Vec::as_slice).collect::<Vec<_>>());
                changed[i].remove(axis);
                refuse("missing", spec, &x, &changed.iter().map(Vec::as_slice).collect::<Vec<_>>());
            }
        }
        refuse("groups", ConvSpec { groups: 2, ..spec }, &x, shapes);
        refuse("no groups", ConvSpec { groups: 0, ..spec }, &x, shapes);
        refuse("stride", ConvSpec { stride: [1, 0], ..spec }, &x, shapes);
        refuse("dilation", ConvSpec { dilation: [4, 1], ..spec }, &x, shapes);
        for shape in [&[1, 2, 7, 7][..], &[1, 0, 7, 7], &[1, 3, 2, 7], &[1, 3, 7], &[]] {
            refuse("input", spec, &Var::constant(Tensor::zeros(shape).unwrap()), shapes);
        }
        let bias = Var::constant(Tensor::zeros(&[3]).unwrap());
        form.run(&Fused, &spec, &x, &zeros(shapes), Some(&bias)).unwrap_err();
    }
}
