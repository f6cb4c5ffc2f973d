//! A planted bug: a gradient of pooling that is right wherever one usually looks.

use ch09_lenet::idx::{self, Dataset, SIDE, Split};
use ch09_lenet::network::LeNet;
use ch09_lenet::train;
use std::path::Path;
use std::rc::Rc;
use unrolled::nn::{self, Cpu, Device};
use unrolled::optim::{Adam, AdamStep, Update};
use unrolled::{Result, Tensor, Var, init};

// ANCHOR: bug
/// Adaptive pooling that hands each input the share of one output only, the one it lies under if windows don't overlap.
fn buggy_pool(output: [usize; 2], x: &Var<Tensor>) -> Result<Var<Tensor>> {
    let shape = x.value().shape().to_vec();
    let [height, width] = [shape[2], shape[3]];
    let y = nn::adaptive_avg_pool(output, &Var::constant(x.value()))?.value();
    let adjoint = move |dy: Tensor| {
        let share = (output[0] * output[1]) as f32 / (height * width) as f32;
        Tensor::from_fn(&shape, |i| {
            let (plane, iy, ix) = (i / (height * width), i / width % height, i % width);
            let (oy, ox) = (iy * output[0] / height, ix * output[1] / width);
            share * dy.data()[(plane * output[0] + oy) * output[1] + ox]
        })
    };
    Ok(Var::op(y).input(x, adjoint).var())
}
// ANCHOR_END: bug

/// A pooling layer.
type Layer = fn([usize; 2], &Var<Tensor>) -> Result<Var<Tensor>>;

fn right_pool(output: [usize; 2], x: &Var<Tensor>) -> Result<Var<Tensor>> {
    nn::adaptive_avg_pool(output, x)
}

/// ⟨dy, pool(x)⟩ and ⟨dx, x⟩, of multiples of 36: windows of 4, 6 and 9 divide them without a remainder.
fn products(pool: Layer, input: usize, output: usize) -> Result<[f64; 2]> {
    let whole = |seed| {
        let mut rng = init::rng(seed);
        move |shape: &[usize]| {
            Ok::<_, unrolled::Error>(init::uniform::<f32>(shape, 9.0, &mut rng)?.map(|x| 36.0 * x.round()))
        }
    };
    let x = Var::parameter(whole(1)(&[2, 3, input, input])?);
    let y = pool([output, output], &x)?;
    let dy = whole(2)(y.value().shape())?;
    y.backward_from(dy.clone())?;
    let inner =
        |a: &Tensor, b: &Tensor| a.data().iter().zip(b.data()).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    Ok([inner(&dy, &y.value()), inner(&x.grad().expect("a gradient"), &x.value())])
}

// ANCHOR: adjoint
#[test]
fn the_adjoint_identity_depends_on_the_sizes() -> Result<()> {
    let [a, b] = products(buggy_pool, 10, 5)?;
    assert_eq!(a, b, "where windows lie beside each other, the bug isn't one");
    let [a, b] = products(buggy_pool, 24, 14)?;
    assert_ne!(a, b, "where they overlap, it is found");
    for (input, output) in [(10, 5), (24, 14), (4, 3), (3, 4), (7, 7)] {
        let [a, b] = products(right_pool, input, output)?;
        assert_eq!(a, b, "{input} -> {output}");
    }
    Ok(())
}
// ANCHOR_END: adjoint

/// The CPU with another pooling.
#[derive(Clone, Copy)]
struct With(Layer);

impl Update<Tensor> for With {
    fn zeros_like(&self, value: &Tensor) -> Result<Tensor> {
        Cpu.zeros_like(value)
    }
    fn adam(&self, step: AdamStep, state: [&mut Tensor; 3], grad: &Tensor) -> Result<()> {
        Cpu.adam(step, state, grad)
    }
}

impl Device<Tensor> for With {
    fn upload(&self, tensor: Tensor) -> Result<Tensor> {
        Ok(tensor)
    }
    fn download(&self, value: &Tensor) -> Result<Tensor> {
        Ok(value.clone())
    }
    fn relu(&self, x: &Var<Tensor>) -> Result<Var<Tensor>> {
        nn::relu(x)
    }
    fn adaptive_avg_pool(&self, output: [usize; 2], x: &Var<Tensor>) -> Result<Var<Tensor>> {
        (self.0)(output, x)
    }
    fn flatten(&self, x: &Var<Tensor>) -> Result<Var<Tensor>> {
        nn::flatten(x)
    }
    fn linear(&self, x: &Var<Tensor>, weight: &Var<Tensor>, bias: Option<&Var<Tensor>>) -> Result<Var<Tensor>> {
        nn::linear(x, weight, bias)
    }
    fn softmax_cross_entropy(&self, logits: &Var<Tensor>, labels: &[usize]) -> Result<Var<Tensor>> {
        nn::softmax_cross_entropy(logits, labels)
    }
}

/// The accuracy on 1,000 test images after 100 steps.
fn accuracy(pool: Layer, data: &Dataset, test: &Dataset) -> Result<f64> {
    let device = With(pool);
    let network = LeNet::new(device, Rc::new(ch02_im2col::Fused), &mut init::rng(1))?;
    let mut adam = Adam::on(device, network.parameters().to_vec(), 0.003)?;
    let mut rng = init::rng(2);
    train::epoch(&device, |x| network.forward(x), &mut adam, data, 32, &mut rng, |_| ())?;
    train::test(&device, |x| network.forward(x), test, |_| ())
}

// ANCHOR: learns
#[test]
fn a_network_learns_with_the_wrong_gradient() -> Result<()> {
    let [data, test] = [first(Split::Train, 3200)?, first(Split::Test, 1000)?];
    let [right, wrong] = [accuracy(right_pool, &data, &test)?, accuracy(buggy_pool, &data, &test)?];
    assert!(right > 0.8 && wrong > 0.8, "{right} and {wrong}");
    Ok(())
}
// ANCHOR_END: learns

fn first(split: Split, count: usize) -> Result<Dataset> {
    let mut data = idx::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data"), split)?;
    data.images.pixels.truncate(count * SIDE * SIDE);
    data.labels.truncate(count);
    Ok(data)
}
