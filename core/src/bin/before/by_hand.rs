//! A calculation that is differentiated by hand, and by the tape.

use unrolled::{Result, Var, say};

/// A number of the calculation: its name, how it was made, and what the tape has.
pub struct Line {
    pub name: &'static str,
    pub made: &'static str,
    pub var: Var<f64>,
}

/// Two neurons with one weight, one behind the other; how far is the second from its target?
pub fn example() -> Result<Vec<Line>> {
    // ANCHOR: example
    let (x, t) = (Var::constant(3.0), Var::constant(7.0));
    let (w, b) = (Var::parameter(2.0), Var::parameter(-1.0));
    let p = &w * &x;
    let h = &p + &b;
    let y = &w * &h;
    let e = &y - &t;
    let loss = &e * &e;
    loss.backward()?;
    // ANCHOR_END: example
    let line = |name, made, var| Line { name, made, var };
    Ok(vec![
        line("x", "given", x),
        line("t", "given", t),
        line("w", "parameter", w),
        line("b", "parameter", b),
        line("p", "w·x", p),
        line("h", "p + b", h),
        line("y", "w·h", y),
        line("e", "y − t", e),
        line("L", "e·e", loss),
    ])
}

pub fn print() -> Result<()> {
    say!("Two neurons with one weight: L = (w·(w·x + b) − t)²\n");
    say!("                  value  gradient");
    for Line { name, made, var } in example()? {
        let grad = var.grad().map_or("none".to_string(), |grad| grad.to_string());
        say!("{name}  {made:11} {:8}  {grad:>8}", var.value());
    }
    let error = |w: f64| w * (w * 3.0 - 1.0) - 7.0;
    let loss = |w: f64| error(w) * error(w);
    let (before, after) = (loss(2.0), loss(2.001));
    say!("\nA test: with w = 2.001, L = {after:.6}, which is {:.6} more;", after - before);
    say!("for each of the thousandths that w grew by, {:.3} thousandths.\n", (after - before) / 0.001);
    Ok(())
}
