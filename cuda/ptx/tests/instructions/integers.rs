//! Whole numbers and bits.

use crate::To::{D, Wd};
use crate::{check, check_where, int};

#[test]
fn integers_of_32_bits() {
    int("add.u32 %d, %a, %b;", |a, b, _| a.wrapping_add(b));
    int("sub.s32 %d, %a, %b;", |a, b, _| a.wrapping_sub(b));
    int("mul.lo.u32 %d, %a, %b;", |a, b, _| a.wrapping_mul(b));
    int("mul.hi.u32 %d, %a, %b;", |a, b, _| ((u64::from(a) * u64::from(b)) >> 32) as u32);
    int("mul.hi.s32 %d, %a, %b;", |a, b, _| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32);
    int("mad.lo.s32 %d, %a, %b, %c;", |a, b, c| a.wrapping_mul(b).wrapping_add(c));
    int("min.u32 %d, %a, %b;", |a, b, _| a.min(b));
    int("max.u32 %d, %a, %b;", |a, b, _| a.max(b));
    int("min.s32 %d, %a, %b;", |a, b, _| (a as i32).min(b as i32) as u32);
    int("max.s32 %d, %a, %b;", |a, b, _| (a as i32).max(b as i32) as u32);
    int("neg.s32 %d, %a;", |a, _, _| (a as i32).wrapping_neg() as u32);
    int("abs.s32 %d, %a;", |a, _, _| (a as i32).wrapping_abs() as u32);
    int("mov.u32 %d, -5;", |_, _, _| -5_i32 as u32);
    let nonzero = |_, b: u64, _| b as u32 != 0;
    check_where("div.u32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from(a as u32 / b as u32));
    check_where("rem.u32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from(a as u32 % b as u32));
    check_where("div.s32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from((a as i32).wrapping_div(b as i32) as u32));
    check_where("rem.s32 %d, %a, %b;", D, nonzero, |a, b, _| u64::from((a as i32).wrapping_rem(b as i32) as u32));
}

#[test]
fn bits_of_32() {
    int("and.b32 %d, %a, %b;", |a, b, _| a & b);
    int("or.b32 %d, %a, %b;", |a, b, _| a | b);
    int("xor.b32 %d, %a, %b;", |a, b, _| a ^ b);
    int("not.b32 %d, %a;", |a, _, _| !a);
    int("popc.b32 %d, %a;", |a, _, _| a.count_ones());
    int("clz.b32 %d, %a;", |a, _, _| a.leading_zeros());
    int("brev.b32 %d, %a;", |a, _, _| a.reverse_bits());
    int("shl.b32 %d, %a, %b;", |a, b, _| if b > 31 { 0 } else { a << b });
    int("shr.u32 %d, %a, %b;", |a, b, _| if b > 31 { 0 } else { a >> b });
    int("shr.b32 %d, %a, %b;", |a, b, _| if b > 31 { 0 } else { a >> b });
    int("shr.s32 %d, %a, %b;", |a, b, _| ((a as i32) >> b.min(31)) as u32);
    int("selp.b32 %d, %a, %b, %q;", |a, b, _| if a % 2 == 1 { a } else { b });
    int("mov.b32 %d, 0; @%q mov.b32 %d, %b;", |a, b, _| if a % 2 == 1 { b } else { 0 });
    int("mov.b32 %d, 0; @!%q mov.b32 %d, %b;", |a, b, _| if a % 2 == 1 { 0 } else { b });
}

#[test]
fn integers_of_64_bits() {
    check("add.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.wrapping_add(b));
    check("sub.s64 %wd, %wa, %wb;", Wd, |a, b, _| a.wrapping_sub(b));
    check("mul.lo.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.wrapping_mul(b));
    check("mul.hi.u64 %wd, %wa, %wb;", Wd, |a, b, _| ((u128::from(a) * u128::from(b)) >> 64) as u64);
    check("mul.hi.s64 %wd, %wa, %wb;", Wd, |a, b, _| ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64);
    check("mad.lo.u64 %wd, %wa, %wb, %wc;", Wd, |a, b, c| a.wrapping_mul(b).wrapping_add(c));
    check("abs.s64 %wd, %wa;", Wd, |a, _, _| (a as i64).wrapping_abs() as u64);
    check("popc.b64 %d, %wa;", D, |a, _, _| a.count_ones().into());
    check("clz.b64 %d, %wa;", D, |a, _, _| a.leading_zeros().into());
    check("brev.b64 %wd, %wa;", Wd, |a, _, _| a.reverse_bits());
    check("min.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.min(b));
    check("max.s64 %wd, %wa, %wb;", Wd, |a, b, _| (a as i64).max(b as i64) as u64);
    check("min.s64 %wd, %wa, %wb;", Wd, |a, b, _| (a as i64).min(b as i64) as u64);
    check("max.u64 %wd, %wa, %wb;", Wd, |a, b, _| a.max(b));
    check("neg.s64 %wd, %wa;", Wd, |a, _, _| a.wrapping_neg());
    check("and.b64 %wd, %wa, %wb;", Wd, |a, b, _| a & b);
    check("or.b64 %wd, %wa, %wb;", Wd, |a, b, _| a | b);
    check("xor.b64 %wd, %wa, %wb;", Wd, |a, b, _| a ^ b);
    check("not.b64 %wd, %wa;", Wd, |a, _, _| !a);
    check("shl.b64 %wd, %wa, %b;", Wd, |a, b, _| if b as u32 > 63 { 0 } else { a << (b as u32) });
    check("shr.u64 %wd, %wa, %b;", Wd, |a, b, _| if b as u32 > 63 { 0 } else { a >> (b as u32) });
    check("shr.s64 %wd, %wa, %b;", Wd, |a, b, _| ((a as i64) >> (b as u32).min(63)) as u64);
    check("selp.b64 %wd, %wa, %wb, %q;", Wd, |a, b, _| if a % 2 == 1 { a } else { b });
    check("mul.wide.u32 %wd, %a, %b;", Wd, |a, b, _| (a & 0xffff_ffff) * (b & 0xffff_ffff));
    check("mul.wide.s32 %wd, %a, %b;", Wd, |a, b, _| (i64::from(a as i32) * i64::from(b as i32)) as u64);
    check("mad.wide.u32 %wd, %a, %b, %wc;", Wd, |a, b, c| ((a & 0xffff_ffff) * (b & 0xffff_ffff)).wrapping_add(c));
    check("mad.wide.s32 %wd, %a, %b, %wc;", Wd, |a, b, c| {
        ((i64::from(a as i32) * i64::from(b as i32)) as u64).wrapping_add(c)
    });
    let nonzero = |_, b: u64, _| b != 0;
    check_where("div.u64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| a / b);
    check_where("rem.u64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| a % b);
    check_where("div.s64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| (a as i64).wrapping_div(b as i64) as u64);
    check_where("rem.s64 %wd, %wa, %wb;", Wd, nonzero, |a, b, _| (a as i64).wrapping_rem(b as i64) as u64);
}
