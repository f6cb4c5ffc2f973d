//! The table of layers: which convolutions to race.
//!
//! A line of the file for each layer, in columns that spaces or tabs separate:
//!
//! ```text
//! name  op  N  C  D  H  W  K  kernel  stride  pad  dilation  groups
//! ```
//!
//! `op` is `conv1d`, `conv2d` or `conv3d`, or for the transposed ones `convt1d`, `convt2d` or `convt3d`. Kernel, stride,
//! padding and dilation are the same along each axis. What an `op` has no use for (D of an image, D and H of a line) is 1. Lines
//! that begin with `#` are comments.

use std::path::Path;
use unrolled::conv::volume;
use unrolled::{ConvShape, ConvSpec, Error, Result, files};

/// The layers that this crate comes with.
pub const BUILT_IN: &str = include_str!("../layers.tsv");

/// Bytes of a file of layers, at most.
const MOST_BYTES: usize = 1 << 20;

/// Elements of a tensor of a layer, at most: they are all in memory when the layer is raced.
const MOST_ELEMENTS: usize = 1 << 30;

/// The columns behind `op`.
const COLUMNS: [&str; 11] = ["N", "C", "D", "H", "W", "K", "kernel", "stride", "pad", "dilation", "groups"];

/// A layer of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name: no spaces.
    pub name: String,
    /// Whether it is the transposed convolution.
    pub transposed: bool,
    /// The dense convolution. That of a transposed layer leads from its output to its input.
    pub shape: Shape,
    /// Its line of the table, as it stands there.
    pub line: String,
}

/// A convolution in one, two or three dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Of lines.
    One(ConvShape<1>),
    /// Of images.
    Two(ConvShape<2>),
    /// Of volumes.
    Three(ConvShape<3>),
}

/// The layers of a file.
///
/// # Errors
/// If it can't be read, or as [`parse`].
pub fn read(path: &Path) -> Result<Vec<Layer>> {
    let bytes = files::read(path, MOST_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::file(path, "is not text (UTF-8)"))?;
    parse(&text).map_err(|problem| Error::file(path, problem))
}

/// The layers of a table.
///
/// ```
/// let layers = ch11_choosing::layers::parse("# a comment\nfirst conv2d 32 1 1 28 28 6 5 1 0 1 1\n").unwrap();
/// assert_eq!(layers[0].name, "first");
///
/// let problem = ch11_choosing::layers::parse("first conv2d 32 1 1 28 28 6 5 1 0 0 1").unwrap_err();
/// assert_eq!(problem, "line 1, first: dilation along height: got 0, expected at least 1");
/// ```
///
/// # Errors
/// If a line isn't a layer: which, and why. If two have the same name, or there is none.
pub fn parse(text: &str) -> Result<Vec<Layer>, String> {
    let mut layers: Vec<Layer> = Vec::new();
    // Some editors put a mark before the first letter.
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let layer = layer(line).map_err(|problem| format!("line {}, {problem}", i + 1))?;
        if layers.iter().any(|other| other.name == layer.name) {
            return Err(format!("line {}, {}: there is a layer of this name already", i + 1, layer.name));
        }
        layers.push(layer);
    }
    match layers.is_empty() {
        true => Err("has no layers".into()),
        false => Ok(layers),
    }
}

