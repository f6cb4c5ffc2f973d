//! Exercise 2.5.

// ANCHOR: banks
pub fn banks(pitch: usize) -> usize {
    match pitch {
        0 => 1,                                  // all want the same word
        _ => 1 << pitch.trailing_zeros().min(5), // the greatest common divisor of pitch and 32
    }
}
// ANCHOR_END: banks
