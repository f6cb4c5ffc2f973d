//! Where kernels land, what is refused, and the differentiable operation.

use proptest::prelude::*;
use std::rc::Rc;
use unrolled::conv::axis_names;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Value, Var, conv, no_grad};

#[test]
fn sizes_by_hand() -> Result<()> {
    let size = |input, kernel, stride, padding, dilation| {
        ConvSpec::new([stride], [padding], [dilation], 1)?.output_size([input], [kernel]).map(|[size]| size)
    };
    assert_eq!((size(28, 5, 1, 0, 1)?, size(224, 7, 2, 3, 1)?, size(7, 3, 1, 0, 2)?), (24, 112, 3));
    assert_eq!((size(6, 3, 2, 0, 1)?, size(5, 3, 2, 0, 1)?, size(1, 1, 9, 0, 9)?), (2, 2, 1));
    let spec = ConvSpec::new([1, 2], [0, 1], [2, 1], 2)?;
    let shape = spec.resolve(&[4, 6, 10, 9], &[8, 3, 3, 4])?;
    assert_eq!((shape.n, shape.c, shape.k, shape.output), (4, 3, 4, [6, 4]));
    assert_eq!(shape.output_shape(), [4, 8, 6, 4]);
    assert_eq!((shape.taps(), shape.positions_in(), shape.positions_out()), (36, 90, 24));
    assert_eq!(shape.flops(), 2.0 * (4 * 8 * 24 * 36) as f64);
    let lifted = shape.lift();
    assert_eq!((lifted.input, lifted.kernel, lifted.output), ([1, 10, 9], [1, 3, 4], [1, 6, 4]));
    assert_eq!((lifted.spec.stride, lifted.spec.padding, lifted.spec.dilation), ([1, 1, 2], [0, 0, 1], [1, 2, 1]));
    assert_eq!((axis_names::<1>(), axis_names::<3>()), (["width"], ["depth", "height", "width"]));
    assert_eq!(ConvSpec::<3>::default().resolve(&[0, 1, 2, 2, 2], &[1, 1, 1, 2, 2])?.output_shape(), [0, 1, 2, 1, 1]);
    Ok(())
}

proptest! {
    /// The formula counts the places where the whole kernel lies on the padded input.
    #[test]
    fn the_formula_counts_places(input in 1..20usize, kernel in 1..6usize, stride in 1..5usize, padding in 0..4usize, dilation in 1..4usize) {
        let spec = ConvSpec::new([stride], [padding], [dilation], 1)?;
        let places = (0..input + 2 * padding).step_by(stride).filter(|at| at + (kernel - 1) * dilation < input + 2 * padding);
        prop_assert_eq!(spec.output_size([input], [kernel]).map_or(0, |[size]| size), places.count());
    }

    #[test]
    fn nothing_panics(sizes in prop::collection::vec(prop_oneof![0..5usize, Just(usize::MAX), Just(1 << 62), any::<usize>()], 12)) {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = sizes[..] else { unreachable!("twelve of them") };
        let spec = ConvSpec { stride: [a, b], padding: [c, d], dilation: [e, f], groups: g };
        let _ = spec.resolve(&[h, i, j, k], &[l, a, b, c]);
        let _ = spec.resolve(&[1, 1, j, k], &[1, 1, 3, 3]);
    }
}

#[test]
fn refusals_say_what_and_why() {
    let dense = ConvSpec::<2>::default();
    let said = |spec: ConvSpec<2>, input: &[usize], weight: &[usize]| {
        spec.resolve(input, weight).expect_err("an error").to_string()
    };
    let (x, w) = (&[1, 4, 8, 8][..], &[4, 4, 3, 3][..]);
    let cases = [
        (ConvSpec { stride: [1, 0], ..dense }, x, w, "stride along width: got 0, expected at least 1"),
        (ConvSpec { dilation: [0, 1], ..dense }, x, w, "dilation along height: got 0, expected at least 1"),
        (ConvSpec { groups: 0, ..dense }, x, w, "groups: got 0, expected at least 1"),
        (ConvSpec { groups: 3, ..dense }, x, w, "input channels: got 4, expected a multiple of groups = 3, and not 0"),
        (
            ConvSpec { groups: 2, ..dense },
            x,
            &[3, 2, 3, 3],
            "output channels: got 3, expected a multiple of groups = 2, and not 0",
        ),
        (
            ConvSpec { groups: 2, ..dense },
            x,
            w,
            "weight: got [4, 4, 3, 3], expected 2 input channels (the input has 4, in 2 group(s))",
        ),
        (dense, &[4, 8, 8], w, "input: got [4, 8, 8], expected 4 axes: [N, C] and 2 spatial"),
        (dense, x, &[4, 4, 3], "weight: got [4, 4, 3], expected 4 axes: [K, C/groups] and 2 spatial"),
        (dense, x, &[4, 4, 0, 3], "kernel along height: got 0, expected at least 1"),
        (dense, &[1, 4, 8, 0], w, "input along width: got 0, expected at least 1"),
        (dense, &[1, 0, 8, 8], &[4, 0, 3, 3], "input channels: got 0, expected a multiple of groups = 1, and not 0"),
    ];
    for (spec, x, w, expected) in cases {
        assert_eq!(said(spec, x, w), expected);
    }
    let large = said(ConvSpec { dilation: [1, 4], padding: [0, 1], ..dense }, &[1, 4, 8, 6], w);
    assert_eq!(
        large,
        "kernel along width: got 3 taps at dilation 4, which reach over 9, expected at most 8 (an input of 6 padded by 1 on both sides)"
    );
    assert!(said(ConvSpec { padding: [usize::MAX, 0], ..dense }, x, w).starts_with("sizes along height"));
    for spec in [
        ConvSpec { padding: [0, usize::MAX / 2], ..dense }, // 2 padding fits, and the input on top doesn't
        ConvSpec { dilation: [1, usize::MAX / 2 + 1], ..dense },
        ConvSpec { dilation: [1, usize::MAX / 2], ..dense }, // 2 dilation fits, and still is larger than the input
    ] {
        assert!(said(spec, x, w).contains("along width: got"), "{spec:?}");
    }
    // A padding that fits, of an output that doesn't.
    assert!(said(ConvSpec { padding: [usize::MAX / 4; 2], ..dense }, x, w).starts_with("output: got [1, 4, "));
    assert!(said(dense, x, &[1 << 60, 4, 3, 3]).starts_with("weight: got"));
    assert!(said(dense, &[1 << 40, 4, 1 << 20, 8], w).starts_with("input: got"));
    let e = dense.resolve_grad(x, w, &[1, 4, 6, 5]).unwrap_err();
    assert_eq!(e.to_string(), "grad: got [1, 4, 6, 5], expected the output's shape, [1, 4, 6, 6]");
    dense.resolve_grad(x, w, &[1, 4, 6]).unwrap_err();
    dense.resolve_grad(x, w, &[1, 4, 6, 6]).unwrap();
    let said = |stride, dilation| ConvSpec::new(stride, [0; 3], dilation, 1).unwrap_err().to_string();
    assert_eq!(said([0, 1, 1], [1; 3]), "stride along depth: got 0, expected at least 1");
    assert_eq!(said([1; 3], [1, 0, 1]), "dilation along height: got 0, expected at least 1");
    assert_eq!(ConvSpec::new([1], [0], [1], 0).unwrap_err().to_string(), "groups: got 0, expected at least 1");
    let far = ConvSpec { stride: [usize::MAX; 2], ..dense };
    assert_eq!(far.output_size([8, 8], [3, 3]).unwrap(), [1, 1], "a stride may be as long as it likes");
}

