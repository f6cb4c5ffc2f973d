//! Exercise 6.5.

use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

/// A 3D convolution by a 2D one: one for each output plane and each slice of the kernel.
#[derive(Debug, Clone, Copy)]
pub struct Summed<A>(pub A);

// ANCHOR: planes
/// Plane z of each volume of `[A, B, D, H, W]`: `[A, B, H, W]`.
fn plane<T: Real>(t: &Tensor<T>, z: usize) -> Result<Tensor<T>> {
    let &[a, b, depth, h, w] = t.shape() else { panic!("five axes, which resolve has seen to") };
    Tensor::from_fn(&[a, b, h, w], |i| t.data()[(i / (h * w) * depth + z) * h * w + i % (h * w)])
}

/// The adjoint of [`plane`]: adds `[A, B, H, W]` to plane z of each volume.
fn add<T: Real>(t: &mut Tensor<T>, z: usize, part: &Tensor<T>) {
    let (depth, area) = (t.shape()[2], t.shape()[3] * t.shape()[4]);
    for (i, &x) in part.data().iter().enumerate() {
        t.data_mut()[(i / area * depth + z) * area + i % area] += x;
    }
}

/// What of it is two-dimensional, and all meetings (z, q, iz) of an output plane, a slice and an input plane.
fn meetings(shape: &ConvShape<3>) -> (ConvSpec<2>, Vec<[usize; 3]>) {
    let ConvSpec { stride: [sz, sy, sx], padding: [pz, py, px], dilation: [dz, dy, dx], groups } = shape.spec;
    let flat = ConvSpec { stride: [sy, sx], padding: [py, px], dilation: [dy, dx], groups };
    let pairs = (0..shape.output[0]).flat_map(|z| (0..shape.kernel[0]).map(move |q| (z, q)));
    let inside =
        |(z, q): (usize, usize)| Some([z, q, (z * sz + q * dz).checked_sub(pz).filter(|&iz| iz < shape.input[0])?]);
    (flat, pairs.filter_map(inside).collect())
}
// ANCHOR_END: planes

// ANCHOR: my_conv3d
impl<A: Convolution<Tensor<T>, 2>, T: Real> Convolution<Tensor<T>, 3> for Summed<A> {
    fn forward(&self, spec: &ConvSpec<3>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        let (mut y, (flat, meetings)) = (Tensor::zeros(&shape.output_shape())?, meetings(&shape));
        for [z, q, iz] in meetings {
            add(&mut y, z, &self.0.forward(&flat, &plane(x, iz)?, &plane(w, q)?)?);
        }
        Ok(y)
    }

    fn grad_input(&self, spec: &ConvSpec<3>, x: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x, w.shape(), dy.shape())?;
        let (mut dx, (flat, meetings)) = (Tensor::zeros(x)?, meetings(&shape));
        for [z, q, iz] in meetings {
            add(&mut dx, iz, &self.0.grad_input(&flat, &[x[0], x[1], x[3], x[4]], &plane(w, q)?, &plane(dy, z)?)?);
        }
        Ok(dx)
    }

    fn grad_weight(&self, spec: &ConvSpec<3>, x: &Tensor<T>, w: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve_grad(x.shape(), w, dy.shape())?;
        let (mut dw, (flat, meetings)) = (Tensor::zeros(w)?, meetings(&shape));
        for [z, q, iz] in meetings {
            add(&mut dw, q, &self.0.grad_weight(&flat, &plane(x, iz)?, &[w[0], w[1], w[3], w[4]], &plane(dy, z)?)?);
        }
        Ok(dw)
    }
}
// ANCHOR_END: my_conv3d
