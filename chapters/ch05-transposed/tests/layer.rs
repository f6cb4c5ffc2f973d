//! The layer by hand, and with bad input.

use ch01_naive::Naive;
use ch02_im2col::Fused;
use ch05_transposed::{Transposed, conv_transpose, matrix, upsample};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var};

fn tensor(shape: &[usize], data: &[f64]) -> Tensor<f64> {
    Tensor::new(shape, data.to_vec()).expect("a small shape")
}

/// d2l.ai's example: four stamps of the kernel, moved by the stride.
#[test]
#[rustfmt::skip]
fn by_hand() -> Result<()> {
    let x = tensor(&[1, 1, 2, 2], &[0.0, 1.0, 2.0, 3.0]);
    let transposed = |spec| Transposed::new(Naive).forward(&spec, &x, &x);
    let one = ConvSpec::default();
    assert_eq!(transposed(one)?, tensor(&[1, 1, 3, 3], &[
        0.0, 0.0, 1.0,
        0.0, 4.0, 6.0,
        4.0, 12.0, 9.0,
    ]));
    assert_eq!(transposed(ConvSpec { stride: [2, 2], ..one })?, tensor(&[1, 1, 4, 4], &[
        0.0, 0.0, 0.0, 1.0,
        0.0, 0.0, 2.0, 3.0,
        0.0, 2.0, 0.0, 3.0,
        4.0, 6.0, 6.0, 9.0,
    ]));
    assert_eq!(transposed(ConvSpec { padding: [1, 1], ..one })?, tensor(&[1, 1, 1, 1], &[4.0]));
    Ok(())
}

