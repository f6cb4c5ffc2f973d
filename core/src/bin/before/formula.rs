//! The tape on values that are no numbers: formulas.

use unrolled::{Result, Value, Var, say};

// ANCHOR: formula
/// A formula, and whether it is a sum, which needs brackets among products.
#[derive(Clone)]
struct Formula(String, bool);

impl Value for Formula {
    fn shape(&self) -> &[usize] {
        &[]
    }
    fn ones_like(&self) -> Result<Self> {
        Ok(Formula("1".into(), false))
    }
    fn accumulate(&mut self, other: &Self) -> Result<()> {
        *self = Formula(format!("{} + {}", self.0, other.0), true);
        Ok(())
    }
}
// ANCHOR_END: formula

fn name(name: &str) -> Formula {
    Formula(name.into(), false)
}

fn product(a: &Formula, b: &Formula) -> Formula {
    let factor = |Formula(text, sum): &Formula| if *sum { format!("({text})") } else { text.clone() };
    match a.0.as_str() {
        "1" => b.clone(),
        _ => Formula(format!("{}·{}", factor(a), factor(b)), false),
    }
}

// ANCHOR: formulas
fn mul(result: &str, a: &Var<Formula>, b: &Var<Formula>) -> Var<Formula> {
    let (x, z) = (a.value(), b.value());
    Var::op(name(result)).input(a, move |dy| Ok(product(&dy, &z))).input(b, move |dy| Ok(product(&dy, &x))).var()
}

fn add(result: &str, a: &Var<Formula>, b: &Var<Formula>) -> Var<Formula> {
    Var::op(name(result)).input(a, Ok).input(b, Ok).var()
}

pub fn print() -> Result<()> {
    let [x, minus_t] = ["x", "−t"].map(|n| Var::constant(name(n)));
    let [w, b] = ["w", "b"].map(|n| Var::parameter(name(n)));
    let h = add("h", &mul("p", &w, &x), &b);
    let e = add("e", &mul("y", &w, &h), &minus_t);
    mul("L", &e, &e).backward()?;
    for (name, var) in [("e", e), ("h", h), ("w", w), ("b", b)] {
        say!("d{name} = {}", var.grad().expect("the loss depends on it").0);
    }
    Ok(())
}
// ANCHOR_END: formulas
