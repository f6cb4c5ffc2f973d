//! What atomic operations make of what is there.

use crate::{Shape, stored, try_run};
use ptx::Options;

#[test]
fn atomics_lose_nothing() {
    let atomic = |text: &str, start: u32| {
        let mut buffers = [vec![start]];
        try_run(text, Shape(50, 100), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{text}: {e}"));
        buffers[0][0]
    };
    assert_eq!(atomic("red.global.add.u32 [%p0], 3;", 5), 15_005);
    assert_eq!(atomic("mov.f32 %x, 0f3F000000; red.global.add.f32 [%p0], %x;", 0), 2500_f32.to_bits());
    assert_eq!(atomic("red.global.max.u32 [%p0], %i;", 7), 4999);
    assert_eq!(atomic("red.global.min.s32 [%p0], %i;", -3_i32 as u32), -3_i32 as u32);
    assert_eq!(atomic("red.global.or.b32 [%p0], %i;", 0), 8191);
    assert_eq!(atomic("red.global.and.b32 [%p0], 6;", 3), 2);
    assert_eq!(atomic("red.global.xor.b32 [%p0], 1;", 9), 9);
    assert_eq!(atomic("atom.global.exch.b32 %a, [%p0], 12;", 9), 12);
    // Every thread gets a number of its own.
    let mut buffers = [vec![0], Vec::with_capacity(5000)];
    let tickets = "atom.global.add.u32 %a, [%p0], 1; mad.wide.u32 %w, %i, 4, %p1; st.global.u32 [%w], %a;";
    try_run(tickets, Shape(50, 100), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    buffers[1].sort_unstable();
    assert!(buffers[1].iter().copied().eq(0..5000));
    // In shared memory, and by compare and swap, as a float addition was done before there was one.
    let body = "
        .shared .b32 sum;
        setp.eq.u32 %q, %thread, 0;
        @%q st.shared.u32 [sum], 0;
        bar.sync 0;
        atom.shared.add.u32 %b, [sum], 2;
        bar.sync 0;
        ld.shared.u32 %a, [sum];";
    assert_eq!(stored(body, Shape(2, 96)), vec![192; 192]);
    let swap = "
        mov.u32 %c, 0;
    AGAIN:
        mov.u32 %b, %c;
        add.u32 %d, %b, 1;
        atom.global.cas.b32 %c, [%p0], %b, %d;
        setp.ne.u32 %q, %b, %c;
        @%q bra AGAIN;";
    assert_eq!(atomic(swap, 0), 5000);
}

#[test]
fn global_sums_of_floats_flush_what_is_subnormal() {
    let atomic = |start: u32, add: u32| {
        let body = format!(
            "mov.b32 %a, {add:#x}; red.global.add.f32 [%p0], %a; .shared .b32 s; st.shared.b32 [s], {start:#x};
            red.shared.add.f32 [s], %a; ld.shared.b32 %b, [s]; st.global.b32 [%p0+4], %b;"
        );
        let mut buffers = [vec![start, 0]];
        try_run(&body, Shape(1, 1), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
        buffers[0].clone()
    };
    let [one, least, tiny, minus] = [0x3f80_0000, 0x0080_0000, 0x0000_0001, 0x8000_0000_u32];
    assert_eq!(atomic(one, one), [0x4000_0000; 2]);
    // Half of the smallest normal number twice, and what is left of the smallest without its last bit.
    assert_eq!(atomic(0x0040_0000, 0x0040_0000), [0, least]);
    assert_eq!(atomic(0x0080_0001, minus | least), [0, tiny]);
    assert_eq!(atomic(minus | 0x0080_0001, least), [minus, minus | tiny]);
    assert_eq!(atomic(minus | tiny, minus), [minus, minus | tiny]);
    // There is one NaN.
    assert_eq!(atomic(0x7f80_0000, 0xff80_0000), [0x7fff_ffff; 2]);
    assert_eq!(atomic(0xffc0_0001, one), [0x7fff_ffff; 2]);
}
