//! Lanes that part and meet, barriers, and what ends a kernel.

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
    assert!(fault("setp.lt.u32 %q, %thread, 7; @!%q bra L; bar.sync 0; L:", Shape(1, 32)).contains("25 thread(s)"));
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
fn divisions_by_zero_are_found() {
    let kind = |body: &str, options| {
        let body = format!("mov.u32 %b, 0; mov.u64 %v, 0; setp.eq.u32 %q, %lane, 0; {body}");
        try_run(&body, Shape(1, 4), options, &mut []).err().map(|fault| (fault.kind, fault.thread))
    };
    for instruction in ["div.u32 %a, %i, %b", "rem.s32 %a, %i, %b", "div.s64 %w, %v, %v", "rem.u64 %w, %v, %v"] {
        let found = Some((FaultKind::DivisionByZero, [0; 3]));
        assert_eq!(kind(&format!("{instruction};"), Options::default()), found, "{instruction}");
        // Only lanes at work count.
        let text = format!("@%q mov.u32 %b, 1; @%q mov.u64 %v, 1; @%q {instruction};");
        assert_eq!(kind(&text, Options::default()), None, "{instruction}");
        assert_eq!(kind(&format!("{instruction};"), Options { sanitize: false, ..Options::default() }), None);
    }
    assert_eq!(kind("mov.f32 %x, 0.0; div.rn.f32 %x, %x, %x;", Options::default()), None);
}

#[test]
fn without_the_sanitizer_a_division_by_zero_gives_all_ones() {
    let body = "
        mov.u32 %b, 0; mov.u64 %v, 0; cvt.u64.u32 %w, %i;
        div.u32 %a, %i, %b; rem.u32 %c, %i, %b; and.b32 %a, %a, %c;
        div.s32 %c, %i, %b; and.b32 %a, %a, %c; rem.s32 %c, %i, %b; and.b32 %a, %a, %c;
        div.u64 %p1, %w, %v; rem.u64 %p2, %w, %v; and.b64 %p1, %p1, %p2;
        div.s64 %p2, %w, %v; and.b64 %p1, %p1, %p2; rem.s64 %p2, %w, %v; and.b64 %p1, %p1, %p2;
        shr.u64 %p2, %p1, 32; cvt.u32.u64 %c, %p2; and.b32 %a, %a, %c; cvt.u32.u64 %c, %p1; and.b32 %a, %a, %c;
        mad.wide.u32 %w, %i, 4, %p0; st.global.u32 [%w], %a;";
    let mut buffers = [vec![0; 4]];
    let options = Options { sanitize: false, ..Options::default() };
    try_run(body, Shape(1, 4), options, &mut buffers).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(buffers[0], [u32::MAX; 4]);
}

#[test]
fn endless_loops_are_stopped() {
    let kind = |body: &str, shape, limit| {
        let fault = try_run(body, shape, Options { limit, ..Options::default() }, &mut []).err();
        fault.map(|fault| (fault.kind, fault.code()))
    };
    assert_eq!(kind("L: bra L;", Shape(1, 1), 1000), Some((FaultKind::Timeout, 702)));
    // The limit is for each warp of each block: 5 instructions before these 2, and the return.
    assert_eq!(kind("mov.u32 %a, 1; mov.u32 %b, 2;", Shape(1000, 64), 8), None);
    assert_eq!(kind("mov.u32 %a, 1; mov.u32 %b, 2;", Shape(1, 64), 7), Some((FaultKind::Timeout, 702)));
}

#[test]
fn bra_uni_promises_that_no_lanes_part() {
    let kind = |body: &str| try_run(body, Shape(1, 40), Options::default(), &mut []).err().map(|fault| fault.kind);
    assert_eq!(kind("setp.eq.u32 %q, %thread, 0; @%q bra.uni L; L:"), Some(FaultKind::Uniformity));
    assert_eq!(kind("setp.lt.u32 %q, %thread, 32; @%q bra.uni L; L: bra.uni M; M:"), None);
}

#[test]
fn every_block_begins_anew() {
    // Blocks run one after the other in a few places. All but the last one write what that one reads.
    let kind = |body: &str, options, out: &mut Vec<u32>| {
        let body = format!("setp.lt.u32 %q, %block, 2999; setp.eq.u32 %r, %block, 2999; {body}");
        let mut buffers = [std::mem::take(out)];
        let result = try_run(&body, Shape(3000, 33), options, &mut buffers);
        *out = std::mem::take(&mut buffers[0]);
        result.err().map(|fault| (fault.kind, fault.block[0]))
    };
    let stale = |body: &str| kind(body, Options::default(), &mut vec![0]);
    let found = Some((FaultKind::Uninitialised, 2999));
    assert_eq!(stale("@%q mov.u32 %a, 1; @%r mov.u32 %b, %a;"), found);
    assert_eq!(stale("@%q mov.u64 %w, 1; @%r mov.u64 %v, %w;"), found);
    assert_eq!(stale(".reg .pred %s; @%q mov.pred %s, 1; @%r mov.pred %q, %s;"), found);
    assert_eq!(stale(".local .b32 s; @%q st.local.u32 [s], 1; @%r ld.local.u32 %a, [s];"), found);
    let shared =
        ".shared .b32 s[64]; mad.lo.u32 %f, %thread, 4, 0; @%q st.shared.u32 [%f], 1; @%r ld.shared.u32 %a, [%f];";
    assert_eq!(stale(shared), found);
    // What is in shared memory then is poison, not what the last block left.
    let off = Options { sanitize: false, ..Options::default() };
    let mut out = vec![u32::MAX];
    assert_eq!(kind(&format!("{shared} @%r red.global.and.b32 [%p0], %a;"), off, &mut out), None);
    assert_eq!(out, [u32::MAX]);
}

#[test]
fn the_last_fault_is_remembered_in_words() {
    let fault = try_run("mov.u32 %a, %b;", Shape(1, 1), Options::default(), &mut []).expect_err("%b is nothing");
    assert_eq!(ptx::last_fault(), Some(fault.to_string()));
    assert_eq!(std::thread::spawn(ptx::last_fault).join().expect("no panic"), None);
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
