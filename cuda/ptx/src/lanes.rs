//! Arithmetic on the 32 lanes of a warp at once.
//!
//! Each function is a plain loop over the lanes, compiled for the host's vector instructions: one PTX instruction of a
//! warp becomes two to eight of the host's.

use crate::float::{self, canonical};
use crate::ir::{BinaryOp, Compare, Rounding, TernaryOp, Type, UnaryOp};
use unrolled::simd::vectorize;

/// Lanes of a warp.
pub const WARP: usize = 32;

// ANCHOR: lanes
/// A value for each lane.
pub type Lanes<T> = [T; WARP];
// ANCHOR_END: lanes

/// The numbers of the lanes in a mask.
pub fn lanes(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        lane
    })
}

/// The mask of the lanes where `f` says yes.
pub fn mask(f: impl Fn(usize) -> bool) -> u32 {
    (0..WARP).fold(0, |mask, lane| mask | u32::from(f(lane)) << lane)
}

/// What 32 addresses have in common.
pub struct Span {
    /// The bits that are set in any.
    pub bits: u64,
    /// The lowest.
    pub least: u64,
    /// The highest.
    pub most: u64,
}

/// The span of these addresses.
pub fn span(addresses: &Lanes<u64>) -> Span {
    vectorize(
        #[inline(always)]
        || {
            let fold = |f: fn(u64, u64) -> u64| addresses.iter().copied().fold(addresses[0], f);
            Span { bits: fold(|a, b| a | b), least: fold(u64::min), most: fold(u64::max) }
        },
    )
}

#[inline(always)]
fn map<A: Copy, R>(a: &Lanes<A>, d: &mut Lanes<R>, f: impl Fn(A) -> R) {
    for lane in 0..WARP {
        d[lane] = f(a[lane]);
    }
}

#[inline(always)]
// ANCHOR: map2
fn map2<A: Copy, R>(a: &Lanes<A>, b: &Lanes<A>, d: &mut Lanes<R>, f: impl Fn(A, A) -> R) {
    for lane in 0..WARP {
        d[lane] = f(a[lane], b[lane]);
    }
}
// ANCHOR_END: map2

#[inline(always)]
fn floats(f: impl Fn(f32, f32) -> f32) -> impl Fn(u32, u32) -> u32 {
    move |a, b| canonical(f(f32::from_bits(a), f32::from_bits(b)))
}

#[inline(always)]
fn float(f: impl Fn(f32) -> f32) -> impl Fn(u32) -> u32 {
    move |a| canonical(f(f32::from_bits(a)))
}

#[inline(always)]
fn signed(f: impl Fn(i32, i32) -> i32) -> impl Fn(u32, u32) -> u32 {
    move |a, b| f(a as i32, b as i32) as u32
}

#[inline(always)]
fn signed64(f: impl Fn(i64, i64) -> i64) -> impl Fn(u64, u64) -> u64 {
    move |a, b| f(a as i64, b as i64) as u64
}

/// `op` of 32-bit values; `jitter` moves approximations by as much as they may be wrong.
pub fn unary32(op: UnaryOp, ty: Type, jitter: bool, a: &Lanes<u32>, d: &mut Lanes<u32>) {
    use UnaryOp::*;
    vectorize(
        #[inline(always)]
        || match (op, ty) {
            (Neg, Type::F32) => map(a, d, |a| a ^ 0x8000_0000),
            (Abs, Type::F32) => map(a, d, |a| a & 0x7fff_ffff),
            (Neg, _) => map(a, d, u32::wrapping_neg),
            (Abs, _) => map(a, d, |a| (a as i32).wrapping_abs() as u32),
            (Not, _) => map(a, d, |a| !a),
            (Popc, _) => map(a, d, u32::count_ones),
            (Clz, _) => map(a, d, u32::leading_zeros),
            (Brev, _) => map(a, d, u32::reverse_bits),
            (Rcp, _) => map(a, d, float(|a| 1.0 / a)),
            (Sqrt, _) => map(a, d, float(f32::sqrt)),
            (RcpApprox | SqrtApprox | RsqrtApprox | Ex2Approx | Lg2Approx, _) => {
                map(a, d, float(|a| float::approx(op, a, jitter)));
            }
        },
    );
}

/// `op` of 64-bit values.
pub fn unary64(op: UnaryOp, a: &Lanes<u64>, d: &mut Lanes<u64>) {
    match op {
        UnaryOp::Neg => map(a, d, u64::wrapping_neg),
        UnaryOp::Abs => map(a, d, |a| (a as i64).wrapping_abs() as u64),
        UnaryOp::Brev => map(a, d, u64::reverse_bits),
        _ => map(a, d, |a| !a),
    }
}

