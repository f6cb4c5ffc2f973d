//! The memory of a device, seen from the host, and shared between kernel and host.

use ptx::{Launch, Memory, OutOfBounds, parse};
use std::sync::Arc;

#[test]
fn what_is_written_is_read_at_any_offset_and_length() {
    let memory = Memory::new(0, 4096);
    let address = memory.allocate(100).expect("enough memory");
    let mut all = [0; 100];
    memory.read(address, &mut all).expect("in bounds");
    assert_eq!(all, [0xff; 100], "fresh memory is poisoned");
    for offset in 0..10 {
        for len in 0..20 {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 7 + offset) as u8).collect();
            let before = all;
            memory.write(address + offset, &bytes).expect("in bounds");
            all[offset as usize..][..len as usize].copy_from_slice(&bytes);
            let mut now = [0; 100];
            memory.read(address, &mut now).expect("in bounds");
            assert_eq!(now, all, "{len} bytes at {offset}, before {before:?}");
            let mut part = vec![0; len as usize];
            memory.read(address + offset, &mut part).expect("in bounds");
            assert_eq!(part, bytes);
        }
    }
    memory.fill(address + 3, 9, 5).expect("in bounds");
    all[3..8].fill(9);
    let mut now = [0; 100];
    memory.read(address, &mut now).expect("in bounds");
    assert_eq!(now, all);
}

#[test]
fn allocations_lie_apart_and_within_the_capacity() {
    let memory = Memory::new(1, 1000);
    let (a, b) = (memory.allocate(600).expect("enough memory"), memory.allocate(400).expect("enough memory"));
    assert!(a.is_multiple_of(256) && b.is_multiple_of(256) && b - a >= 600 + 256);
    assert_eq!((memory.used(), memory.allocate(1)), (1000, None));
    assert!(memory.contains(a) && memory.contains(a + 599) && !memory.contains(a + 600));
    assert!(memory.free(a) && !memory.free(a) && !memory.free(b + 1));
    assert_eq!((memory.used(), memory.contains(a)), (400, false));
    // An address never comes back: what still points at freed memory is found.
    assert!(memory.allocate(600).is_some_and(|c| c > b));
}

#[test]
fn accesses_out_of_bounds_are_errors() {
    let memory = Memory::new(0, 1000);
    let address = memory.allocate(8).expect("enough memory");
    let outside = OutOfBounds { address: address + 5, bytes: 4 };
    assert_eq!(memory.write(address + 5, &[0; 4]), Err(outside));
    assert_eq!(memory.read(address + 5, &mut [0; 4]), Err(outside));
    assert_eq!(memory.fill(address + 5, 0, 4), Err(outside));
    assert_eq!(memory.read(0, &mut [0; 4]), Err(OutOfBounds { address: 0, bytes: 4 }));
    assert!(memory.fill(address, 0, usize::MAX).is_err());
    assert!(outside.to_string().starts_with("4 byte(s) at 0x100"), "{outside}");
}

#[test]
fn devices_have_memories_of_their_own() {
    let (first, second) = (Memory::new(0, 1000), Memory::new(1, 1000));
    let (a, b) = (first.allocate(8).expect("enough memory"), second.allocate(8).expect("enough memory"));
    assert!(!first.contains(b) && !second.contains(a));
    first.write(a, &[1, 2, 3, 4, 5, 6, 7, 8]).expect("in bounds");
    first.copy(a + 2, &second, b, 4).expect("in bounds");
    let mut bytes = [0; 4];
    second.read(b, &mut bytes).expect("in bounds");
    assert_eq!(bytes, [3, 4, 5, 6]);
    assert!(first.copy(a, &second, a, 4).is_err());
    assert!(first.copy(a, &second, b, usize::MAX).is_err());
    assert!(first.copy(a + 8, &second, b, 1).is_err() && first.copy(a, &second, b + 4, 8).is_err());
}

/// Adds one to a word; the address of a variable in constant memory is behind the kernel's parameter.
const PTX: &str = ".version 6.0
.target sm_50
.address_size 64
.const .align 4 .u32 step[2] = { 10, 20 };
.global .align 4 .u32 total;
.extern .shared .align 4 .b8 scratch[];
.visible .entry add(.param .u64 at)
{
    .reg .u64 %at, %total;
    .shared .u32 own; // dynamic shared memory begins 16 bytes later
    .reg .u32 %a, %b;
    ld.param.u64 %at, [at];
    ld.global.u32 %a, [%at];
    ld.const.u32 %b, [step+4];
    add.u32 %a, %a, %b;
    st.shared.u32 [scratch+60], %a;
    ld.shared.u32 %a, [scratch+60];
    st.global.u32 [%at], %a;
    mov.u64 %total, total;
    ld.global.u32 %b, [%total];
    add.u32 %b, %b, 1;
    st.global.u32 [total], %b;
    ret;
}";

