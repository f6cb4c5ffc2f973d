//! Lanes that part and meet, barriers, shared and local memory, shuffles, votes, atomics.

mod common;

use common::{Shape, try_run};
use proptest::prelude::*;
use ptx::{FaultKind, Options};

/// Stores `%a` at the thread's place.
const STORE: &str = "mad.wide.u32 %w, %i, 4, %p0; st.global.u32 [%w], %a;";

/// What each thread has in `%a` in the end; no fault is expected.
fn stored(body: &str, shape: Shape) -> Vec<u32> {
    let mut buffers = [Vec::with_capacity((shape.0 * shape.1) as usize)];
    let body = format!("{body} {STORE}");
    try_run(&body, shape, Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    let [out] = buffers;
    out
}

#[test]
fn threads_know_their_places() {
    let expected = |f: fn(u32) -> u32| (0..120).map(f).collect::<Vec<_>>();
    assert_eq!(stored("mov.u32 %a, %i;", Shape(3, 40)), expected(|i| i));
    assert_eq!(stored("mov.u32 %a, %laneid;", Shape(3, 40)), expected(|i| i % 40 % 32));
    assert_eq!(stored("mov.u32 %a, %warpid;", Shape(3, 40)), expected(|i| i % 40 / 32));
    assert_eq!(stored("mov.u32 %a, %nctaid.x;", Shape(3, 40)), expected(|_| 3));
}

#[test]
fn both_sides_of_a_branch_run_and_meet_again() {
    // The vote behind the branch sees all lanes: they have met.
    let body = "
        and.b32 %b, %thread, 1;
        setp.eq.u32 %q, %b, 0;
        @%q bra EVEN;
        mov.u32 %a, 100;
        bra MEET;
    EVEN:
        mov.u32 %a, 200;
    MEET:
        vote.sync.ballot.b32 %c, %q, 0xffffffff;
        add.u32 %a, %a, %thread;
        xor.b32 %a, %a, %c;";
    let expected: Vec<u32> = (0..32).map(|i| ([200, 100][i as usize % 2] + i) ^ 0x5555_5555).collect();
    assert_eq!(stored(body, Shape(1, 32)), expected);
}

#[test]
fn a_loop_that_each_lane_leaves_at_its_own_time() {
    // Collatz steps from 1 + the thread's number; inside, a branch that parts as well.
    let body = "
        mov.u32 %a, 0;
        add.u32 %b, %i, 1;
    LOOP:
        setp.eq.u32 %q, %b, 1;
        @%q bra DONE;
        add.u32 %a, %a, 1;
        and.b32 %c, %b, 1;
        setp.eq.u32 %r, %c, 0;
        @%r bra HALF;
        mad.lo.u32 %b, %b, 3, 1;
        bra LOOP;
    HALF:
        shr.u32 %b, %b, 1;
        bra LOOP;
    DONE:";
    let steps = |mut n: u32| {
        let mut steps = 0;
        while n != 1 {
            n = if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
        steps
    };
    assert_eq!(stored(body, Shape(2, 100)), (1..=200).map(steps).collect::<Vec<_>>());
}

#[test]
fn lanes_that_return_early_leave_the_others_alone() {
    let body = "setp.ge.u32 %q, %i, 50; @%q ret; mov.u32 %a, %i;";
    let out = stored(body, Shape(1, 64));
    assert!((0..50).eq(out[..50].iter().copied()));
    assert!(out[50..].iter().all(|&x| x == u32::MAX), "memory that nobody has written is poisoned");
    // The same by a branch to the end, inside of a loop.
    let body = "mov.u32 %a, 0; L: add.u32 %a, %a, 1; setp.gt.u32 %q, %a, %thread; @%q bra OUT; bra L; OUT:";
    assert_eq!(stored(body, Shape(1, 64)), (1..=64).collect::<Vec<_>>());
}

#[test]
fn a_block_exchanges_values_through_shared_memory() {
    let body = "
        .shared .align 4 .b8 tile[1024];
        mov.u32 %b, tile;
        mad.lo.u32 %c, %thread, 4, %b;
        st.shared.u32 [%c], %i;
        bar.sync 0;
        sub.u32 %d, 255, %thread;
        mad.lo.u32 %c, %d, 4, %b;
        ld.shared.u32 %a, [%c];";
    let out = stored(body, Shape(3, 256));
    assert!(
        out.chunks(256).enumerate().all(|(b, out)| out.iter().rev().copied().eq(256 * b as u32..256 * (b as u32 + 1)))
    );
}

#[test]
fn without_the_barrier_that_is_a_race() {
    let body = "
        .shared .align 4 .b8 tile[1024];
        mov.u32 %b, tile;
        mad.lo.u32 %c, %thread, 4, %b;
        st.shared.u32 [%c], %i;
        sub.u32 %d, 63, %thread;
        mad.lo.u32 %c, %d, 4, %b;
        ld.shared.u32 %a, [%c];";
    let fault = try_run(body, Shape(1, 64), Options::default(), &mut []).expect_err("a race");
    // The first warp reads what the second hasn't written yet.
    assert_eq!(fault.kind, FaultKind::Uninitialised, "{fault}");
    let body = body.replace("63, %thread", "31, %thread");
    let fault = try_run(&body, Shape(1, 32), Options::default(), &mut []).expect_err("a race");
    assert_eq!(fault.kind, FaultKind::Race, "{fault}");
    let text = fault.to_string();
    assert!(text.contains("thread (0, 0, 0)") && text.contains("thread 31 of block 0 wrote it"), "{text}");
    let quiet = Options { sanitize: false, ..Options::default() };
    assert!(try_run(&body, Shape(1, 32), quiet, &mut []).is_ok());
}

#[test]
fn races_between_blocks_and_their_absence() {
    let race = |body: &str, shape| {
        let result = try_run(body, shape, Options::default(), &mut [vec![0; 64]]);
        result.err().map(|fault| (fault.kind, fault.code()))
    };
    let race_found = Some((FaultKind::Race, 719));
    assert_eq!(race("st.global.u32 [%p0], %block;", Shape(2, 1)), race_found);
    assert_eq!(race("st.global.u32 [%p0], %thread;", Shape(1, 2)), race_found);
    assert_eq!(race("st.global.u32 [%p0], %thread;", Shape(1, 1)), None);
    assert_eq!(race("ld.global.u32 %a, [%p0];", Shape(4, 64)), None);
    assert_eq!(race("ld.global.u32 %a, [%p0]; st.global.u32 [%p0], %a;", Shape(1, 2)), race_found);
    assert_eq!(race("red.global.add.u32 [%p0], 1;", Shape(4, 64)), None);
    assert_eq!(race("red.global.add.u32 [%p0], 1; ld.global.u32 %a, [%p0];", Shape(2, 1)), race_found);
    // A barrier orders the threads of a block, but not those of two.
    let body = "setp.eq.u32 %q, %thread, 0; @%q st.global.u32 [%p0], 7; bar.sync 0; ld.global.u32 %a, [%p0];";
    assert_eq!(race(body, Shape(1, 64)), None);
    assert_eq!(race(body, Shape(2, 64)), race_found);
}

#[test]
fn every_thread_must_reach_a_barrier() {
    let fault = |body: &str, shape| {
        let fault = try_run(body, shape, Options::default(), &mut []).expect_err("a fault");
        assert_eq!((fault.kind, fault.code()), (FaultKind::Barrier, 719), "{fault}");
        fault.to_string()
    };
    // Within a warp, between warps, and at two different ones.
    assert!(fault("setp.lt.u32 %q, %thread, 7; @%q bar.sync 0;", Shape(1, 32)).contains("25 thread(s)"));
    assert!(fault("setp.lt.u32 %q, %thread, 32; @!%q bra L; bar.sync 0; L:", Shape(1, 64)).contains("has returned"));
    let two = "setp.lt.u32 %q, %thread, 32; @%q bra L; bar.sync 0; bra M; L: bar.sync 0; M:";
    assert!(fault(two, Shape(1, 64)).contains("this thread waits"));
}

#[test]
fn what_was_never_written_is_not_read() {
    let fault = |body: &str| {
        let fault =
            try_run(body, Shape(1, 32), Options::default(), &mut [Vec::with_capacity(64)]).expect_err("a fault");
        assert_eq!(fault.kind, FaultKind::Uninitialised, "{fault}");
        fault.to_string()
    };
    assert!(fault("add.u32 %a, %b, 1;").contains("%b is read, and was never written"));
    // Lanes 0 to 3 write %a, the others read it.
    let some = fault("setp.lt.u32 %q, %lane, 4; @%q mov.u32 %a, 1; add.u32 %b, %a, 1;");
    assert!(some.contains("thread (4, 0, 0)"), "{some}");
    assert!(fault("@%q mov.u32 %a, 1;").contains("%q"));
    assert!(fault("ld.global.u32 %a, [%p0];").contains("global memory"));
    assert!(fault(".shared .b32 s[4]; ld.shared.u32 %a, [s];").contains("shared memory"));
    assert!(fault(".local .b32 s[4]; ld.local.u32 %a, [s+4];").contains("local memory"));
}

#[test]
fn addresses_are_checked() {
    let fault = |body: &str, kind, code| {
        let fault = try_run(body, Shape(1, 1), Options::default(), &mut [vec![0; 64]]).expect_err("a fault");
        assert_eq!((fault.kind, fault.code()), (kind, code), "{fault}");
        fault.to_string()
    };
    let outside = FaultKind::OutOfBounds;
    assert!(fault("ld.global.u32 %a, [%p0+256];", outside, 700).contains("at byte 256 of an allocation of 256"));
    fault("st.global.u32 [%p0+-4], 1;", outside, 700);
    fault("ld.global.v4.u32 {%a, %b, %c, %d}, [%p0+256];", outside, 700);
    assert!(fault("mov.u64 %w, 0; ld.global.u32 %a, [%w];", outside, 700).contains("far from any allocation"));
    fault("ld.global.u32 %a, [%p0+2];", FaultKind::Misaligned, 716);
    fault("ld.global.v4.u32 {%a, %b, %c, %d}, [%p0+8];", FaultKind::Misaligned, 716);
    fault("ld.global.u64 %w, [%p0+4];", FaultKind::Misaligned, 716);
    fault(".shared .b32 s[4]; mov.u32 %b, s; st.shared.u32 [%b+16], 1;", outside, 700);
    fault(".local .b32 s[4]; mov.u32 %b, s; st.local.u32 [%b+16], 1;", outside, 700);
    // A guard that is false lets nothing through, no fault either.
    let body = "setp.ne.u32 %q, %thread, 0; @%q ld.global.u32 %a, [%p0+256];";
    assert!(try_run(body, Shape(1, 1), Options::default(), &mut [vec![0; 64]]).is_ok());
    // Bounds hold without the sanitizer, too.
    let quiet = Options { sanitize: false, ..Options::default() };
    assert!(try_run("st.global.u32 [%p0+256], 1;", Shape(1, 1), quiet, &mut [vec![0; 64]]).is_err());
}

#[test]
fn divisions_by_zero_and_endless_loops_are_stopped() {
    let fault = |body, limit| {
        try_run(body, Shape(1, 1), Options { limit, ..Options::default() }, &mut []).expect_err("a fault").kind
    };
    assert_eq!(fault("mov.u32 %b, 0; div.u32 %a, 1, %b;", 1000), FaultKind::DivisionByZero);
    assert_eq!(fault("L: bra L;", 1000), FaultKind::Timeout);
    let uniform = "setp.eq.u32 %q, %thread, 0; @%q bra.uni L; L:";
    let parted = try_run(uniform, Shape(1, 2), Options::default(), &mut []).expect_err("lanes part").kind;
    assert_eq!(parted, FaultKind::Uniformity);
}

#[test]
fn shuffles_read_other_lanes() {
    let shuffled = |text: &str, threads| stored(&format!("mul.lo.u32 %b, %lane, 10; {text}"), Shape(1, threads));
    let all = |f: fn(u32) -> u32| (0..32).map(|i| 10 * f(i)).collect::<Vec<_>>();
    assert_eq!(shuffled("shfl.sync.down.b32 %a, %b, 1, 31, 0xffffffff;", 32), all(|i| (i + 1).min(31)));
    assert_eq!(shuffled("shfl.sync.up.b32 %a, %b, 2, 0, 0xffffffff;", 32), all(|i| if i < 2 { i } else { i - 2 }));
    assert_eq!(shuffled("shfl.sync.bfly.b32 %a, %b, 5, 31, 0xffffffff;", 32), all(|i| i ^ 5));
    assert_eq!(shuffled("shfl.sync.idx.b32 %a, %b, 7, 31, 0xffffffff;", 32), all(|_| 7));
    // Segments of 8 lanes: c = (32 − 8) << 8 | 7.
    assert_eq!(shuffled("shfl.sync.idx.b32 %a, %b, 3, 0x181f, 0xffffffff;", 32), all(|i| i / 8 * 8 + 3));
    assert_eq!(
        shuffled("shfl.sync.down.b32 %a, %b, 4, 0x181f, 0xffffffff;", 32),
        all(|i| if i % 8 < 4 { i + 4 } else { i })
    );
    // The predicate says who read another lane.
    let inside = "shfl.sync.down.b32 %a|%q, %b, 1, 31, 0xffffffff; selp.u32 %a, 1, 0, %q;";
    assert_eq!(shuffled(inside, 32), (0..32).map(|i| u32::from(i < 31)).collect::<Vec<_>>());
    // A sum of 32 lanes in five steps.
    let sum: String = [16, 8, 4, 2, 1]
        .map(|step| format!("shfl.sync.bfly.b32 %a, %b, {step}, 31, 0xffffffff; add.u32 %b, %b, %a;"))
        .concat();
    assert_eq!(shuffled(&format!("{sum} mov.u32 %a, %b;"), 32), vec![4960; 32]);
}

#[test]
fn shuffles_need_the_lanes_that_they_name() {
    let kind = |body: &str, threads| {
        let body = format!("mov.u32 %b, %lane; {body}");
        try_run(&body, Shape(1, threads), Options::default(), &mut []).err().map(|fault| fault.kind)
    };
    let lanes = Some(FaultKind::Lanes);
    assert_eq!(kind("setp.lt.u32 %q, %lane, 16; @%q shfl.sync.down.b32 %a, %b, 1, 31, 0xffffffff;", 32), lanes);
    assert_eq!(kind("shfl.sync.down.b32 %a, %b, 1, 31, 0x0000fffe;", 32), lanes);
    assert_eq!(kind("shfl.sync.bfly.b32 %a, %b, 16, 31, 0xffffffff;", 20), lanes); // reads lanes that don't exist
    assert_eq!(kind("setp.lt.u32 %q, %lane, 16; @%q shfl.sync.bfly.b32 %a, %b, 8, 31, 0x0000ffff;", 32), None);
}

#[test]
fn votes_count_all_lanes() {
    let voted = |text: &str| stored(&format!("setp.lt.u32 %q, %lane, 3; {text}"), Shape(1, 32))[9];
    assert_eq!(voted("vote.sync.ballot.b32 %a, %q, 0xffffffff;"), 0b111);
    assert_eq!(voted("vote.sync.ballot.b32 %a, !%q, 0xffffffff;"), !0b111);
    for (mode, expected) in [("any", 1), ("all", 0), ("uni", 0)] {
        assert_eq!(
            voted(&format!("vote.sync.{mode}.pred %r, %q, 0xffffffff; selp.u32 %a, 1, 0, %r;")),
            expected,
            "{mode}"
        );
    }
}

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
fn subnormal_sums_are_flushed_in_global_memory_only() {
    let body = "
        .shared .b32 s;
        st.shared.u32 [s], 1;
        mov.b32 %x, 0x00000001;
        red.shared.add.f32 [s], %x;
        ld.shared.u32 %b, [s];
        st.global.u32 [%p0+4], %b;
        red.global.add.f32 [%p0], %x;";
    let mut buffers = [vec![1, 0]];
    try_run(body, Shape(1, 1), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(buffers[0], [0, 2]);
}

#[test]
fn vectors_move_several_values() {
    let body = "
        mad.wide.u32 %w, %i, 16, %p0;
        ld.global.v4.u32 {%a, %b, %c, %d}, [%w];
        .shared .align 16 .b8 s[1024];
        mov.u32 %e, s;
        mad.lo.u32 %e, %thread, 16, %e;
        st.shared.v4.u32 [%e], {%d, %c, %b, %a};
        ld.shared.v2.u32 {%a, %b}, [%e+8];
        st.global.v2.u32 [%w], {%a, %b};
        ld.shared.u64 %v, [%e];
        st.global.u64 [%w+8], %v;";
    let mut buffers = [(0..256).collect::<Vec<u32>>()];
    try_run(body, Shape(1, 64), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    assert!(buffers[0].chunks(4).enumerate().all(|(i, x)| {
        let i = 4 * i as u32;
        x == [i + 1, i, i + 3, i + 2]
    }));
}

#[test]
fn every_thread_has_local_memory_of_its_own() {
    let body = "
        .local .align 8 .b32 s[4];
        mov.u32 %b, s;
        st.local.u32 [%b+4], %i;
        st.local.v2.u32 [s+8], {%lane, %thread};
        ld.local.u32 %a, [s+4];
        ld.local.v2.u32 {%c, %d}, [%b+8];
        add.u32 %a, %a, %d;";
    assert_eq!(stored(body, Shape(2, 40)), (0..80).map(|i| i + i % 40).collect::<Vec<_>>());
}

#[test]
fn a_block_of_three_axes() {
    use ptx::{Launch, Memory, parse};
    let text = ".version 6.0 .target sm_50 .address_size 64
        .visible .entry k(.param .u64 out) {
            .reg .u32 %x, %y, %z, %a, %b, %c; .reg .u64 %p;
            mov.u32 %x, %tid.x; mov.u32 %y, %tid.y; mov.u32 %z, %tid.z;
            mov.u32 %a, %ntid.x; mov.u32 %b, %ntid.y;
            mad.lo.u32 %c, %z, %b, %y; mad.lo.u32 %c, %c, %a, %x;
            mov.u32 %a, %ctaid.z; mov.u32 %b, %ntid.z; mul.lo.u32 %b, %b, 15; mad.lo.u32 %a, %a, %b, %c;
            ld.param.u64 %p, [out]; mad.wide.u32 %p, %a, 4, %p; st.global.u32 [%p], %a;
        }";
    let module = parse(text).unwrap_or_else(|e| panic!("{e}"));
    let memory = Memory::new(3, 1 << 20);
    let address = memory.allocate(4 * 90).expect("enough memory");
    let kernel = module.kernel("k").expect("it is there").clone();
    let (grid, params) = ([1, 1, 2], address.to_le_bytes().to_vec());
    let launch = Launch { kernel, grid, block: [5, 3, 3], shared_bytes: 0, params, symbols: [].into() };
    launch.run(&memory).unwrap_or_else(|e| panic!("{e}"));
    let mut out = [0; 360];
    memory.read(address, &mut out).expect("in bounds");
    assert!(out.chunks_exact(4).map(|x| u32::from_le_bytes(x.try_into().expect("four"))).eq(0..90));
}

proptest! {
    /// Nested branches and loops on random data do what the same program does in Rust, thread by thread.
    #[test]
    fn control_flow_is_that_of_each_thread(data in proptest::collection::vec(0_u32..64, 64)) {
        let body = "
            mad.wide.u32 %w, %i, 4, %p0;
            ld.global.u32 %b, [%w];
            mov.u32 %a, 0;
        OUTER:
            setp.eq.u32 %q, %b, 0;
            @%q bra DONE;
            and.b32 %c, %b, 7;
        INNER:
            setp.eq.u32 %q, %c, 0;
            @%q bra NEXT;
            add.u32 %a, %a, %b;
            setp.gt.u32 %q, %a, 300;
            @%q bra EARLY;
            sub.u32 %c, %c, 1;
            bra INNER;
        NEXT:
            shr.u32 %b, %b, 1;
            bra OUTER;
        EARLY:
            add.u32 %a, %a, 1000;
        DONE:
            st.global.u32 [%w], %a;";
        let expected: Vec<u32> = data.iter().map(|&x| {
            let (mut a, mut b) = (0, x);
            while b != 0 {
                for _ in 0..b & 7 {
                    a += b;
                    if a > 300 {
                        return a + 1000;
                    }
                }
                b >>= 1;
            }
            a
        }).collect();
        let mut buffers = [data];
        try_run(body, Shape(1, 64), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
        prop_assert_eq!(&buffers[0], &expected);
    }
}
