//! Races, found and not found.

use crate::{Shape, try_run};
use ptx::{FaultKind, Options};

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
    // Lanes of one number in two warps are two threads; every word of a vector counts.
    let body = "setp.eq.u32 %q, %lane, 3; @%q st.global.u32 [%p0], 7;";
    assert_eq!(race(body, Shape(1, 32)), None);
    assert_eq!(race(body, Shape(1, 64)), race_found);
    let body =
        "mad.wide.u32 %w, %thread, 8, %p0; st.global.v2.u32 [%w], {%i, %i}; setp.eq.u32 %q, %thread, 1; @%q LOAD;";
    assert_eq!(race(&body.replace("LOAD", "ld.global.v2.u32 {%a, %b}, [%p0+8]"), Shape(1, 8)), None);
    assert_eq!(race(&body.replace("LOAD", "ld.global.u32 %a, [%p0+20]"), Shape(1, 8)), race_found);
    assert_eq!(race(&body.replace("LOAD", "st.global.v4.u32 [%p0], {%i, %i, %i, %i}"), Shape(1, 8)), race_found);
}

#[test]
fn atomics_race_with_what_is_not_atomic() {
    let kind = |body: &str, shape| {
        let body = format!(".shared .b32 s; setp.eq.u32 %q, %thread, 0; setp.eq.u32 %r, %i, 31; {body}");
        try_run(&body, shape, Options::default(), &mut [vec![0; 64]]).err().map(|fault| fault.kind)
    };
    let race = Some(FaultKind::Race);
    let one = Shape(1, 32);
    // The sum is set by one thread, and nobody waits for it; also where that one is the first to add.
    assert_eq!(kind("@%q st.shared.u32 [s], 0; red.shared.add.u32 [s], 1;", one), race);
    assert_eq!(kind("@%q st.shared.u32 [s], 0; bar.sync 0; red.shared.add.u32 [s], 1;", one), None);
    // The last one to add reads the sum, and nobody waits for the others.
    let read = "@%q st.shared.u32 [s], 0; bar.sync 0; red.shared.add.u32 [s], 1; @%r ld.shared.u32 %a, [s];";
    assert_eq!(kind(read, one), race);
    assert_eq!(kind(&read.replace("@%r", "bar.sync 0; @%r"), one), None);
    assert_eq!(kind(&read.replace("ld.shared.u32 %a, [s]", "st.shared.u32 [s], 7"), one), race);
    // Blocks: what the first one sets, others add to.
    let set = "setp.eq.u32 %q, %i, 0; @%q st.global.u32 [%p0], 0; bar.sync 0; red.global.add.u32 [%p0], 1;";
    assert_eq!(kind(set, Shape(1, 32)), None);
    assert_eq!(kind(set, Shape(2, 32)), race);
    // Exchanges are a way to set and to read that races with no other.
    assert_eq!(kind("@%q atom.global.exch.b32 %a, [%p0], 0; red.global.add.u32 [%p0], 1;", Shape(9, 32)), None);
}

#[test]
fn a_race_names_the_other_thread() {
    let fault = |body: &str, shape| {
        let fault = try_run(body, shape, Options::default(), &mut [vec![0; 64]]).expect_err("a race");
        assert_eq!(fault.kind, FaultKind::Race, "{fault}");
        fault.to_string()
    };
    let set = "setp.eq.u32 %q, %thread, 5; @%q st.global.u32 [%p0], 1; setp.eq.u32 %q, %thread, 7;";
    let text = fault(&format!("{set} @%q ld.global.u32 %a, [%p0];"), Shape(1, 32));
    assert!(
        text.contains(
            "thread (7, 0, 0): race in global memory: this thread reads a word, and thread 5 of block 0 wrote it"
        ),
        "{text}"
    );
    let text = fault("ld.global.u32 %a, [%p0]; setp.eq.u32 %q, %thread, 9; @%q st.global.u32 [%p0], 1;", Shape(1, 32));
    assert!(
        text.contains("thread (9, 0, 0)") && text.contains("writes a word, and thread 0 of block 0 and others read it"),
        "{text}"
    );
}

