//! What the profiler counts and the tracer writes, against what one counts by hand.

use crate::{Shape, try_run};
use ptx::ir::{BinaryOp, Op};
use ptx::{Class, FaultKind, Options, Profile, TraceOf};

fn profile(body: &str, shape: Shape, words: usize) -> Profile {
    let options = Options { profile: true, ..Options::default() };
    let seen = try_run(body, shape, options, &mut [vec![0; words]]).unwrap_or_else(|e| panic!("{e}"));
    seen.profile("k").expect("it ran").clone()
}

/// A load of each thread at `%i` times this many bytes.
fn strided(bytes: u32) -> Profile {
    profile(&format!("mad.wide.u32 %w, %i, {bytes}, %p0; ld.global.f32 %x, [%w];"), Shape(2, 64), 128 * 128)
}

#[test]
fn neighbours_share_sectors() {
    for (bytes, sectors, coalescing) in
        [(0, 1, 4.0 / 32.0), (4, 4, 1.0), (8, 8, 0.5), (16, 16, 0.25), (32, 32, 0.125), (128, 32, 0.125)]
    {
        let profile = strided(bytes);
        let loads = profile.global_loads();
        assert_eq!((loads.warps, loads.threads, loads.bytes), (4, 128, 512), "{bytes} bytes apart");
        assert_eq!(
            (loads.sectors, profile.sectors_per_request()),
            (4 * sectors, sectors as f64),
            "{bytes} bytes apart"
        );
        assert_eq!(profile.coalescing(), coalescing, "{bytes} bytes apart");
        assert_eq!(profile.bytes_moved(), 4 * 32 * sectors);
    }
    // The same neighbours in the opposite order, and half of a warp.
    let back = "sub.u32 %a, 63, %thread; mad.wide.u32 %w, %a, 4, %p0; ld.global.f32 %x, [%w];";
    assert_eq!(profile(back, Shape(1, 64), 64).coalescing(), 1.0);
    let half = "setp.lt.u32 %q, %lane, 16; mad.wide.u32 %w, %i, 4, %p0; @%q ld.global.f32 %x, [%w];";
    assert_eq!(profile(half, Shape(1, 32), 32).global_loads().sectors, 2);
    // One access of 16 bytes for each thread.
    let vector = "mad.wide.u32 %w, %i, 16, %p0; ld.global.v4.u32 {%a, %b, %c, %d}, [%w];";
    let vector = profile(vector, Shape(1, 32), 128);
    assert_eq!((vector.global_loads().sectors, vector.coalescing(), vector.global_load_bytes()), (16, 1.0, 512));
}

/// Bank conflicts of a store of each thread at `%thread` times this many bytes, by an instruction like `st.shared.u32`.
fn conflicts(bytes: u32, store: &str) -> u64 {
    let body = format!(
        ".shared .align 16 .b8 tile[8192]; mov.u32 %b, tile; mad.lo.u32 %a, %thread, {bytes}, %b;
         mov.u32 %c, 0; mov.u32 %d, 0; {store}"
    );
    profile(&body, Shape(1, 32), 1).bank_conflicts()
}

#[test]
fn threads_that_want_one_bank_wait_for_each_other() {
    for (bytes, expected) in [(4, 0), (8, 1), (16, 3), (12, 0), (64, 15), (128, 31), (132, 0)] {
        assert_eq!(conflicts(bytes, "st.shared.u32 [%a], %c;"), expected, "{bytes} bytes apart");
    }
    assert_eq!(conflicts(8, "st.shared.v2.u32 [%a], {%c, %d};"), 0);
    assert_eq!(conflicts(16, "st.shared.v4.u32 [%a], {%c, %d, %c, %d};"), 0);
    // Eight bytes: the lanes of one half alone take one pass.
    for (half, text) in [("lt", "first"), ("ge", "second")] {
        let body = format!(
            ".shared .align 16 .b8 tile[8192]; shl.b32 %a, %thread, 3; mov.u32 %c, 0;
             setp.{half}.u32 %q, %lane, 16; @%q st.shared.v2.u32 [%a], {{%c, %c}};"
        );
        let shared = profile(&body, Shape(1, 32), 1).shared();
        assert_eq!((shared.passes, shared.least_passes, shared.distinct_bytes), (1, 1, 128), "{text} half");
    }
    assert_eq!(conflicts(32, "st.shared.v4.u32 [%a], {%c, %d, %c, %d};"), 4);
    // Not even an address at the end of all addresses is too much to count.
    let options = Options { profile: true, ..Options::default() };
    for space in ["shared", "global"] {
        let body = format!("mov.u64 %w, -4; ld.{space}.u32 %a, [%w];");
        let fault = try_run(&body, Shape(1, 1), options.clone(), &mut []).expect_err("nothing is there");
        assert_eq!(fault.kind, FaultKind::OutOfBounds);
    }
    // All read one word: it is handed to all at once.
    let broadcast = "
        .shared .b32 s; setp.eq.u32 %q, %thread, 0; @%q st.shared.u32 [s], 1; bar.sync 0; ld.shared.u32 %a, [s];";
    assert_eq!(profile(broadcast, Shape(1, 32), 1).bank_conflicts(), 0);
}

