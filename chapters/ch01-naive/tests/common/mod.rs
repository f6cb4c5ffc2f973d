//! A second definition, that shares no index with the first.

use unrolled::{ConvShape, ConvSpec, Convolution, Real, Result, Tensor};

/// Looks at every pair of an input position and an output position, and asks which tap, if any,
/// lies between them. (The definition goes the other way: from output and tap to input.)
#[derive(Debug, Clone, Copy)]
pub struct Pairs;

/// Every position of a volume, in row-major order.
fn positions<const D: usize>(size: [usize; D]) -> impl Iterator<Item = [usize; D]> {
    (0..size.iter().product()).map(move |mut flat: usize| {
        let mut at = [0; D];
        for axis in (0..D).rev() {
            (at[axis], flat) = (flat % size[axis], flat / size[axis]);
        }
        at
    })
}

/// The triples (input, weight, output) of flat indices that meet.
fn meetings<const D: usize>(shape: &ConvShape<D>) -> Vec<[usize; 3]> {
    let ConvShape { spec, input, kernel, output, .. } = *shape;
    let kernel_volume: usize = kernel.iter().product();
    let mut meetings = Vec::new();
    for (o, out) in positions(output).enumerate() {
        'pair: for (i, inp) in positions(input).enumerate() {
            let mut tap = 0;
            for axis in 0..D {
                // inp = out·stride + t·dilation − padding, solved for t.
                let from = out[axis] * spec.stride[axis];
                let Some(holes) = (inp[axis] + spec.padding[axis]).checked_sub(from) else { continue 'pair };
                let t = holes / spec.dilation[axis];
                if holes % spec.dilation[axis] != 0 || t >= kernel[axis] {
                    continue 'pair;
                }
                tap = tap * kernel[axis] + t;
            }
            for n in 0..shape.n {
                for k in 0..spec.groups * shape.k {
                    for c in 0..shape.c {
                        let in_channel = n * spec.groups * shape.c + k / shape.k * shape.c + c;
                        meetings.push([
                            in_channel * shape.positions_in() + i,
                            (k * shape.c + c) * kernel_volume + tap,
                            (n * spec.groups * shape.k + k) * shape.positions_out() + o,
                        ]);
                    }
                }
            }
        }
    }
    meetings
}

/// Sums left · right over all meetings into places `to`.
fn sum<T: Real, const D: usize>(
    shape: &ConvShape<D>,
    to: (usize, &[usize]),
    left: (usize, &Tensor<T>),
    right: (usize, &Tensor<T>),
) -> Result<Tensor<T>> {
    let mut sums = Tensor::<f64>::zeros(to.1)?;
    for meeting in meetings(shape) {
        sums.data_mut()[meeting[to.0]] += left.1.data()[meeting[left.0]].f64() * right.1.data()[meeting[right.0]].f64();
    }
    Ok(sums.cast())
}

impl<T: Real, const D: usize> Convolution<Tensor<T>, D> for Pairs {
    fn forward(&self, spec: &ConvSpec<D>, x: &Tensor<T>, w: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = spec.resolve(x.shape(), w.shape())?;
        sum(&shape, (2, &shape.output_shape()), (0, x), (1, w))
    }
    fn grad_input(&self, spec: &ConvSpec<D>, to: &[usize], w: &Tensor<T>, dy: &Tensor<T>) -> Result<Tensor<T>> {
        sum(&spec.resolve_grad(to, w.shape(), dy.shape())?, (0, to), (1, w), (2, dy))
    }
    fn grad_weight(&self, spec: &ConvSpec<D>, x: &Tensor<T>, to: &[usize], dy: &Tensor<T>) -> Result<Tensor<T>> {
        sum(&spec.resolve_grad(x.shape(), to, dy.shape())?, (1, to), (0, x), (2, dy))
    }
}