#[test]
fn any_number_of_barriers_keeps_order() {
    // A shadow tells 4096 epochs apart. What was written before the first barrier is read after each.
    let body = "
        .shared .b32 s;
        setp.eq.u32 %q, %thread, 0;
        @%q st.shared.u32 [s], 1;
        @%q st.global.u32 [%p0], 1;
        mov.u32 %b, 0;
    LOOP:
        bar.sync 0;
        ld.shared.u32 %a, [s];
        ld.global.u32 %a, [%p0];
        add.u32 %b, %b, 1;
        setp.lt.u32 %r, %b, 10000;
        @%r bra LOOP;";
    let run =
        |body: &str| try_run(body, Shape(2, 33), Options::default(), &mut [vec![0]]).err().map(|fault| fault.kind);
    let own =
        body.replace("[%p0]", "[%w]").replace(".shared .b32 s;", ".shared .b32 s; mad.wide.u32 %w, %block, 4, %p0;");
    let alone =
        |body: &str| try_run(body, Shape(2, 33), Options::default(), &mut [vec![0; 2]]).err().map(|fault| fault.kind);
    assert_eq!(alone(&own), None);
    // Late races within the block are found, too; the one between the blocks at once.
    assert_eq!(alone(&format!("{own} @%q st.shared.u32 [s], 2; ld.shared.u32 %a, [s];")), Some(FaultKind::Race));
    assert_eq!(alone(&format!("{own} @%q st.global.u32 [%w], 2; ld.global.u32 %a, [%w];")), Some(FaultKind::Race));
    assert_eq!(run(body), Some(FaultKind::Race));
}

#[test]
fn a_block_with_many_barriers_hides_no_others() {
    // In two of the places where blocks run, a block passes more barriers than a shadow tells apart, and then there is one
    // that writes the same word as its like.
    unrolled::parallel::set_threads(4).expect("a few threads");
    let body = "
        rem.u32 %a, %block, 500;
        mov.u32 %b, 0;
        setp.ne.u32 %q, %a, 40;
        @%q bra NEXT;
    LOOP:
        bar.sync 0;
        add.u32 %b, %b, 1;
        setp.lt.u32 %r, %b, 5000;
        @%r bra LOOP;
    NEXT:
        setp.eq.u32 %q, %a, 52;
        @%q st.global.u32 [%p0], 1;";
    let fault = try_run(body, Shape(1000, 1), Options::default(), &mut [vec![0]]).expect_err("two blocks write");
    assert_eq!(fault.kind, FaultKind::Race, "{fault}");
}

/// Runs a kernel that is free of races, in many blocks; then with each of its barriers left out, which must be found.
fn every_barrier_counts(body: &str, shape: Shape, buffers: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const BARRIER: &str = "bar.sync 0;";
    unrolled::parallel::set_threads(4).expect("a few threads");
    let mut out = buffers.to_vec();
    try_run(body, shape, Options::default(), &mut out).unwrap_or_else(|e| panic!("{e}"));
    let barriers: Vec<usize> = body.match_indices(BARRIER).map(|(at, _)| at).collect();
    assert!(!barriers.is_empty());
    for at in barriers {
        let without = format!("{}{}", &body[..at], &body[at + BARRIER.len()..]);
        let mut buffers = buffers.to_vec();
        let fault = try_run(&without, shape, Options::default(), &mut buffers).expect_err("a barrier is missing");
        assert!(matches!(fault.kind, FaultKind::Race | FaultKind::Uninitialised), "{fault}");
    }
    out
}

#[test]
fn a_tree_of_sums_needs_its_barriers() {
    let body = "
        .shared .align 4 .b8 sums[1024];
        mad.wide.u32 %w, %i, 4, %p0;
        ld.global.u32 %a, [%w];
        mov.u32 %b, sums;
        mad.lo.u32 %b, %thread, 4, %b;
        st.shared.u32 [%b], %a;
        shr.u32 %c, %size, 1;
    LOOP:
        bar.sync 0;
        setp.ge.u32 %q, %thread, %c;
        @%q bra NEXT;
        mad.lo.u32 %d, %c, 4, %b;
        ld.shared.u32 %e, [%d];
        ld.shared.u32 %f, [%b];
        add.u32 %f, %f, %e;
        st.shared.u32 [%b], %f;
    NEXT:
        shr.u32 %c, %c, 1;
        setp.ne.u32 %q, %c, 0;
        @%q bra LOOP;
        bar.sync 0;
        ld.shared.u32 %a, [sums];
        mad.wide.u32 %w, %i, 4, %p1;
        st.global.u32 [%w], %a;";
    let out = every_barrier_counts(body, Shape(40, 256), &[(0..10240).collect(), vec![0; 10240]]);
    assert!((0..10240).all(|i| out[1][i as usize] == (i / 256 * 256..).take(256).sum::<u32>()));
}

