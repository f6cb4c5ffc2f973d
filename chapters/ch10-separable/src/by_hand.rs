//! Gradients through two steps: small enough for a pencil.

use ch02_im2col::Fused;
use ch10_separable::spatial;
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// The rows of a tensor, one behind the other: as a list, or as lines of a matrix of `width`.
fn shown(tensor: &Tensor, width: usize) -> Result<String> {
    let rows = tensor.len() / width;
    let shape: &[usize] = if rows == 1 { &[width] } else { &[rows, width] };
    Ok(format!("{:.0}", tensor.clone().reshape(shape)?))
}

/// Prints the way forwards and backwards through a column and a row, and through the one kernel that they make.
// ANCHOR: chain
pub fn gradients() -> Result<()> {
    let x = Tensor::new(&[1, 1, 3, 4], vec![1.0, 2.0, 0.0, 1.0, 0.0, 1.0, 3.0, 1.0, 2.0, 0.0, 1.0, 0.0])?;
    let a = Tensor::new(&[1, 1, 3, 1], vec![1.0, 2.0, 1.0])?;
    let b = Tensor::new(&[1, 1, 1, 3], vec![1.0, 0.0, -1.0])?;
    let dy = Tensor::new(&[1, 1, 1, 2], vec![1.0, 2.0])?;
    let spec = ConvSpec::<2>::default();

    let u = Fused.forward(&spec, &x, &a)?;
    let y = Fused.forward(&spec, &u, &b)?;
    let db = Fused.grad_weight(&spec, &u, b.shape(), &dy)?;
    let du = Fused.grad_input(&spec, u.shape(), &b, &dy)?;
    let da = Fused.grad_weight(&spec, &x, a.shape(), &du)?;
    let dx = Fused.grad_input(&spec, x.shape(), &a, &du)?;

    let w = spatial::composed(&a, &b)?;
    let dw = Fused.grad_weight(&spec, &x, w.shape(), &dy)?;
    // ANCHOR_END: chain
    say!("Two steps, forwards and backwards: a = [1, 2, 1] down, then b = [1, 0, -1] across.\n");
    say!("x\n{}\n\nu = a down x\n{}\n\ny = b across u\n{}\n", shown(&x, 4)?, shown(&u, 4)?, shown(&y, 2)?);
    say!("dy\n{}\n\ndb, from dy and u\n{}\n\ndu, from dy and b\n{}\n", shown(&dy, 2)?, shown(&db, 3)?, shown(&du, 4)?);
    say!("da, from du and x\n{}\n\ndx, from du and a\n{}\n", shown(&da, 3)?, shown(&dx, 4)?);
    let same = Fused.forward(&spec, &x, &w)? == y && Fused.grad_input(&spec, x.shape(), &w, &dy)? == dx;
    let same = if same { "the same" } else { "others" };
    say!("By the one kernel W = a b, y and dx are {same}; its gradient is\n{}\n", shown(&dw, 3)?);
    let at = |r: usize, s: usize| dw.data()[3 * r + s];
    let of_a: Tensor = Tensor::from_fn(&[3], |r| (0..3).map(|s| at(r, s) * b.data()[s]).sum())?;
    let of_b: Tensor = Tensor::from_fn(&[3], |s| (0..3).map(|r| a.data()[r] * at(r, s)).sum())?;
    say!("dW times b is {of_a:.0}, which is da; a times dW is {of_b:.0}, which is db.\n");
    let [dy_y, da_a, db_b, dx_x] = [dy.dot(&y)?, da.dot(&a)?, db.dot(&b)?, dx.dot(&x)?];
    say!("<dy, y> = {dy_y}, <da, a> = {da_a}, <db, b> = {db_b}, <dx, x> = {dx_x}\n");
    Ok(())
}
