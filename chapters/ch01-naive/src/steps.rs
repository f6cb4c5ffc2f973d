//! The definition in steps, in two dimensions.
//!
//! Each function adds one idea to those before it. Together they are a second, independent way to
//! compute what [`Naive`](crate::Naive) computes, and the tests hold one against the other.

use unrolled::{ConvSpec, Error, Result, Tensor};

// ANCHOR: single
/// One channel: output\[y, x\] = Σ over r, s of input\[y + r, x + s\] · kernel\[r, s\].
///
/// Input `[H, W]`, kernel `[R, S]`, output `[H − R + 1, W − S + 1]`.
///
/// # Errors
/// If a tensor has another rank, or the kernel is larger than the input.
pub fn single_channel(input: &Tensor, kernel: &Tensor) -> Result<Tensor> {
    let [h, w] = sizes("input", input)?;
    let [height, width] = sizes("kernel", kernel)?;
    let [rows, columns] = ConvSpec::default().output_size([h, w], [height, width])?;
    let mut output = Tensor::zeros(&[rows, columns])?;
    for y in 0..rows {
        for x in 0..columns {
            let mut sum = 0.0;
            for r in 0..height {
                for s in 0..width {
                    sum += input.data()[(y + r) * w + (x + s)] * kernel.data()[r * width + s];
                }
            }
            output.data_mut()[y * columns + x] = sum;
        }
    }
    Ok(output)
}
// ANCHOR_END: single

// ANCHOR: channels
/// Several channels, in and out: output\[k\] = Σ over c of the map that input channel c and
/// sub-kernel weight\[k, c\] make.
///
/// Input `[C, H, W]`, weight `[K, C, R, S]`, output `[K, Y, X]`.
///
/// # Errors
/// As [`single_channel`], if the weight is for another number of channels, and if there are none.
pub fn channels(input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    channels_with(input, weight, single_channel)
}

/// [`channels`] with the one-channel step given.
fn channels_with(input: &Tensor, weight: &Tensor, one: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let [c, _, _] = sizes("input", input)?;
    let [k, sub_kernels, _, _] = sizes("weight", weight)?;
    if sub_kernels != c || c == 0 {
        return Err(Error::argument("weight", weight.shape(), format!("a sub-kernel for each of {c} channels")));
    }
    let mut maps = Vec::new();
    for k in 0..k {
        let sub_kernels = part(weight, k)?;
        let mut sum = one(&part(input, 0)?, &part(&sub_kernels, 0)?)?;
        for c in 1..c {
            sum = sum.zip(&one(&part(input, c)?, &part(&sub_kernels, c)?)?, |a, b| a + b)?;
        }
        maps.push(sum);
    }
    stack(&maps)
}
// ANCHOR_END: channels

// ANCHOR: batch
/// Several images, each on its own: output\[n\] = channels(input\[n\], weight).
///
/// Input `[N, C, H, W]`, weight `[K, C, R, S]`, output `[N, K, Y, X]`.
///
/// # Errors
/// As [`channels`], and if there are no images to stack.
pub fn batch(input: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let [n, _, _, _] = sizes("input", input)?;
    stack(&(0..n).map(|n| channels(&part(input, n)?, weight)).collect::<Result<Vec<_>>>()?)
}
// ANCHOR_END: batch

// ANCHOR: strided
/// One channel, with stride and padding: the input gets a frame of zeros, `padding` wide, and the
/// window moves `stride` at a time.
///
/// output\[y, x\] = Σ over r, s of padded\[y·stride + r, x·stride + s\] · kernel\[r, s\]
///
/// # Errors
/// As [`single_channel`], and if a stride is zero.
pub fn strided(input: &Tensor, kernel: &Tensor, stride: [usize; 2], padding: [usize; 2]) -> Result<Tensor> {
    let [h, w] = sizes("input", input)?;
    let [height, width] = sizes("kernel", kernel)?;
    let spec = ConvSpec { stride, padding, ..ConvSpec::default() };
    let [rows, columns] = spec.output_size([h, w], [height, width])?;

    let (padded_h, padded_w) = (h + 2 * padding[0], w + 2 * padding[1]);
    let mut padded = Tensor::zeros(&[padded_h, padded_w])?;
    for y in 0..h {
        let row = (y + padding[0]) * padded_w + padding[1];
        padded.data_mut()[row..row + w].copy_from_slice(&input.data()[y * w..][..w]);
    }
    // ANCHOR_END: strided

    // ANCHOR: windows
    let mut output = Tensor::zeros(&[rows, columns])?;
    for y in 0..rows {
        for x in 0..columns {
            let mut sum = 0.0;
            for r in 0..height {
                for s in 0..width {
                    let place = (y * stride[0] + r) * padded_w + (x * stride[1] + s);
                    sum += padded.data()[place] * kernel.data()[r * width + s];
                }
            }
            output.data_mut()[y * columns + x] = sum;
        }
    }
    Ok(output)
}
// ANCHOR_END: windows

