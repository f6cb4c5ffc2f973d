//! Every kernel of the book, on a layer worth measuring.

use cuda_ch01_naive::{Blockwise, Naive};
use cuda_ch02_im2col::{Im2col, Implicit, Matrix, Rung, gemm};
use cuda_ch03_winograd::Winograd;
use cuda_ch04_dilated::{Dilated, Direct};
use cuda_ch05_transposed::{Gather, Scatter};
use cuda_ch06_conv3d::March;
use cuda_ch07_grouped::{Depthwise, Grouped};
use host::{GpuTensor, Session};
use std::rc::Rc;
use unrolled::{ConvShape, ConvSpec, Convolution, Result, init};

/// Starts the work; it is done once the session is synchronised.
pub type Call<'a> = Box<dyn FnMut() -> Result<()> + 'a>;

/// Something to measure.
pub struct Entry<'a> {
    /// Its chapter's crate.
    pub chapter: &'static str,
    /// Which algorithm.
    pub algorithm: String,
    /// On what.
    pub layer: String,
    /// Which pass.
    pub pass: &'static str,
    /// Operations of one call, as the definition counts them.
    pub flops: f64,
    /// The call.
    pub call: Call<'a>,
}

impl Entry<'_> {
    /// Chapter, algorithm and pass.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.chapter, self.algorithm, self.pass)
    }
}

/// A tensor of random numbers.
fn random(session: &Session, shape: &[usize]) -> Result<GpuTensor> {
    session.upload(&init::uniform(shape, 1.0, &mut init::rng(7))?)
}

/// The rungs of the matrix product, then all algorithms with their three passes; each on a small layer for the simulated
/// GPU, or on a large one.
///
/// # Errors
/// If the device has not enough memory.
pub fn all(session: &Session) -> Result<Vec<Entry<'_>>> {
    let small = session.is_simulated();
    let mut entries = Vec::new();
    products(session, if small { 128 } else { 4096 }, &mut entries)?;

    let pick = |here: [usize; 4], there: [usize; 4]| if small { here } else { there };
    // Images, channels in and out, and the side of the map.
    let [n, c, k, side] = pick([1, 16, 16, 14], [32, 64, 64, 56]);
    let same = ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() };
    let dense = same.resolve(&[n, c, side, side], &[k, c, 3, 3])?;
    let mut add = Adder { session, entries: &mut entries };
    add.convolution("ch01-naive", "Naive", Naive, dense)?;
    add.convolution("ch01-naive", "Blockwise", Blockwise, dense)?;
    add.convolution("ch02-im2col", "Im2col", Im2col::default(), dense)?;
    add.convolution("ch02-im2col", "Implicit", Implicit, dense)?;
    add.convolution("ch03-winograd", "F(2x2, 3x3)", Winograd::<2>, dense)?;
    add.convolution("ch03-winograd", "F(4x4, 3x3)", Winograd::<4>, dense)?;

    let dilated = ConvSpec { padding: [2, 2], dilation: [2, 2], ..same }.resolve(&[n, c, side, side], &[k, c, 3, 3])?;
    add.convolution("ch04-dilated", "Direct", Direct, dilated)?;
    add.convolution("ch04-dilated", "Dilated(Implicit)", Dilated(Implicit), dilated)?;

    // As a transposed layer's forward pass: grad_input.
    let strided = ConvSpec { stride: [2, 2], ..same }.resolve(&[n, c, side, side], &[k, c, 4, 4])?;
    add.convolution("ch05-transposed", "Gather", Gather, strided)?;
    add.convolution("ch05-transposed", "Scatter", Scatter, strided)?;

    let [n3, c3, k3, side3] = pick([1, 4, 4, 8], [4, 32, 32, 28]);
    let video = ConvSpec { padding: [1; 3], ..ConvSpec::<3>::default() };
    let video = video.resolve(&[n3, c3, 8, side3, side3], &[k3, c3, 3, 3, 3])?;
    add.convolution("ch06-conv3d", "Naive", Naive, video)?;
    add.convolution("ch06-conv3d", "March", March, video)?;

    let groups = ConvSpec { groups: c / 4, ..same }.resolve(&[n, c, side, side], &[k, 4, 3, 3])?;
    add.convolution("ch07-grouped", "Grouped", Grouped, groups)?;
    let depthwise = ConvSpec { groups: c, ..same }.resolve(&[n, c, side, side], &[c, 1, 3, 3])?;
    add.convolution("ch07-grouped", "Depthwise", Depthwise, depthwise)?;
    Ok(entries)
}