/// `op` of 32-bit values with a 32-bit result. A division by 0 gives all ones, as on hardware.
pub fn binary32(op: BinaryOp, ty: Type, jitter: bool, a: &Lanes<u32>, b: &Lanes<u32>, d: &mut Lanes<u32>) {
    use BinaryOp::*;
    vectorize(
        #[inline(always)]
        || match (op, ty) {
            // ANCHOR: binary
            (Add, Type::F32) => map2(a, b, d, floats(|a, b| a + b)),
            (Sub, Type::F32) => map2(a, b, d, floats(|a, b| a - b)),
            (Mul, Type::F32) => map2(a, b, d, floats(|a, b| a * b)),
            (Div, Type::F32) => map2(a, b, d, floats(|a, b| a / b)),
            (DivApprox, _) => map2(a, b, d, floats(|a, b| float::div_approx(a, b, jitter))),
            (Min, Type::F32) => map2(a, b, d, floats(float::min)),
            (Max, Type::F32) => map2(a, b, d, floats(float::max)),
            (Add, _) => map2(a, b, d, u32::wrapping_add),
            (Sub, _) => map2(a, b, d, u32::wrapping_sub),
            // ANCHOR_END: binary
            (Mul | MulWide, _) => map2(a, b, d, u32::wrapping_mul),
            (MulHi, Type::S32) => map2(a, b, d, signed(|a, b| ((i64::from(a) * i64::from(b)) >> 32) as i32)),
            (MulHi, _) => map2(a, b, d, |a, b| ((u64::from(a) * u64::from(b)) >> 32) as u32),
            (Div, Type::S32) => map2(a, b, d, signed(|a, b| if b == 0 { -1 } else { a.wrapping_div(b) })),
            (Div, _) => map2(a, b, d, |a, b| a.checked_div(b).unwrap_or(u32::MAX)),
            (Rem, Type::S32) => map2(a, b, d, signed(|a, b| if b == 0 { -1 } else { a.wrapping_rem(b) })),
            (Rem, _) => map2(a, b, d, |a, b| a.checked_rem(b).unwrap_or(u32::MAX)),
            (Min, Type::S32) => map2(a, b, d, signed(i32::min)),
            (Min, _) => map2(a, b, d, u32::min),
            (Max, Type::S32) => map2(a, b, d, signed(i32::max)),
            (Max, _) => map2(a, b, d, u32::max),
            (And, _) => map2(a, b, d, |a, b| a & b),
            (Or, _) => map2(a, b, d, |a, b| a | b),
            (Xor, _) => map2(a, b, d, |a, b| a ^ b),
            (Shl, _) => map2(a, b, d, |a, b| a.checked_shl(b).unwrap_or(0)),
            (Shr, Type::S32) => map2(a, b, d, |a, b| ((a as i32) >> b.min(31)) as u32),
            (Shr, _) => map2(a, b, d, |a, b| a.checked_shr(b).unwrap_or(0)),
        },
    );
}

/// `op` of 64-bit values. Of a shift's second operand the low 32 bits count.
pub fn binary64(op: BinaryOp, ty: Type, a: &Lanes<u64>, b: &Lanes<u64>, d: &mut Lanes<u64>) {
    use BinaryOp::*;
    let s = ty == Type::S64;
    match op {
        Add => map2(a, b, d, u64::wrapping_add),
        Sub => map2(a, b, d, u64::wrapping_sub),
        Mul | MulWide => map2(a, b, d, u64::wrapping_mul),
        MulHi if s => map2(a, b, d, signed64(|a, b| ((i128::from(a) * i128::from(b)) >> 64) as i64)),
        MulHi => map2(a, b, d, |a, b| ((u128::from(a) * u128::from(b)) >> 64) as u64),
        Div if s => map2(a, b, d, signed64(|a, b| if b == 0 { -1 } else { a.wrapping_div(b) })),
        Div | DivApprox => map2(a, b, d, |a, b| a.checked_div(b).unwrap_or(u64::MAX)),
        Rem if s => map2(a, b, d, signed64(|a, b| if b == 0 { -1 } else { a.wrapping_rem(b) })),
        Rem => map2(a, b, d, |a, b| a.checked_rem(b).unwrap_or(u64::MAX)),
        Min if s => map2(a, b, d, signed64(i64::min)),
        Min => map2(a, b, d, u64::min),
        Max if s => map2(a, b, d, signed64(i64::max)),
        Max => map2(a, b, d, u64::max),
        And => map2(a, b, d, |a, b| a & b),
        Or => map2(a, b, d, |a, b| a | b),
        Xor => map2(a, b, d, |a, b| a ^ b),
        Shl => map2(a, b, d, |a, b| a.checked_shl(b as u32).unwrap_or(0)),
        Shr if s => map2(a, b, d, |a, b| ((a as i64) >> (b as u32).min(63)) as u64),
        Shr => map2(a, b, d, |a, b| a.checked_shr(b as u32).unwrap_or(0)),
    }
}

