//! Exercise 9.5: `cargo test -p ch09-lenet --test exercises shift`

/// An image of this width, moved `down` and `right` (up and left if negative). What comes in at the edges is 0, what
/// goes out is lost.
///
/// A digit that has moved is the same digit: from one image one can make many.
pub fn shift(image: &[u8], width: usize, down: isize, right: isize) -> Vec<u8> {
    todo!()
}
