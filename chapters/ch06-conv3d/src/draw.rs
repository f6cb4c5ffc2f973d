//! Pictures made of characters.

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
    let text = |title: &str, block: &str| format!("{title}\n{block}");
    let texts: Vec<_> = blocks.iter().map(|(title, block)| text(title, block)).collect();
    let height = texts.iter().map(|text| text.lines().count()).max().unwrap_or(0);
    let row = |y: usize| {
        let cell = |text: &String| {
            let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            format!("{:width$}", text.lines().nth(y).unwrap_or(""))
        };
        texts.iter().map(cell).collect::<Vec<_>>().join("   ").trim_end().to_string()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}
