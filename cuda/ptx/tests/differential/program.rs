//! Random kernels.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::fmt::Write;

/// Words that a kernel reads.
pub const INPUTS: usize = 64;
/// Words that each thread writes in the end.
pub const RESULTS: usize = 16;
/// Words that each block writes: what atomic operations made of them.
pub const BINS: usize = 48;

/// A statement of a region.
#[derive(Debug, Clone)]
enum Statement {
    /// Instructions that go on to the next statement.
    Plain(String),
    /// One of two lists.
    If(String, Vec<Statement>, Vec<Statement>),
    /// A list, several times: a fixed number, or one that differs from thread to thread.
    Loop(String, Vec<Statement>),
    /// To any later statement of this list, or of those around it.
    Jump(String, Index),
    /// The thread's end.
    Return(String),
}
use Statement::{If, Jump, Loop, Plain, Return};

/// `#` is one of the registers `%r0` to `%r5`, `$` of `%d0` to `%d2`, `?` of the predicates `%p0` to `%p3`.
const PLAIN: &[&str] = &[
    "add.u32 #, #, #;",
    "sub.s32 #, #, #;",
    "mul.lo.u32 #, #, #;",
    "mul.hi.s32 #, #, #;",
    "mul.hi.u32 #, #, 0x9e3779b9;",
    "mad.lo.s32 #, #, #, #;",
    "min.s32 #, #, #;",
    "max.u32 #, #, #;",
    "neg.s32 #, #;",
    "abs.s32 #, #;",
    "or.b32 %t, #, 1; div.u32 #, #, %t;",
    "or.b32 %t, #, 1; rem.s32 #, #, %t;",
    "and.b32 #, #, #;",
    "or.b32 #, #, #;",
    "xor.b32 #, #, #;",
    "not.b32 #, #;",
    "shl.b32 #, #, #;",
    "and.b32 %t, #, 31; shr.s32 #, #, %t;",
    "shr.u32 #, #, 3;",
    "popc.b32 #, #;",
    "clz.b32 #, #;",
    "mov.b32 #, #;",
    "mov.u32 #, %tid.x;",
    "mov.u32 #, %tid.y;",
    "mov.u32 #, %ctaid.x;",
    "mov.u32 #, %laneid;",
    "selp.b32 #, #, #, ?;",
    "add.rn.f32 #, #, #;",
    "mul.rn.f32 #, #, #;",
    "fma.rn.f32 #, #, #, #;",
    "div.rn.f32 #, #, #;",
    "min.f32 #, #, #;",
    "max.f32 #, #, #;",
    "cvt.rn.f32.s32 #, #;",
    "cvt.rzi.s32.f32 #, #;",
    "cvt.rmi.u32.f32 #, #;",
    "mul.wide.s32 $, #, #;",
    "mad.wide.u32 $, #, #, $;",
    "sub.s64 $, $, $;",
    "shr.s64 $, $, #;",
    "cvt.s64.s32 $, #;",
    "cvt.u32.u64 #, $;",
    "setp.lt.u32 ?, #, #;",
    "setp.gt.s32 ?, #, 5;",
    "setp.le.f32 ?, #, #;",
    "setp.ne.f32 ?, #, #;",
    "setp.geu.f32 ?, #, #;",
    "setp.lt.s64 ?, $, $;",
    "setp.eq.or.u32 ?, #, #, ?;",
    "setp.ge.and.s32 %p0|%p1, #, #, !?;",
    "setp.lo.xor.u32 %p2|%p3, #, #, ?;",
    "and.b32 %t, %thread, 5; setp.eq.u32 ?, %t, 4;",
    "and.pred ?, ?, ?;",
    "xor.pred ?, ?, ?;",
    "not.pred ?, ?;",
    // Memory: any input, what anybody wrote in the last phase, what the thread itself writes in this one.
    "rem.u32 %t, #, 64; mad.wide.u32 %w, %t, 4, %in; ld.global.nc.u32 #, [%w];",
    "rem.u32 %t, #, %size; mad.lo.u32 %t, %t, 4, %from; ld.shared.u32 #, [%t];",
    "ld.shared.u32 #, [%own];",
    "st.shared.u32 [%own], #;",
    "and.b32 %t, #, 3; mad.lo.u32 %t, %t, 4, %stack; st.local.u32 [%t], #;",
    "and.b32 %t, #, 3; mad.lo.u32 %t, %t, 4, %stack; ld.local.u32 #, [%t];",
    "st.local.v2.u32 [stack+8], {#, #};",
    "and.b32 %t, #, 15; mad.lo.u32 %t, %t, 4, %bins; red.shared.add.u32 [%t], #;",
    "and.b32 %t, #, 15; mad.lo.u32 %t, %t, 4, %bins; red.shared.max.s32 [%t+64], #;",
    "and.b32 %t, #, 15; mad.lo.u32 %t, %t, 4, %bins; red.shared.xor.b32 [%t+128], #;",
];

