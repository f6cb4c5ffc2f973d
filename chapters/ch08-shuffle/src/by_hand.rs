//! The gradient of a shuffle, small enough to check by hand.

use ch08_shuffle::Shuffle;
use unrolled::{Result, Tensor, say};

/// Six channels of one number each, and what comes back.
pub fn gradient() -> Result<()> {
    // ANCHOR: gradient
    let shuffle = Shuffle::new(6, 2)?;
    let x: Tensor = Tensor::new(&[1, 6], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    let dy = Tensor::new(&[1, 6], vec![3.0, 1.0, 4.0, 1.0, 5.0, 9.0])?;
    let y = shuffle.apply(&x)?;
    let dx = shuffle.inverse().apply(&dy)?;
    let wrong = shuffle.apply(&dy)?;
    // ANCHOR_END: gradient
    let list = |t: &Tensor| format!("{:?}", t.data()).replace(".0", "");
    say!("The gradient by hand, of 6 channels in 2 groups:\n");
    say!("x  = {}\ny  = {}", list(&x), list(&y));
    say!("dy = {}\ndx = {}\n", list(&dy), list(&dx));
    say!("⟨dy, y⟩ = {}, ⟨dx, x⟩ = {}\n", dy.dot(&y)?, dx.dot(&x)?);
    say!("Shuffled in 2 groups once more, dy would be {}, and the inner product {}.\n", list(&wrong), wrong.dot(&x)?);
    Ok(())
}
