//! Operations that the core hasn't, put on its tape.

use unrolled::text::beside;
use unrolled::{Error, Real, Result, Tensor, Var, nn, say};

// ANCHOR: square
/// y = x², so dx = 2 x dy.
pub fn square(x: &Var<f64>) -> Var<f64> {
    let value = x.value();
    Var::op(value * value).input(x, move |dy| Ok(2.0 * value * dy)).var()
}
// ANCHOR_END: square

// ANCHOR: differences
/// How much each element differs from the one before it: from `[n]` to `[n − 1]`.
pub fn differences<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    let value = x.value();
    let &[n @ 2..=usize::MAX] = value.shape() else {
        return Err(Error::argument("x", value.shape(), "one axis, with at least 2 elements"));
    };
    let y = value.data().windows(2).map(|pair| pair[1] - pair[0]).collect();
    let adjoint = move |dy: Tensor<T>| {
        let mut dx = Tensor::zeros(&[n])?;
        let sums = dx.data_mut();
        for (i, &dy) in dy.data().iter().enumerate() {
            sums[i + 1] += dy; // x[i + 1] was added to y[i],
            sums[i] -= dy; // and x[i] taken off
        }
        Ok(dx)
    };
    Ok(Var::op(Tensor::new(&[n - 1], y)?).input(x, adjoint).var())
}
// ANCHOR_END: differences

// ANCHOR: transposed
/// The transpose of a matrix; dx is the transpose of dy.
pub fn transposed<T: Real>(x: &Var<Tensor<T>>) -> Result<Var<Tensor<T>>> {
    Ok(Var::op(turned(&x.value())?).input(x, |dy| turned(&dy)).var())
}

/// Element (row, column) of the result is element (column, row) of `x`.
fn turned<T: Real>(x: &Tensor<T>) -> Result<Tensor<T>> {
    let [rows, columns] = *x.shape() else {
        return Err(Error::argument("x", x.shape(), "two axes"));
    };
    Tensor::from_fn(&[columns, rows], |i| x.data()[i % rows * columns + i / rows])
}
// ANCHOR_END: transposed

/// Numbers as a list, as in the text.
fn list(numbers: &[f64]) -> String {
    format!("{numbers:?}").replace(".0", "")
}

/// The matrix of an operation from `n` elements, row by row: what it makes of 1 at each place, and 0 elsewhere, are its columns.
fn matrix(n: usize, apply: impl Fn(Tensor<f64>) -> Result<Tensor<f64>>) -> Result<Tensor<f64>> {
    let columns: Vec<_> =
        (0..n).map(|j| apply(Tensor::from_fn(&[n], |i| if i == j { 1.0 } else { 0.0 })?)).collect::<Result<_>>()?;
    Tensor::from_fn(&[columns[0].len(), n], |i| columns[i % n].data()[i / n])
}

/// Prints the operations, at work on small numbers.
pub fn print() -> Result<()> {
    let x = Var::parameter(9.0);
    square(&x).backward()?;
    say!("square: y = 9² = 81, dx = {}\n", x.grad().expect("a gradient"));

    let x = Var::parameter(Tensor::new(&[4], vec![1.0, 4.0, 9.0, 16.0])?);
    let dy = Tensor::new(&[3], vec![1.0, 10.0, 100.0])?;
    let y = differences(&x)?;
    y.backward_from(dy.clone())?;
    let dx = x.grad().expect("a gradient");
    say!("x  = {}\ny  = {}\ndy = {}", list(x.value().data()), list(y.value().data()), list(dy.data()));
    say!("dx = {}", list(dx.data()));
    say!("⟨dy, y⟩ = {}, ⟨dx, x⟩ = {}\n", dy.dot(&y.value())?, dx.dot(&x.value())?);

    let a = Var::parameter(Tensor::new(&[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?);
    let b = Var::parameter(Tensor::new(&[3, 1], vec![1.0, 0.0, -1.0])?);
    let (c, dc) = (nn::matmul(&a, &b)?, Tensor::new(&[2, 1], vec![1.0, 10.0])?);
    c.backward_from(dc.clone())?;
    let (da, db) = (a.grad().expect("a gradient"), b.grad().expect("a gradient"));
    let titled = |name: &str, t: &Tensor<f64>| format!("{name}\n{t:.0}");
    let blocks = [("A", &a.value()), ("B", &b.value()), ("C = A B", &c.value())].map(|(name, t)| titled(name, t));
    say!("{}\n", beside(&blocks, "     "));
    let blocks = [("dC", &dc), ("dA = dC Bᵀ", &da), ("dB = Aᵀ dC", &db)].map(|(name, t)| titled(name, t));
    say!("{}\n", beside(&blocks, "     "));
    let dots = [dc.dot(&c.value())?, da.dot(&a.value())?, db.dot(&b.value())?];
    say!("⟨dC, C⟩ = {}, ⟨dA, A⟩ = {}, ⟨dB, B⟩ = {}\n", dots[0], dots[1], dots[2]);

    let forward = matrix(4, |x| Ok(differences(&Var::constant(x))?.value()))?;
    let adjoint = matrix(3, |dy| {
        let x = Var::parameter(Tensor::zeros(&[4])?);
        differences(&x)?.backward_from(dy)?;
        Ok(x.grad().expect("a gradient"))
    })?;
    let blocks = [format!("differences\n{forward:.0}"), format!("its adjoint\n{adjoint:.0}")];
    say!("{}\n", beside(&blocks, "     "));
    Ok(())
}
