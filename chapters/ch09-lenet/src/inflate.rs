//! Deflate (RFC 1951), unpacking only.
//!
//! Deflate says everything with two alphabets. One holds the 256 bytes, "end of block", and the
//! lengths of matches; the other how far back a match begins. Each block brings its own Huffman
//! codes for both, written as nothing but the length of every symbol's code: with those, numbering
//! the codes in order is the only freedom, and the *canonical* code takes it away.

use std::sync::LazyLock;

/// Why unpacking stopped before its end.
#[derive(Clone, Copy)]
pub(crate) enum Stop {
    /// There is more than the caller asked for.
    Full,
    /// The data isn't what it should be.
    Bad(&'static str),
}

pub(crate) type Step<T = ()> = Result<T, Stop>;

pub(crate) const ENDS_EARLY: Stop = Stop::Bad("the compressed data ends early");

/// Unpacks one block; false if it was the last.
pub(crate) fn block(bits: &mut Bits, out: &mut Output) -> Step<bool> {
    /// The codes of a block that brings none of its own.
    static FIXED: LazyLock<Step<[Huffman; 2]>> = LazyLock::new(|| {
        let lengths = std::array::from_fn::<u8, 288, _>(|symbol| match symbol {
            0..144 => 8,
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        });
        Ok([Huffman::new(&lengths, false)?, Huffman::new(&[5; 32], false)?])
    });
    bits.refill();
    let last = bits.take(1)? == 1;
    match bits.take(2)? {
        0 => stored(bits, out)?,
        1 => {
            let [symbols, distances] = FIXED.as_ref().map_err(|&stop| stop)?;
            packed(bits, symbols, distances, out)?;
        }
        2 => {
            let [symbols, distances] = dynamic_codes(bits)?;
            packed(bits, &symbols, &distances, out)?;
        }
        _ => return Err(Stop::Bad("a block of a kind that Deflate doesn't define")),
    }
    Ok(!last)
}

/// The little-endian `u16` at a place.
pub(crate) fn half(bytes: &[u8], at: usize) -> Step<u16> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map(|&half| u16::from_le_bytes(half)).ok_or(ENDS_EARLY)
}

/// The little-endian `u32` at a place.
pub(crate) fn word(bytes: &[u8], at: usize) -> Step<u32> {
    Ok(u32::from(half(bytes, at)?) | u32::from(half(bytes, at + 2)?) << 16)
}

/// A block that was copied as it is: its length, the length's complement, the bytes.
fn stored(bits: &mut Bits, out: &mut Output) -> Step {
    let rest = &bits.bytes[bits.byte_position()..];
    let length = half(rest, 0)?;
    if length != !half(rest, 2)? {
        return Err(Stop::Bad("a stored block whose length contradicts itself"));
    }
    let length = usize::from(length);
    let contents = &rest[4..];
    out.extend(&contents[..length.min(contents.len())])?;
    if length > contents.len() {
        return Err(ENDS_EARLY);
    }
    *bits = Bits::new(bits.bytes, bits.byte_position() + 4 + length);
    Ok(())
}

/// The codes that a dynamic block begins with: the lengths of their codes, run-length encoded and
/// themselves in a Huffman code.
fn dynamic_codes(bits: &mut Bits) -> Step<[Huffman; 2]> {
    /// The order in which the lengths' own codes come: likely ones first, so the tail can be left out.
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    bits.refill();
    let symbols = 257 + bits.take(5)?;
    let distances = 1 + bits.take(5)?;
    let sent = 4 + bits.take(4)?;
    if symbols > 286 || distances > 30 {
        return Err(Stop::Bad("a block with more codes than Deflate has symbols"));
    }
    let mut lengths = [0; ORDER.len()];
    for &symbol in &ORDER[..sent] {
        bits.refill();
        lengths[symbol] = bits.take(3)? as u8;
    }
    let code = Huffman::new(&lengths, false)?;

    let mut lengths = [0; 286 + 30];
    let lengths = &mut lengths[..symbols + distances];
    let mut at = 0;
    while at < lengths.len() {
        bits.refill();
        let (length, times) = match code.decode(bits)? {
            16 if at == 0 => return Err(Stop::Bad("a block that repeats a code length before the first")),
            16 => (lengths[at - 1], 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length as u8, 1),
        };
        let run = lengths.get_mut(at..at + times).ok_or(Stop::Bad("a block with more code lengths than codes"))?;
        run.fill(length);
        at += times;
    }
    let (symbols, distances) = lengths.split_at(symbols);
    if symbols[256] == 0 {
        return Err(Stop::Bad("a block without an end"));
    }
    Ok([Huffman::new(symbols, true)?, Huffman::new(distances, true)?])
}