/// A 1 × 1 convolution of one channel: the weight is a factor. Panics if asked for a gradient it shouldn't be.
#[derive(Clone, Default)]
struct Factor {
    input_is_constant: bool,
    weight_is_constant: bool,
}

impl Convolution<Tensor, 1> for Factor {
    fn forward(&self, spec: &ConvSpec<1>, input: &Tensor, weight: &Tensor) -> Result<Tensor> {
        spec.resolve(input.shape(), weight.shape())?;
        let w = weight.data()[0];
        Ok(input.clone().map(|x| x * w))
    }
    fn grad_input(&self, _: &ConvSpec<1>, _: &[usize], weight: &Tensor, grad: &Tensor) -> Result<Tensor> {
        assert!(!self.input_is_constant, "nobody wants this gradient");
        let w = weight.data()[0];
        Ok(grad.clone().map(|dy| dy * w))
    }
    fn grad_weight(&self, _: &ConvSpec<1>, input: &Tensor, shape: &[usize], grad: &Tensor) -> Result<Tensor> {
        assert!(!self.weight_is_constant, "nobody wants this gradient");
        Tensor::full(shape, input.dot(grad)?)
    }
}

#[test]
fn the_operation_asks_for_what_is_needed() -> Result<()> {
    let spec = ConvSpec::<1>::default();
    let x = Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?;
    let w = Var::parameter(Tensor::new(&[1, 1, 1], vec![2.0])?);
    let b = Var::parameter(Tensor::new(&[1], vec![10.0])?);
    let dy = Tensor::new(&[1, 1, 3], vec![1.0, -1.0, 2.0])?;

    let first_layer = Factor { input_is_constant: true, ..Factor::default() };
    let y = conv(&first_layer, &spec, &Var::constant(x.clone()), &w, Some(&b))?;
    assert_eq!(y.value().data(), [12.0, 14.0, 16.0]);
    y.backward_from(dy.clone())?;
    assert_eq!((w.grad().unwrap().data(), b.grad().unwrap().data()), (&[5.0][..], &[2.0][..]));

    // An algorithm chosen at run time, between two parameters and without a bias.
    let chosen: Rc<dyn Convolution<Tensor, 1>> = Rc::new(Factor::default());
    let input = Var::parameter(x);
    conv(&chosen, &spec, &input, &w, None)?.backward_from(dy.clone())?;
    assert_eq!(input.grad().unwrap().data(), [2.0, -2.0, 4.0]);
    assert_eq!(w.grad().unwrap().data(), [10.0], "gradients add up");
    assert_eq!(dy.shape(), Value::shape(&input.value()));

    // A frozen weight, and no gradients at all.
    let frozen = Factor { weight_is_constant: true, ..Factor::default() };
    conv(&frozen, &spec, &input, &Var::constant(w.value()), Some(&b))?.backward_from(dy.clone())?;
    assert_eq!((input.grad().unwrap().data(), b.grad().unwrap().data()), (&[4.0, -4.0, 8.0][..], &[4.0][..]));
    let neither = Factor { input_is_constant: true, weight_is_constant: true };
    let y = no_grad(|| conv(&neither, &spec, &input, &w, Some(&b)))?;
    let _ = y.backward_from(dy);
    assert_eq!(w.grad().unwrap().data(), [10.0], "as before");

    let wrong = Var::parameter(Tensor::new(&[2], vec![0.0; 2])?);
    let e = conv(&first_layer, &spec, &input, &w, Some(&wrong)).unwrap_err();
    assert_eq!(e.to_string(), "bias: got [2], expected [1], one per channel");
    Ok(())
}