/// The 64-bit product of 32-bit factors.
pub fn mul_wide(ty: Type, a: &Lanes<u32>, b: &Lanes<u32>, d: &mut Lanes<u64>) {
    vectorize(
        #[inline(always)]
        || match ty {
            Type::S32 => map2(a, b, d, |a, b| (i64::from(a as i32) * i64::from(b as i32)) as u64),
            _ => map2(a, b, d, |a, b| u64::from(a) * u64::from(b)),
        },
    );
}

/// `fma.rn.f32` or `mad.lo` of 32 bits.
pub fn ternary32(op: TernaryOp, [a, b, c]: [&Lanes<u32>; 3], d: &mut Lanes<u32>) {
    vectorize(
        #[inline(always)]
        || {
            for lane in 0..WARP {
                d[lane] = match op {
                    TernaryOp::Fma => {
                        let f = f32::from_bits;
                        canonical(f(a[lane]).mul_add(f(b[lane]), f(c[lane])))
                    }
                    _ => a[lane].wrapping_mul(b[lane]).wrapping_add(c[lane]),
                };
            }
        },
    );
}

/// The mask of the lanes where `a cmp b`.
pub fn compare32(cmp: Compare, ty: Type, a: &Lanes<u32>, b: &Lanes<u32>) -> u32 {
    match ty {
        Type::F32 => mask(|i| compare_f32(cmp, f32::from_bits(a[i]), f32::from_bits(b[i]))),
        Type::S32 => ordered(cmp, &a.map(|a| a as i32), &b.map(|b| b as i32)),
        _ => ordered(cmp, a, b),
    }
}

/// The same of 64-bit values.
pub fn compare64(cmp: Compare, ty: Type, a: &Lanes<u64>, b: &Lanes<u64>) -> u32 {
    match ty {
        Type::S64 => ordered(cmp, &a.map(|a| a as i64), &b.map(|b| b as i64)),
        _ => ordered(cmp, a, b),
    }
}

fn ordered<T: Ord>(cmp: Compare, a: &Lanes<T>, b: &Lanes<T>) -> u32 {
    use Compare::*;
    match cmp {
        Eq | Equ => mask(|i| a[i] == b[i]),
        Ne | Neu => mask(|i| a[i] != b[i]),
        Lt | Ltu => mask(|i| a[i] < b[i]),
        Le | Leu => mask(|i| a[i] <= b[i]),
        Gt | Gtu => mask(|i| a[i] > b[i]),
        Ge | Geu => mask(|i| a[i] >= b[i]),
        Num => u32::MAX,
        Nan => 0,
    }
}

/// All but the `u` ones and `nan` are false if an operand is NaN; `ne` too.
fn compare_f32(cmp: Compare, a: f32, b: f32) -> bool {
    use Compare::*;
    let nan = a.is_nan() || b.is_nan();
    match cmp {
        Eq => a == b,
        Ne => !nan && a != b,
        Lt => a < b,
        Le => a <= b,
        Gt => a > b,
        Ge => a >= b,
        Equ => nan || a == b,
        Neu => a != b,
        Ltu => nan || a < b,
        Leu => nan || a <= b,
        Gtu => nan || a > b,
        Geu => nan || a >= b,
        Num => !nan,
        Nan => nan,
    }
}

/// `cvt.to.from` of one value; 32-bit values are in the low half.
pub fn convert(to: Type, from: Type, rounding: Rounding, a: u64) -> u64 {
    let bits = |x: f32| u64::from(canonical(x));
    if from == Type::F32 {
        let x = f32::from_bits(a as u32);
        let whole = match rounding {
            Rounding::None | Rounding::Nearest => x,
            Rounding::NearestInt => x.round_ties_even(),
            Rounding::Zero => x.trunc(),
            Rounding::Down => x.floor(),
            Rounding::Up => x.ceil(),
        };
        // Rust's `as` does what PTX asks for: it saturates, and makes 0 of NaN; but 64 bits have a NaN of their own.
        return match to {
            Type::F32 => bits(whole),
            _ if to.is_wide() && x.is_nan() => 1 << 63,
            Type::S32 => u64::from(whole as i32 as u32),
            Type::S64 => whole as i64 as u64,
            Type::U64 | Type::B64 => whole as u64,
            _ => u64::from(whole as u32),
        };
    }
    let wide = match from {
        Type::S32 => i64::from(a as u32 as i32) as u64,
        Type::U32 | Type::B32 => u64::from(a as u32),
        _ => a,
    };
    match (to, from) {
        (Type::F32, Type::S32 | Type::S64) => bits(wide as i64 as f32),
        (Type::F32, _) => bits(wide as f32),
        _ if to.is_wide() => wide,
        _ => wide & 0xffff_ffff,
    }
}
