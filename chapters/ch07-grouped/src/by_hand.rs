//! Two channels, one kernel each: small enough for a pencil, forwards and backwards.

use ch07_grouped::{Depthwise, depthwise_conv};
use unrolled::{ConvSpec, Convolution, Result, Tensor, Var, say};

/// Input and weight.
fn example() -> Result<[Tensor; 2]> {
    let x = Tensor::new(&[1, 2, 5], vec![1.0, 2.0, 4.0, 7.0, 11.0, 1.0, 0.0, 2.0, 0.0, 3.0])?;
    Ok([x, Tensor::new(&[2, 1, 2], vec![-1.0, 1.0, 1.0, 1.0])?])
}

/// Prints the output.
pub fn output() -> Result<()> {
    let [x, w] = example()?;
    let y = depthwise_conv(&ConvSpec::<1>::default(), &Var::constant(x.clone()), &Var::constant(w.clone()), None)?;
    say!("Depthwise, by hand: the first channel's kernel takes differences, the second one's takes sums.\n");
    say!("input [1, 2, 5]\n{x:.0}\n\nweight [2, 1, 2]\n{w:.0}\n\noutput [1, 2, 4]\n{:.0}\n", y.value());
    Ok(())
}

/// Prints both gradients, and the three inner products.
pub fn gradients() -> Result<()> {
    let [x, w] = example()?;
    let spec = ConvSpec { groups: 2, ..ConvSpec::<1>::default() };
    let dy = Tensor::new(&[1, 2, 4], vec![1.0, 0.0, 0.0, 2.0, 1.0, 1.0, 0.0, 0.0])?;
    let y = Depthwise.forward(&spec, &x, &w)?;
    let dx = Depthwise.grad_input(&spec, x.shape(), &w, &dy)?;
    let dw = Depthwise.grad_weight(&spec, &x, w.shape(), &dy)?;
    say!("A gradient comes back:\n\ndy\n{dy:.0}\n\ndx\n{dx:.0}\n\ndw\n{dw:.0}\n");
    say!("<dy, y> = {}, <dx, x> = {}, <dw, w> = {}\n", dy.dot(&y)?, dx.dot(&x)?, dw.dot(&w)?);
    Ok(())
}