// ANCHOR: dilated
/// One channel, with dilation as well: the same as with a larger kernel whose taps stand `dilation`
/// apart, and which is zero between them.
///
/// # Errors
/// As [`strided`], and if a dilation is zero.
pub fn dilated(input: &Tensor, kernel: &Tensor, spec: &ConvSpec<2>) -> Result<Tensor> {
    let [height, width] = sizes("kernel", kernel)?;
    spec.output_size(sizes("input", input)?, [height, width])?;
    let [apart_y, apart_x] = spec.dilation;
    let (spread_h, spread_w) = ((height - 1) * apart_y + 1, (width - 1) * apart_x + 1);
    let mut spread = Tensor::zeros(&[spread_h, spread_w])?;
    for r in 0..height {
        for s in 0..width {
            spread.data_mut()[r * apart_y * spread_w + s * apart_x] = kernel.data()[r * width + s];
        }
    }
    strided(input, &spread, spec.stride, spec.padding)
}
// ANCHOR_END: dilated

// ANCHOR: grouped
/// Everything: groups are convolutions side by side. Group g sees its own C/groups input channels,
/// and makes its own K/groups output channels.
///
/// Input `[N, C, H, W]`, weight `[K, C/groups, R, S]`, output `[N, K, Y, X]`.
///
/// # Errors
/// As [`dilated`] and [`channels`], and if the groups don't divide the channels.
pub fn grouped(input: &Tensor, weight: &Tensor, spec: &ConvSpec<2>) -> Result<Tensor> {
    let shape = spec.resolve(input.shape(), weight.shape())?;
    let mut output = Vec::new();
    for n in 0..shape.n {
        let image = part(input, n)?;
        for g in 0..spec.groups {
            let (input, weight) = (share(&image, g, spec.groups)?, share(weight, g, spec.groups)?);
            let maps = channels_with(&input, &weight, |x, w| dilated(x, w, spec))?;
            output.extend_from_slice(maps.data());
        }
    }
    Tensor::new(&shape.output_shape(), output)
}
// ANCHOR_END: grouped

/// The sizes of a tensor that must have `AXES` axes.
fn sizes<const AXES: usize>(name: &str, tensor: &Tensor) -> Result<[usize; AXES]> {
    let shape = tensor.shape();
    shape.try_into().map_err(|_| Error::argument(name, shape, format!("{AXES} axes")))
}

/// `tensor[i]`, an axis less.
fn part(tensor: &Tensor, i: usize) -> Result<Tensor> {
    let inner = &tensor.shape()[1..];
    let places: usize = inner.iter().product();
    Tensor::new(inner, tensor.data()[i * places..][..places].to_vec())
}

/// The `i`th of `count` equal shares of a tensor's first axis.
fn share(tensor: &Tensor, i: usize, count: usize) -> Result<Tensor> {
    let (&first, inner) = tensor.shape().split_first().expect("a share of an image or a weight");
    part(&tensor.clone().reshape(&[&[count, first / count], inner].concat())?, i)
}

/// Tensors of one shape behind each other, along a new first axis.
fn stack(parts: &[Tensor]) -> Result<Tensor> {
    let first = parts.first().ok_or_else(|| Error::argument("parts", parts, "at least one"))?;
    let shape = [&[parts.len()], first.shape()].concat();
    Tensor::new(&shape, parts.iter().flat_map(Tensor::data).copied().collect())
}