/// The body of a block: literals and matches, until "end of block".
fn packed(bits: &mut Bits, symbols: &Huffman, distances: &Huffman, out: &mut Output) -> Step {
    const END: usize = 256;
    #[rustfmt::skip]
    const LENGTHS: [(u16, u8); 29] = [
        (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1),
        (19, 2), (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4),
        (131, 5), (163, 5), (195, 5), (227, 5), (258, 0),
    ];
    #[rustfmt::skip]
    const DISTANCES: [(u16, u8); 30] = [
        (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4),
        (65, 5), (97, 5), (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9),
        (2049, 10), (3073, 10), (4097, 11), (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
    ];
    loop {
        // A match is 15 + 5 bits of length and 15 + 13 of distance at most: one refill is enough.
        bits.refill();
        let symbol = symbols.decode(bits)?;
        if symbol < END {
            out.push(symbol as u8)?;
        } else if symbol == END {
            return Ok(());
        } else {
            let &(base, extra) = LENGTHS.get(symbol - END - 1).ok_or(Stop::Bad("a match of no length"))?;
            let length = usize::from(base) + bits.take(extra.into())?;
            let &(base, extra) = DISTANCES.get(distances.decode(bits)?).ok_or(Stop::Bad("a match of no distance"))?;
            let distance = usize::from(base) + bits.take(extra.into())?;
            out.repeat(distance, length)?;
        }
    }
}

/// A canonical Huffman code.
struct Huffman {
    /// What the next `FAST` bits begin with, `symbol << 4 | length`; 0 if that takes more bits to say.
    fast: [u16; 1 << Huffman::FAST],
    /// How many codes there are of each length.
    counts: [u16; 16],
    /// The symbols, in the order of their codes.
    symbols: [u16; 288],
}

impl Huffman {
    /// Bits that are looked up at once: enough for nearly all symbols of a file, and few enough that
    /// the table stays in the first-level cache.
    const FAST: usize = 10;

    /// The code in which symbol i has `lengths[i]` bits, at most 15, or no code if that is 0. If
    /// `lone`, a code of one symbol may leave its other bit unused, and a code may be empty.
    fn new(lengths: &[u8], lone: bool) -> Step<Self> {
        let mut code = Self { fast: [0; 1 << Self::FAST], counts: [0; 16], symbols: [0; 288] };
        lengths.iter().for_each(|&length| code.counts[usize::from(length)] += 1);
        code.counts[0] = 0;

        let mut free = 1i32; // codes of the present length that no shorter one has taken
        let mut place = [0; 17]; // where the symbols of each length begin
        for length in 1..16 {
            free = 2 * free - i32::from(code.counts[length]);
            if free < 0 {
                return Err(Stop::Bad("a Huffman code with more symbols than its lengths have room for"));
            }
            place[length + 1] = place[length] + usize::from(code.counts[length]);
        }
        let alone = place[16] == usize::from(code.counts[1]) && place[16] < 2;
        if free > 0 && !(lone && alone) {
            return Err(Stop::Bad("a Huffman code that leaves bits without a meaning"));
        }
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let place = &mut place[usize::from(length)];
            code.symbols[*place] = symbol as u16;
            *place += 1;
        }

        let (mut bits, mut symbols) = (0u16, code.symbols.iter());
        for length in 1..=Self::FAST {
            for &symbol in symbols.by_ref().take(code.counts[length].into()) {
                // Codes begin with their highest bit, and the stream with its lowest.
                let first = usize::from(bits.reverse_bits() >> (16 - length));
                code.fast[first..].iter_mut().step_by(1 << length).for_each(|e| *e = symbol << 4 | length as u16);
                bits += 1;
            }
            bits <<= 1;
        }
        Ok(code)
    }

    /// The next symbol. The stream must have been refilled.
    #[inline]
    fn decode(&self, bits: &mut Bits) -> Step<usize> {
        let entry = self.fast[bits.hold as usize % self.fast.len()];
        if entry == 0 {
            return self.decode_long(bits);
        }
        bits.take(u32::from(entry & 15))?;
        Ok(usize::from(entry >> 4))
    }

    /// The next symbol, bit by bit: codes of one length are consecutive numbers, and each belongs to
    /// the first length at which it is among them.
    #[cold]
    fn decode_long(&self, bits: &mut Bits) -> Step<usize> {
        let (mut code, mut first, mut place) = (0, 0, 0);
        for &count in &self.counts[1..] {
            let count = usize::from(count);
            code |= bits.take(1)?;
            if code < first + count {
                return Ok(self.symbols[place + code - first].into());
            }
            place += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Stop::Bad("bits that are no code"))
    }
}