fn guard() -> impl Strategy<Value = String> {
    (0..4, any::<bool>()).prop_map(|(p, not)| format!("@{}%p{p}", if not { "!" } else { "" }))
}

/// A line of [`PLAIN`], with a guard at its last instruction perhaps.
fn plain() -> impl Strategy<Value = String> {
    let guard = prop_oneof![2 => Just(String::new()), 1 => guard()];
    (select(PLAIN), guard, vec(any::<u8>(), 8)).prop_map(|(text, guard, numbers)| {
        let mut numbers = numbers.into_iter();
        let mut line = String::new();
        for c in text.chars() {
            let mut register = |name, count| write!(line, "{name}{}", numbers.next().unwrap_or(0) % count);
            let _ = match c {
                '#' => register("%r", 6),
                '$' => register("%d", 3),
                '?' => register("%p", 4),
                c => write!(line, "{c}"),
            };
        }
        let last = line.trim_end_matches(';').rfind(';').map_or(0, |at| at + 1);
        format!("{}{guard} {}", &line[..last], &line[last..])
    })
}

fn region(returns: bool) -> impl Strategy<Value = Vec<Statement>> {
    let end =
        guard().prop_map(move |guard| if returns { Return(guard) } else { Plain(format!("{guard} mov.u32 %r0, 3;")) });
    let leaf = prop_oneof![
        6 => plain().prop_map(Plain),
        2 => (guard(), any::<Index>()).prop_map(|(guard, to)| Jump(guard, to)),
        1 => end,
    ];
    let statement = leaf.prop_recursive(4, 40, 6, |inner| {
        let list = || vec(inner.clone(), 0..6);
        let times = prop_oneof![
            (1..4_u32).prop_map(|n| format!("mov.u32 %n, {n};")),
            (0..6_u32).prop_map(|r| format!("and.b32 %n, %r{r}, 3;"))
        ];
        prop_oneof![
            (guard(), list(), list()).prop_map(|(guard, yes, no)| If(guard, yes, no)),
            (times, list()).prop_map(|(times, list)| Loop(times, list)),
        ]
    });
    vec(statement, 0..8)
}

/// What all lanes do together behind a region.
const TOGETHER: &[&str] = &[
    "vote.sync.ballot.b32 %r0, %p0, -1;",
    "vote.sync.any.pred %p1, !%p2, -1;",
    "vote.sync.uni.pred %p3, %p1, -1;",
    "shfl.sync.up.b32 %r1|%p2, %r2, %r3, 0, -1;",
    "shfl.sync.up.b32 %r4, %r5, 1, 0x1800, -1;",
    "bar.sync 0;",
    "bar.sync 0; mov.u32 %t, %from; sub.u32 %from, %own, %me; add.u32 %own, %t, %me;",
];

/// Numbers for labels.
struct Text {
    text: String,
    labels: usize,
}

impl Text {
    /// Writes a list inside of `depth` loops; from its end one comes to the first of `outer`, labels to jump to.
    fn list(&mut self, list: &[Statement], outer: &[String], depth: usize) {
        let number = self.labels;
        self.labels += 1;
        let label = |i: usize| format!("L{number}_{i}");
        for (i, statement) in list.iter().enumerate() {
            let later: Vec<String> = (i + 1..=list.len()).map(label).chain(outer.iter().cloned()).collect();
            let here = label(i);
            let _ = write!(self.text, "\n{here}: ");
            let _ = match statement {
                Plain(text) => write!(self.text, "{text}"),
                Return(guard) => write!(self.text, "{guard} ret;"),
                Jump(guard, to) => write!(self.text, "{guard} bra {};", later[to.index(later.len())]),
                If(guard, yes, no) => {
                    let _ = write!(self.text, "{guard} bra Y{here};");
                    self.list(no, &later, depth);
                    let _ = write!(self.text, "bra E{here}; Y{here}:");
                    self.list(yes, &later, depth);
                    write!(self.text, "E{here}:")
                }
                Loop(times, list) => {
                    let _ = write!(self.text, "{times} mov.u32 %m{depth}, %n; mov.u32 %c{depth}, 0; B{here}:");
                    self.list(list, &later, depth + 1);
                    write!(
                        self.text,
                        "add.u32 %c{depth}, %c{depth}, 1; setp.lt.u32 %q, %c{depth}, %m{depth}; @%q bra B{here};"
                    )
                }
            };
        }
        let _ = write!(self.text, "\n{}: ", label(list.len()));
    }
}

