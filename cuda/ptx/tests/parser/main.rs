//! What the parser makes of PTX, and what it says of other text.

mod declarations;
mod fuzz;
mod instructions;
mod memory;
mod refusals;
mod size;

use ptx::ir::*;
use ptx::{Kernel, Module, Place, parse};
use std::sync::Arc;

const HEADER: &str = ".version 6.0\n.target sm_50\n.address_size 64\n";

/// A file with the kernel `k`, whose statements begin on line 15, column 1. Registers: four of each type, `%p0`, `%b0`,
/// `%u0`, `%s0`, `%f0`, `%bd0`, `%ud0`, `%sd0` and so on.
fn file(body: &str) -> String {
    format!(
        ".version 6.0
.target sm_50
.address_size 64
.const .align 16 .b8 table[32];
.global .u32 counter;
.extern .shared .align 16 .b8 dynamic[];
.visible .entry k(.param .u64 pointer, .param .u32 n, .param .f32 scale, .param .align 8 .b8 block[24])
{{
    .reg .pred %p<4>;
    .reg .b32 %b<4>; .reg .u32 %u<4>; .reg .s32 %s<4>; .reg .f32 %f<4>;
    .reg .b64 %bd<4>; .reg .u64 %ud<4>; .reg .s64 %sd<4>;
    .shared .f32 sum;
    .shared .align 16 .b8 tile[64];
    .local .align 8 .b8 stack[32];
{body}
}}
"
    )
}

fn module(source: &str) -> Module {
    parse(source).unwrap_or_else(|error| panic!("{error}\n{source:.3000}"))
}

/// The kernel `k` of [`file`].
fn kernel(body: &str) -> Arc<Kernel> {
    module(&file(body)).kernels[0].clone()
}

/// The operation of a single instruction.
fn op(line: &str) -> Op {
    let kernel = kernel(line);
    assert_eq!(kernel.code.len(), 2, "{line}");
    kernel.code[0].op
}

/// Whether [`file`] with this body is read.
fn is_read(body: &str) -> bool {
    parse(&file(body)).is_ok()
}

const TYPES: [Type; 8] = [Type::Pred, Type::B32, Type::U32, Type::S32, Type::F32, Type::B64, Type::U64, Type::S64];

/// The name and the number of the register `i` of a type in [`file`].
fn register(ty: Type, i: u16) -> (String, Reg) {
    let (letters, first) = match ty {
        Type::Pred => ("p", 0),
        Type::B32 => ("b", 0),
        Type::U32 => ("u", 4),
        Type::S32 => ("s", 8),
        Type::F32 => ("f", 12),
        Type::B64 => ("bd", 0),
        Type::U64 => ("ud", 4),
        Type::S64 => ("sd", 8),
    };
    (format!("%{letters}{i}"), first + i)
}

const SAXPY: &str = include_str!("saxpy.ptx");

#[test]
fn a_kernel_is_read_with_all_its_names_resolved() {
    let module = module(SAXPY);
    let kernel = module.kernel("saxpy").unwrap();
    assert!(module.kernel("Saxpy").is_none());
    assert_eq!(kernel.param_bytes, 24);
    assert_eq!(kernel.registers.pred, ["%out"]);
    assert_eq!(kernel.registers.r32, ["%i", "%n", "%block", "%threads", "%a", "%v0", "%v1"]);
    assert_eq!(kernel.registers.r64, ["%x", "%y"]);
    assert_eq!(kernel.text.len(), kernel.code.len());
    assert_eq!(kernel.text[6], "@%out bra done");
    let branch = kernel.code[6];
    assert_eq!(branch.guard, Some(Guard { reg: 0, negated: false }));
    assert_eq!(branch.op, Op::Bra { target: 18, join: Some(18), uniform: false });
    assert_eq!(branch.place, Place { line: 18, column: 5 });
    let (a, v0, v1) = (Operand::Reg(4), Operand::Reg(5), Operand::Reg(6));
    assert_eq!(kernel.code[16].op, Op::Ternary { op: TernaryOp::Fma, ty: Type::F32, d: 6, a, b: v0, c: v1 });
    assert_eq!(kernel.code.last().unwrap().op, Op::Ret);
}

#[test]
fn a_guard_is_a_predicate_or_its_opposite() {
    let guards: Vec<_> = kernel("@%p1 ret; @!%p2 ret; @ ! %p3 exit; ret;").code.iter().map(|i| i.guard).collect();
    let guard = |reg, negated| Some(Guard { reg, negated });
    assert_eq!(guards, [guard(1, false), guard(2, true), guard(3, true), None, None]);
}

