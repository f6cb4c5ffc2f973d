//! Lanes that part and meet, barriers, shared and local memory.

use crate::{Shape, stored, try_run};
use proptest::prelude::*;
use ptx::{FaultKind, Options};

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
    // Some lanes of a warp have returned; a warp leaves while the next one waits.
    assert!(fault("setp.ge.u32 %q, %thread, 50; @%q ret; bar.sync 0;", Shape(1, 64)).contains("thread (50, 0, 0)"));
    assert!(fault("setp.lt.u32 %q, %thread, 32; @%q ret; bar.sync 0;", Shape(1, 60)).contains("has returned"));
}

#[test]
fn a_barrier_may_be_guarded_if_all_agree() {
    let ends = |body: &str, options| try_run(body, Shape(2, 70), options, &mut []).err().map(|fault| fault.kind);
    let on = Options::default();
    assert_eq!(ends("setp.gt.u32 %q, %thread, 1000; @%q bar.sync 0;", on.clone()), None);
    assert_eq!(ends("setp.gt.u32 %q, %thread, 1000; @!%q bar.sync 0;", on.clone()), None);
    assert_eq!(ends("setp.eq.u32 %q, %block, 0; @%q bra L; bar.sync 0; L: @%q bar.sync 0;", on.clone()), None);
    // A whole warp passes by: it ends, or waits elsewhere.
    let some = "setp.lt.u32 %q, %thread, 32; @%q bar.sync 0;";
    assert_eq!(ends(some, on.clone()), Some(FaultKind::Barrier));
    assert_eq!(ends(&format!("{some} bar.sync 0;"), on), Some(FaultKind::Barrier));
    // Hardware doesn't mind those that have returned, and without the sanitizer nobody does.
    let off = Options { sanitize: false, ..Options::default() };
    assert_eq!(ends("setp.ge.u32 %q, %thread, 20; @%q ret; bar.sync 0;", off.clone()), None);
    assert_eq!(ends(&format!("{some} bar.sync 0;"), off), Some(FaultKind::Barrier));
}

#[test]
fn lanes_of_a_warp_access_several_allocations() {
    // Even lanes go to one, odd ones to another.
    let body = "
        and.b32 %b, %lane, 1;
        setp.eq.u32 %q, %b, 0;
        selp.b64 %w, %p0, %p1, %q;
        mad.wide.u32 %w, %i, 8, %w;
        ld.global.v2.u32 {%a, %b}, [%w];
        add.u32 %a, %a, %b;
        st.global.u32 [%w], %a;
        atom.global.add.u32 %c, [%w+4], 1;
        mad.wide.u32 %w, %i, 4, %p2;
        st.global.u32 [%w], %c;";
    let buffer = |start: u32| (start..start + 80).collect::<Vec<_>>();
    let mut buffers = [buffer(0), buffer(1000), vec![0; 40]];
    try_run(body, Shape(1, 40), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    for i in 0..40 {
        let start = 1000 * (i % 2) + 2 * i;
        let [own, other] = [i % 2, 1 - i % 2].map(|which| &buffers[which as usize][2 * i as usize..][..2]);
        assert_eq!(own, [2 * start + 1, start + 2]);
        assert_eq!(other, [1000 - 1000 * (i % 2) + 2 * i, 1001 - 1000 * (i % 2) + 2 * i]);
        assert_eq!(buffers[2][i as usize], start + 1);
    }
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
    fault("ld.global.v4.u32 {%a, %b, %c, %d}, [%p0+256];", outside, 700);
    assert!(fault("st.global.u32 [%p0+-4], 1;", outside, 700).contains("4 byte(s) before an allocation of 256"));
    for address in ["0", "-4", "-16", "0x7fffffffffffffe0"] {
        for access in
            ["ld.global.u32 %a, [%w]", "ld.global.v4.u32 {%a, %b, %c, %d}, [%w]", "red.global.add.u32 [%w], 1"]
        {
            if address != "-4" || !access.contains("v4") {
                let text = fault(&format!("mov.u64 %w, {address}; {access};"), outside, 700);
                assert!(text.contains("far from any allocation"), "{text}");
            }
        }
        fault(&format!(".shared .b32 s; mov.u64 %w, {address}; ld.shared.u32 %a, [%w+8];"), outside, 700);
        fault(&format!(".local .b32 s; mov.u64 %w, {address}; st.local.u32 [%w+-8], 1;"), outside, 700);
    }
    fault("ld.global.u32 %a, [%p0+2];", FaultKind::Misaligned, 716);
    fault("ld.global.v4.u32 {%a, %b, %c, %d}, [%p0+8];", FaultKind::Misaligned, 716);
    fault("ld.global.u64 %w, [%p0+4];", FaultKind::Misaligned, 716);
    fault(".shared .b32 s[4]; mov.u32 %b, s; st.shared.u32 [%b+16], 1;", outside, 700);
    fault(".local .b32 s[4]; mov.u32 %b, s; st.local.u32 [%b+16], 1;", outside, 700);
    fault(".shared .b32 s[4]; mov.u32 %b, s; st.shared.u32 [%b+-4], 1;", outside, 700);
    fault(".shared .align 8 .b8 s[12]; mov.u32 %b, s; st.shared.u64 [%b+8], 1;", outside, 700);
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
