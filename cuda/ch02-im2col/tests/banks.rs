//! Why rows of the tiles are 33 numbers apart, and not 32: the same kernel, with other numbers in it.

use ptx::{Launch, Memory, Options, Profile, observe, parse};

/// The second rung of the ladder, as it is.
const TILED: &str = include_str!("../src/sgemm/tiled.ptx");

/// The same with rows of the tiles 32 apart.
fn rows_of_32() -> String {
    let mut text = TILED.to_string();
    for (of_33, of_32) in [
        ("_tile[4224]", "_tile[4096]"),
        (", 33, ", ", 32, "),
        ("%ty, 132,", "%ty, 128,"),
        ("_take+132]", "_take+128]"),
        ("_take+264]", "_take+256]"),
        ("_take+396]", "_take+384]"),
        ("%b_take, 528", "%b_take, 512"),
    ] {
        assert!(text.contains(of_33), "{of_33}");
        text = text.replace(of_33, of_32);
    }
    text
}

/// The profile of a product of two matrices of 64 x 64, with A transposed in memory. Checks the product.
fn product(source: &str) -> Profile {
    const SIZE: usize = 64;
    let module = parse(source).unwrap_or_else(|e| panic!("{e}"));
    let kernel = module.kernels[0].clone();
    let memory = Memory::new(0, 1 << 24);
    let numbers = |seed: usize| (0..SIZE * SIZE).map(move |i| ((i * 31 + seed + i / 7) % 9) as f32 - 4.0);
    let [a, b, c] = [1, 5, 0].map(|seed| {
        let bytes: Vec<u8> = numbers(seed).flat_map(f32::to_le_bytes).collect();
        let address = memory.allocate(bytes.len()).expect("enough memory");
        memory.write(address, &bytes).expect("in bounds");
        address
    });
    let n = SIZE as u32;
    // m, n, k; where A begins, its strides, its batch; the same for B; C's beginning and strides; no sum.
    let sizes = [n, n, n, 0, 1, n, 0, 1, 0, n, 1, 0, 1, 0, n, 0, 0, 0];
    let mut params: Vec<u8> = [a, b, c].into_iter().flat_map(u64::to_le_bytes).collect();
    params.extend(sizes.into_iter().flat_map(u32::to_le_bytes));
    let launch = Launch { kernel, grid: [2, 2, 1], block: [32, 32, 1], shared_bytes: 0, params, symbols: [].into() };
    let options = Options { profile: true, ..Options::default() };
    let (result, seen) = observe(options, || launch.run(&memory));
    result.unwrap_or_else(|e| panic!("{e}"));

    let mut bytes = vec![0; 4 * SIZE * SIZE];
    memory.read(c, &mut bytes).expect("in bounds");
    let (a, b): (Vec<f32>, Vec<f32>) = (numbers(1).collect(), numbers(5).collect());
    for (i, got) in bytes.as_chunks::<4>().0.iter().enumerate() {
        let (row, column) = (i / SIZE, i % SIZE);
        let expected: f32 = (0..SIZE).map(|p| a[p * SIZE + row] * b[p * SIZE + column]).sum();
        assert_eq!(f32::from_le_bytes(*got), expected, "({row}, {column})");
    }
    seen.profile("sgemm_tiled").expect("it ran").clone()
}

// ANCHOR: banks
#[test]
fn rows_of_33_have_no_conflicts() {
    assert_eq!(product(TILED).bank_conflicts(), 0);
    // Four blocks, two steps of 32 along the depth, 32 warps: each store of a column of A waits 31 times.
    assert_eq!(product(&rows_of_32()).bank_conflicts(), 4 * 2 * 32 * 31);
}
// ANCHOR_END: banks