/// The compressed data as a stream of bits, the lowest of each byte first.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    /// The first byte that isn't counted in `count`.
    at: usize,
    /// The next bits; what lies above the lowest `count` is either zero or already right.
    hold: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// The bits of `bytes` from the byte `at` on.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, hold: 0, count: 0 }
    }

    /// Makes at least 56 bits ready, or all that are left.
    #[inline]
    fn refill(&mut self) {
        if let Some(&word) = self.bytes[self.at..].first_chunk() {
            self.hold |= u64::from_le_bytes(word) << self.count;
            self.at += (63 - self.count as usize) / 8;
            self.count |= 56;
            return;
        }
        while self.count < 56 && self.at < self.bytes.len() {
            self.hold |= u64::from(self.bytes[self.at]) << self.count;
            self.at += 1;
            self.count += 8;
        }
    }

    /// The next `n` bits, at most 15 of those that were made ready.
    #[inline]
    fn take(&mut self, n: u32) -> Step<usize> {
        if n > self.count {
            return Err(ENDS_EARLY);
        }
        let bits = self.hold as usize & ((1 << n) - 1);
        self.hold >>= n;
        self.count -= n;
        Ok(bits)
    }

    /// The first byte of which no bit was taken.
    pub(crate) fn byte_position(&self) -> usize {
        self.at - self.count as usize / 8
    }
}

/// What was unpacked so far.
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    /// No more bytes than these are produced.
    pub(crate) limit: usize,
    /// Where the present member begins: matches reach no further back.
    pub(crate) member: usize,
}

impl Output {
    #[inline]
    fn push(&mut self, byte: u8) -> Step {
        if self.bytes.len() == self.limit {
            return Err(Stop::Full);
        }
        self.bytes.push(byte);
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8]) -> Step {
        let fits = bytes.len().min(self.limit - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() { Err(Stop::Full) } else { Ok(()) }
    }

    // ANCHOR: repeat
    /// Appends the `length` bytes that begin `distance` before the end. They may overlap what is
    /// being written: distance 1 repeats one byte.
    #[inline]
    fn repeat(&mut self, distance: usize, length: usize) -> Step {
        let end = self.bytes.len();
        if distance > end - self.member {
            return Err(Stop::Bad("a match that begins before the data"));
        }
        let target = self.limit.min(end + length);
        if distance == 1 {
            self.bytes.resize(target, self.bytes[end - 1]);
        }
        // All that lies behind `start` repeats with the distance, so each round can copy twice as
        // much as the one before.
        let start = end - distance;
        while self.bytes.len() < target {
            let step = (target - self.bytes.len()).min(self.bytes.len() - start);
            self.bytes.extend_from_within(start..start + step);
        }
        if target < end + length { Err(Stop::Full) } else { Ok(()) }
    }
    // ANCHOR_END: repeat
}
