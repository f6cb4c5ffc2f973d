//! Random kernels, run by warps on the machine and thread by thread by a plain interpreter: the same must come out.
//!
//! The kernels have branches, loops and jumps that part the lanes in all ways. Between these regions, all lanes of a warp
//! must be together again: there they vote, shuffle, or wait for the block.

mod interpreter;
mod program;
mod scalar;

use interpreter::Interpreter;
use program::{BINS, INPUTS, RESULTS, programs};
use proptest::prelude::*;
use ptx::{Launch, Memory, Options, observe, parse};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn warps_do_what_their_threads_would(
        source in programs(),
        inputs in prop::collection::vec(prop_oneof![0..40_u32, any::<u32>()], INPUTS),
        grid in 1..4_u32,
        block in prop_oneof![(1..100_u32, Just(1)), (1..12_u32, 1..12_u32)],
    ) {
        let module = parse(&source).unwrap_or_else(|e| panic!("{e}\n{source}"));
        let threads = (grid * block.0 * block.1) as usize;
        let memory = Memory::new(0, 1 << 26);
        let sizes = [INPUTS, threads * RESULTS, grid as usize * BINS];
        let mut buffers: Vec<(u64, Vec<u32>)> = sizes
            .iter()
            .map(|&words| (memory.allocate_constants(&vec![7; 4 * words]).expect("enough memory"), vec![0x0707_0707; words]))
            .collect();
        buffers[0].1 = inputs;
        let bytes: Vec<u8> = buffers[0].1.iter().flat_map(|x| x.to_le_bytes()).collect();
        memory.write(buffers[0].0, &bytes).expect("in bounds");
        let launch = Launch {
            kernel: module.kernels[0].clone(),
            grid: [grid, 1, 1],
            block: [block.0, block.1, 1],
            shared_bytes: 0,
            params: buffers.iter().flat_map(|(address, _)| address.to_le_bytes()).collect(),
            symbols: [].into(),
        };
        let options = Options { limit: 1 << 20, ..Options::default() };
        observe(options, || launch.run(&memory)).0.unwrap_or_else(|e| panic!("{e}\n{source}"));

        Interpreter { launch: &launch, global: &mut buffers }.run();
        for (address, expected) in &buffers {
            let mut bytes = vec![0; 4 * expected.len()];
            memory.read(*address, &mut bytes).expect("in bounds");
            for (i, (got, expected)) in bytes.chunks_exact(4).zip(expected).enumerate() {
                prop_assert_eq!(got, &expected.to_le_bytes(), "word {} of {:#x}\n{}", i, address, source);
            }
        }
    }
}
