//! Accesses: where they may go, what they find there, and how wide they are.

use crate::{Shape, stored, try_run};
use ptx::{FaultKind, Options};

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
    // Another lane's local memory is another one; an atomic operation reads; the second half of a value counts.
    let other = fault(".local .b32 s; setp.eq.u32 %q, %lane, 0; @%q st.local.u32 [s], 1; ld.local.u32 %a, [s];");
    assert!(other.contains("thread (1, 0, 0)") && other.contains("local memory"), "{other}");
    assert!(fault("red.global.add.u32 [%p0], 1;").contains("global memory"));
    assert!(fault(".shared .b32 s; atom.shared.exch.b32 %a, [s], 1;").contains("shared memory"));
    let half = "mad.wide.u32 %w, %i, 8, %p0; st.global.u32 [%w], 1; ld.global.u64 %v, [%w];";
    assert!(fault(half).contains("global memory"));
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
    // The lane that is named is one that is at work.
    let body = "mad.lo.u32 %a, %lane, 2, 2; cvt.u64.u32 %w, %a; add.u64 %w, %w, %p0; and.b32 %b, %lane, 1;
        setp.eq.u32 %r, %lane, 6; setp.eq.or.u32 %q, %b, 1, %r; @%q ld.global.u32 %c, [%w];";
    let fault_of = try_run(body, Shape(1, 8), Options::default(), &mut [vec![0; 64]]).expect_err("lane 6 is at 14");
    assert_eq!((fault_of.kind, fault_of.thread), (FaultKind::Misaligned, [6, 0, 0]), "{fault_of}");
    // A displacement may be negative.
    let body = ".shared .align 8 .b8 s[16]; mov.u32 %b, s; add.u32 %b, %b, 8; mov.u64 %w, 8;
        st.shared.u32 [%b+-8], 5; ld.shared.u32 %a, [%w+-8]; .local .b32 l[2]; st.local.u32 [%b+-4], %a; ld.local.u32 %a, [l+4];";
    assert_eq!(stored(body, Shape(1, 1)), [5]);
    // A guard that is false lets nothing through, no fault either.
    let body = "setp.ne.u32 %q, %thread, 0; @%q ld.global.u32 %a, [%p0+256];";
    assert!(try_run(body, Shape(1, 1), Options::default(), &mut [vec![0; 64]]).is_ok());
    // Bounds hold without the sanitizer, too.
    let quiet = Options { sanitize: false, ..Options::default() };
    assert!(try_run("st.global.u32 [%p0+256], 1;", Shape(1, 1), quiet, &mut [vec![0; 64]]).is_err());
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
fn what_a_kernel_writes_unwatched_is_written() {
    let memory = ptx::Memory::new(0, 1 << 20);
    let address = memory.allocate(256).expect("enough memory");
    let launch = |body: &str| {
        let kernel = ptx::parse(&crate::source(1, body)).unwrap_or_else(|e| panic!("{e}")).kernels[0].clone();
        let params = address.to_le_bytes().to_vec();
        ptx::Launch { kernel, grid: [1; 3], block: [16, 1, 1], shared_bytes: 0, params, symbols: [].into() }
    };
    let quiet = Options { sanitize: false, ..Options::default() };
    let write = launch("mad.wide.u32 %w, %i, 8, %p0; st.global.v2.u32 [%w], {%i, %i};");
    ptx::observe(quiet, || write.run(&memory)).0.unwrap_or_else(|e| panic!("{e}"));
    let read = launch("mad.wide.u32 %w, %i, 8, %p0; ld.global.u64 %v, [%w];");
    read.run(&memory).unwrap_or_else(|e| panic!("{e}"));
    // Of 6 bytes that the host writes, two are in the second word.
    memory.write(address + 192, &[0; 6]).expect("in bounds");
    let host = launch("setp.eq.u32 %q, %i, 0; @%q ld.global.u64 %v, [%p0+192];");
    host.run(&memory).unwrap_or_else(|e| panic!("{e}"));
    let beyond = launch("mad.wide.u32 %w, %i, 8, %p0; ld.global.u64 %v, [%w+8];");
    assert_eq!(beyond.run(&memory).expect_err("nobody wrote there").kind, FaultKind::Uninitialised);
}
