//! Exercise 4.1.

use std::collections::BTreeSet;

// ANCHOR: gapless
pub fn gapless(dilations: &[usize]) -> bool {
    let mut seen = BTreeSet::from([0]);
    for &dilation in dilations {
        let dilation = dilation as isize;
        seen = seen.iter().flat_map(|at| [at - dilation, *at, at + dilation]).collect();
    }
    seen.len() == 1 + 2 * dilations.iter().sum::<usize>()
}
// ANCHOR_END: gapless
