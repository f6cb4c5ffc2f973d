//! Where the elements of a tensor stand in memory.

use unrolled::text::beside;
use unrolled::{Result, Tensor, Var, nn, say};

// ANCHOR: strides
/// How far apart neighbours along each axis stand: the product of the sizes behind it.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}
// ANCHOR_END: strides

pub fn print() -> Result<()> {
    let t = Tensor::<f32>::from_fn(&[2, 3, 4], |i| i as f32)?;
    say!("A tensor of shape {:?}; each element is the number of its place in memory.\n", t.shape());
    say!("{t:.0}\n");
    let (strides, index) = (strides(t.shape()), [1, 2, 3]);
    let steps: Vec<String> = index.iter().zip(&strides).map(|(i, stride)| format!("{i}·{stride}")).collect();
    let place: usize = index.iter().zip(&strides).map(|(i, stride)| i * stride).sum();
    say!("strides {strides:?}");
    say!("element {index:?} stands at {} = {place}, and holds {}\n", steps.join(" + "), t.data()[place]);

    let m = Tensor::<f32>::from_fn(&[2, 3], |i| i as f32)?;
    let reshaped = m.clone().reshape(&[3, 2])?;
    let transposed = crate::ops::transposed(&Var::constant(m.clone()))?.value();
    let title = |name: &str, t: &Tensor| format!("{name}\n{t:.0}");
    let blocks =
        [title("a matrix", &m), title("reshaped to [3, 2]", &reshaped), title("transposed, [3, 2]", &transposed)];
    say!("{}\n", beside(&blocks, "     "));
    let list = |t: &Tensor| format!("{:?}", t.data()).replace(".0", "");
    say!("in memory: the matrix {}, reshaped {}, transposed {}\n", list(&m), list(&reshaped), list(&transposed));

    let column = Var::constant(Tensor::<f32>::full(&[3, 1], 1.0)?);
    let said = nn::add(&Var::constant(reshaped), &column).map(|y| y.value());
    say!("[3, 2] plus [3, 1] is an error:\n{}\n", said.expect_err("nothing is broadcast"));
    Ok(())
}