/// One line.
fn layer(line: &str) -> Result<Layer, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let name = words[0];
    let bad = |problem: String| format!("{name}: {problem}");
    let &[_, op, ref columns @ ..] = &words[..] else { return Err(bad("has no op: conv2d, say".into())) };
    if columns.len() != COLUMNS.len() {
        let expected = format!("{} numbers behind {op}, which are {}", COLUMNS.len(), COLUMNS.join(", "));
        return Err(bad(format!("got {}, expected {expected}", columns.len())));
    }
    let mut numbers = [0; COLUMNS.len()];
    for ((number, text), column) in numbers.iter_mut().zip(columns).zip(COLUMNS) {
        *number = text.parse().map_err(|_| bad(format!("{column}: got {text:?}, expected a whole number")))?;
    }
    let (transposed, dimensions) = match op.strip_prefix("convt") {
        Some(rest) => (true, rest),
        None => (false, op.strip_prefix("conv").unwrap_or("")),
    };
    let shape = match dimensions {
        "1d" => resolve(transposed, &numbers).map(Shape::One),
        "2d" => resolve(transposed, &numbers).map(Shape::Two),
        "3d" => resolve(transposed, &numbers).map(Shape::Three),
        _ => {
            let expected = "conv1d, conv2d, conv3d, convt1d, convt2d or convt3d";
            return Err(bad(format!("op: got {op:?}, expected {expected}")));
        }
    };
    Ok(Layer { name: name.into(), transposed, shape: shape.map_err(bad)?, line: words.join("\t") })
}

/// The dense convolution of a line's numbers.
fn resolve<const D: usize>(transposed: bool, numbers: &[usize; COLUMNS.len()]) -> Result<ConvShape<D>, String> {
    let [n, c, depth, height, width, k, taps, stride, padding, dilation, groups] = *numbers;
    let size = [depth, height, width];
    if size[..3 - D].iter().any(|&n| n != 1) {
        let unused = COLUMNS[2..5 - D].join(" and ");
        return Err(format!("{unused}: got {:?}, expected 1 in {D} dimension(s)", &size[..3 - D]));
    }
    if n == 0 {
        return Err("N: got 0, expected at least 1".into());
    }
    let spec = ConvSpec::<D>::new([stride; D], [padding; D], [dilation; D], groups).map_err(|e| e.to_string())?;
    let size = &size[3 - D..];
    let (from, to, input) = match transposed {
        false => (c, k, size.to_vec()),
        true => {
            // As long as it must be for the dense convolution to give this size.
            let reach = taps.checked_sub(1).and_then(|t| t.checked_mul(dilation)).and_then(|r| r.checked_add(1));
            let long = |&n: &usize| {
                let all = n.checked_sub(1)?.checked_mul(stride)?.checked_add(reach?)?;
                all.checked_sub(padding.checked_mul(2)?).filter(|&long| long > 0)
            };
            let long: Option<Vec<usize>> = size.iter().map(long).collect();
            (k, c, long.ok_or("sizes, kernel and padding leave no output, or overflow")?)
        }
    };
    let input = [vec![n, from], input].concat();
    let weight = [vec![to, from / groups], vec![taps; D]].concat();
    let shape = spec.resolve(&input, &weight).map_err(|e| e.to_string())?;
    for (name, dims) in [("input", input), ("weight", weight), ("output", shape.output_shape())] {
        if volume(&dims).is_ok_and(|elements| elements > MOST_ELEMENTS) {
            return Err(format!("{name}: got {dims:?}, expected {MOST_ELEMENTS} elements at most"));
        }
    }
    Ok(shape)
}

/// Those layers whose name contains one of `wanted`; all of them, if nothing is.
///
/// # Errors
/// If there are none.
pub fn only(layers: Vec<Layer>, wanted: &[impl AsRef<str>]) -> Result<Vec<Layer>> {
    let wanted: Vec<&str> = wanted.iter().map(AsRef::as_ref).collect();
    let is_wanted = |layer: &Layer| wanted.is_empty() || wanted.iter().any(|part| layer.name.contains(part));
    let (left, others): (Vec<_>, Vec<_>) = layers.into_iter().partition(is_wanted);
    match left.is_empty() {
        true => {
            let names: Vec<_> = others.iter().map(|layer| layer.name.as_str()).collect();
            Err(Error::argument(
                "--only",
                wanted.join(","),
                format!("parts of the layers' names: {}", names.join(", ")),
            ))
        }
        false => Ok(left),
    }
}
