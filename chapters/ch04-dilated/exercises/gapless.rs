//! Exercise 4.1: `cargo test -p ch04-dilated --test exercises gapless`

/// Whether an output of a stack of layers sees every input of its field, along one axis.
///
/// All layers have a kernel of 3 taps, stride 1 and these dilations, each at least 1. The answer doesn't depend on their
/// order.
pub fn gapless(dilations: &[usize]) -> bool {
    todo!()
}
