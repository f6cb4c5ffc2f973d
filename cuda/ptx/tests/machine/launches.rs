//! Launches: shapes of grids and blocks, and several at once.

use proptest::prelude::*;
use ptx::{Kernel, Launch, Memory, Options, observe, parse};
use std::sync::Arc;

/// Every thread adds 1 to the word of its place in the grid, and block 0 of the last row stores the grid's size.
const COUNT: &str = ".version 6.0 .target sm_50 .address_size 64
    .visible .entry count(.param .u64 out) {
        .reg .u32 %a, %b, %c, %x, %y, %z; .reg .u64 %p;
        mov.u32 %x, %ctaid.x; mov.u32 %a, %ntid.x; mov.u32 %b, %tid.x; mad.lo.u32 %x, %x, %a, %b;
        mov.u32 %y, %ctaid.y; mov.u32 %a, %ntid.y; mov.u32 %b, %tid.y; mad.lo.u32 %y, %y, %a, %b;
        mov.u32 %z, %ctaid.z; mov.u32 %a, %ntid.z; mov.u32 %b, %tid.z; mad.lo.u32 %z, %z, %a, %b;
        mov.u32 %a, %nctaid.y; mov.u32 %b, %ntid.y; mul.lo.u32 %a, %a, %b; mad.lo.u32 %y, %z, %a, %y;
        mov.u32 %a, %nctaid.x; mov.u32 %b, %ntid.x; mul.lo.u32 %a, %a, %b; mad.lo.u32 %x, %y, %a, %x;
        ld.param.u64 %p, [out]; mad.wide.u32 %p, %x, 4, %p;
        ld.global.u32 %c, [%p]; add.u32 %c, %c, 1; st.global.u32 [%p], %c;
    }";

fn kernel(text: &str) -> Arc<Kernel> {
    parse(text).unwrap_or_else(|e| panic!("{e}")).kernels[0].clone()
}

fn launch(kernel: &Arc<Kernel>, grid: [u32; 3], block: [u32; 3], address: u64) -> Launch {
    let params = address.to_le_bytes().to_vec();
    Launch { kernel: kernel.clone(), grid, block, shared_bytes: 0, params, symbols: [].into() }
}

/// Words of memory.
fn words(memory: &Memory, address: u64, len: usize) -> Vec<u32> {
    let mut bytes = vec![0; 4 * len];
    memory.read(address, &mut bytes).expect("in bounds");
    bytes.chunks_exact(4).map(|x| u32::from_le_bytes(x.try_into().expect("four"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_thread_of_a_grid_runs_once(grid in prop::array::uniform3(1..5_u32), block in prop::array::uniform3(1..9_u32)) {
        let len = grid.iter().chain(&block).product::<u32>() as usize;
        let memory = Memory::new(0, 1 << 20);
        let address = memory.allocate(4 * len).expect("enough memory");
        memory.fill(address, 0, 4 * len).expect("in bounds");
        launch(&kernel(COUNT), grid, block, address).run(&memory).unwrap_or_else(|e| panic!("{e}"));
        prop_assert_eq!(words(&memory, address, len), vec![1; len]);
    }
}

#[test]
fn the_largest_grid_begins_like_any_other() {
    // It would run for years, but the first blocks go beyond the memory, and that ends it.
    let kernel = kernel(COUNT);
    let memory = Memory::new(0, 1 << 20);
    let address = memory.allocate(4).expect("enough memory");
    memory.fill(address, 0, 4).expect("in bounds");
    for grid in [[i32::MAX as u32, 65535, 65535], [i32::MAX as u32, 3, 1], [70_000, 65535, 1]] {
        let options = Options { profile: true, ..Options::default() };
        let fault = observe(options, || launch(&kernel, grid, [32, 32, 1], address).run(&memory)).0;
        assert_eq!(fault.expect_err("out of bounds").code(), 700);
    }
}

#[test]
fn a_fault_ends_a_launch() {
    // Only the first block of each row does something wrong, and the others would take years.
    let kernel = kernel(
        ".version 6.0 .target sm_50 .address_size 64
        .visible .entry first(.param .u64 out) {
            .reg .u32 %a; .reg .pred %p; .reg .u64 %w;
            mov.u32 %a, %ctaid.x; setp.ne.u32 %p, %a, 0; @%p ret; mov.u64 %w, 0; st.global.u32 [%w], %a;
        }",
    );
    let fault =
        launch(&kernel, [i32::MAX as u32, 65535, 1], [1; 3], 0).run(&Memory::new(0, 0)).expect_err("out of bounds");
    assert_eq!((fault.code(), fault.block), (700, [0; 3]));
}

#[test]
fn several_host_threads_launch_at_once() {
    // On one device: a buffer of each, and a sum of all.
    let count = kernel(COUNT);
    let sum = kernel(
        ".version 6.0 .target sm_50 .address_size 64
        .visible .entry sum(.param .u64 out) { .reg .u64 %p; ld.param.u64 %p, [out]; red.global.add.u32 [%p], 1; }",
    );
    let memory = Memory::new(0, 1 << 20);
    let zeros = |words: usize| memory.allocate_constants(&vec![0; 4 * words]).expect("enough memory");
    let total = zeros(1);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (memory, count, sum, own) = (&memory, &count, &sum, zeros(1000));
            scope.spawn(move || {
                let options = Options { profile: true, ..Options::default() };
                let (result, seen) = observe(options, || {
                    (0..25).try_for_each(|_| {
                        launch(count, [10, 1, 1], [100, 1, 1], own).run(memory)?;
                        launch(sum, [10, 1, 1], [10, 1, 1], total).run(memory)
                    })
                });
                result.unwrap_or_else(|e| panic!("thread {thread}: {e}"));
                assert_eq!(words(memory, own, 1000), [25; 1000]);
                let launches = |kernel: &str| seen.profile(kernel).map(|profile| (profile.launches, profile.threads));
                assert_eq!((launches("count"), launches("sum")), (Some((25, 25_000)), Some((25, 2500))));
            });
        }
    });
    assert_eq!(words(&memory, total, 1), [10_000]);
}
