//! Pictures made of characters.

use unrolled::text;

/// From nothing to the largest number there is.
const SHADES: &[u8; 10] = b" .:-=+*#%@";

/// A slice of rows `width` long, two rows to a line of text, as a terminal's cells are twice as high as wide. Each
/// character is the larger of its two numbers, without their signs, against `largest`.
pub fn shades(slice: &[f32], width: usize, largest: f32) -> String {
    let shade = |x: f32| char::from(SHADES[(x.abs() / largest * 9.0).round() as usize % SHADES.len()]);
    let line = |rows: &[f32]| {
        let column = |x: usize| rows[x..].iter().step_by(width).fold(0.0f32, |most, &v| most.max(v.abs()));
        (0..width).map(|x| shade(column(x))).collect::<String>()
    };
    slice.chunks(2 * width).map(line).collect::<Vec<_>>().join("\n")
}

/// Blocks of text next to each other, each under its title.
pub fn beside(blocks: &[(&str, String)]) -> String {
    let blocks: Vec<_> = blocks.iter().map(|(title, block)| format!("{title}\n{block}")).collect();
    text::beside(&blocks, "   ")
}
