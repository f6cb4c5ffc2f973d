//! Floating point where PTX and Rust differ, and the approximations.

use crate::ir::UnaryOp;

/// The one NaN that a GPU computes.
pub const NAN: u32 = 0x7fff_ffff;

/// The bits of a result.
#[inline(always)]
pub fn canonical(x: f32) -> u32 {
    if x.is_nan() { NAN } else { x.to_bits() }
}

/// The smaller one; the other one if one is NaN; −0 is below +0.
#[inline(always)]
pub fn min(a: f32, b: f32) -> f32 {
    let smaller = a < b || (a == b && a.is_sign_negative());
    if b.is_nan() || smaller { a } else { b }
}

/// The larger one; the other one if one is NaN; +0 is above −0.
#[inline(always)]
pub fn max(a: f32, b: f32) -> f32 {
    let larger = a > b || (a == b && a.is_sign_positive());
    if b.is_nan() || larger { a } else { b }
}

/// An approximation: the correctly rounded result, which every GPU's is near.
///
/// With `jitter` it is moved by as much as PTX allows it to be wrong (PTX ISA, "Floating Point Instructions"), up or
/// down by the argument's bits, so that a test can't rely on what no GPU promises.
pub fn approx(op: UnaryOp, a: f32, jitter: bool) -> f32 {
    let x = f64::from(a);
    let exact = match op {
        UnaryOp::RcpApprox => 1.0 / x,
        UnaryOp::SqrtApprox => x.sqrt(),
        UnaryOp::RsqrtApprox => 1.0 / x.sqrt(),
        UnaryOp::Ex2Approx => x.exp2(),
        _ => x.log2(),
    };
    let ulps = match op {
        UnaryOp::Ex2Approx | UnaryOp::RsqrtApprox => 2,
        _ => 1,
    };
    match jitter {
        // Between 1/2 and 2 the logarithm is near 0, and its error is absolute: 2⁻²².
        true if op == UnaryOp::Lg2Approx && a > 0.5 && a < 2.0 => (exact + sign(a) * (-22_f64).exp2()) as f32,
        true => moved(exact as f32, a, ulps),
        false => exact as f32,
    }
}

/// `div.approx` and `div.full`: within 2 ulp.
pub fn div_approx(a: f32, b: f32, jitter: bool) -> f32 {
    if jitter { moved(a / b, a, 2) } else { a / b }
}

/// 1 or −1, by the bits of the argument.
fn sign(a: f32) -> f64 {
    if a.to_bits().wrapping_mul(0x9e37_79b9) >> 31 == 0 { 1.0 } else { -1.0 }
}

/// `x` moved by so many units in the last place; zeros, infinities and NaN are exact.
fn moved(x: f32, argument: f32, ulps: u32) -> f32 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let ulp = f64::from(x.abs()) - f64::from(x.abs().next_down());
    (f64::from(x) + sign(argument) * f64::from(ulps) * ulp) as f32
}
