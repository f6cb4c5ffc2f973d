//! Exercise 3.4: `cargo test -p ch03-winograd --test exercises exchange`

use ch03_winograd::CookToom;

/// F(r, m) from F(m, r), without a single multiplication or addition.
///
/// The gradient of a filter is a filter: its taps are the m gradients of the outputs, and it has r outputs.
pub fn exchange(f: &CookToom) -> CookToom {
    todo!()
}