/// C = A B of square matrices, on each rung.
fn products<'a>(session: &'a Session, size: usize, entries: &mut Vec<Entry<'a>>) -> Result<()> {
    let [a, b] = [random(session, &[size, size])?, random(session, &[size, size])?];
    for rung in Rung::ALL {
        let (a, b, mut c) = (a.clone(), b.clone(), session.scratch(&[size, size])?);
        let call = move || {
            let square = |t| Matrix::new(t, size, size);
            gemm(rung, square(&a), square(&b), Matrix::new(&mut c, size, size), false)
        };
        entries.push(Entry {
            chapter: "ch02-im2col",
            algorithm: format!("sgemm {}", rung.name()),
            layer: format!("{size} x {size}"),
            pass: "product",
            flops: 2.0 * (size as f64).powi(3),
            call: Box::new(call),
        });
    }
    Ok(())
}

struct Adder<'s, 'a> {
    session: &'a Session,
    entries: &'s mut Vec<Entry<'a>>,
}

impl<'a> Adder<'_, 'a> {
    /// The three passes of an algorithm.
    fn convolution<const D: usize, A: Convolution<GpuTensor, D> + 'static>(
        &mut self,
        chapter: &'static str,
        name: &str,
        algorithm: A,
        shape: ConvShape<D>,
    ) -> Result<()> {
        let x = random(self.session, &shape.input_shape())?;
        let w = random(self.session, &shape.weight_shape())?;
        let dy = random(self.session, &shape.output_shape())?;
        let a = Rc::new(algorithm);
        let (input, weight) = (shape.input_shape(), shape.weight_shape());
        let forward = {
            let (a, x, w) = (a.clone(), x.clone(), w.clone());
            move || a.forward(&shape.spec, &x, &w).map(drop)
        };
        let grad_input = {
            let (a, w, dy) = (a.clone(), w.clone(), dy.clone());
            move || a.grad_input(&shape.spec, &input, &w, &dy).map(drop)
        };
        let grad_weight = move || a.grad_weight(&shape.spec, &x, &weight, &dy).map(drop);
        let calls: [(&str, Call<'_>); 3] = [
            ("forward", Box::new(forward)),
            ("grad_input", Box::new(grad_input)),
            ("grad_weight", Box::new(grad_weight)),
        ];
        for (pass, call) in calls {
            let (algorithm, layer, flops) = (name.to_owned(), describe(&shape), shape.flops());
            self.entries.push(Entry { chapter, algorithm, layer, pass, flops, call });
        }
        Ok(())
    }
}

/// A layer in a few words: channels, kernel, input, and what isn't 1.
fn describe<const D: usize>(shape: &ConvShape<D>) -> String {
    let groups = shape.spec.groups;
    let times = |sizes: [usize; D]| sizes.map(|n| n.to_string()).join("x");
    let mut text = format!("{}->{}, {}", groups * shape.c, groups * shape.k, times(shape.kernel));
    text += &format!(" on {}x{}", shape.n, times(shape.input));
    for (what, value) in [("s", shape.spec.stride[D - 1]), ("d", shape.spec.dilation[D - 1]), ("g", groups)] {
        if value > 1 {
            text += &format!(" {what}{value}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_runs() -> Result<()> {
        let session = host::testing::session();
        for mut entry in all(&session)? {
            (entry.call)()?;
            session.synchronize()?;
            assert!(entry.flops > 0.0 && !entry.layer.is_empty(), "{}", entry.algorithm);
        }
        Ok(())
    }
}