#[test]
fn tiles_need_barriers_and_two_of_them_only_one() {
    // Eight steps; in each, a thread stores a value and reads that of its opposite in the block.
    let start = "
        .shared .align 4 .b8 tiles[2048];
        mov.u32 %b, tiles;
        mad.lo.u32 %b, %thread, 4, %b;
        sub.u32 %c, 255, %thread;
        mad.lo.u32 %c, %c, 4, 0;
        mov.u32 %a, 0;
        mov.u32 %d, 0;
    LOOP:";
    let next = "
        add.u32 %d, %d, 1;
        setp.lt.u32 %q, %d, 8;
        @%q bra LOOP;
        mad.wide.u32 %w, %i, 4, %p0;
        st.global.u32 [%w], %a;";
    let step = "
        add.u32 %e, %i, %d;
        st.shared.u32 [%b], %e;
        bar.sync 0;
        ld.shared.u32 %e, [%c];
        add.u32 %a, %a, %e;";
    let expected =
        |out: &[Vec<u32>]| (0..10240).all(|i| out[0][i as usize] == 8 * (i / 256 * 256 + 255 - i % 256) + 28);
    let buffers = [vec![0; 10240]];
    assert!(expected(&every_barrier_counts(&format!("{start}{step} bar.sync 0; {next}"), Shape(40, 256), &buffers)));
    // With two tiles that take turns, a thread can be one step ahead of the others.
    let turn = "xor.b32 %b, %b, 1024; xor.b32 %c, %c, 1024;";
    assert!(expected(&every_barrier_counts(&format!("{start}{step}{turn}{next}"), Shape(40, 256), &buffers)));
    let fault = try_run(&format!("{start}{step}{next}"), Shape(40, 256), Options::default(), &mut buffers.clone());
    assert_eq!(fault.expect_err("one barrier with one tile").kind, FaultKind::Race);
}

#[test]
fn a_transpose_needs_its_barrier() {
    let body = "
        .shared .align 4 .b8 tile[1088];
        and.b32 %a, %thread, 15;
        shr.u32 %b, %thread, 4;
        mad.lo.u32 %c, %b, 17, %a;
        shl.b32 %c, %c, 2;
        mad.wide.u32 %w, %i, 4, %p0;
        ld.global.u32 %e, [%w];
        st.shared.u32 [%c], %e;
        bar.sync 0;
        mad.lo.u32 %d, %a, 17, %b;
        shl.b32 %d, %d, 2;
        ld.shared.u32 %e, [%d];
        mad.wide.u32 %w, %i, 4, %p1;
        st.global.u32 [%w], %e;";
    let out = every_barrier_counts(body, Shape(40, 256), &[(0..10240).collect(), vec![0; 10240]]);
    assert!((0..10240).all(|i| out[1][i] as usize == i / 256 * 256 + i % 16 * 16 + i / 16 % 16));
}

#[test]
fn a_histogram_needs_its_barriers() {
    let body = "
        .shared .align 4 .b8 bins[64];
        setp.lt.u32 %q, %thread, 16;
        mov.u32 %b, bins;
        mad.lo.u32 %c, %thread, 4, %b;
        @%q st.shared.u32 [%c], 0;
        bar.sync 0;
        mad.wide.u32 %w, %i, 4, %p0;
        ld.global.u32 %a, [%w];
        mad.lo.u32 %d, %a, 4, %b;
        red.shared.add.u32 [%d], 1;
        bar.sync 0;
        @%q ld.shared.u32 %a, [%c];
        mad.wide.u32 %w, %thread, 4, %p1;
        @%q red.global.add.u32 [%w], %a;";
    let out = every_barrier_counts(body, Shape(40, 256), &[(0..10240).map(|i| i * i % 16).collect(), vec![0; 16]]);
    let expected: Vec<u32> = (0..16).map(|bin| (0..10240).filter(|i| i * i % 16 == bin).count() as u32).collect();
    assert_eq!(out[1], expected);
}

#[test]
fn tiles_of_blocks_must_not_overlap() {
    // Each block writes 65 words, one into its neighbour's part: found if it is a store, added up if it is atomic.
    for (write, race) in [("st.global.u32 [%w], 1;", true), ("red.global.add.u32 [%w], 1;", false)] {
        let body = format!("mad.lo.u32 %a, %block, 64, %thread; mad.wide.u32 %w, %a, 4, %p0; {write}");
        let mut buffers = [vec![0; 64 * 50 + 1]];
        let result = try_run(&body, Shape(50, 65), Options::default(), &mut buffers);
        assert_eq!(result.err().map(|fault| fault.kind), race.then_some(FaultKind::Race));
        if !race {
            assert!((0..=3200).all(|i| buffers[0][i] == if i % 64 == 0 && i > 0 && i < 3200 { 2 } else { 1 }));
        }
    }
}
