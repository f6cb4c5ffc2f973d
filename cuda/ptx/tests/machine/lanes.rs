//! What the lanes of a warp tell each other: shuffles and votes.

use crate::{Shape, stored, try_run};
use proptest::prelude::*;
use ptx::{FaultKind, Options};

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
fn lanes_with_masks_of_their_own_keep_to_themselves() {
    // Two halves of a warp, each with its mask, run one instruction.
    let halves = "setp.lt.u32 %q, %lane, 16; selp.b32 %b, 0xffff, 0xffff0000, %q; setp.lt.u32 %r, %lane, 20;";
    let voted = |vote: &str| stored(&format!("{halves} {vote}"), Shape(1, 32));
    let lanes = |f: fn(usize) -> u32| (0..32).map(f).collect::<Vec<_>>();
    assert_eq!(voted("vote.sync.ballot.b32 %a, %r, %b;"), lanes(|i| if i < 16 { 0xffff } else { 0xf0000 }));
    for (mode, expected) in [("any", [1, 1]), ("all", [1, 0]), ("uni", [1, 0])] {
        let out = voted(&format!("vote.sync.{mode}.pred %r, %r, %b; selp.u32 %a, 1, 0, %r;"));
        assert_eq!([out[0], out[16]], expected, "{mode}");
        assert!(out.chunks(16).all(|half| half.iter().all(|&x| x == half[0])), "{mode}");
    }
    let read = |shfl: &str| try_run(&format!("{halves} {shfl}"), Shape(1, 32), Options::default(), &mut []);
    assert!(read("shfl.sync.bfly.b32 %a, %lane, 8, 31, %b;").is_ok());
    let fault = read("shfl.sync.bfly.b32 %a, %lane, 16, 31, %b;").expect_err("the other half isn't in the mask");
    assert_eq!(fault.kind, FaultKind::Lanes);
    // All that a mask names must have the same one.
    let fault = read("or.b32 %b, %b, 0xff00; vote.sync.ballot.b32 %a, %q, %b;").expect_err("two masks with lane 8");
    assert_eq!(fault.kind, FaultKind::Lanes);
}

#[test]
fn masks_may_name_lanes_that_are_not_there() {
    // Of 20 lanes, 4 return; the others are all that the full mask can mean.
    let body = "setp.lt.u32 %q, %lane, 4; @%q ret; vote.sync.all.pred %r, !%q, -1; selp.u32 %c, 100, 0, %r;
        vote.sync.ballot.b32 %a, %r, -1; shfl.sync.idx.b32 %b, %a, 7, 31, -1; add.u32 %a, %b, %c;";
    assert_eq!(stored(body, Shape(1, 20))[4..], [0xffff0 + 100; 16]);
    // A guard that lets only some lanes through is a way to leave, too.
    let body = "mov.u32 %a, 0; setp.ge.u32 %q, %lane, 8; @!%q vote.sync.ballot.b32 %a, %q, 0xff;";
    assert_eq!(stored(body, Shape(1, 32)), [0; 32]);
    let fault = try_run(
        "setp.ge.u32 %q, %lane, 8; @!%q vote.sync.ballot.b32 %a, %q, -1;",
        Shape(1, 32),
        Options::default(),
        &mut [],
    );
    assert_eq!(fault.expect_err("24 lanes are elsewhere").kind, FaultKind::Lanes);
}

/// PTX ISA, "shfl.sync", its pseudo-code line by line: the lane that is read, and whether it is in range.
fn source_lane(mode: &str, lane: i32, b: u32, c: u32) -> (i32, bool) {
    let (b, c, segment) = ((b & 31) as i32, (c & 31) as i32, (c >> 8 & 31) as i32);
    let most = (lane & segment) | (c & !segment);
    let least = lane & segment;
    let (source, inside) = match mode {
        "up" => (lane - b, lane - b >= most),
        "down" => (lane + b, lane + b <= most),
        "bfly" => (lane ^ b, (lane ^ b) <= most),
        _ => (least | (b & !segment), (least | (b & !segment)) <= most),
    };
    if inside { (source, true) } else { (lane, false) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the operands, and if they differ from lane to lane.
    #[test]
    fn shuffles_follow_the_manual(data in proptest::collection::vec((any::<u32>(), 0..64_u32, any::<u32>()), 32), c in any::<u32>()) {
        for mode in ["up", "down", "bfly", "idx"] {
            // `c` of all lanes, or of each.
            for shared in [true, false] {
                let c = |lane: usize| if shared { c } else { data[lane].2 };
                let source = |lane: usize| source_lane(mode, lane as i32, data[lane].1, c(lane));
                let body = format!("
                    mad.wide.u32 %w, %i, 12, %p0;
                    ld.global.u32 %a, [%w]; ld.global.u32 %b, [%w+4]; ld.global.u32 %c, [%w+8];
                    shfl.sync.{mode}.b32 %d|%q, %a, %b, %c, -1;
                    selp.u32 %e, 1, 0, %q;
                    st.global.u32 [%w], %d; st.global.u32 [%w+4], %e;");
                let words = (0..32).flat_map(|lane| [data[lane].0, data[lane].1, c(lane)]).collect();
                let mut buffers = [words];
                try_run(&body, Shape(1, 32), Options::default(), &mut buffers).unwrap_or_else(|e| panic!("{e}"));
                for (lane, got) in buffers[0].chunks(3).enumerate() {
                    let (source, inside) = source(lane);
                    prop_assert_eq!(&got[..2], &[data[source as usize].0, u32::from(inside)], "{} {}", mode, lane);
                }
            }
        }
    }
}