#[test]
fn an_instruction_keeps_its_place_and_its_text() {
    let kernel = kernel("  @!%p1\tadd.u32\n %u0 ,%u1,// a comment\n\n /* and\n another */ 5\n;ret;");
    let place = |line, column| Place { line, column };
    assert_eq!(kernel.code.iter().map(|i| i.place).collect::<Vec<_>>(), [place(15, 3), place(20, 2), place(21, 1)]);
    assert_eq!(kernel.text, ["@!%p1 add.u32 %u0 ,%u1, 5", "ret", "ret"]);
}

#[test]
fn the_end_of_a_kernel_is_a_return_even_if_a_label_stands_there() {
    let kernel = kernel("bra END; END:");
    assert_eq!(kernel.code[0].op, Op::Bra { target: 1, join: None, uniform: false });
    assert_eq!(kernel.code[1].op, Op::Ret);
    let place = Place { line: 16, column: 1 };
    assert_eq!((kernel.code[1].place, kernel.text[1].as_str()), (place, "ret"));
}

/// Targets of the branches of a kernel.
fn targets(body: &str) -> Vec<u32> {
    let target = |op| if let Op::Bra { target, .. } = op { Some(target) } else { None };
    kernel(body).code.iter().filter_map(|i| target(i.op)).collect()
}

#[test]
fn a_label_belongs_to_its_scope() {
    assert_eq!(targets("A: membar.gl; bra A; bra B; B:"), [0, 3]);
    // Out of a scope, and to the nearest of two.
    assert_eq!(targets("membar.gl; A: { bra A; { bra B; } } membar.gl; B: ret;"), [1, 4]);
    assert_eq!(targets("A: membar.gl; { bra A; membar.gl; A: ret; } bra A;"), [3, 0]);
    // Names of instructions and kernels may be labels, and two labels may stand together.
    assert_eq!(targets("add: bar: membar.gl; bra add; bra bar; { k: bra k; }"), [0, 0, 3]);
    assert!(!is_read("bra A; { A: ret; }"));
    assert!(!is_read("{ A: ret; } { bra A; }"));
}

#[test]
fn a_name_means_what_the_innermost_scope_says() {
    let kernel = kernel(
        "{ .reg .u32 %u0; mov.u32 %u0, 1; { .reg .f32 %u0; mov.f32 %u0, 1.0; } mov.u32 %u0, 2; } mov.u32 %u0, 3;",
    );
    let written = |op| if let Op::Mov { d, .. } = op { Some(d) } else { None };
    assert_eq!(kernel.code.iter().filter_map(|i| written(i.op)).collect::<Vec<_>>(), [16, 17, 16, 4]);
    assert_eq!(kernel.registers.r32[16..], ["%u0", "%u0"]);
    assert!(!is_read("{ .reg .u32 %x; } mov.u32 %x, 1;"));
    // A label of a scope hides a register from the instructions behind it.
    assert!(!is_read("{ %u0: mov.u32 %u0, 1; }"));
}

#[test]
fn blanks_and_comments_may_stand_anywhere() {
    let tight = ".version 6.0 .target sm_50 .address_size 64 .entry k{.reg .u32 %a;add.u32 %a,%a,1;}";
    let wide = "// first\r\n\t.version/**/6.0\n.target /* * / */ sm_50 .address_size\n64\n.entry k\n{.reg\n.u32 %a\n;\nadd .u32 %a , %a\n,\n1 ;\n} // last";
    let [tight, wide] = [tight, wide].map(|source| module(source).kernels[0].clone());
    let ops = |kernel: &Kernel| kernel.code.iter().map(|i| i.op).collect::<Vec<_>>();
    assert_eq!(ops(&tight), ops(&wide));
    assert_eq!(tight.code.len(), 2);
}

#[test]
fn header_names_a_version_and_a_gpu_that_it_knows() {
    let read = |version: &str, gpu: &str| parse(&format!(".version {version} .target {gpu} .address_size 64")).is_ok();
    for (version, gpu) in [("6.0", "sm_50"), ("6.3", "sm_75"), ("7.8", "sm_90"), ("8.8", "sm_121"), ("9.0", "sm_80")] {
        assert!(read(version, gpu), "{version} {gpu}");
    }
    for (version, gpu) in
        [("5.0", "sm_50"), ("6.6", "sm_50"), ("7.9", "sm_50"), ("6.2", "sm_75"), ("7.7", "sm_90"), ("8.0", "sm_51")]
    {
        assert!(!read(version, gpu), "{version} {gpu}");
    }
}
