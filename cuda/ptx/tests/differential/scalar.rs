//! Arithmetic on single values, as far as the programs need it. 32-bit values are in the low half.

use ptx::ir::{BinaryOp, Compare, Type, UnaryOp};

pub fn float(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

/// A float's bits; there is one NaN.
pub fn bits(x: f32) -> u64 {
    if x.is_nan() { 0x7fff_ffff } else { x.to_bits().into() }
}

pub fn unary(op: UnaryOp, ty: Type, a: u64) -> u64 {
    match op {
        UnaryOp::Not if ty == Type::Pred => a ^ 1,
        UnaryOp::Not => !a,
        UnaryOp::Neg => a.wrapping_neg(),
        UnaryOp::Abs => (a as u32 as i32).unsigned_abs().into(),
        UnaryOp::Popc => (a as u32).count_ones().into(),
        UnaryOp::Clz => (a as u32).leading_zeros().into(),
        _ => panic!("the programs have no {op:?}"),
    }
}

pub fn binary(op: BinaryOp, ty: Type, a: u64, b: u64) -> u64 {
    if ty == Type::F32 {
        let (x, y) = (float(a), float(b));
        let less = x.total_cmp(&y).is_lt();
        return bits(match op {
            BinaryOp::Add => x + y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div => x / y,
            _ if x.is_nan() => y,
            _ if y.is_nan() => x,
            BinaryOp::Min => {
                if less {
                    x
                } else {
                    y
                }
            }
            _ => {
                if less {
                    y
                } else {
                    x
                }
            }
        });
    }
    // Wide enough for everything, with the sign of the type.
    let signed = matches!(ty, Type::S32 | Type::S64);
    let wide = |x: u64| match (signed, ty.is_wide()) {
        (true, true) => i128::from(x as i64),
        (true, false) => i128::from(x as u32 as i32),
        (false, true) => i128::from(x),
        (false, false) => i128::from(x as u32),
    };
    let width = 8 * ty.bytes() as u32;
    let (x, y) = (wide(a), wide(b));
    (match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul | BinaryOp::MulWide => x.wrapping_mul(y),
        BinaryOp::MulHi => (x * y) >> width,
        BinaryOp::Div => x / y,
        BinaryOp::Rem => x % y,
        BinaryOp::Min => x.min(y),
        BinaryOp::Max => x.max(y),
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::Shl => x << (b as u32).min(width),
        BinaryOp::Shr => x >> (b as u32).min(width),
        BinaryOp::DivApprox => panic!("the programs have no approximations"),
    }) as u64
}

pub fn compare(cmp: Compare, ty: Type, a: u64, b: u64) -> bool {
    let order = match ty {
        Type::F32 => float(a).partial_cmp(&float(b)),
        Type::S32 => (a as u32 as i32).partial_cmp(&(b as u32 as i32)),
        Type::S64 => (a as i64).partial_cmp(&(b as i64)),
        _ => a.partial_cmp(&b),
    };
    match cmp {
        Compare::Eq => order.is_some_and(|order| order.is_eq()),
        Compare::Ne => order.is_some_and(|order| order.is_ne()),
        Compare::Lt => order.is_some_and(|order| order.is_lt()),
        Compare::Le => order.is_some_and(|order| order.is_le()),
        Compare::Gt => order.is_some_and(|order| order.is_gt()),
        Compare::Ge => order.is_some_and(|order| order.is_ge()),
        Compare::Geu => order.is_none_or(|order| order.is_ge()),
        _ => panic!("the programs have no {cmp:?}"),
    }
}
