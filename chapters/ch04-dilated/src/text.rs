//! Matrices as text.

use unrolled::text;

/// A matrix of whole numbers, a line for each row, numbers aligned.
pub fn matrix(columns: usize, numbers: &[f32]) -> Vec<String> {
    let width = numbers.iter().map(|x| x.to_string().len()).max().unwrap_or(0);
    let row = |row: &[f32]| row.iter().map(|x| format!("{x:>width$}")).collect::<Vec<_>>().join(" ");
    numbers.chunks(columns).map(row).collect()
}

/// Blocks of lines next to each other, with signs between them; smaller blocks stand in the middle.
pub fn beside(blocks: &[Vec<String>], signs: &[&str]) -> String {
    let rows = blocks.iter().map(Vec::len).max().unwrap_or(0);
    let lower = |text: String, by: usize| "\n".repeat(by) + &text;
    let mut texts = vec![String::new()]; // for the gap before the first
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 {
            texts.push(lower(format!("{:2}", signs[i - 1]), rows / 2));
        }
        texts.push(lower(block.join("\n"), (rows - block.len()) / 2));
    }
    text::beside(&texts, "  ") + "\n"
}
