//! Gradients against differences, and how large the step should be.

use unrolled::{Real, Result, Var, say};

/// The loss of the calculation by hand, as a function of its weight.
fn loss<T: Real>(w: T) -> T {
    let (x, b, t) = (T::of(3.0), T::of(-1.0), T::of(7.0));
    let e = w * (w * x + b) - t;
    e * e
}

// ANCHOR: central
/// The slope of `f` at `x` from two points of its curve, `step` before and behind.
fn central<T: Real>(f: fn(T) -> T, x: T, step: T) -> T {
    let (before, behind) = (x - step, x + step);
    (f(behind) - f(before)) / (behind - before) // the step that was really taken, after rounding
}
// ANCHOR_END: central

fn one_sided<T: Real>(f: fn(T) -> T, x: T, step: T) -> T {
    let behind = x + step;
    (f(behind) - f(x)) / (behind - x)
}

pub fn print() -> Result<()> {
    // Beside 2, as round numbers are luckier than others; a number that f32 holds, so that both have the same.
    let at = 2.1_f32;
    let w = Var::parameter(f64::from(at));
    let h = &(&w * &Var::constant(3.0)) + &Var::constant(-1.0);
    let e = &(&w * &h) - &Var::constant(7.0);
    (&e * &e).backward()?;
    let slope = w.grad().expect("the loss depends on the weight");
    say!("At w = {at} the tape says dw = {slope:.6}. How far differences are from it, by the step:\n");
    say!(" step  one-sided, f64  central, f64  central, f32");
    for step in [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12] {
        let off = |found: f64| match (found - slope).abs() {
            off if off.is_finite() => format!("{off:.0e}"),
            _ => "no answer".to_string(),
        };
        let one = off(one_sided(loss::<f64>, at.into(), step));
        let two = off(central(loss::<f64>, at.into(), step));
        let single = off(central(loss::<f32>, at, step as f32).into());
        say!("{:5} {one:>15} {two:>13} {single:>13}", format!("{step:.0e}"));
    }
    say!("");
    Ok(())
}
