//! IDX, the format MNIST comes in: a magic number that ends in the number of axes, the size of each
//! axis (big-endian `u32`), and the bytes in row-major order.

use crate::gzip;
use std::path::{Path, PathBuf};
use unrolled::{Error, Result, files};

/// Height and width of the images, in pixels.
pub const SIDE: usize = 28;

/// The most bytes that a file may have, packed or unpacked: five times those of MNIST.
const MOST: usize = 1 << 28;

/// Images of one size, one byte per pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Height of each image.
    pub rows: usize,
    /// Width of each image.
    pub cols: usize,
    /// `[len, rows, cols]`, row-major; 0 is the background, 255 full ink.
    pub pixels: Vec<u8>,
}

impl Images {
    /// The number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / (self.rows * self.cols).max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Images, and which digit each of them shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The images.
    pub images: Images,
    /// One digit per image, 0 to 9.
    pub labels: Vec<u8>,
}

/// The two parts of MNIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// 60,000 images to learn from.
    Train,
    /// 10,000 images by other writers, to be tested on.
    Test,
}

/// Loads one part of MNIST, or of any other data set that comes in its form, from a folder of IDX
/// files: gzipped or plain, under either usual spelling of their names.
///
/// # Errors
/// If a file is missing, damaged, cut short or of another kind, if the images aren't 28 × 28, if
/// there are none, or if there isn't one label from 0 to 9 for each.
pub fn load(dir: &Path, split: Split) -> Result<Dataset> {
    let stem = match split {
        Split::Train => "train",
        Split::Test => "t10k",
    };
    let (images_path, images) = read::<3>(dir, &format!("{stem}-images"))?;
    let [n, rows, cols] = images.sizes;
    if [rows, cols] != [SIDE, SIDE] {
        return Err(Error::file(images_path, format!("holds images of {rows} x {cols}, not of {SIDE} x {SIDE}")));
    }
    if n == 0 {
        return Err(Error::file(images_path, "holds no images"));
    }
    let (labels_path, labels) = read::<1>(dir, &format!("{stem}-labels"))?;
    if labels.sizes != [n] {
        let problem = format!("holds {} labels for the {n} images of {}", labels.sizes[0], images_path.display());
        return Err(Error::file(labels_path, problem));
    }
    if let Some((i, label)) = labels.bytes.iter().enumerate().find(|(_, label)| **label > 9) {
        return Err(Error::file(labels_path, format!("label {i} is {label}, and must be a digit from 0 to 9")));
    }
    Ok(Dataset { images: Images { rows, cols, pixels: images.bytes }, labels: labels.bytes })
}

/// An array of bytes with `D` axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array<const D: usize> {
    /// The size along each axis.
    pub sizes: [usize; D],
    /// The elements, row-major.
    pub bytes: Vec<u8>,
}

/// Finds and reads the file of an array; also says where it was.
fn read<const D: usize>(dir: &Path, stem: &str) -> Result<(PathBuf, Array<D>)> {
    let names = ["-", "."].map(|mark| ["", ".gz"].map(|end| format!("{stem}{mark}idx{D}-ubyte{end}")));
    let names = names.as_flattened();
    if !dir.is_dir() {
        return Err(Error::file(dir, "is not a folder, and must be the one with the data"));
    }
    let path = names.iter().map(|name| dir.join(name)).find(|path| path.exists());
    let path = path.ok_or_else(|| Error::file(dir, format!("holds none of {}", names.join(", "))))?;
    let array = parse(files::read(&path, MOST)?).map_err(|problem| Error::file(&path, problem))?;
    Ok((path, array))
}

/// The array that an IDX file holds; a gzipped one is unpacked first. What it unpacks to is bounded
/// by what its own header promises, and that by 256 MiB.
///
/// # Errors
/// A reason, if the file is damaged, cut short or of another kind, or has bytes left over.
pub fn parse<const D: usize>(file: Vec<u8>) -> Result<Array<D>, String> {
    // ANCHOR: header
    let magic = 0x0800 + D as u32; // 0x08 stands for unsigned bytes
    let start = 4 + 4 * D;
    let head = if gzip::is_gzip(&file) { gzip::prefix(&file, start)? } else { file[..start.min(file.len())].into() };
    let words: Vec<u32> = head.as_chunks().0.iter().map(|&word| u32::from_be_bytes(word)).collect();
    if let Some(found) = words.first().filter(|&&found| found != magic) {
        return Err(format!("is not an IDX file of its kind: begins with {found:#010x}, not with {magic:#010x}"));
    }
    if words.len() <= D {
        return Err(format!("is cut short: {} of the {start} bytes of its header", head.len()));
    }
    let sizes: [usize; D] = std::array::from_fn(|axis| words[1 + axis] as usize);
    let total = sizes.iter().try_fold(1usize, |total, &size| total.checked_mul(size)).filter(|&total| total <= MOST);
    let total = total.ok_or(format!("promises an array of {sizes:?}, more than the {MOST} bytes that are read"))?;
    // ANCHOR_END: header

    let promised = start + total;
    let mut bytes = if gzip::is_gzip(&file) {
        let note = |problem| format!("{problem} (its header promises {promised} bytes)");
        gzip::decompress(&file, promised).map_err(note)?
    } else {
        file
    };
    if bytes.len() != promised {
        return Err(format!("has {} bytes, and its header promises {promised}", bytes.len()));
    }
    bytes.drain(..start);
    Ok(Array { sizes, bytes })
}
