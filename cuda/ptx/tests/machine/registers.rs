//! Every instruction reads the registers that it reads, and writes those that it writes.

use crate::{Shape, try_run};
use ptx::{FaultKind, Options};

/// What each register is written with, to begin with.
const START: &[(&str, &str)] = &[
    ("%a", "mov.u32 %a, 8;"),
    ("%b", "mov.u32 %b, 4;"),
    ("%c", "mov.u32 %c, 31;"),
    ("%d", "mov.u32 %d, -1;"),
    ("%w", "mov.u64 %w, 16;"),
    ("%v", "mov.u64 %v, 3;"),
    ("%q", "setp.eq.u32 %q, %lane, 0;"),
    ("%r", "setp.lt.u32 %r, %lane, 9;"),
];

/// An instruction, registers that it reads, and registers that it writes.
const INSTRUCTIONS: &[(&str, &[&str], &[&str])] = &[
    ("mov.u32 %e, %a;", &["%a"], &["%e"]),
    ("mov.u64 %p1, %w;", &["%w"], &["%p1"]),
    ("mov.pred %s, %q;", &["%q"], &["%s"]),
    ("mov.u32 %e, %tid.y;", &[], &["%e"]),
    ("cvta.to.global.u64 %p1, %w;", &["%w"], &["%p1"]),
    ("neg.s64 %p1, %w;", &["%w"], &["%p1"]),
    ("popc.b64 %e, %w;", &["%w"], &["%e"]),
    ("clz.b32 %e, %a;", &["%a"], &["%e"]),
    ("not.pred %s, %q;", &["%q"], &["%s"]),
    ("sub.s32 %e, %a, %b;", &["%a", "%b"], &["%e"]),
    ("xor.b64 %p1, %w, %v;", &["%w", "%v"], &["%p1"]),
    ("xor.pred %s, %q, %r;", &["%q", "%r"], &["%s"]),
    ("shl.b64 %p1, %w, %a;", &["%w", "%a"], &["%p1"]),
    ("shr.u32 %e, %a, %b;", &["%a", "%b"], &["%e"]),
    ("mul.wide.u32 %p1, %a, %b;", &["%a", "%b"], &["%p1"]),
    ("mad.lo.u32 %e, %a, %b, %c;", &["%a", "%b", "%c"], &["%e"]),
    ("mad.wide.u32 %p1, %a, %b, %w;", &["%a", "%b", "%w"], &["%p1"]),
    ("mad.lo.u64 %p1, %w, %v, %p0;", &["%w", "%v"], &["%p1"]),
    ("setp.lt.u32 %s, %a, %b;", &["%a", "%b"], &["%s"]),
    ("setp.lt.u64 %s, %w, %v;", &["%w", "%v"], &["%s"]),
    ("setp.lt.and.s32 %s|%t, %a, %b, !%q;", &["%a", "%b", "%q"], &["%s", "%t"]),
    ("selp.b32 %e, %a, %b, %q;", &["%a", "%b", "%q"], &["%e"]),
    ("selp.b64 %p1, %w, %v, %q;", &["%w", "%v", "%q"], &["%p1"]),
    ("cvt.u64.u32 %p1, %a;", &["%a"], &["%p1"]),
    ("cvt.u32.u64 %e, %w;", &["%w"], &["%e"]),
    ("cvt.rn.f32.s64 %e, %w;", &["%w"], &["%e"]),
    ("ld.global.u32 %e, [%p0];", &[], &["%e"]),
    ("add.u64 %p1, %p0, %w; ld.global.v2.u32 {%e, %f}, [%p1];", &["%w"], &["%p1", "%e", "%f"]),
    ("ld.shared.u32 %e, [%a];", &["%a"], &["%e"]),
    ("ld.shared.u64 %p1, [%w];", &["%w"], &["%p1"]),
    ("@%q st.shared.v2.u32 [%a], {%b, %c};", &["%a", "%b", "%c", "%q"], &[]),
    ("@%q st.shared.u64 [%w], %v;", &["%w", "%v", "%q"], &[]),
    ("atom.shared.add.u32 %e, [%a], %b;", &["%a", "%b"], &["%e"]),
    ("atom.shared.cas.b32 %e, [%w], %b, %c;", &["%w", "%b", "%c"], &["%e"]),
    ("red.shared.or.b32 [%w], %c;", &["%w", "%c"], &[]),
    ("shfl.sync.bfly.b32 %e|%s, %a, %b, %c, %d;", &["%a", "%b", "%c", "%d"], &["%e", "%s"]),
    ("vote.sync.ballot.b32 %e, %q, %d;", &["%q", "%d"], &["%e"]),
    ("vote.sync.any.pred %s, !%q, %d;", &["%q", "%d"], &["%s"]),
    ("@%q bra L; L:", &["%q"], &[]),
    ("@!%q ret;", &["%q"], &[]),
    ("@%q mov.u32 %a, 1;", &["%q"], &[]),
];

/// Runs an instruction where all registers are written but one, and what follows.
fn run(instruction: &str, without: &str, then: &str) -> Option<ptx::Fault> {
    let start: String = START.iter().filter(|(name, _)| *name != without).map(|(_, text)| *text).collect();
    let body = format!(
        ".reg .pred %s, %t; .shared .align 8 .b8 s[256]; .reg .b32 %z;
         shl.b32 %z, %lane, 3; st.shared.v2.u32 [%z], {{%z, %z}}; bar.sync 0; {start} {instruction} {then}"
    );
    try_run(&body, Shape(1, 32), Options::default(), &mut [vec![0; 64]]).err()
}

#[test]
fn a_register_that_is_read_must_have_been_written() {
    for (instruction, reads, _) in INSTRUCTIONS {
        assert_eq!(run(instruction, "", ""), None, "{instruction}");
        for (name, text) in START {
            let fault = run(instruction, name, "");
            if reads.contains(name) {
                let fault = fault.unwrap_or_else(|| panic!("{instruction} reads {name}, and {text} is missing"));
                assert_eq!(fault.kind, FaultKind::Uninitialised, "{instruction}: {fault}");
                assert!(fault.problem.contains(name), "{instruction}: {fault}");
            } else {
                assert_eq!(fault, None, "{instruction} does not read {name}");
            }
        }
    }
}

#[test]
fn a_register_that_is_written_may_be_read() {
    for (instruction, _, writes) in INSTRUCTIONS {
        for name in ["%e", "%f", "%p1", "%s", "%t"] {
            let then = match name {
                "%p1" => "mov.u64 %v, %p1;".to_string(),
                "%s" | "%t" => format!("mov.pred %r, {name};"),
                _ => format!("mov.u32 %a, {name};"),
            };
            let written = run(instruction, "", &then).is_none();
            assert_eq!(written, writes.contains(&name), "{instruction}: {name}");
        }
    }
}
