//! What can't be seen from outside: the bound on the workspace.

use super::*;
use ch01_naive::Naive;
use ch02_im2col::Fused;
use std::cell::RefCell;
use unrolled::testing::Cases;
use unrolled::workspace;

/// [`Sliced`] within another bound.
#[derive(Clone)]
struct Within<A>(usize, A);

impl<A, T: Real> Convolution<Tensor<T>, 3> for Within<A>
where
    A: Convolution<Tensor<T>, 2>,
{
    fn forward(&self, spec: &ConvSpec<3>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        Slices::new::<T>(spec.resolve(x.shape(), w.shape())?, self.0).forward(&self.1, x, w)
    }
    fn grad_input(&self, spec: &ConvSpec<3>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        Slices::new::<T>(spec.resolve_grad(x, w.shape(), dy.shape())?, self.0).grad_input(&self.1, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<3>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        Slices::new::<T>(spec.resolve_grad(x.shape(), w, dy.shape())?, self.0).grad_weight(&self.1, x, dy)
    }
}

#[test]
fn any_bound_gives_the_same() {
    // From one plane at a time to all planes of most cases.
    for bytes in [0, 1000, 8000] {
        let cases = Cases { count: 96, ..Cases::<3>::any() };
        cases.assert_agrees(&Within(bytes, Fused), &Sliced(Fused));
        cases.assert_adjoint(&Within(bytes, Fused));
    }
}

/// Notes the batches that it is given.
#[derive(Default)]
struct Spy(RefCell<Vec<usize>>);

impl Convolution<Tensor, 2> for Spy {
    fn forward(&self, spec: &ConvSpec<2>, x: &Tensor, w: &Tensor) -> Result<Tensor> {
        self.0.borrow_mut().push(x.shape()[0]);
        Naive.forward(spec, x, w)
    }
    fn grad_input(&self, spec: &ConvSpec<2>, x: &[usize], w: &Tensor, dy: &Tensor) -> Result<Tensor> {
        self.0.borrow_mut().push(x[0]);
        Naive.grad_input(spec, x, w, dy)
    }
    fn grad_weight(&self, spec: &ConvSpec<2>, x: &Tensor, w: &[usize], dy: &Tensor) -> Result<Tensor> {
        self.0.borrow_mut().push(x.shape()[0]);
        Naive.grad_weight(spec, x, w, dy)
    }
}

#[test]
fn the_bound_holds() -> Result<()> {
    let (x, w) = (Tensor::zeros(&[2, 2, 5, 4, 4])?, Tensor::zeros(&[3, 2, 3, 3, 3])?);
    let shape = ConvSpec::<3>::default().resolve(x.shape(), w.shape())?;
    let dy = Tensor::zeros(&shape.output_shape())?;
    let plane = 4 * (2 * 3 * 4 * 4 + 3 * 2 * 2); // its part of the stack, and of the result
    for (bytes, batches) in [
        (6 * plane, vec![6]),
        (6 * plane - 1, vec![5, 1]),
        (4 * plane, vec![4, 2]),
        (plane, vec![1; 6]),
        (0, vec![1; 6]), // fewer than one isn't possible
    ] {
        let (slices, spy) = (Slices::new::<f32>(shape, bytes), Spy::default());
        slices.forward(&spy, &x, &w)?;
        slices.grad_input(&spy, &w, &dy)?;
        slices.grad_weight(&spy, &x, &dy)?;
        assert_eq!(spy.0.take(), batches.repeat(3), "{bytes} bytes");
    }
    assert_eq!(Slices::new::<f32>(shape, 99 * plane).at_once, 99);
    assert_eq!(Slices::new::<f64>(shape, 2 * plane).at_once, 1);
    Ok(())
}

#[test]
fn an_empty_batch_is_still_asked_for() -> Result<()> {
    let (x, w) = (Tensor::zeros(&[0, 2, 5, 4, 4])?, Tensor::full(&[3, 2, 3, 3, 3], 1.0)?);
    let shape = ConvSpec::<3>::default().resolve(x.shape(), w.shape())?;
    let (slices, spy) = (Slices::new::<f32>(shape, workspace::limit()), Spy::default());
    let y = slices.forward(&spy, &x, &w)?;
    assert_eq!(y.shape(), [0, 3, 3, 2, 2]);
    assert_eq!(slices.grad_input(&spy, &w, &y)?, x);
    assert_eq!(slices.grad_weight(&spy, &x, &y)?, Tensor::zeros(w.shape())?);
    assert_eq!(spy.0.take(), [0, 0, 0]);
    Ok(())
}

#[test]
fn planes_too_large_to_count_are_no_panic() -> Result<()> {
    let shape = ConvSpec::new([1, 1 << 29, 1 << 29], [16, 0, 0], [1; 3], 1)?
        .resolve(&[1, 1, 1, 1 << 29, 1 << 30], &[1, 1, 33, 1, 1])?;
    assert_eq!(Slices::new::<f64>(shape, workspace::limit()).at_once, 1);
    Ok(())
}
