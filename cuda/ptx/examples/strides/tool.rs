//! What `strides` does, as a function: the tests call it, too.

use ptx::ir::{Op, Space};
use ptx::{Launch, Memory, Options, Profile, parse};
use std::sync::Arc;

/// The kernel's counters, with 32 threads at this stride.
fn profile(stride: u32) -> Profile {
    // ANCHOR: profile
    let module = parse(include_str!("../strides.ptx")).expect("the kernel is PTX");
    let memory = Memory::new(0, 1 << 20);
    let data = [0; 4 * 1056];
    let [x, y] = [data.len(), 4 * 32].map(|bytes| memory.allocate(bytes).expect("enough memory"));
    memory.write(x, &data).expect("it fits");
    let params = [&x.to_le_bytes()[..], &y.to_le_bytes(), &stride.to_le_bytes()].concat();
    let kernel = module.kernel("strides").expect("it is there").clone();
    let launch = Launch { kernel, grid: [1; 3], block: [32, 1, 1], shared_bytes: 0, params, symbols: Arc::new([]) };
    let seen = launch.observe(&memory, Options { profile: true, ..Options::default() });
    seen.expect("nothing is wrong with it").profiles[0].clone()
    // ANCHOR_END: profile
}

/// A line for each stride.
pub fn table() -> String {
    let mut text = "stride  sectors of the load  used  passes of shared memory\n".to_string();
    for stride in [0, 1, 2, 4, 8, 16, 31, 32, 33] {
        let profile = profile(stride);
        let loads = profile.global_loads();
        let shared = profile.sum(|op| matches!(op, Op::Ld { space: Space::Shared, .. }));
        let used = 100 * loads.distinct_bytes / (32 * loads.sectors);
        text += &format!("{stride:6}  {:19}  {used:3}%  {:23}\n", loads.sectors, shared.passes);
    }
    text.trim_end().into()
}
