//! Exercise 9.5.

// ANCHOR: shift
pub fn shift(image: &[u8], width: usize, down: isize, right: isize) -> Vec<u8> {
    let height = image.len() / width;
    let from = |i: usize| {
        let y = (i / width).checked_add_signed(-down).filter(|&y| y < height)?;
        let x = (i % width).checked_add_signed(-right).filter(|&x| x < width)?;
        Some(image[y * width + x])
    };
    (0..image.len()).map(|i| from(i).unwrap_or(0)).collect()
}
// ANCHOR_END: shift
