//! Tensors: making, reading, changing and printing them.

use unrolled::parallel::set_threads;
use unrolled::{ChannelBias, Result, Tensor, Value, init};

fn tensor(shape: &[usize], data: &[f32]) -> Tensor {
    Tensor::new(shape, data.to_vec()).expect("as many elements as places")
}

#[test]
fn makes_and_reads() -> Result<()> {
    let t = tensor(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!((t.shape(), t.len(), t.is_empty(), t.sum()), (&[2, 3][..], 6, false, 21.0));
    assert_eq!((t.at(&[1, 0]), t.at(&[2, 0]), t.at(&[1]), t.at(&[1, 0, 0])), (Some(4.0), None, None, None));
    assert_eq!(Tensor::from_fn(&[2, 2], |i| i as f32)?.data(), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(
        (Tensor::<f64>::full(&[2], 1.5)?.data(), Tensor::<f64>::zeros(&[1])?.data()),
        (&[1.5; 2][..], &[0.0][..])
    );
    assert_eq!((Tensor::scalar(2.0_f32).shape(), Tensor::scalar(2.0_f32).at(&[])), (&[][..], Some(2.0)));
    assert_eq!(t.clone().reshape(&[3, 2])?.at(&[1, 1]), Some(4.0));
    assert_eq!(t.dot(&t)?, 91.0);
    assert_eq!(t.cast::<f64>().cast::<f32>(), t);
    assert!(Tensor::<f32>::zeros(&[3, 0])?.is_empty());
    Ok(())
}

#[test]
fn a_clone_keeps_its_elements() -> Result<()> {
    let t = tensor(&[3], &[1.0, 2.0, 3.0]);
    let mut written = t.clone();
    written.data_mut()[0] = 9.0;
    let mapped = t.clone().map(|x| -x);
    let zipped = t.clone().zip(&t, |x, y| x * y)?;
    let mut added = t.clone();
    added.accumulate(&t)?;
    assert_eq!((written.data(), mapped.data()), (&[9.0, 2.0, 3.0][..], &[-1.0, -2.0, -3.0][..]));
    assert_eq!((zipped.data(), added.data()), (&[1.0, 4.0, 9.0][..], &[2.0, 4.0, 6.0][..]));
    assert_eq!(t.data(), [1.0, 2.0, 3.0]);
    // A tensor of its own is changed where it is.
    let place = mapped.data().as_ptr();
    assert_eq!(mapped.map(|x| x + 1.0).data().as_ptr(), place);
    Ok(())
}

#[test]
fn refuses_what_does_not_fit() {
    let text = |r: Result<Tensor>| r.expect_err("an error").to_string();
    assert_eq!(text(Tensor::new(&[2, 3], vec![0.0; 5])), "data: got 5, expected 6 elements for shape [2, 3]");
    let t = tensor(&[2], &[1.0, 2.0]);
    assert_eq!(text(t.clone().reshape(&[3])), "shape: got [3], expected 2 places, as [2] has");
    assert_eq!(
        text(t.clone().zip(&tensor(&[1], &[1.0]), |x, _| x)),
        "right operand: got [1], expected the left one's shape, [2]"
    );
    for shape in [&[usize::MAX, 2][..], &[1 << 32, 1 << 32], &[0, usize::MAX, 8]] {
        assert!(text(Tensor::zeros(shape)).starts_with("shape: got"), "{shape:?}");
    }
    let most = [1 << 31, 1 << 31];
    assert!(text(Tensor::new(&most, vec![0.0])).starts_with("shape: got"));
    assert!(text(Tensor::from_fn(&most, |_| 0.0)).starts_with("shape: got"));
    assert!(text(t.clone().reshape(&most)).starts_with("shape: got"));
    assert!(text(Tensor::from_fn(&[1 << 45], |_| 0.0)).contains("memory"));
    assert!(text(Tensor::zeros(&[1 << 45])).contains("memory"));
    t.dot(&tensor(&[2, 1], &[1.0, 2.0])).unwrap_err();
    let e = t.clone().accumulate(&tensor(&[2, 1], &[1.0, 2.0])).unwrap_err();
    assert_eq!(e.to_string(), "what is added: got [2, 1], expected the shape [2]");
}

#[test]
fn biases_and_their_adjoint() -> Result<()> {
    let y = tensor(&[2, 2, 2], &[0.0; 8]).add_bias(&tensor(&[2], &[1.0, 2.0]))?;
    assert_eq!(y.data(), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    assert_eq!(y.sum_channels()?.data(), [4.0, 8.0]);
    let rows = tensor(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(rows.sum_channels()?.data(), [9.0, 12.0]);
    assert_eq!(rows.add_bias(&tensor(&[2], &[10.0, 20.0]))?.data(), [11.0, 22.0, 13.0, 24.0, 15.0, 26.0]);
    assert_eq!(Tensor::<f32>::zeros(&[0, 3, 4])?.sum_channels()?.data(), [0.0; 3]);
    assert!(Tensor::<f32>::zeros(&[0, 3, 4])?.add_bias(&Tensor::zeros(&[3])?)?.is_empty());
    // Large enough to be cut into tasks: within an image, and between channels.
    for shape in [[40, 3, 1000], [2, 40_000, 1], [1, 2, 50_000]] {
        let bias = Tensor::<f32>::from_fn(&[shape[1]], |c| (c + 1) as f32)?;
        let y = Tensor::zeros(&shape)?.add_bias(&bias)?;
        assert!(y.data().iter().enumerate().all(|(i, &y)| y == bias.data()[i / shape[2] % shape[1]]), "{shape:?}");
        let each = (shape[0] * shape[2]) as f32;
        assert_eq!(y.sum_channels()?, bias.map(|b| b * each), "{shape:?}");
    }
    y.clone().add_bias(&tensor(&[1], &[1.0])).unwrap_err();
    tensor(&[2], &[1.0, 2.0]).sum_channels().unwrap_err();
    Ok(())
}

#[test]
fn results_do_not_depend_on_the_threads() -> Result<()> {
    let big: Tensor = init::uniform(&[3, 5, 7001], 1.0, &mut init::rng(1))?;
    let run = |threads| -> Result<_> {
        set_threads(threads)?;
        let biased = big.clone().add_bias(&Tensor::full(&[5], 0.1)?)?;
        Ok((big.sum(), big.dot(&biased)?, biased.sum_channels()?, biased.map(|x| x * 3.0).zip(&big, |x, y| x - y)?))
    };
    let one = run(1)?;
    assert!(run(2)? == one && run(3)? == one);
    Ok(())
}

#[test]
fn prints_as_a_person_would_write() -> Result<()> {
    let t = |shape: &[usize], data: &[f32]| tensor(shape, data).to_string();
    assert_eq!(t(&[], &[2.5]), "2.5");
    assert_eq!(t(&[3], &[1.0, -2.0, 3.0]), "[ 1.0, -2.0,  3.0]");
    assert_eq!(t(&[2, 2], &[0.25, 1.0, -10.0, 3.0]), "[[  0.25,   1.00],\n [-10.00,   3.00]]");
    assert_eq!(t(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]), "[[[1.0, 2.0]],\n\n [[3.0, 4.0]]]");
    assert_eq!(t(&[2], &[1.0 / 3.0, 2.0]), "[0.3333, 2.0000]");
    assert_eq!(t(&[3], &[f32::NAN, f32::INFINITY, 1.0]), "[NaN, inf, 1.0]");
    assert_eq!(t(&[0], &[]), "[]");
    let ten = tensor(&[2], &[9.6, 10.0]);
    assert_eq!((format!("{ten:.0}"), format!("{ten:.2}")), ("[10, 10]".into(), "[ 9.60, 10.00]".into()));
    let long = Tensor::<f32>::from_fn(&[100], |i| i as f32)?;
    assert_eq!(format!("{long:.0}"), "[ 0,  1,  2, ..., 97, 98, 99]");
    assert_eq!(format!("{ten:?}"), "Tensor[2] [ 9.6, 10.0]");
    assert_eq!(Tensor::<f32>::zeros(&[2, 0])?.to_string(), "[[],\n []]");
    assert_eq!((t(&[0, 2], &[]), t(&[1, 1, 1], &[7.0])), ("[]".into(), "[[[7.0]]]".into()));
    assert_eq!(t(&[3], &[f32::NEG_INFINITY, -0.5, 12.25]), "[ -inf, -0.50, 12.25]");
    assert_eq!(t(&[2, 2, 2], &[1.0; 8]), "[[[1.0, 1.0],\n  [1.0, 1.0]],\n\n [[1.0, 1.0],\n  [1.0, 1.0]]]");
    let tall = Tensor::<f64>::from_fn(&[13, 2], |i| i as f64 / 2.0)?;
    let rows = "[[ 0.0,  0.5],\n [ 1.0,  1.5],\n [ 2.0,  2.5],\n ...,\n [10.0, 10.5],\n [11.0, 11.5],\n [12.0, 12.5]]";
    assert_eq!(tall.to_string(), rows);
    let twelve = Tensor::<f64>::from_fn(&[12], |i| i as f64)?;
    assert!(!twelve.to_string().contains("..."), "{twelve}");
    assert_eq!(format!("{:?}", Tensor::scalar(-1.5_f64)), "Tensor[] -1.5");
    Ok(())
}