#[test]
fn classes_flops_and_lanes() {
    let body = "
        mov.f32 %x, 0f3F800000;
        fma.rn.f32 %y, %x, %x, %x;
        add.rn.f32 %y, %y, %x;
        max.f32 %y, %y, %x;
        setp.lt.u32 %q, %lane, 8;
        @%q mul.rn.f32 %y, %y, %x;
        @%q bra L;
        sqrt.rn.f32 %y, %y;
    L:
        bar.sync 0;";
    let profile = profile(body, Shape(3, 64), 1);
    assert_eq!((profile.launches, profile.blocks, profile.threads), (1, 3, 192));
    // Of each warp: 32 (2 + 1) + 8 + 24.
    assert_eq!(profile.flops(), 6 * (96 + 8 + 24));
    let float = profile.class(Class::Float);
    assert_eq!((float.warps, float.threads), (6 * 5, 6 * (96 + 8 + 24)));
    assert_eq!(profile.class(Class::Barrier).threads, 192);
    // The guarded multiplication: 8 lanes of 32 that could.
    let multiplication = profile.sum(|op| matches!(op, Op::Binary { op: BinaryOp::Mul, .. }));
    assert_eq!((multiplication.threads, multiplication.active), (6 * 8, 6 * 32));
    assert_eq!(profile.divergent_branches(), 6);
    assert_eq!(profile.class(Class::Branch).threads, 6 * (8 + 32), "bra and ret");
    assert!(profile.lane_efficiency() < 1.0 && profile.lane_efficiency() > 0.8);
    assert_eq!((profile.bytes_moved(), profile.intensity(), profile.coalescing()), (0, 0.0, 1.0));
}

#[test]
fn atomics_are_accesses_and_signs_are_no_work() {
    let body = "
        .shared .b32 s;
        setp.eq.u32 %q, %thread, 0; @%q st.shared.u32 [s], 0; bar.sync 0;
        mov.f32 %x, 0f3F800000;
        neg.f32 %x, %x;
        abs.f32 %x, %x;
        and.b32 %a, %thread, 1;
        red.shared.add.u32 [s], 1;
        mad.wide.u32 %w, %i, 4, %p0;
        red.global.add.f32 [%w], %x;
        st.global.f32 [%w], %x;
        ld.global.f32 %x, [%w];";
    let profile = profile(body, Shape(1, 32), 32);
    assert_eq!(profile.flops(), 32);
    assert_eq!((profile.global().warps, profile.shared().warps), (3, 2));
    assert_eq!((profile.global_loads().warps, profile.global_stores().warps), (1, 1));
    assert_eq!((profile.bytes_moved(), profile.intensity()), (3 * 128, 32.0 / 384.0));
    assert_eq!((profile.global_load_bytes(), profile.global_store_bytes()), (128, 128));
    let warps = |class| profile.class(class).warps;
    assert_eq!((warps(Class::Atomic), warps(Class::Logic), warps(Class::Float)), (2, 2, 2));
}

#[test]
fn the_table_has_what_a_reader_looks_for() {
    let table = strided(8).to_string();
    for line in ["kernel k: 1 launch(es), 2 block(s), 128 threads", "coalescing", " 50.0%", "sectors per request"] {
        assert!(table.contains(line), "{line} in\n{table}");
    }
    assert!(!table.contains(Class::Barrier.name()), "it has none:\n{table}");
}

#[test]
fn a_listing_shows_what_each_instruction_did() {
    let body = "
        .shared .align 4 .b8 tile[4096];
        mov.u32 %b, tile;
        mad.lo.u32 %a, %thread, 8, %b;
        st.shared.u32 [%a], %thread;
        st.shared.v2.u32 [%a], {%a, %a};
        mad.wide.u32 %w, %i, 8, %p0;
        setp.lt.u32 %q, %lane, 8;
        @%q st.global.u32 [%w], %a;
        @%q bra L;
        add.u32 %a, %a, 1;
    L:";
    let listing = profile(body, Shape(1, 64), 128).listing();
    for line in [
        "   21         2   32.0  2.0 passes   st.shared.u32 [%a], %thread\n",
        "   22         2   32.0  1.0 passes   st.shared.v2.u32 [%a], {%a, %a}\n",
        "   25         2    8.0  2.0 sectors  @%q st.global.u32 [%w], %a\n",
        "   26         2    8.0  parted 2     @%q bra L\n",
        "   27         2   24.0               add.u32 %a, %a, 1\n",
    ] {
        assert!(listing.contains(line), "{line} in\n{listing}");
    }
}

