//! safetensors, the file format of models that PyTorch and most others read: how long the header is
//! (little-endian `u64`), the header (JSON: element type, shape and place of every tensor), and then
//! nothing but the numbers (little-endian). `F32` only.

use crate::json::{self, Json};
use std::path::Path;
use unrolled::conv::volume;
use unrolled::files;
use unrolled::{Error, Result, Tensor};

/// The longest header that the reference implementation reads.
const LONGEST_HEADER: usize = 100_000_000;

/// The largest file that is read, in bytes.
const MOST: usize = 1 << 30;

/// The name that isn't a tensor's: strings about the model stand there.
const METADATA: &str = "__metadata__";

/// Saves tensors under their names, in their order. The file appears whole or not at all.
///
/// # Errors
/// If a name comes twice or is `__metadata__`, or if the file can't be written.
pub fn save(path: &Path, tensors: &[(String, Tensor)]) -> Result<()> {
    let bytes = to_bytes(tensors)?;
    files::write(path, &bytes)
}

/// What [`save`] writes.
///
/// # Errors
/// If a name comes twice or is `__metadata__`.
pub fn to_bytes(tensors: &[(String, Tensor)]) -> Result<Vec<u8>> {
    let mut names: Vec<&str> = tensors.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    if let Some(name) = twice.or(names.into_iter().find(|&name| name == METADATA)) {
        return Err(Error::argument("tensor", name, format!("a name of its own, and not {METADATA}")));
    }
    // ANCHOR: write
    let mut end = 0;
    let entries = tensors.iter().map(|(name, tensor)| {
        let start = end;
        end += 4 * tensor.len();
        let (name, shape) = (json::quote(name), tensor.shape());
        format!("{name}:{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}")
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    // Spaces make the numbers begin at a multiple of eight, where they can be used in place.
    let length = header.len().next_multiple_of(8);
    let mut bytes = Vec::with_capacity(8 + length + end);
    bytes.extend_from_slice(&(length as u64).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(8 + length, b' ');
    bytes.extend(tensors.iter().flat_map(|(_, tensor)| tensor.data()).flat_map(|x| x.to_le_bytes()));
    Ok(bytes)
    // ANCHOR_END: write
}

/// The tensors of a file with their names, in the order of their numbers.
///
/// # Errors
/// If the file can't be read, or isn't safetensors with every number in exactly one tensor.
pub fn load(path: &Path) -> Result<Vec<(String, Tensor)>> {
    parse(&files::read(path, MOST)?).map_err(|problem| Error::file(path, problem))
}

/// What [`load`] makes of the bytes of a file.
///
/// # Errors
/// A reason, if they aren't safetensors.
pub fn parse(file: &[u8]) -> Result<Vec<(String, Tensor)>, String> {
    let (length, rest) = file.split_first_chunk().ok_or("is too short to be safetensors")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > LONGEST_HEADER {
        return Err(format!("isn't safetensors: a header of {length} bytes is more than the {LONGEST_HEADER} allowed"));
    }
    let Some((header, data)) = rest.split_at_checked(length) else {
        return Err(format!("is cut short: a header of {length} bytes, and {} are there", rest.len()));
    };
    let header = str::from_utf8(header).map_err(|_| "has a header that isn't text")?;
    if !header.starts_with('{') {
        return Err("has a header that doesn't begin with {".into());
    }
    let Json::Object(members) = Json::parse(header).map_err(|problem| format!("has a header with {problem}"))? else {
        return Err("has a header that is no JSON object".into());
    };
    let mut entries = Vec::new();
    for (name, about) in members {
        if name != METADATA {
            entries.push(Entry::new(name, &about)?);
        } else if !matches!(&about, Json::Object(texts) if texts.iter().all(|(_, text)| text.as_str().is_some())) {
            return Err(format!("has a {METADATA} that isn't made of strings"));
        }
    }
    // A file in which numbers overlap or belong to nobody may be two things at once: none is read.
    entries.sort_by_key(|entry| (entry.start, entry.end));
    let mut end = 0;
    for entry in &entries {
        if entry.start != end {
            return Err(format!("tensor {:?} begins at byte {}, and must at {end}", entry.name, entry.start));
        }
        end = entry.end;
    }
    if end != data.len() {
        return Err(format!("has {} bytes of numbers, and its header tells of {end}", data.len()));
    }
    let tensors = entries.into_iter().map(|Entry { name, shape, start, end }| {
        let numbers = data[start..end].as_chunks().0.iter().map(|&number| f32::from_le_bytes(number));
        let tensor = Tensor::new(&shape, numbers.collect()).map_err(|e| format!("tensor {name:?}: {e}"))?;
        Ok((name, tensor))
    });
    tensors.collect()
}

/// What a header tells of one tensor.
struct Entry {
    name: String,
    shape: Vec<usize>,
    /// Its first byte behind the header, and the one after its last.
    start: usize,
    end: usize,
}

impl Entry {
    fn new(name: String, about: &Json) -> Result<Self, String> {
        let bad = |problem: String| Err(format!("tensor {name:?} {problem}"));
        let sizes = |member| about.get(member)?.as_array()?.iter().map(Json::as_usize).collect::<Option<Vec<_>>>();
        let Some(dtype) = about.get("dtype").and_then(Json::as_str) else { return bad("has no dtype".into()) };
        if dtype != "F32" {
            return bad(format!("is of type {dtype:?}; only F32 is read"));
        }
        let Some(shape) = sizes("shape") else { return bad("has no shape of whole numbers".into()) };
        let Some(&[start, end]) = sizes("data_offsets").as_deref() else {
            return bad("has no two data_offsets".into());
        };
        let Ok(places) = volume(&shape) else { return bad(format!("has the impossible shape {shape:?}")) };
        if end.checked_sub(start) != Some(4 * places) {
            return bad(format!("has shape {shape:?}, which doesn't fill bytes {start} to {end}"));
        }
        Ok(Self { name, shape, start, end })
    }
}