const START: &str = "
    .reg .b32 %r<6>, %c<8>, %m<8>, %t, %n, %u, %thread, %row, %size, %from, %own, %me, %bins, %stack, %i;
    .reg .b64 %d<3>, %w, %in, %out, %all;
    .reg .pred %p<4>, %q;
    .shared .align 4 .b8 first[1024], second[1024], bins[192];
    .local .align 8 .b8 stack[16];
    ld.param.u64 %in, [in]; ld.param.u64 %out, [out]; ld.param.u64 %all, [all];
    mov.u32 %thread, %tid.x; mov.u32 %row, %tid.y; mov.u32 %t, %ntid.x; mad.lo.u32 %thread, %row, %t, %thread;
    mov.u32 %size, %ntid.y; mul.lo.u32 %size, %size, %t;
    mov.u32 %t, %ctaid.x; mad.lo.u32 %i, %t, %size, %thread;
    mov.u32 %from, first; mov.u32 %own, second; mov.u32 %bins, bins; mov.u32 %stack, stack;
    shl.b32 %me, %thread, 2; add.u32 %own, %own, %me;
    st.shared.u32 [%own], %i; add.u32 %t, %from, %me; st.shared.u32 [%t], %thread;
    mov.u32 %u, 0; L: rem.u32 %t, %u, %size; setp.eq.u32 %p0, %t, %thread; mad.lo.u32 %t, %u, 4, %bins;
    @%p0 st.shared.u32 [%t], %u; add.u32 %u, %u, 1; setp.lt.u32 %q, %u, 48; @%q bra L;
    st.local.v2.u32 [stack], {%thread, %i}; st.local.v2.u32 [stack+8], {%i, 9};
    rem.u32 %t, %i, 60; mad.wide.u32 %w, %t, 4, %in;
    ld.global.u32 %r0, [%w]; ld.global.u32 %r1, [%w+4]; ld.global.u32 %r2, [%w+8]; ld.global.u32 %r3, [%w+12];
    mov.u32 %r4, %i; cvt.rn.f32.u32 %r5, %thread;
    cvt.u64.u32 %d0, %r0; cvt.s64.s32 %d1, %r1; mul.wide.s32 %d2, %r2, %r3;
    setp.lt.u32 %p1, %r0, 20; setp.lt.s32 %p2, %r1, %r2; setp.gt.u32 %p3, %thread, 33;
    bar.sync 0;";

/// The bins are written, each by one thread.
const BINS_OUT: &str = "
    bar.sync 0;
    mov.u32 %u, 0; M: rem.u32 %t, %u, %size; setp.ne.u32 %q, %t, %thread; @%q bra N;
    mad.lo.u32 %t, %u, 4, %bins; ld.shared.u32 %n, [%t];
    mov.u32 %t, %ctaid.x; mad.lo.u32 %t, %t, 48, %u; mad.wide.u32 %w, %t, 4, %all; st.global.u32 [%w], %n;
    N: add.u32 %u, %u, 1; setp.lt.u32 %q, %u, 48; @%q bra M;
    bar.sync 0;";

const END: &str = "
    vote.sync.ballot.b32 %t, %p0, -1;
    mad.wide.u32 %w, %i, 64, %out;
    st.global.v4.u32 [%w], {%r0, %r1, %r2, %r3};
    st.global.v2.u32 [%w+16], {%r4, %r5};
    st.global.u32 [%w+24], %t;
    selp.u32 %t, 1, 0, %p1; selp.u32 %u, 1, 0, %p2; mad.lo.u32 %t, %t, 2, %u; selp.u32 %u, 1, 0, %p3; mad.lo.u32 %t, %t, 2, %u;
    st.global.u32 [%w+28], %t;
    st.global.v2.u64 [%w+32], {%d0, %d1};
    st.global.u64 [%w+48], %d2;
    ld.shared.u32 %t, [%own]; st.global.u32 [%w+56], %t;
    ld.local.u32 %t, [stack+4]; st.global.u32 [%w+60], %t;
    ret;";

/// Kernels with the parameters `in`, `out` and `all`: some regions, some several times, and a last one that threads may leave.
pub fn programs() -> impl Strategy<Value = String> {
    let phase = (region(false), select(TOGETHER), 1..4_u32);
    (vec(phase, 0..4), region(true)).prop_map(|(phases, last)| {
        let params = ".param .u64 in, .param .u64 out, .param .u64 all";
        let start = format!(".version 6.0 .target sm_50 .address_size 64\n.visible .entry k({params}) {{ {START}");
        let mut text = Text { text: start, labels: 0 };
        for (number, (region, together, times)) in phases.iter().enumerate() {
            let _ = write!(text.text, "\nmov.u32 %u, 0; P{number}:");
            text.list(region, &[], 0);
            let again = format!("add.u32 %u, %u, 1; setp.lt.u32 %q, %u, {times}; @%q bra P{number};");
            let _ = write!(text.text, "{together}\n{again}");
        }
        text.text.push_str(BINS_OUT);
        text.list(&last, &[], 0);
        text.text.push_str(END);
        text.text.push('}');
        text.text
    })
}
