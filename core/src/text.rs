//! Text for the terminal.

/// Blocks of lines next to each other, `gap` between them, and no spaces at the ends of lines.
///
/// ```
/// use unrolled::text::beside;
///
/// assert_eq!(beside(&["1 2\n3 4", "*", "10"], "  "), "1 2  *  10\n3 4");
/// ```
pub fn beside(blocks: &[impl AsRef<str>], gap: &str) -> String {
    let blocks: Vec<Vec<&str>> = blocks.iter().map(|block| block.as_ref().lines().collect()).collect();
    let row = |y: usize| {
        let cell = |block: &Vec<&str>| {
            let width = block.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            format!("{:width$}", block.get(y).unwrap_or(&""))
        };
        blocks.iter().map(cell).collect::<Vec<_>>().join(gap).trim_end().to_string()
    };
    let height = blocks.iter().map(Vec::len).max().unwrap_or(0);
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

/// A number with commas between its thousands.
///
/// ```
/// assert_eq!(unrolled::text::thousands(207_101_952_u64), "207,101,952");
/// ```
pub fn thousands(n: impl Into<u128>) -> String {
    let digits = n.into().to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
