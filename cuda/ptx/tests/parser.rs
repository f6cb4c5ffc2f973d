//! What the parser makes of whole files.

use ptx::ir::*;
use ptx::parse;

const SAXPY: &str = "
.version 6.0
.target sm_50
.address_size 64

// y[i] += a x[i]
.visible .entry saxpy(.param .u64 x, .param .u64 y, .param .f32 a, .param .u32 n)
{
    .reg .pred %out;
    .reg .u32 %i, %n, %block, %threads;
    .reg .u64 %x, %y;
    .reg .f32 %a, %v<2>;
    mov.u32 %i, %tid.x;
    mov.u32 %block, %ctaid.x;
    mov.u32 %threads, %ntid.x;
    mad.lo.u32 %i, %block, %threads, %i;
    ld.param.u32 %n, [n];
    setp.ge.u32 %out, %i, %n;
    @%out bra done;
    ld.param.u64 %x, [x];
    cvta.to.global.u64 %x, %x;
    mad.wide.u32 %x, %i, 4, %x;
    ld.param.u64 %y, [y];
    cvta.to.global.u64 %y, %y;
    mad.wide.u32 %y, %i, 4, %y;
    ld.param.f32 %a, [a];
    ld.global.nc.f32 %v0, [%x];
    ld.global.f32 %v1, [%y];
    fma.rn.f32 %v1, %a, %v0, %v1;
    st.global.f32 [%y], %v1;
done:
    ret;
}
";

#[test]
fn a_kernel_is_read_with_all_its_names_resolved() {
    let module = parse(SAXPY).unwrap();
    let kernel = module.kernel("saxpy").unwrap();
    let offsets: Vec<_> = kernel.params.iter().map(|param| (param.name.as_str(), param.offset, param.bytes)).collect();
    assert_eq!(offsets, [("x", 0, 8), ("y", 8, 8), ("a", 16, 4), ("n", 20, 4)]);
    assert_eq!(kernel.param_bytes, 24);
    assert_eq!(kernel.registers.pred, ["%out"]);
    assert_eq!(kernel.registers.r32, ["%i", "%n", "%block", "%threads", "%a", "%v0", "%v1"]);
    assert_eq!(kernel.registers.r64, ["%x", "%y"]);
    assert_eq!(kernel.text.len(), kernel.code.len());
    assert_eq!(kernel.text[6], "@%out bra done");
    let branch = kernel.code[6];
    assert_eq!(branch.guard, Some(Guard { reg: 0, negated: false }));
    assert_eq!(branch.op, Op::Bra { target: 18, join: Some(18), uniform: false });
    assert_eq!(branch.place, Place { line: 19, column: 5 });
    let fma = Op::Ternary {
        op: TernaryOp::Fma,
        ty: Type::F32,
        d: 6,
        a: Operand::Reg(4),
        b: Operand::Reg(5),
        c: Operand::Reg(6),
    };
    assert_eq!(kernel.code[16].op, fma);
    assert_eq!(kernel.code.last().unwrap().op, Op::Ret);
}

#[test]
fn a_multiplication_without_rounding_is_refused() {
    let source = SAXPY.replace("fma.rn.f32 %v1, %a, %v0, %v1", "mul.f32 %v1, %a, %v0");
    let problem = parse(&source).unwrap_err().to_string();
    assert_eq!(
        problem,
        "line 29, column 5: mul.f32: no rounding is given, and ptxas might fuse it with its neighbour; write mul.rn.f32"
    );
}
