//! Exercise 2.2: `cargo test -p ch02-im2col --test exercises gather`

use unrolled::ConvShape;

/// col2im without scattering: each input of `[C, H, W]` collects the elements of `columns`, `[C · R · S, Y · X]`, that were
/// copied from it. No two inputs are written by the same turn of the outer loops, so that each could be a thread.
pub fn gather(shape: &ConvShape<2>, columns: &[f32]) -> Vec<f32> {
    todo!()
}
