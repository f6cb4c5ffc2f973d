//! What the kernels of the exercises must do.

use crate::FOLDER;
use ptx::{Launch, Memory, Options, Profile, parse};
use std::path::Path;
use std::sync::Arc;

/// What a kernel gets.
enum Param<'a> {
    /// Memory with these numbers.
    Given(&'a [f32]),
    /// Memory for so many numbers, that nobody has written: the result.
    Room(usize),
    /// A whole number.
    Number(u32),
}

/// Runs the kernel of this name: what is in its rooms then, and its counters.
fn run(name: &str, grid: u32, block: [u32; 3], params: &[Param]) -> (Vec<Vec<f32>>, Profile) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(format!("{name}.ptx"));
    let source = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let module = parse(&source).unwrap_or_else(|e| panic!("{name}.ptx, {e}"));
    let kernel = module.kernel(name).expect("the kernel has the file's name").clone();
    let memory = Memory::new(0, 1 << 24);
    let (mut bytes, mut rooms) = (Vec::new(), Vec::new());
    for param in params {
        let room = |words: usize| memory.allocate(4 * words).expect("enough memory");
        match *param {
            Param::Given(numbers) => {
                let data: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
                let address = room(numbers.len());
                memory.write(address, &data).expect("it fits");
                bytes.extend(address.to_le_bytes());
            }
            Param::Room(words) => {
                rooms.push((room(words), words));
                bytes.extend(rooms[rooms.len() - 1].0.to_le_bytes());
            }
            Param::Number(number) => bytes.extend(number.to_le_bytes()),
        }
    }
    let launch = Launch { kernel, grid: [grid, 1, 1], block, shared_bytes: 0, params: bytes, symbols: Arc::new([]) };
    let options = Options { profile: true, ..Options::default() };
    let seen = launch.observe(&memory, options).unwrap_or_else(|fault| panic!("{fault}"));
    let read = |&(address, words): &(u64, usize)| {
        let mut bytes = vec![0; 4 * words];
        memory.read(address, &mut bytes).expect("it is there");
        bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().expect("four bytes"))).collect()
    };
    (rooms.iter().map(read).collect(), seen.profiles[0].clone())
}

/// Small numbers of both signs, and zeros, in no order.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37 + 11) % 23) as f32 - 11.0).collect()
}

/// The first number that isn't what it should be, if there is one.
fn assert_same(found: &[f32], expected: &[f32], case: &str) {
    let differ = |i: &usize| found[*i] != expected[*i];
    if let Some(i) = (0..expected.len()).find(differ) {
        let found = if found[i].is_nan() { "nobody wrote it".into() } else { format!("it is {}", found[i]) };
        panic!("{case}: element {i} should be {}, and {found}", expected[i]);
    }
}

#[test]
fn relu_grad() {
    for n in [1, 31, 64, 70] {
        let (x, dy) = (numbers(n), numbers(n + 5)[5..].to_vec());
        let params = [Param::Given(&x), Param::Given(&dy), Param::Room(n), Param::Number(n as u32)];
        let (rooms, _) = run("relu_grad", 3, [32, 1, 1], &params);
        let expected: Vec<f32> = x.iter().zip(&dy).map(|(&x, &dy)| if x > 0.0 { dy } else { 0.0 }).collect();
        assert_same(&rooms[0], &expected, &format!("n = {n}"));
    }
}

#[test]
fn row_max() {
    for width in [1, 7, 32, 33, 100] {
        let x: Vec<f32> = numbers(3 * width).iter().map(|x| x - 20.0).collect(); // all below zero
        let params = [Param::Given(&x), Param::Room(3), Param::Number(width as u32)];
        let (rooms, _) = run("row_max", 3, [32, 1, 1], &params);
        let expected: Vec<f32> = x.chunks(width).map(|row| row.iter().copied().fold(f32::MIN, f32::max)).collect();
        assert_same(&rooms[0], &expected, &format!("width = {width}"));
    }
}

#[test]
fn transpose() {
    let x = numbers(32 * 32);
    let (rooms, profile) = run("transpose", 1, [32, 32, 1], &[Param::Given(&x), Param::Room(32 * 32)]);
    let expected: Vec<f32> = (0..32 * 32).map(|i| x[i % 32 * 32 + i / 32]).collect();
    assert_same(&rooms[0], &expected, "32 x 32");
    assert_eq!((profile.coalescing(), profile.bank_conflicts()), (1.0, 0), "{profile}");
}

#[test]
fn smooth() {
    for steps in [0, 1, 2, 7] {
        let x = numbers(64);
        let params = [Param::Given(&x), Param::Room(64), Param::Number(steps)];
        let (rooms, _) = run("smooth", 1, [64, 1, 1], &params);
        let step = |y: Vec<f32>, _| (0..64).map(|i| (y[(i + 63) % 64] + y[(i + 1) % 64]) * 0.5).collect();
        assert_same(&rooms[0], &(0..steps).fold(x, step), &format!("{steps} steps"));
    }
}

#[test]
fn turn() {
    for n in [1, 31, 40, 64] {
        let x = numbers(n);
        let params = [Param::Given(&x), Param::Room(n), Param::Number(n as u32)];
        let (rooms, _) = run("turn", 1, [64, 1, 1], &params);
        let expected: Vec<f32> = x.iter().rev().copied().collect();
        assert_same(&rooms[0], &expected, &format!("n = {n}"));
    }
}
