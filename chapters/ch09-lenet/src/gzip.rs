//! gzip (RFC 1952), unpacking only: a header, a Deflate stream (the work of `inflate.rs`), and the
//! checksum and size of what comes out of it.

use crate::crc32::crc32;
use crate::inflate::{Bits, ENDS_EARLY, Output, Step, Stop, block, half, word};

/// Unpacks a gzip file: all of its members, one after the other, with their checksums verified.
///
/// # Errors
/// A reason, if the file is damaged, cut short or followed by something else, or if it unpacks to
/// more than `limit` bytes. No more than those are ever produced.
pub fn decompress(bytes: &[u8], limit: usize) -> Result<Vec<u8>, String> {
    let mut out = Output { bytes: Vec::new(), limit, member: 0 };
    match members(bytes, &mut out) {
        Ok(()) => Ok(out.bytes),
        Err(Stop::Full) => Err(format!("unpacks to more than {limit} bytes")),
        Err(Stop::Bad(reason)) => Err(format!("{reason}, {} bytes into its contents", out.bytes.len())),
    }
}

/// The first `most` bytes of what a gzip file unpacks to, or all of it if that is less. What comes
/// behind them isn't looked at.
///
/// # Errors
/// A reason, if the file is damaged before that.
pub fn prefix(bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let mut out = Output { bytes: Vec::new(), limit: most, member: 0 };
    match members(bytes, &mut out) {
        Ok(()) | Err(Stop::Full) => Ok(out.bytes),
        Err(Stop::Bad(reason)) => Err(reason.into()),
    }
}

/// Whether a file begins as gzip files do.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

fn members(mut rest: &[u8], out: &mut Output) -> Step {
    loop {
        rest = member(rest, out)?;
        if rest.is_empty() {
            return Ok(());
        }
        if !is_gzip(rest) {
            return Err(Stop::Bad("something else follows the compressed data"));
        }
    }
}

/// Unpacks one member, and returns what follows it.
fn member<'a>(bytes: &'a [u8], out: &mut Output) -> Step<&'a [u8]> {
    out.member = out.bytes.len();
    let mut bits = Bits::new(bytes, header(bytes)?);
    while block(&mut bits, out)? {}
    let rest = &bytes[bits.byte_position()..];
    let (crc, size) = (word(rest, 0)?, word(rest, 4)?);
    let contents = &out.bytes[out.member..];
    if size != contents.len() as u32 {
        return Err(Stop::Bad("the size written at its end isn't the size it has"));
    }
    if crc != crc32(contents) {
        return Err(Stop::Bad("the checksum written at its end doesn't match"));
    }
    Ok(&rest[8..])
}

/// Checks the header of a member, and returns how long it is.
fn header(bytes: &[u8]) -> Step<usize> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    if !is_gzip(bytes) {
        return Err(Stop::Bad("not a gzip file"));
    }
    let [_, _, method, flags, _, _, _, _, _, _, ..] = *bytes else { return Err(ENDS_EARLY) };
    if method != 8 || flags & 0xe0 != 0 {
        return Err(Stop::Bad("packed by a method that gzip doesn't define"));
    }
    let mut at = 10;
    if flags & EXTRA != 0 {
        at += 2 + usize::from(half(bytes, at)?);
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let text = bytes.get(at..).ok_or(ENDS_EARLY)?;
            at += 1 + text.iter().position(|&b| b == 0).ok_or(ENDS_EARLY)?;
        }
    }
    if flags & HEADER_CRC != 0 {
        if half(bytes, at)? != crc32(&bytes[..at]) as u16 {
            return Err(Stop::Bad("the checksum of its header doesn't match"));
        }
        at += 2;
    }
    if at <= bytes.len() { Ok(at) } else { Err(ENDS_EARLY) }
}
