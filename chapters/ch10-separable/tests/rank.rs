//! Kernels of rank one, and the nearest to those that aren't: against Jacobi's method.

use ch10_separable::rank::{RankOne, is_rank_one, nearest, split};
use unrolled::init::{self, Rng};
use unrolled::{Real, Result, Tensor};

/// A matrix of random numbers from −1 to 1.
fn random(rows: usize, cols: usize, rng: &mut Rng) -> Tensor<f64> {
    init::uniform(&[rows, cols], 1.0, rng).unwrap()
}

/// A random matrix of integers up to ±9.
fn integers<T: Real>(rows: usize, cols: usize, rng: &mut Rng) -> Tensor<T> {
    random(rows, cols, rng).map(|x| (x * 9.5).round()).cast()
}

fn product<T: Real>(column: &Tensor<T>, row: &Tensor<T>) -> Tensor<T> {
    let (rows, cols) = (column.len(), row.len());
    assert_eq!((column.shape(), row.shape()), (&[rows, 1][..], &[1, cols][..]));
    Tensor::from_fn(&[rows, cols], |i| column.data()[i / cols] * row.data()[i % cols]).unwrap()
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// All singular values, largest first, by one-sided Jacobi rotations (Hestenes 1958): columns are
/// rotated in pairs until all are orthogonal; their lengths are the singular values.
fn jacobi(k: &Tensor<f64>) -> Vec<f64> {
    let &[rows, cols] = k.shape() else { unreachable!() };
    let mut columns: Vec<Vec<f64>> = (0..cols).map(|s| (0..rows).map(|r| k.data()[r * cols + s]).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for _ in 0..60 {
        for (i, j) in (0..cols).flat_map(|j| (0..j).map(move |i| (i, j))) {
            let (a, b) = (columns[i].clone(), columns[j].clone());
            let (aa, bb, ab) = (dot(&a, &a), dot(&b, &b), dot(&a, &b));
            if ab != 0.0 {
                let angle = 0.5 * (2.0 * ab).atan2(aa - bb);
                let (sin, cos) = angle.sin_cos();
                columns[i] = a.iter().zip(&b).map(|(a, b)| cos * a + sin * b).collect();
                columns[j] = a.iter().zip(&b).map(|(a, b)| cos * b - sin * a).collect();
            }
        }
    }
    let mut values: Vec<f64> = columns.iter().map(|column| norm(column)).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} and {b}");
}

/// Holds a result against the singular values: unit vectors, the right σ, and what is left over.
#[track_caller]
fn check(k: &Tensor<f64>, best: &RankOne, values: &[f64]) {
    close(best.sigma, values[0]);
    close(norm(&best.column), 1.0);
    close(norm(&best.row), 1.0);
    close(best.error, norm(&values[1..]) / norm(values));
    // σ u vᵀ, and not only σ, is what is near.
    let [column, row] = best.factors::<f64>().unwrap();
    let rest = k.clone().zip(&product(&column, &row), |a, b| a - b).unwrap();
    close(norm(rest.data()), norm(&values[1..]));
}

#[test]
fn products_of_integers_are_split_exactly() -> Result<()> {
    fn check<T: Real>() -> Result<()> {
        let mut rng = init::rng(1);
        for n in 0..400 {
            let (rows, cols) = (1 + n % 5, 1 + n / 5 % 5);
            let kernel = product(&integers::<T>(rows, 1, &mut rng), &integers(1, cols, &mut rng));
            assert!(is_rank_one(&kernel)?);
            let [column, row] = split(&kernel)?.expect("rank one");
            assert_eq!(product(&column, &row), kernel);
            let whole = |t: &Tensor<T>| t.data().iter().all(|x| x.f64().fract() == 0.0);
            assert!(whole(&column) && whole(&row), "{kernel} = {column} {row}");
            // One element more, in a place where that matters.
            if rows > 1 && cols > 1 && kernel.data().iter().all(|x| x.f64() != 0.0) {
                let mut other = kernel.clone();
                other.data_mut()[n % (rows * cols)] += T::ONE;
                assert!(!is_rank_one(&other)? && split(&other)?.is_none(), "{other}");
            }
        }
        Ok(())
    }
    check::<f32>()?;
    check::<f64>()
}

#[test]
fn known_kernels() -> Result<()> {
    let kernel = |numbers: &[f32]| Tensor::new(&[numbers.len().isqrt(), numbers.len().isqrt()], numbers.to_vec());
    let sobel = kernel(&[1.0, 0.0, -1.0, 2.0, 0.0, -2.0, 1.0, 0.0, -1.0])?;
    let [column, row] = split(&sobel)?.expect("rank one");
    assert_eq!((column.data(), row.data()), (&[1.0, 2.0, 1.0][..], &[1.0, 0.0, -1.0][..]));
    // As everyone computes it: the elements are rounded, and it still is a product.
    let gauss: Vec<f32> = (0..49).map(|i| (-((i / 7 - 3i32).pow(2) + (i % 7 - 3).pow(2)) as f32 / 4.5).exp()).collect();
    let sum: f32 = gauss.iter().sum();
    let gauss = kernel(&gauss.iter().map(|x| x / sum).collect::<Vec<_>>())?;
    let [column, row] = split(&gauss)?.expect("rank one");
    let off = product(&column, &row).zip(&gauss, |a, b| (a - b) / b)?;
    assert!(off.data().iter().all(|x| x.abs() < 1e-6));
    assert!(nearest(&gauss)?.error < 1e-7);

    let laplace = kernel(&[0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0])?;
    assert!(!is_rank_one(&laplace)? && split(&laplace)?.is_none());
    // Its singular values are √6 ± 2 and 0.
    check(&laplace.cast(), &nearest(&laplace)?, &[6f64.sqrt() + 2.0, 6f64.sqrt() - 2.0, 0.0]);
    Ok(())
}

#[test]
fn the_nearest_is_what_jacobi_finds() -> Result<()> {
    let mut rng = init::rng(2);
    for n in 0..300 {
        let k = random(1 + n % 6, 1 + n / 6 % 6, &mut rng);
        check(&k, &nearest(&k)?, &jacobi(&k));
    }
    let large = random(40, 70, &mut rng);
    let (best, values) = (nearest(&large)?, jacobi(&large.clone()));
    check(&large, &best, &values);
    Ok(())
}

#[test]
fn two_by_two_in_closed_form() -> Result<()> {
    let mut rng = init::rng(3);
    for _ in 0..200 {
        let k = random(2, 2, &mut rng);
        let &[a, b, c, d] = k.data() else { unreachable!() };
        // σ₁² + σ₂² is the sum of squares, σ₁ σ₂ the determinant.
        let (sum, product) = (a * a + b * b + c * c + d * d, (a * d - b * c).abs());
        let [plus, minus] = [(sum + 2.0 * product).sqrt(), (sum - 2.0 * product).max(0.0).sqrt()];
        check(&k, &nearest(&k)?, &[(plus + minus) / 2.0, (plus - minus) / 2.0]);
    }
    Ok(())
}

#[test]
fn nothing_else_of_rank_one_is_nearer() -> Result<()> {
    let mut rng = init::rng(4);
    for _ in 0..50 {
        let k = random(4, 3, &mut rng);
        let best = nearest(&k)?;
        for _ in 0..50 {
            // The best multiple of another product is at a distance of √(‖K‖² − (uᵀ K v)²).
            let (u, v) = (random(4, 1, &mut rng), random(1, 3, &mut rng));
            let other = product(&u, &v);
            let part = k.dot(&other)? / norm(other.data());
            let distance = (k.dot(&k)? - part * part).sqrt() / norm(k.data());
            assert!(distance >= best.error - 1e-12);
        }
    }
    Ok(())
}

#[test]
fn ties_zeros_and_extremes() -> Result<()> {
    let diagonal = |values: &[f64]| {
        let n = values.len();
        Tensor::from_fn(&[n, n], |i| if i / n == i % n { values[i / n] } else { 0.0 })
    };
    let sorted = |values: &[f64]| {
        let mut values: Vec<f64> = values.iter().map(|x| x.abs()).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        values
    };
    // The largest anywhere, alike, nearly alike, of either sign.
    for values in [
        &[1.0][..],
        &[1.0, 1.0, 1.0],
        &[0.0, -2.0, 1.0],
        &[0.5, 1.0, -1.0],
        &[1.0 - 1e-9, 1.0],
        &[1.0, 1.0 - f64::EPSILON],
        &[3.0, 2.5, 2.5, 3.5],
    ] {
        let k = diagonal(values)?;
        check(&k, &nearest(&k)?, &sorted(values));
    }
    // A start in the largest row would be blind to what is largest here, two rows together.
    let rows = Tensor::new(&[3, 2], vec![3.0, 0.0, 0.0, 2.5, 0.0, 2.5])?;
    check(&rows, &nearest(&rows)?, &[12.5f64.sqrt(), 3.0]);

    // Nearly alike, and turned, so that no axis is one of the two vectors: plain steps would take millions.
    for second in [0.999, 1.0 - 1e-6, 1.0 - 1e-9, 1.0 - 1e-12] {
        let turn = |angle: f64| Tensor::new(&[2, 2], vec![angle.cos(), -angle.sin(), angle.sin(), angle.cos()]);
        let times = |a: &Tensor<f64>, b: &Tensor<f64>| {
            let [a, b] = [a, b].map(Tensor::data);
            Tensor::from_fn(&[2, 2], |i| a[i / 2 * 2] * b[i % 2] + a[i / 2 * 2 + 1] * b[2 + i % 2])
        };
        let k = times(&times(&turn(0.5)?, &diagonal(&[1.0, second])?)?, &turn(1.1)?)?;
        check(&k, &nearest(&k)?, &[1.0, second]);
    }

    for scale in [1e-300, 1e-200, 1e200, 1e300, f64::MIN_POSITIVE / 1e10] {
        let best = nearest(&diagonal(&[scale, 2.0 * scale])?)?;
        assert!((best.sigma / scale - 2.0).abs() < 1e-4 && (best.error - 0.2f64.sqrt()).abs() < 1e-4, "{best:?}");
    }
    for shape in [[1, 1], [2, 3], [3, 2]] {
        let zero = Tensor::<f32>::zeros(&shape)?;
        let best = nearest(&zero)?;
        assert_eq!((best.sigma, best.error), (0.0, 0.0));
        assert_eq!((norm(&best.column), norm(&best.row)), (1.0, 1.0));
        let [column, row] = split(&zero)?.expect("rank zero is no more than one");
        assert_eq!(product(&column, &row), zero);
    }
    // Numbers without a common divisor to speak of, and a ratio that f32 doesn't hold.
    let odd = Tensor::new(&[2, 2], vec![0.1f32, 0.3, 0.2, 0.6])?;
    let [column, row] = split(&odd)?.expect("rank one");
    assert!(product(&column, &row).zip(&odd, |a, b| a - b)?.data().iter().all(|x| x.abs() < 1e-7));
    let wide = Tensor::new(&[1, 2], vec![3e38f32, 1e-38])?;
    let [column, row] = split(&wide)?.expect("a row is a product");
    assert_eq!(product(&column, &row).data()[0], 3e38);
    Ok(())
}

#[test]
fn the_first_large_element_is_positive() -> Result<()> {
    let mut rng = init::rng(5);
    for n in 0..100 {
        let best = nearest(&random(1 + n % 4, 3, &mut rng))?;
        let largest = best.column.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!(best.column.iter().find(|x| x.abs() > largest / 2.0).is_some_and(|x| *x > 0.0), "{best:?}");
    }
    Ok(())
}

#[test]
fn bad_input_is_an_error() {
    let problem = |shape: &[usize], fill: f32| {
        let kernel = Tensor::full(shape, fill).unwrap();
        let problems = [
            is_rank_one(&kernel).unwrap_err().to_string(),
            split(&kernel).unwrap_err().to_string(),
            nearest(&kernel).unwrap_err().to_string(),
        ];
        assert!(problems.iter().all(|problem| *problem == problems[0]));
        problems[0].clone()
    };
    assert_eq!(problem(&[3, 3], f32::NAN), "kernel: got NaN, expected finite numbers");
    assert_eq!(problem(&[1, 2], f32::INFINITY), "kernel: got inf, expected finite numbers");
    assert_eq!(problem(&[1, 1, 3, 3], 1.0), "kernel: got [1, 1, 3, 3], expected two axes, [R, S]");
    assert_eq!(problem(&[9], 1.0), "kernel: got [9], expected two axes, [R, S]");
    assert_eq!(problem(&[0, 3], 1.0), "kernel: got [0, 3], expected at least one tap");
}
