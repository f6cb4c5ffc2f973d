//! Depthwise convolution in steps, on channels that have their padding already, at stride 1: from a window for each output
//! to whole lines. The last step, lines that stay in registers, is [`Depthwise`](crate::Depthwise).

use ch01_naive::steps::single_channel;
use unrolled::{ConvSpec, Error, Result, Tensor};

// ANCHOR: windows
/// Each channel by itself, as chapter 1 has it for one: output\[c, y, x\] = Σ over r, s of
/// input\[c, y + r, x + s\] · weight\[c, r, s\].
///
/// Input `[C, H, W]`, weight `[C, R, S]`, output `[C, H − R + 1, W − S + 1]`.
///
/// # Errors
/// If a rank or the number of channels is another, or the kernel is larger than the input.
pub fn windows(input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    each_channel(input, weight, |x, w, y| {
        y.data_mut().copy_from_slice(single_channel(x, w)?.data());
        Ok(())
    })
}
// ANCHOR_END: windows

/// [`windows`], a line at a time: the inner loop is over a whole line of outputs, and adds a line of inputs times one
/// weight to it.
///
/// # Errors
/// As [`windows`].
// ANCHOR: lines
pub fn lines(input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    each_channel(input, weight, |input, kernel, output| {
        let (w, s) = (input.shape()[1], kernel.shape()[1]);
        let columns = output.shape()[1];
        for (y, out) in output.data_mut().chunks_mut(columns).enumerate() {
            for (tap, &weight) in kernel.data().iter().enumerate() {
                let (r, s) = (tap / s, tap % s);
                let line = &input.data()[(y + r) * w + s..][..columns];
                for (out, x) in out.iter_mut().zip(line) {
                    *out += weight * x;
                }
            }
        }
        Ok(())
    })
}
// ANCHOR_END: lines

/// Runs `step(input, kernel, output)` for each channel; outputs are zeros before.
fn each_channel(
    input: &Tensor,
    weight: &Tensor,
    step: impl Fn(&Tensor, &Tensor, &mut Tensor) -> Result<()>,
) -> Result<Tensor> {
    let (&[c, h, w], &[k, r, s]) = (input.shape(), weight.shape()) else {
        return Err(Error::argument("input and weight", [input.shape(), weight.shape()], "[C, H, W] and [C, R, S]"));
    };
    if c != k {
        return Err(Error::argument("weight", weight.shape(), format!("a kernel for each of {c} channels")));
    }
    let [rows, columns] = ConvSpec::default().output_size([h, w], [r, s])?;
    let mut whole = Vec::with_capacity(c * rows * columns);
    for c in 0..c {
        let x = Tensor::new(&[h, w], input.data()[c * h * w..][..h * w].to_vec())?;
        let w = Tensor::new(&[r, s], weight.data()[c * r * s..][..r * s].to_vec())?;
        let mut y = Tensor::zeros(&[rows, columns])?;
        step(&x, &w, &mut y)?;
        whole.extend_from_slice(y.data());
    }
    Tensor::new(&[c, rows, columns], whole)
}

// ANCHOR: loads
/// What a block of `rows` lines of outputs loads for each place along the line, and how many multiply-adds that is for, with
/// a kernel of r × s: a column of the kernel meets `rows + r − 1` lines of inputs, and each line is loaded once.
pub fn loads(rows: usize, [r, s]: [usize; 2]) -> (usize, usize) {
    ((rows + r - 1) * s, rows * r * s)
}
// ANCHOR_END: loads