#[test]
fn variables_of_a_module_and_dynamic_shared_memory() {
    let module = parse(PTX).unwrap_or_else(|e| panic!("{e}"));
    let memory = Memory::new(0, 1 << 20);
    let variables = module.variables.iter();
    let symbols: Arc<[u64]> = variables.map(|v| memory.allocate_constants(&v.bytes).expect("enough memory")).collect();
    let address = memory.allocate(4).expect("enough memory");
    memory.write(address, &5_u32.to_le_bytes()).expect("in bounds");
    let kernel = module.kernels[0].clone();
    let params = address.to_le_bytes().to_vec();
    let mut launch = Launch { kernel, grid: [1; 3], block: [1; 3], shared_bytes: 64, params, symbols: symbols.clone() };
    for _ in 0..2 {
        launch.run(&memory).unwrap_or_else(|e| panic!("{e}"));
    }
    let mut bytes = [0; 4];
    memory.read(address, &mut bytes).expect("in bounds");
    assert_eq!(u32::from_le_bytes(bytes), 45);
    let total = module.variables.iter().position(|v| v.name == "total").expect("it is there");
    memory.read(symbols[total], &mut bytes).expect("in bounds");
    assert_eq!(u32::from_le_bytes(bytes), 2);
    launch.shared_bytes = 60;
    assert!(launch.run(&memory).is_err(), "one word too few of shared memory");
}

#[test]
fn managed_memory_is_where_the_host_sees_it() {
    let module = parse(PTX).unwrap_or_else(|e| panic!("{e}"));
    let managed = Memory::host_visible(4).expect("enough memory");
    let memory = Memory::new(0, 1 << 20);
    memory.map(managed.clone());
    // Nobody sees what the host writes there, so all of it is taken as written: here, -1.
    let symbols =
        module.variables.iter().map(|v| memory.allocate_constants(&v.bytes).expect("enough memory")).collect();
    let params = managed.address().to_le_bytes().to_vec();
    let kernel = module.kernels[0].clone();
    let launch = Launch { kernel, grid: [1; 3], block: [1; 3], shared_bytes: 64, params, symbols };
    launch.run(&memory).unwrap_or_else(|e| panic!("{e}"));
    let mut bytes = [0; 4];
    memory.read(managed.address(), &mut bytes).expect("in bounds");
    assert_eq!(u32::from_le_bytes(bytes), 19);
    let used = memory.used();
    assert!(memory.free(managed.address()) && !memory.contains(managed.address()));
    assert_eq!(memory.used(), used, "it is the host's");
}

#[test]
fn launch_numbers_that_begin_again_find_no_false_races() {
    // A shadow tells 4095 launches apart. What one wrote is accessed by another block in one that has the same number there.
    let text = ".version 6.0 .target sm_50 .address_size 64
        .visible .entry k(.param .u64 out, .param .u32 writer, .param .u32 words) {
            .reg .u64 %p; .reg .u32 %a, %b, %i; .reg .pred %q;
            ld.param.u64 %p, [out]; ld.param.u32 %a, [writer]; ld.param.u32 %b, [words];
            mov.u32 %i, %ctaid.x; setp.ne.u32 %q, %i, %a; @%q ret;
            mov.u32 %i, 0; L: st.global.u32 [%p], %i; add.u64 %p, %p, 4; add.u32 %i, %i, 1; setp.lt.u32 %q, %i, %b; @%q bra L;
        }";
    let kernel = parse(text).unwrap_or_else(|e| panic!("{e}")).kernels[0].clone();
    let (memory, elsewhere) = (Memory::new(0, 1 << 20), Memory::new(0, 1 << 20));
    let address = memory.allocate(400).expect("enough memory");
    let launch = |memory: &Memory, address: u64, writer: u32, words: u32| {
        let mut params = address.to_le_bytes().to_vec();
        params.extend(writer.to_le_bytes().into_iter().chain(words.to_le_bytes()));
        let kernel = kernel.clone();
        let launch = Launch { kernel, grid: [2, 1, 1], block: [1; 3], shared_bytes: 0, params, symbols: [].into() };
        launch.run(memory).unwrap_or_else(|e| panic!("{e}"));
    };
    launch(&memory, address, 0, 100);
    let other = elsewhere.allocate(4).expect("enough memory");
    (0..4040).for_each(|_| launch(&elsewhere, other, 0, 1));
    // One of these is the 4095th after the first; other tests have launches, too.
    (0..100).for_each(|i| launch(&memory, address + 4 * i, 1, 1));
}