/// From 2 channels to 3, in one group and the weight [C, K/groups, ...]; and 4 to 2 in two groups.
#[test]
fn channels_and_groups_by_hand() -> Result<()> {
    let one = ConvSpec::<1>::default();
    let y = Transposed::new(Fused).forward(
        &one,
        &tensor(&[1, 2, 1], &[1.0, 10.0]),
        &tensor(&[2, 3, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    )?;
    assert_eq!(y, tensor(&[1, 3, 1], &[41.0, 52.0, 63.0]));
    let y = Transposed::new(Fused).forward(
        &ConvSpec { groups: 2, ..one },
        &tensor(&[1, 4, 1], &[1.0, 10.0, 100.0, 1000.0]),
        &tensor(&[4, 1, 1], &[1.0, 2.0, 3.0, 4.0]),
    )?;
    assert_eq!(y, tensor(&[1, 2, 1], &[21.0, 4300.0]));
    Ok(())
}

#[test]
fn output_padding_leads_back_to_each_size() -> Result<()> {
    for (stride, kernel, padding, dilation) in [(1, 3, 1, 1), (2, 3, 1, 1), (3, 4, 0, 1), (3, 2, 2, 2), (4, 1, 0, 1)] {
        let spec = ConvSpec::new([stride], [padding], [dilation], 1)?;
        for input in 4..=12 {
            let output = spec.output_size([input], [kernel])?;
            let back =
                |chosen| Transposed { algorithm: (), output_padding: [chosen] }.output_size(&spec, output, [kernel]);
            let ways: Vec<_> = (0..stride).filter(|&chosen| back(chosen) == Ok([input])).collect();
            assert_eq!(ways.len(), 1, "{spec:?} from {output:?} to {input}");
            assert!(back(stride).is_err());
        }
    }
    Ok(())
}

/// Sizes that the book names.
#[test]
fn sizes_that_come_back_and_that_do_not() -> Result<()> {
    let size = |input, kernel, chosen| {
        let spec = ConvSpec { stride: [2], padding: [1], ..ConvSpec::default() };
        Transposed { algorithm: (), output_padding: [chosen] }.output_size(&spec, [input], [kernel])
    };
    assert_eq!((size(28, 4, 0)?, size(28, 4, 1)?), ([56], [57]));
    assert_eq!((size(7, 3, 0)?, size(13, 3, 0)?), ([13], [25]));
    assert_eq!((size(7, 3, 1)?, size(14, 3, 1)?), ([14], [28]));
    Ok(())
}

#[test]
fn refuses_what_does_not_fit() {
    let zeros = |shape: &[usize]| Tensor::<f64>::zeros(shape).expect("a small shape");
    let good = ConvSpec { stride: [2, 2], padding: [1, 1], groups: 2, ..ConvSpec::<2>::default() };
    let (x, w) = ([1, 4, 3, 3], [4, 3, 3, 3]);
    let errors = |what: &str, spec: ConvSpec<2>, chosen, x: &[usize], w: &[usize], y: &[usize]| {
        let t = Transposed { algorithm: Naive, output_padding: chosen };
        let layer = conv_transpose(&Naive, &spec, chosen, &Var::constant(zeros(x)), &Var::constant(zeros(w)), None);
        let results = [
            t.forward(&spec, &zeros(x), &zeros(w)),
            layer.map(|y| y.value()),
            t.grad_input(&spec, x, &zeros(w), &zeros(y)),
            t.grad_weight(&spec, &zeros(x), w, &zeros(y)),
        ];
        results.map(|result| {
            let text = result.expect_err(what).to_string();
            assert!(!text.contains('\n') && text.contains("expected"), "{what}: {text}");
            text
        })
    };
    let y = [1, 6, 5, 5];
    assert_eq!(Transposed::new(Naive).forward(&good, &zeros(&x), &zeros(&w)).unwrap().shape(), y);

    let said = |what, spec, chosen, x: &[usize], w: &[usize], expected: &str| {
        let [first, others @ ..] = errors(what, spec, chosen, x, w, &y);
        assert_eq!(first, expected, "{what}");
        assert!(others.iter().all(|text| *text == first), "{what}: {others:?}");
    };
    let none = [0, 0];
    said(
        "output_padding",
        good,
        [0, 2],
        &x,
        &w,
        "output_padding along width: got 2, expected less than stride = 2: it pads nothing; stride 2 brings 2 size(s) to 3, and it chooses which comes back",
    );
    said(
        "output_padding above dilation",
        ConvSpec { dilation: [3, 3], ..good },
        [3, 0],
        &x,
        &w,
        "output_padding along height: got 3, expected less than stride = 2 or dilation = 3: it pads nothing; stride 2 brings 2 size(s) to 3, and it chooses which comes back",
    );
    said(
        "a stride of 0",
        ConvSpec { stride: [0, 2], ..good },
        [1, 1],
        &x,
        &w,
        "stride along height: got 0, expected at least 1",
    );
    said("no groups", ConvSpec { groups: 0, ..good }, none, &x, &w, "groups: got 0, expected at least 1");
    said(
        "padding that crops all",
        ConvSpec { padding: [1, 4], ..good },
        none,
        &x,
        &w,
        "padding along width: got 4, expected at most 3: here it crops, and of 7 positions nothing is left",
    );
    said(
        "padding that overflows",
        ConvSpec { padding: [usize::MAX, 1], ..good },
        none,
        &x,
        &w,
        "padding along height: got 18446744073709551615, expected at most 3: here it crops, and of 7 positions nothing is left",
    );
    said(
        "a stride that overflows",
        ConvSpec { stride: [1 << 63, 2], ..good },
        none,
        &x,
        &w,
        "sizes along height: got (3, 9223372036854775808, 1, 3), expected an (input, stride, dilation, kernel) whose output size doesn't overflow",
    );
    said(
        "a volume that overflows",
        ConvSpec { stride: [1 << 40, 1 << 40], ..good },
        none,
        &x,
        &w,
        "output: got [1, 6, 2199023255553, 2199023255553], expected a shape whose product doesn't overflow",
    );
    said("an axis too few", good, none, &x[1..], &w, "input: got [4, 3, 3], expected 4 axes: [N, C] and 2 spatial");
    said(
        "a weight of 5 axes",
        good,
        none,
        &x,
        &[4, 3, 3, 3, 1],
        "weight: got [4, 3, 3, 3, 1], expected 4 axes: [C, K/groups] and 2 spatial",
    );
    said("an empty input", good, none, &[1, 4, 0, 3], &w, "input along height: got 0, expected at least 1");
    said("an empty kernel", good, none, &x, &[4, 3, 3, 0], "kernel along width: got 0, expected at least 1");
    said(
        "channels that groups don't divide",
        good,
        none,
        &[1, 5, 3, 3],
        &[5, 3, 3, 3],
        "input channels: got 5, expected a multiple of groups = 2, and not 0",
    );
    said(
        "no channels",
        good,
        none,
        &[1, 0, 3, 3],
        &[0, 3, 3, 3],
        "input channels: got 0, expected a multiple of groups = 2, and not 0",
    );
    said(
        "a dense weight",
        good,
        none,
        &x,
        &[6, 2, 3, 3],
        "weight: got [6, 2, 3, 3], expected 4 on axis 0, the channels of the input (a transposed weight is [C, K/groups, ...])",
    );
    said(
        "no output channels",
        good,
        none,
        &x,
        &[4, 0, 3, 3],
        "weight: got [4, 0, 3, 3], expected at least one output channel on axis 1",
    );

    for grad in [&[1, 6, 5, 6][..], &[1, 3, 5, 5], &[6, 5, 5], &[1, 6, 5, 5, 1]] {
        let t = Transposed::new(Naive);
        let expected = format!("grad: got {grad:?}, expected the output's shape, [1, 6, 5, 5]");
        assert_eq!(t.grad_input(&good, &x, &zeros(&w), &zeros(grad)).unwrap_err().to_string(), expected);
        assert_eq!(t.grad_weight(&good, &zeros(&x), &w, &zeros(grad)).unwrap_err().to_string(), expected);
    }
    // Sizes that no tensor can have, but a shape can.
    for axis in 0..4 {
        let huge = |mut shape: [usize; 4]| {
            shape[axis] = usize::MAX;
            shape
        };
        assert!(Transposed::new(Naive).grad_input(&good, &huge(x), &zeros(&w), &zeros(&y)).is_err());
        assert!(Transposed::new(Naive).grad_weight(&good, &zeros(&x), &huge(w), &zeros(&y)).is_err());
    }
    let bias = Var::constant(zeros(&[4]));
    let (x, w) = (Var::constant(zeros(&x)), Var::constant(zeros(&w)));
    assert!(conv_transpose(&Naive, &good, none, &x, &w, Some(&bias)).is_err(), "a bias per input channel");
}

/// Every output is a copy of the input that its block came from.
#[test]
fn upsampling_copies() -> Result<()> {
    let x = Tensor::<f32>::from_fn(&[2, 3, 2, 3], |i| i as f32)?;
    let y = upsample(&Fused, [3, 2], &Var::constant(x.clone()))?.value();
    assert_eq!(y.shape(), [2, 3, 6, 6]);
    for (i, &copy) in y.data().iter().enumerate() {
        assert_eq!(Some(copy), x.at(&[i / 108, i / 36 % 3, i / 6 % 6 / 3, i % 6 / 2]));
    }
    Ok(())
}

/// Between stride and dilation, `Transposed` itself can't, and says who can.
#[test]
fn points_at_the_layer() {
    let spec = ConvSpec { dilation: [3], ..ConvSpec::default() };
    let e = Transposed { algorithm: (), output_padding: [2] }.output_size(&spec, [4], [3]).unwrap_err();
    let way = "less than stride = 1 (or conv_transpose, which takes all below dilation = 3)";
    assert!(e.to_string().contains(way), "{e}");

    // Which doesn't make something out of nothing.
    let layer = |shape: &[usize]| {
        let x = Var::constant(Tensor::<f64>::zeros(shape)?);
        let w = Var::constant(Tensor::zeros(&[1, 1, 3])?);
        conv_transpose(&Naive, &spec, [2], &x, &w, None)
    };
    assert_eq!(layer(&[0, 1, 4]).unwrap().value().shape(), [0, 1, 12]);
    assert_eq!(layer(&[1, 1, 0]).unwrap_err().to_string(), "input along width: got 0, expected at least 1");
    let shape = "input: got [1, 4], expected 3 axes: [N, C] and 1 spatial";
    assert_eq!(layer(&[1, 4]).unwrap_err().to_string(), shape);
}

#[test]
fn upsampling_and_matrices_refuse() {
    let x = |shape: &[usize]| Var::constant(Tensor::<f32>::zeros(shape).expect("a small shape"));
    let refused = |factors, x: &Var<Tensor>| upsample(&Naive, factors, x).unwrap_err().to_string();
    assert_eq!(refused([2, 0], &x(&[1, 1, 2, 2])), "factor along width: got 0, expected at least 1");
    assert_eq!(refused([2, 2], &x(&[2])), "input: got [2], expected 4 axes: [N, C] and 2 spatial");
    assert_eq!(
        refused([2, 2], &x(&[1, 0, 2, 2])),
        "input channels: got 0, expected a multiple of groups = 1, and not 0"
    );
    assert!(upsample(&Naive, [usize::MAX, 2], &x(&[1, 1, 2, 2])).is_err());

    let w = Tensor::<f32>::zeros(&[1, 1, 2]).expect("a small shape");
    for shape in [&[2, 1, 4][..], &[1, 1, 0], &[1, 2, 4], &[1, 1, 1], &[], &[1, 1, usize::MAX], &[1, 1, 1 << 40]] {
        let e = matrix(&Naive, &ConvSpec::<1>::default(), shape, &w).unwrap_err().to_string();
        assert!(!e.contains('\n'), "{e}");
    }
}

#[test]
fn an_empty_batch() -> Result<()> {
    let (x, w) = (Tensor::<f32>::zeros(&[0, 2, 3, 3])?, Tensor::full(&[2, 1, 2, 2], 1.0)?);
    let spec = ConvSpec { stride: [2, 2], ..ConvSpec::default() };
    let y = Transposed::new(Fused).forward(&spec, &x, &w)?;
    assert_eq!(y.shape(), [0, 1, 6, 6]);
    assert_eq!(Transposed::new(Fused).grad_weight(&spec, &x, w.shape(), &y)?, w.map(|_| 0.0));
    Ok(())
}
