//! Both gradients of a dilated convolution, small enough to check by hand.

use ch01_naive::Naive;
use ch04_dilated::SubGrids;
use unrolled::{ConvSpec, Convolution, Result, Tensor, say};

/// Numbers as a list, as in the text.
fn list(numbers: &[f32]) -> String {
    format!("{numbers:?}").replace(".0", "")
}

/// Seven inputs, three taps, dilation 2: the gradients directly, and on the two sub-grids.
pub fn gradients() -> Result<()> {
    let spec = ConvSpec { dilation: [2], ..ConvSpec::<1>::default() };
    let x: Tensor = Tensor::from_fn(&[1, 1, 7], |i| i as f32 + 1.0)?;
    let w = Tensor::new(&[1, 1, 3], vec![1.0, 10.0, 100.0])?;
    let dy = Tensor::new(&[1, 1, 3], vec![5.0, 6.0, 7.0])?;
    let y = Naive.forward(&spec, &x, &w)?;
    let dx = Naive.grad_input(&spec, x.shape(), &w, &dy)?;
    let dw = Naive.grad_weight(&spec, &x, w.shape(), &dy)?;
    say!("Both gradients by hand: seven inputs, three taps, dilation 2.\n");
    say!("x  = {}\nw  = {}\ndy = {}\n", list(x.data()), list(w.data()), list(dy.data()));
    say!("y  = {}\ndx = {}\ndw = {}\n", list(y.data()), list(dx.data()), list(dw.data()));
    say!("⟨dy, y⟩ = {}, ⟨dx, x⟩ = {}, ⟨dw, w⟩ = {}\n", dy.dot(&y)?, dx.dot(&x)?, dw.dot(&w)?);

    let (input, output) = SubGrids::of(&spec.resolve(x.shape(), w.shape())?)?;
    let (xs, dys, dense) = (input.gather(&x)?, output.gather(&dy)?, ConvSpec::<1>::default());
    let dxs = Naive.grad_input(&dense, xs.shape(), &w, &dys)?;
    say!("The same on sub-grids, by the gradients of a dense convolution. A zero stands where there is nothing:\n");
    let mut sum = [0.0; 3];
    for phase in 0..2 {
        let part =
            |t: &Tensor| Tensor::new(&[1, 1, t.len() / 2], t.data()[phase * t.len() / 2..][..t.len() / 2].to_vec());
        let (xs, dys, dxs) = (part(&xs)?, part(&dys)?, part(&dxs)?);
        let dws = Naive.grad_weight(&dense, &xs, w.shape(), &dys)?;
        let [x, dy, dx, dw] = [xs, dys, dxs, dws.clone()].map(|t| list(t.data()));
        say!("phase {phase}:  x = {x:12}  dy = {dy:6}  dx = {dx:17}  dw = {dw}");
        sum.iter_mut().zip(dws.data()).for_each(|(sum, dw)| *sum += dw);
    }
    say!("\ndealt back, dx = {}", list(input.scatter(&dxs)?.data()));
    say!("summed,     dw = {}\n", list(&sum));
    Ok(())
}
