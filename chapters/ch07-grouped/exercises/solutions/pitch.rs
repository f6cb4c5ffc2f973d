//! Exercise 7.4.

// ANCHOR: pitch
/// The smallest pitch of at least `columns` with which a warp, in lines of `across` threads, hits 32 different banks.
pub fn pitch(columns: usize, across: usize) -> usize {
    // Lines of a warp take `across` banks each, from a multiple of the pitch on. They leave no gap and meet nowhere if the
    // pitch is an odd multiple of `across`: then its multiples run through all of 32/across places.
    let multiple = columns.div_ceil(across);
    match across {
        32 => columns, // one line: any pitch will do
        _ => (multiple | 1) * across,
    }
}
// ANCHOR_END: pitch
