//! What the exercises of chapter 10 must do.

use crate::break_even::break_even as most;
use crate::fold::fold as folded;
use crate::from_dense::from_dense as gradients;
use crate::fused_layer::fused_layer as layer;
use crate::low_rank::low_rank as approximate;
use ch01_naive::Naive;
use ch10_separable::{cost, depthwise, depthwise_separable, spatial, spatially_separable};
use unrolled::testing::Cases;
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, conv};

/// Small whole numbers.
fn integers(shape: &[usize], seed: u64) -> Result<Tensor<f64>> {
    Tensor::from_fn(shape, |i| ((i as u64 * 7 + seed % 1000) % 11 % 5) as f64 - 2.0)
}

#[test]
fn break_even() -> Result<()> {
    let weights = |steps: &[ConvSpec<2>], shapes: &[&[usize]]| -> Result<u128> {
        Ok(cost(steps, &[1, shapes[0][1], 20, 20], shapes)?.parameters)
    };
    for (k, c, r, s) in [(16, 32, 3, 3), (1, 1, 3, 3), (8, 8, 5, 2), (3, 7, 1, 4), (1, 1, 1, 1), (1, 9, 2, 2)] {
        let dense = weights(&[ConvSpec::default()], &[&[k, c, r, s]])?;
        let fewer = |m: usize| -> Result<bool> {
            Ok(weights(&spatial::steps(&ConvSpec::default())?, &[&[m, c, r, 1], &[k, m, 1, s]])? < dense)
        };
        let got = most(k, c, [r, s]);
        assert!(got == 0 || fewer(got)?, "{k} {c} {r} {s}: {got} are too many");
        assert!(!fewer(got + 1)?, "{k} {c} {r} {s}: {got} aren't the most");
    }
    Ok(())
}

#[test]
fn low_rank() -> Result<()> {
    let laplace = Tensor::new(&[3, 3], vec![0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0])?;
    let random = integers(&[4, 5], 3)?.zip(&integers(&[4, 5], 8)?, |a, b| a + b / 3.0)?;
    for (kernel, rank, after_one) in [(laplace, 2, Some(6.0_f64.sqrt() - 2.0)), (random, 4, None)] {
        let mut before = f64::INFINITY;
        for m in 0..=rank {
            let products = approximate(&kernel, m)?;
            assert_eq!(products.len(), m);
            let mut rest = kernel.clone();
            for [column, row] in &products {
                assert_eq!((column.shape(), row.shape()), (&[kernel.shape()[0], 1][..], &[1, kernel.shape()[1]][..]));
                let width = row.len();
                let product = Tensor::from_fn(kernel.shape(), |i| column.data()[i / width] * row.data()[i % width])?;
                rest = rest.zip(&product, |a, b| a - b)?;
            }
            let off = rest.dot(&rest)?.sqrt();
            assert!(off < before, "{m} products are off by {off}, and one less by {before}");
            before = off;
            // What is left of Laplace's kernel has the length of the second of its singular values, √6 − 2.
            let expected = after_one.filter(|_| m == 1).unwrap_or(off);
            assert!((off - expected).abs() < 1e-9, "{m} products are off by {off}, the nearest by {expected}");
        }
        assert!(before < 1e-9, "{rank} products, the rank of the kernel, are off by {before}");
    }
    Ok(())
}

#[test]
fn from_dense() {
    Cases { channels: 1..=1, ..Cases::<2>::any() }.one_group().check(|case| {
        let ([x, _, dy], [r, s]) = (case.integers::<f64>(), case.shape.kernel);
        let [column, row] = [integers(&[1, 1, r, 1], case.seed)?, integers(&[1, 1, 1, s], case.seed / 7)?];
        let vars = [&column, &row].map(|t| Var::parameter(t.clone()));
        let y = spatially_separable(&Naive, &case.shape.spec, &Var::constant(x.clone()), [&vars[0], &vars[1]], None)?;
        y.backward_from(dy.clone())?;
        let dw = Naive.grad_weight(&case.shape.spec, &x, &[1, 1, r, s], &dy)?.reshape(&[r, s])?;
        let got = gradients(&dw, &column.reshape(&[r, 1])?, &row.reshape(&[1, s])?)?;
        for (got, var) in got.iter().zip(&vars) {
            assert_eq!(Some(got.data()), var.grad().as_ref().map(Tensor::data));
        }
        Ok(())
    });
}

#[test]
fn fold() {
    Cases::<2>::any().one_group().check(|case| {
        let (c, k, [r, s], spec) = (case.shape.c, case.shape.k, case.shape.kernel, case.shape.spec);
        let [x, ..] = case.integers::<f64>();
        let (depthwise, pointwise) = (integers(&[c, 1, r, s], case.seed)?, integers(&[k, c, 1, 1], case.seed / 3)?);
        let (first_bias, second_bias) = (integers(&[c], case.seed / 5)?, integers(&[k], case.seed / 7)?);
        let [weight, bias] = folded([&depthwise, &first_bias], [&pointwise, &second_bias])?;
        let vars = [&x, &depthwise, &first_bias, &pointwise, &second_bias, &weight, &bias];
        let [x, w, w_bias, p, p_bias, dense, dense_bias] = vars.map(|t| Var::constant(t.clone()));
        let [first, second] = depthwise::steps(&spec, c)?;
        let middle = conv(&Naive, &first, &x, &w, Some(&w_bias))?;
        let two = conv(&Naive, &second, &middle, &p, Some(&p_bias))?.value();
        assert_eq!(conv(&Naive, &spec, &x, &dense, Some(&dense_bias))?.value(), two);
        Ok(())
    });
}

// ANCHOR: fused_layer
#[test]
fn fused_layer() {
    Cases::<2>::any().one_group().check(|case| {
        let (c, k, [r, s], spec) = (case.shape.c, case.shape.k, case.shape.kernel, case.shape.spec);
        let [x, _, dy] = case.integers::<f64>();
        let (w, p) = (integers(&[c, 1, r, s], case.seed)?, integers(&[k, c, 1, 1], case.seed / 3)?);
        let run = |in_one: bool| -> Result<Vec<Tensor<f64>>> {
            let vars = [&x, &w, &p].map(|t| Var::parameter(t.clone()));
            let [x, w, p] = &vars;
            let y = match in_one {
                true => layer(&spec, x, [w, p])?,
                false => depthwise_separable(&Naive, &spec, x, [w, p], None)?,
            };
            y.backward_from(dy.clone())?;
            Ok([y.value()].into_iter().chain(vars.iter().map(|var| var.grad().expect("a gradient"))).collect())
        };
        assert_eq!(run(true)?, run(false)?);
        Ok(())
    });
}
// ANCHOR_END: fused_layer
