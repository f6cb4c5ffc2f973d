//! Both gradients, small enough to check by hand.

use ch01_naive::{Naive, flip};
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// Numbers as a list, as in the text.
fn list(numbers: &[f32]) -> String {
    format!("{numbers:?}").replace(".0", "")
}

/// The same products, collected in a list for each element of one of the three tensors.
fn collect(name: &str, count: usize, products: &[([usize; 3], String)], by: usize, sums: &[f32]) {
    for i in 0..count {
        let mine = products.iter().filter(|(places, _)| places[by] == i);
        let terms: Vec<&str> = mine.map(|(_, term)| term.as_str()).collect();
        let terms = if terms.is_empty() { "nothing".to_string() } else { terms.join(" + ") };
        say!("{name}[{i}] = {terms} = {}", sums[i]);
    }
    say!("");
}

/// Prints the three passes of a signal of six numbers and a kernel of three, at stride 2.
pub fn gradients() -> Result<()> {
    let spec = ConvSpec { stride: [2], ..ConvSpec::<1>::default() };
    let x: Tensor = Tensor::new(&[1, 1, 6], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?;
    let dy = Tensor::new(&[1, 1, 2], vec![5.0, 7.0])?;
    let y = Naive.forward(&spec, &x, &w)?;
    let dx = Naive.grad_input(&spec, x.shape(), &w, &dy)?;
    let dw = Naive.grad_weight(&spec, &x, w.shape(), &dy)?;

    say!("Both gradients by hand: six inputs, three taps, stride 2.\n");
    say!("x  = {}\nw  = {}\ndy = {}\n", list(x.data()), list(w.data()), list(dy.data()));
    // Each product as two of its three factors; the third is what it is collected for.
    let products = |term: &dyn Fn([usize; 3]) -> String| -> Vec<([usize; 3], String)> {
        let places = (0..y.len()).flat_map(|out| (0..w.len()).map(move |tap| [2 * out + tap, tap, out]));
        places.map(|places| (places, term(places))).collect()
    };
    let forward = products(&|[i, tap, _]| format!("{}·{}", w.data()[tap], x.data()[i]));
    let to_input = products(&|[_, tap, out]| format!("{}·{}", w.data()[tap], dy.data()[out]));
    let to_weight = products(&|[i, _, out]| format!("{}·{}", x.data()[i], dy.data()[out]));
    collect("y", y.len(), &forward, 2, y.data());
    collect("dx", x.len(), &to_input, 0, dx.data());
    collect("dw", w.len(), &to_weight, 1, dw.data());

    let dot = |a: &Tensor, b: &Tensor| a.dot(b);
    say!("The sum of all products, in three ways:");
    say!("⟨dy, y⟩ = {}, ⟨dx, x⟩ = {}, ⟨dw, w⟩ = {}\n", dot(&dy, &y)?, dot(&dx, &x)?, dot(&dw, &w)?);
    as_forward_pass(&w, &dy)
}

/// The gradient of the input as a forward pass: with holes for the stride, zeros around, and the kernel flipped.
fn as_forward_pass(w: &Tensor, dy: &Tensor) -> Result<()> {
    let mut row = vec![0.0; 8];
    row[2..].iter_mut().step_by(2).zip(dy.data()).for_each(|(place, dy)| *place = *dy);
    let row = Tensor::new(&[1, 1, 8], row)?;
    let flipped = flip(w, 1);
    let dx = Naive.forward(&ConvSpec::<1>::default(), &row, &flipped)?;
    say!("dx as a forward pass at stride 1, of dy with a hole, and zeros around:");
    say!("{} with the kernel {} gives {}\n", list(row.data()), list(flipped.data()), list(dx.data()));
    Ok(())
}