#[test]
fn profiles_of_one_kernel_add_up_and_others_stay_apart() {
    let options = Options { profile: true, ..Options::default() };
    let ((), seen) = ptx::observe(options, || {
        for _ in 0..3 {
            // Inside, options of its own: what is seen there isn't seen here.
            let inner = Options { profile: true, ..Options::default() };
            try_run("mov.u32 %a, 1;", Shape(1, 1), inner, &mut []).unwrap_or_else(|e| panic!("{e}"));
        }
    });
    assert!(seen.profiles.is_empty() && seen.trace.is_empty());
    assert!(ptx::take_profiles().is_empty());
}

#[test]
fn observations_nest() {
    let options = |profile| Options { profile, ..Options::default() };
    let run = |body: &str| {
        let kernel = ptx::parse(&crate::source(0, body)).unwrap_or_else(|e| panic!("{e}")).kernels[0].clone();
        let launch =
            ptx::Launch { kernel, grid: [1; 3], block: [1; 3], shared_bytes: 0, params: vec![], symbols: [].into() };
        launch.run(&ptx::Memory::new(0, 0)).unwrap_or_else(|e| panic!("{e}"));
    };
    let (inner, outer) = ptx::observe(options(true), || {
        run("mov.u32 %a, 1;");
        let ((), inner) = ptx::observe(options(false), || run("mov.u32 %a, 2;"));
        run("mov.u32 %a, 1;");
        run("mov.u32 %a, 3;");
        inner
    });
    assert!(inner.profiles.is_empty());
    // Two kernels of one name, in the order of their first launches.
    let counts = |profile: &Profile| (profile.launches, profile.blocks, profile.threads);
    assert_eq!(outer.profiles.iter().map(counts).collect::<Vec<_>>(), [(2, 2, 2), (1, 1, 1)]);
    assert_eq!(outer.profiles[0].total().threads, 14);
}

#[test]
fn a_trace_shows_one_warp_step_by_step() {
    let body = "
        mul.lo.u32 %a, %lane, 3;
        setp.lt.u32 %q, %lane, 2;
        @%q add.u32 %a, %a, -7;
        mad.wide.u32 %w, %i, 4, %p0;
        st.global.u32 [%w], %a;
        mov.f32 %x, 0f3FC00000;
        .shared .align 8 .b8 s[512];
        mul.lo.u32 %b, %thread, 8;
        st.shared.u64 [%b], %w;
        setp.ge.u32 %r, %lane, 1;
        @%q setp.ge.u32 %r, %lane, 0;";
    let trace = TraceOf { kernel: "k".into(), block: [1, 0, 0], warp: 1 };
    let options = Options { trace: Some(trace), ..Options::default() };
    let seen = try_run(body, Shape(2, 64), options, &mut [vec![0; 128]]).unwrap_or_else(|e| panic!("{e}"));
    let expected = "   10  ffffffff  ld.param.u64 %p0, [p0]                        %p0 = 0x10000000000  at 0x0
   12  ffffffff  mov.u32 %thread, %tid.x                       %thread = 32, 33, .. 63
   13  ffffffff  mov.u32 %block, %ctaid.x                      %block = 1
   14  ffffffff  mov.u32 %size, %ntid.x                        %size = 64
   15  ffffffff  mov.u32 %lane, %laneid                        %lane = 0, 1, .. 31
   16  ffffffff  mad.lo.u32 %i, %block, %size, %thread         %i = 96, 97, .. 127
   18  ffffffff  mul.lo.u32 %a, %lane, 3                       %a = 0, 3, .. 93
   19  ffffffff  setp.lt.u32 %q, %lane, 2                      %q = 00000003
   20  00000003  @%q add.u32 %a, %a, -7                        %a = -7, -4
   21  ffffffff  mad.wide.u32 %w, %i, 4, %p0                   %w = 0x10000000180, 0x10000000184, .. 0x100000001fc
   22  ffffffff  st.global.u32 [%w], %a                        -7, -4, 6, 9, ..  at 0x10000000180, 0x10000000184, .. 0x100000001fc
   23  ffffffff  mov.f32 %x, 0f3FC00000                        %x = 1.5
   25  ffffffff  mul.lo.u32 %b, %thread, 8                     %b = 256, 264, .. 504
   26  ffffffff  st.shared.u64 [%b], %w                        0x10000000180, 0x10000000184, .. 0x100000001fc  at 0x100, 0x108, .. 0x1f8
   27  ffffffff  setp.ge.u32 %r, %lane, 1                      %r = fffffffe
   28  00000003  @%q setp.ge.u32 %r, %lane, 0                  %r = 00000003
   29  ffffffff  ret
";
    assert_eq!(seen.trace, expected, "\n{}", seen.trace);
}
