//! The first tape that one would write: a list.

use unrolled::{Result, say};

// ANCHOR: step
/// One step of a calculation.
struct Step {
    value: f64,
    /// Which steps it was made from, and how fast it grows with each of them.
    from: Vec<(usize, f64)>,
}

/// All steps, in the order in which they were done.
#[derive(Default)]
struct List(Vec<Step>);

impl List {
    /// Notes a step down, and says which number it has.
    fn push(&mut self, value: f64, from: Vec<(usize, f64)>) -> usize {
        self.0.push(Step { value, from });
        self.0.len() - 1
    }

    fn add(&mut self, a: usize, b: usize) -> usize {
        self.push(self.0[a].value + self.0[b].value, vec![(a, 1.0), (b, 1.0)])
    }

    fn mul(&mut self, a: usize, b: usize) -> usize {
        let (x, y) = (self.0[a].value, self.0[b].value);
        self.push(x * y, vec![(a, y), (b, x)])
    }
}
// ANCHOR_END: step

impl List {
    // ANCHOR: paths
    /// Carries `grad` from a step along every path to where the path ends, and counts the steps taken.
    fn along_paths(&self, step: usize, grad: f64, grads: &mut [f64]) -> usize {
        grads[step] += grad;
        let inputs = self.0[step].from.iter();
        1 + inputs.map(|&(input, slope)| self.along_paths(input, slope * grad, grads)).sum::<usize>()
    }
    // ANCHOR_END: paths

    // ANCHOR: backward
    /// The gradient of the last step with respect to each, in one walk from the end of the list to its beginning.
    fn backward(&self) -> Vec<f64> {
        let mut grads = vec![0.0; self.0.len()];
        *grads.last_mut().expect("a calculation") = 1.0;
        for (step, Step { from, .. }) in self.0.iter().enumerate().rev() {
            for &(input, slope) in from {
                grads[input] += slope * grads[step];
            }
        }
        grads
    }
    // ANCHOR_END: backward
}

pub fn print() -> Result<()> {
    // The calculation by hand once more; the target is taken off as a negative number that is added.
    let mut list = List::default();
    let [x, minus_t, w, b] = [3.0, -7.0, 2.0, -1.0].map(|number| list.push(number, Vec::new()));
    let p = list.mul(w, x);
    let h = list.add(p, b);
    let y = list.mul(w, h);
    let e = list.add(y, minus_t);
    let loss = list.mul(e, e);
    let grads = list.backward();
    say!("From the list: L = {}, dw = {}, db = {}, dx = {}\n", list.0[loss].value, grads[w], grads[b], grads[x]);

    say!("x doubled n times, each time as x + x:\n");
    say!(" n     slope  steps along the list  steps along paths");
    for n in [1, 2, 3, 10, 20] {
        let mut list = List::default();
        let first = list.push(1.0, Vec::new());
        let last = (0..n).fold(first, |x, _| list.add(x, x));
        let mut grads = vec![0.0; list.0.len()];
        let steps = list.along_paths(last, 1.0, &mut grads);
        assert_eq!(grads[first], list.backward()[first]);
        say!("{n:2} {:9} {:21} {steps:18}", grads[first], list.0.len());
    }
    say!("");
    Ok(())
}
