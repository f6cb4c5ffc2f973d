//! Comparisons, and what predicates make of them.

use crate::pred;

#[test]
fn comparisons_of_integers() {
    pred("setp.eq.u32 %p, %a, %b;", |a, b, _| a as u32 == b as u32);
    pred("setp.ne.s32 %p, %a, %b;", |a, b, _| a as u32 != b as u32);
    pred("setp.lt.u32 %p, %a, %b;", |a, b, _| (a as u32) < b as u32);
    pred("setp.lt.s32 %p, %a, %b;", |a, b, _| (a as i32) < b as i32);
    pred("setp.le.u32 %p, %a, %b;", |a, b, _| a as u32 <= b as u32);
    pred("setp.gt.s32 %p, %a, %b;", |a, b, _| a as i32 > b as i32);
    pred("setp.ge.u32 %p, %a, %b;", |a, b, _| a as u32 >= b as u32);
    pred("setp.ls.u32 %p, %a, %b;", |a, b, _| a as u32 <= b as u32);
    pred("setp.hi.u64 %p, %wa, %wb;", |a, b, _| a > b);
    pred("setp.eq.b64 %p, %wa, %wb;", |a, b, _| a == b);
    pred("setp.ne.s64 %p, %wa, %wb;", |a, b, _| a != b);
    pred("setp.le.s64 %p, %wa, %wb;", |a, b, _| a as i64 <= b as i64);
    pred("setp.le.s32 %p, %a, %b;", |a, b, _| a as i32 <= b as i32);
    pred("setp.gt.u32 %p, %a, %b;", |a, b, _| a as u32 > b as u32);
    pred("setp.ge.s32 %p, %a, %b;", |a, b, _| a as i32 >= b as i32);
    pred("setp.lo.u32 %p, %a, %b;", |a, b, _| (a as u32) < b as u32);
    pred("setp.hs.u32 %p, %a, %b;", |a, b, _| a as u32 >= b as u32);
    pred("setp.lt.s64 %p, %wa, %wb;", |a, b, _| (a as i64) < b as i64);
    pred("setp.ge.u64 %p, %wa, %wb;", |a, b, _| a >= b);
    pred("setp.lt.and.u32 %p, %a, %b, %q;", |a, b, _| (a as u32) < b as u32 && a % 2 == 1);
    pred("setp.lt.or.u32 %p, %a, %b, !%q;", |a, b, _| (a as u32) < b as u32 || a.is_multiple_of(2));
    pred("setp.lt.xor.u32 %p, %a, %b, %q;", |a, b, _| ((a as u32) < b as u32) != (a % 2 == 1));
    pred("{ .reg .pred %x; setp.lt.u32 %x|%p, %a, %b; }", |a, b, _| a as u32 >= b as u32);
    // The second destination is !t AND c, not the opposite of the first.
    pred("{ .reg .pred %x; setp.lt.and.u32 %x|%p, %a, %b, %q; }", |a, b, _| a as u32 >= b as u32 && a % 2 == 1);
    pred("setp.lt.u32 %p, %a, %b; and.pred %p, %p, %q;", |a, b, _| (a as u32) < b as u32 && a % 2 == 1);
    pred("setp.lt.u32 %p, %a, %b; xor.pred %p, %p, %q;", |a, b, _| ((a as u32) < b as u32) != (a % 2 == 1));
    pred("not.pred %p, %q;", |a, _, _| a.is_multiple_of(2));
    pred("mov.pred %p, %q;", |a, _, _| a % 2 == 1);
}

#[test]
fn comparisons_of_floats() {
    let f = |x: u64| f32::from_bits(x as u32);
    let nan = move |a, b| f(a).is_nan() || f(b).is_nan();
    pred("setp.eq.f32 %p, %a, %b;", move |a, b, _| f(a) == f(b));
    pred("setp.ne.f32 %p, %a, %b;", move |a, b, _| !nan(a, b) && f(a) != f(b));
    pred("setp.lt.f32 %p, %a, %b;", move |a, b, _| f(a) < f(b));
    pred("setp.le.f32 %p, %a, %b;", move |a, b, _| f(a) <= f(b));
    pred("setp.gt.f32 %p, %a, %b;", move |a, b, _| f(a) > f(b));
    pred("setp.ge.f32 %p, %a, %b;", move |a, b, _| f(a) >= f(b));
    pred("setp.equ.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) == f(b));
    pred("setp.neu.f32 %p, %a, %b;", move |a, b, _| f(a) != f(b));
    pred("setp.ltu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) < f(b));
    pred("setp.leu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) <= f(b));
    pred("setp.gtu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) > f(b));
    pred("setp.geu.f32 %p, %a, %b;", move |a, b, _| nan(a, b) || f(a) >= f(b));
    pred("setp.num.f32 %p, %a, %b;", move |a, b, _| !nan(a, b));
    pred("setp.nan.f32 %p, %a, %b;", move |a, b, _| nan(a, b));
}
