//! A digit and ten probabilities, drawn in characters.

use crate::idx::SIDE;

/// The pixels of a 28 × 28 image, two rows to a line of text, as a terminal's cells are twice as
/// high as wide. Empty rows above and below are left out.
pub fn digit(pixels: &[u8]) -> String {
    const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
    let rows: Vec<&[u8]> = pixels.chunks(SIDE).collect();
    let lines = rows.chunks(2).map(|pair| {
        let column = |x: usize| pair.iter().map(|row| usize::from(row[x])).sum::<usize>() / pair.len();
        (0..SIDE).map(|x| SHADES[column(x) * SHADES.len() / 256]).collect::<String>()
    });
    let lines: Vec<String> = lines.map(|line| line.trim_end().to_string()).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |i| i + 1);
    lines[first.min(last)..last].join("\n")
}

/// A bar for each class, as long as its probability; the largest is marked.
pub fn bars(probabilities: &[f32]) -> String {
    const WIDTH: f32 = 40.0;
    let best = probabilities.iter().fold(f32::NEG_INFINITY, |best, &p| best.max(p));
    let bar = |(class, &p): (usize, &f32)| {
        let bar = "█".repeat((p * WIDTH).round() as usize);
        format!("{class} {p:.4} {bar}{}", if p == best { " <" } else { "" }).trim_end().to_string()
    };
    probabilities.iter().enumerate().map(bar).collect::<Vec<_>>().join("\n")
}
