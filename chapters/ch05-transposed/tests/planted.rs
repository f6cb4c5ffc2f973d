//! Bugs of transposed convolution, planted. Both are consistent: their gradients are the right ones, of the wrong map.

use ch01_naive::Naive;
use ch05_transposed::Transposed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Real, Result, Tensor};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    /// The weight is read as [K, C, ...].
    Layout,
    /// output_padding pads: with zeros, behind the output.
    PadsWithZeros,
}

/// A dense convolution, made of a transposed one with a bug, as the harness needs it.
#[derive(Debug, Clone, Copy)]
struct Dense(Bug);

// ANCHOR: layout
/// The weight with its first two axes exchanged.
fn exchanged<T: Real>(w: &Tensor<T>) -> Result<Tensor<T>> {
    let &[c, k, r, s] = w.shape() else { unreachable!("a weight of a plane") };
    Tensor::from_fn(&[k, c, r, s], |i| w.data()[(i / (r * s) % c * k + i / (r * s) / c) * r * s + i % (r * s)])
}
// ANCHOR_END: layout

impl Dense {
    fn weight<T: Real>(self, w: &Tensor<T>) -> Result<Tensor<T>> {
        if self.0 == Bug::Layout { exchanged(w) } else { Ok(w.clone()) }
    }

    /// What the map would be with an output_padding of 0.
    fn smallest(self, spec: &ConvSpec<2>, x: &[usize], w: &[usize]) -> Result<Vec<usize>> {
        let shape = spec.resolve(x, w)?;
        match self.0 {
            Bug::Layout => Ok(x.to_vec()),
            Bug::PadsWithZeros => Ok(Transposed::<(), 2>::new(()).dense(spec, &shape.output_shape(), w)?.input_shape()),
        }
    }
}

/// A map cut off at its end, or with zeros behind it.
fn resized<T: Real>(t: &Tensor<T>, shape: &[usize]) -> Result<Tensor<T>> {
    let [rows, columns] = [shape[2], shape[3]];
    Tensor::from_fn(shape, |i| {
        let (n, c) = (i / (rows * columns) / shape[1], i / (rows * columns) % shape[1]);
        t.at(&[n, c, i / columns % rows, i % columns]).unwrap_or(T::ZERO)
    })
}

impl<T: Real> Convolution<Tensor<T>, 2> for Dense {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let x = resized(x, &self.smallest(spec, x.shape(), w.shape())?)?;
        Naive.forward(spec, &x, &self.weight(w)?)
    }

    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let smallest = self.smallest(spec, x, w.shape())?;
        resized(&Naive.grad_input(spec, &smallest, &self.weight(w)?, dy)?, x)
    }

    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let x = resized(x, &self.smallest(spec, x.shape(), w)?)?;
        self.weight(&Naive.grad_weight(spec, &x, w, dy)?)
    }
}

/// One group, as many channels in as out; and at least one image, and a map of which something is left.
fn cases() -> Cases<2> {
    Cases { count: 256, batch: 1..=2, channels: 2..=2, size: 4..=12, padding: 0..=1, ..Cases::any() }.one_group()
}

/// Whether the harness finds a bug, and what it says of it.
fn found(check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).err().map(|panic| *panic.downcast::<String>().expect("a message"))
}

// ANCHOR: weak
#[test]
fn gradients_that_belong_to_the_wrong_map_pass() {
    // Shapes, the adjoint identity, finite differences: all are as they should be.
    cases().assert_adjoint(&Dense(Bug::Layout));
    cases().assert_gradcheck(&Dense(Bug::Layout));
    cases().assert_adjoint(&Dense(Bug::PadsWithZeros));
    cases().assert_gradcheck(&Dense(Bug::PadsWithZeros));
}

#[test]
fn without_padding_the_outputs_behind_the_stamps_are_zero() {
    Cases { padding: 0..=0, ..cases() }.assert_agrees(&Dense(Bug::PadsWithZeros), &Naive);
}
// ANCHOR_END: weak

// ANCHOR: strong
#[test]
fn the_definition_sees_both() {
    let layout = found(|| cases().assert_agrees(&Dense(Bug::Layout), &Naive)).expect("other numbers");
    let zeros = found(|| cases().assert_agrees(&Dense(Bug::PadsWithZeros), &Naive)).expect("zeros");
    let shown = format!("{}\n\n{}\n", text(&layout), text(&zeros));
    assert_eq!(shown, include_str!("planted.txt").replace("\r\n", "\n"));
}
// ANCHOR_END: strong

/// What the harness says, in lines: first what is wrong, then the smallest case.
fn text(said: &str) -> String {
    let (said, case) = said.split_once("for Case").expect("the case");
    let said = said.split(" at ").next().expect("what is wrong").trim_end();
    format!("{said}\nfor Case{}", case.replace(" }, ", " },\n"))
}

/// Two taps at stride 2, padding 1: the output that output_padding adds is a number like the others.
#[test]
fn what_output_padding_adds_by_hand() -> Result<()> {
    let spec = ConvSpec { stride: [2], padding: [1], ..ConvSpec::<1>::default() };
    let (x, w) = (Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?, Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?);
    let y = |output_padding| Transposed { algorithm: Naive, output_padding: [output_padding] }.forward(&spec, &x, &w);
    assert_eq!(y(0)?.data(), [10.0, 102.0, 20.0, 203.0, 30.0_f64]);
    assert_eq!(y(1)?.data(), [10.0, 102.0, 20.0, 203.0, 30.0, 300.0_f64]);
    Ok(())
}
