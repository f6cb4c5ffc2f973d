//! The gzip reader against files that zlib made, against hand-made streams that no compressor makes,
//! and against damage.

mod common;

use ch09_lenet::gzip::{decompress, prefix};
use common::{gzip_around, gzip_stored};
use proptest::prelude::*;

// Made by Python's zlib from `squares()`: level 0; level 9, Z_FIXED; level 6; level 1 with all the
// optional parts of a header. `ZEROS`: 1 MiB of zeros, level 9.
const STORED: &[u8] = include_bytes!("fixtures/stored.gz");
const FIXED: &[u8] = include_bytes!("fixtures/fixed.gz");
const DYNAMIC: &[u8] = include_bytes!("fixtures/dynamic.gz");
const FLAGS: &[u8] = include_bytes!("fixtures/flags.gz");
const ZEROS: &[u8] = include_bytes!("fixtures/zeros.gz");

fn squares() -> Vec<u8> {
    (0..200).map(|i| format!("{i} squared is {}\n", i * i)).collect::<String>().into_bytes()
}

fn problem(file: &[u8]) -> String {
    decompress(file, 1 << 20).unwrap_err()
}

#[test]
fn unpacks_what_zlib_packed() {
    for file in [STORED, FIXED, DYNAMIC, FLAGS] {
        assert_eq!(decompress(file, 1 << 20), Ok(squares()));
    }
    assert_eq!(decompress(ZEROS, 1 << 20), Ok(vec![0; 1 << 20]));
    assert_eq!(decompress(&gzip_stored(b""), 0), Ok(vec![]));
}

#[test]
fn members_follow_each_other() {
    assert_eq!(decompress(&[FLAGS, DYNAMIC].concat(), 1 << 20), Ok([squares(), squares()].concat()));
    assert_eq!(
        problem(&[DYNAMIC, b"\0"].concat()),
        "something else follows the compressed data, 3944 bytes into its contents"
    );
}

#[test]
fn matches_do_not_reach_into_the_member_before() {
    let mut reaching = Writer::default();
    reaching.bits(0b011, 3).code(0b0000001, 7).code(0, 5).code(0, 7); // length 3, distance 1
    let file = [gzip_stored(b"abc"), gzip_around(&reaching.done(), b"ccc")].concat();
    assert_eq!(problem(&file), "a match that begins before the data, 3 bytes into its contents");
}

