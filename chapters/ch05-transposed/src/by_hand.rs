//! The gradients, small enough to check by hand; and which taps belong to which phase.

use crate::row;
use ch01_naive::Naive;
use ch05_transposed::Transposed;
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// Three inputs, three taps, stride 2: the three passes, and what their inner products are.
pub fn gradients() -> Result<()> {
    let spec = ConvSpec { stride: [2], ..ConvSpec::default() };
    let x: Tensor = Tensor::new(&[1, 1, 3], vec![1.0, 2.0, 3.0])?;
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?;
    let dy = Tensor::from_fn(&[1, 1, 7], |i| i as f32 + 1.0)?;
    let layer = Transposed::new(Naive);
    let y = layer.forward(&spec, &x, &w)?;
    let dx = layer.grad_input(&spec, x.shape(), &w, &dy)?;
    let dw = layer.grad_weight(&spec, &x, w.shape(), &dy)?;
    say!("Both gradients by hand. The input's is an ordinary convolution of dy, with stride 2:\n");
    for (name, t) in [("x ", &x), ("w ", &w), ("y ", &y), ("dy", &dy)] {
        say!("{name} = {}", row(t.data(), 3));
    }
    say!("");
    let pairs = |terms: Vec<(f32, f32)>| terms.iter().map(|(a, b)| format!("{a}·{b}")).collect::<Vec<_>>().join(" + ");
    for (i, dx) in dx.data().iter().enumerate() {
        say!("dx[{i}] = {} = {dx}", pairs((0..3).map(|r| (w.data()[r], dy.data()[2 * i + r])).collect()));
    }
    for (r, dw) in dw.data().iter().enumerate() {
        say!("dw[{r}] = {} = {dw}", pairs((0..3).map(|i| (x.data()[i], dy.data()[2 * i + r])).collect()));
    }
    say!("\n⟨dy, y⟩ = {}, ⟨dx, x⟩ = {}, ⟨dw, w⟩ = {}\n", dy.dot(&y)?, dx.dot(&x)?, dw.dot(&w)?);
    Ok(())
}

/// How many taps each phase of the stride has.
pub fn phases() {
    say!("Outputs of one remainder by the stride get the taps of the same remainder. How many, along one axis, and");
    say!("on the plane:\n");
    say!("kernel  stride  taps of each phase  products of each output, on the plane");
    for (kernel, stride) in [(2, 2), (3, 2), (4, 2), (5, 2), (3, 3), (4, 3), (6, 3), (2, 3)] {
        let taps: Vec<usize> = (0..stride).map(|phase| (phase..kernel).step_by(stride).count()).collect();
        let [along, plane] = [&taps, &taps.iter().flat_map(|a| taps.iter().map(move |b| a * b)).collect()]
            .map(|taps: &Vec<usize>| taps.iter().map(usize::to_string).collect::<Vec<_>>().join(" "));
        say!("{kernel:6}  {stride:6}  {along:18}  {plane}");
    }
    say!("");
}
