//! Exercise 5.5.

use unrolled::{ConvSpec, Result, Tensor};

pub struct MyTransposed;

// ANCHOR: meetings
/// Calls `meet(x, w, y)` with the places of each input, weight and output that meet.
fn meetings(spec: &ConvSpec<2>, x: &[usize], w: &[usize], y: &[usize], mut meet: impl FnMut(usize, usize, usize)) {
    let (c, k) = (x[1] / spec.groups, w[1]); // channels of a group
    let [sx, sw, sy] = [x, w, y].map(|shape| shape[3]);
    for stamp in 0..x.iter().product() {
        let (channel, iy, ix) = (stamp / (x[2] * sx), stamp / sx % x[2], stamp % sx);
        let (n, from) = (channel / x[1], channel % x[1]);
        for tap in 0..k * w[2] * sw {
            let (to, r, s) = (tap / (w[2] * sw), tap / sw % w[2], tap % sw);
            // In front of the map this wraps around, and is larger than any size.
            let oy = (iy * spec.stride[0] + r * spec.dilation[0]).wrapping_sub(spec.padding[0]);
            let ox = (ix * spec.stride[1] + s * spec.dilation[1]).wrapping_sub(spec.padding[1]);
            if oy < y[2] && ox < sy {
                let channel = n * y[1] + from / c * k + to;
                meet(stamp, from * k * w[2] * sw + tap, (channel * y[2] + oy) * sy + ox);
            }
        }
    }
}
// ANCHOR_END: meetings

// ANCHOR: passes
impl MyTransposed {
    pub fn forward(spec: &ConvSpec<2>, x: &Tensor<f64>, w: &Tensor<f64>, output: [usize; 2]) -> Result<Tensor<f64>> {
        let mut y = Tensor::zeros(&[x.shape()[0], spec.groups * w.shape()[1], output[0], output[1]])?;
        let shape = y.shape().to_vec();
        meetings(spec, x.shape(), w.shape(), &shape, |i, j, o| y.data_mut()[o] += x.data()[i] * w.data()[j]);
        Ok(y)
    }

    pub fn grad_input(spec: &ConvSpec<2>, input: [usize; 2], w: &Tensor<f64>, dy: &Tensor<f64>) -> Result<Tensor<f64>> {
        let mut dx = Tensor::zeros(&[dy.shape()[0], w.shape()[0], input[0], input[1]])?;
        let shape = dx.shape().to_vec();
        meetings(spec, &shape, w.shape(), dy.shape(), |i, j, o| dx.data_mut()[i] += w.data()[j] * dy.data()[o]);
        Ok(dx)
    }

    pub fn grad_weight(
        spec: &ConvSpec<2>,
        x: &Tensor<f64>,
        weight_shape: &[usize],
        dy: &Tensor<f64>,
    ) -> Result<Tensor<f64>> {
        let mut dw = Tensor::zeros(weight_shape)?;
        meetings(spec, x.shape(), weight_shape, dy.shape(), |i, j, o| dw.data_mut()[j] += x.data()[i] * dy.data()[o]);
        Ok(dw)
    }
}
// ANCHOR_END: passes