#[test]
fn stops_at_the_limit() {
    for file in [STORED, FIXED, DYNAMIC, FLAGS, ZEROS] {
        let all = decompress(file, 1 << 20).unwrap();
        assert_eq!(decompress(file, all.len()), Ok(all.clone()));
        for limit in [0, 1, 100, all.len() - 1] {
            assert_eq!(decompress(file, limit), Err(format!("unpacks to more than {limit} bytes")));
            assert_eq!(prefix(file, limit), Ok(all[..limit].to_vec()));
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    for file in [STORED, FIXED, DYNAMIC, FLAGS] {
        for length in 2..file.len() {
            let problem = problem(&file[..length]);
            assert!(problem.starts_with("the compressed data ends early"), "{length} bytes: {problem}");
        }
        for length in 0..2 {
            assert_eq!(problem(&file[..length]), "not a gzip file, 0 bytes into its contents");
        }
    }
}

#[test]
fn no_flipped_bit_changes_the_contents() {
    for file in [STORED, FIXED, DYNAMIC, FLAGS] {
        let mut damaged = file.to_vec();
        for bit in 0..8 * file.len() {
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(contents) = decompress(&damaged, 1 << 20) {
                assert!(contents == squares(), "bit {bit}");
            }
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn checks_what_is_written_at_the_end() {
    let damaged = |from_end: usize| {
        let mut file = DYNAMIC.to_vec();
        let at = file.len() - from_end;
        file[at] ^= 1;
        problem(&file)
    };
    assert!(damaged(1).starts_with("the size written at its end"));
    assert!(damaged(8).starts_with("the checksum written at its end"));
    let mut flags = FLAGS.to_vec();
    flags[4] ^= 1; // the time, which nothing but the header's checksum protects
    assert!(problem(&flags).starts_with("the checksum of its header"));
    assert!(problem(b"\x1f\x8b\x07\0\0\0\0\0\0\0").starts_with("packed by a method that gzip doesn't define"));
}

/// Bits of a Deflate stream.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    /// A number, its lowest bit first.
    fn bits(&mut self, value: usize, n: usize) -> &mut Self {
        self.0.extend((0..n).map(|i| value >> i & 1 == 1));
        self
    }

    /// A Huffman code, its highest bit first.
    fn code(&mut self, value: usize, n: usize) -> &mut Self {
        self.0.extend((0..n).rev().map(|i| value >> i & 1 == 1));
        self
    }

    fn done(&self) -> Vec<u8> {
        self.0.chunks(8).map(|byte| byte.iter().rev().fold(0, |b, &bit| b << 1 | u8::from(bit))).collect()
    }

    /// Begins a last, dynamic block with these codes. The lengths of their codes are written in
    /// four bits each.
    fn dynamic(symbols: &[(usize, u8)], n: usize, distances: &[u8]) -> Self {
        let mut lengths = vec![0; n];
        symbols.iter().for_each(|&(symbol, length)| lengths[symbol] = length);
        lengths.extend(distances);
        let mut w = Self::default();
        w.bits(0b101, 3).bits(n - 257, 5).bits(distances.len() - 1, 5).bits(15, 4);
        w.bits(0, 9);
        for _ in 3..19 {
            w.bits(4, 3);
        }
        for length in lengths {
            w.code(length.into(), 4);
        }
        w
    }

    /// Begins a last, dynamic block; for the first four of the symbols that code lengths are told
    /// in (copy, short and long runs of zeros, zero) the lengths of their own codes are given.
    fn run_lengths(own: [usize; 4]) -> Self {
        let mut w = Self::default();
        w.bits(0b101, 3).bits(0, 5).bits(0, 5).bits(0, 4);
        for length in own {
            w.bits(length, 3);
        }
        w
    }

    fn unpacks_to(&self, contents: &[u8]) {
        assert_eq!(decompress(&gzip_around(&self.done(), contents), 1 << 20), Ok(contents.to_vec()));
    }

    fn fails_with(&mut self, expected: &str) {
        self.bits(0, 64);
        let problem = problem(&gzip_around(&self.done(), b""));
        assert!(problem.starts_with(expected), "{problem}");
    }
}

const A: usize = b'a' as usize;
const END: usize = 256;
const LENGTH_3: usize = 257;

#[test]
fn a_lone_distance_may_leave_a_bit_unused() {
    // a = 0, end = 10, match of length 3 = 11; distance 1 = 0, and 1 has no meaning.
    let codes = [(A, 1), (END, 2), (LENGTH_3, 2)];
    Writer::dynamic(&codes, 258, &[1]).code(0, 1).code(0b11, 2).code(0, 1).code(0b10, 2).unpacks_to(b"aaaa");
    Writer::dynamic(&codes, 258, &[1]).code(0, 1).code(0b11, 2).code(1, 1).fails_with("bits that are no code");
    // No distances at all, where there is no match; and where there is one.
    Writer::dynamic(&codes, 258, &[0]).code(0, 1).code(0b10, 2).unpacks_to(b"a");
    Writer::dynamic(&codes, 258, &[0]).code(0, 1).code(0b11, 2).fails_with("bits that are no code");
    Writer::dynamic(&codes, 258, &[2]).fails_with("a Huffman code that leaves bits");
}

#[test]
fn a_code_may_have_fifteen_bits() {
    // a to o = 0, 10, 110, ... of 1 to 14 bits; then 14 ones and a 0 for the next, and a 1 for the end.
    let mut codes: Vec<_> = (0..15).map(|i| (A + i, 1 + i as u8)).collect();
    codes.push((END, 15));
    let mut w = Writer::dynamic(&codes, 257, &[0]);
    for length in 1..16 {
        w.code(0x7ffe & ((1 << length) - 1), length);
    }
    w.code(0x7fff, 15).unpacks_to(b"abcdefghijklmno");
}

#[test]
fn refuses_streams_that_no_compressor_makes() {
    let codes = [(A, 1), (END, 2), (LENGTH_3, 2)];
    let fixed = || {
        let mut w = Writer::default();
        w.bits(0b011, 3);
        w
    };
    Writer::default().bits(0b111, 3).fails_with("a block of a kind that Deflate doesn't define");
    Writer::default().bits(0b001, 8).bits(5, 16).bits(5, 16).fails_with("a stored block whose length");
    Writer::dynamic(&[(A, 1), (A + 1, 1)], 257, &[0]).fails_with("a block without an end");
    Writer::dynamic(&[(A, 1), (A + 1, 1), (END, 1)], 257, &[0]).fails_with("a Huffman code with more symbols");
    Writer::dynamic(&[(A, 2), (END, 2)], 257, &[0]).fails_with("a Huffman code that leaves bits");
    Writer::dynamic(&codes, 258, &[1, 1, 1]).fails_with("a Huffman code with more symbols");
    Writer::dynamic(&codes, 258, &[2, 2, 2]).fails_with("a Huffman code that leaves bits");
    Writer::dynamic(&codes, 287, &[0]).fails_with("a block with more codes than Deflate has symbols");
    Writer::dynamic(&codes, 258, &[0; 31]).fails_with("a block with more codes than Deflate has symbols");
    Writer::dynamic(&codes, 258, &[1]).code(0b11, 2).code(0, 1).fails_with("a match that begins before the data");
    Writer::run_lengths([1, 0, 0, 1]).code(1, 1).fails_with("a block that repeats a code length before the first");
    let twice = |w: &mut Writer| w.code(1, 1).bits(127, 7).code(1, 1).bits(127, 7).fails_with("a block with more code");
    twice(&mut Writer::run_lengths([0, 0, 1, 1]));
    Writer::run_lengths([1, 1, 1, 0]).fails_with("a Huffman code with more symbols");
    Writer::run_lengths([1, 0, 0, 0]).fails_with("a Huffman code that leaves bits");
    fixed().code(0b11000110, 8).fails_with("a match of no length"); // symbol 286
    fixed().code(0x30 + A, 8).code(1, 7).code(30, 5).fails_with("a match of no distance");
    fixed().code(0x30 + A, 8).code(1, 7).code(1, 5).fails_with("a match that begins before the data");
}

#[test]
fn an_unfinished_stream_ends_early() {
    let file = gzip_around(&[0b00000011], b"");
    assert_eq!(problem(&file[..11]), "the compressed data ends early, 0 bytes into its contents");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_the_bytes_nothing_panics(body in prop::collection::vec(any::<u8>(), 0..300), kind in 0..4u8) {
        let _ = decompress(&body, 1000);
        let deflate = [&[body.first().unwrap_or(&0) & 0xf8 | kind << 1], &body[..]].concat();
        if let Ok(contents) = decompress(&gzip_around(&deflate, b""), 1000) {
            prop_assert!(contents.len() <= 1000);
        }
        let _ = prefix(&gzip_around(&deflate, b""), 16);
    }

    #[test]
    fn whatever_the_damage_nothing_panics(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = DYNAMIC.to_vec();
        damage.iter().for_each(|(at, byte)| file[at.index(DYNAMIC.len())] = *byte);
        if let Ok(contents) = decompress(&file, 1 << 20) {
            prop_assert!(contents == squares());
        }
    }
}
