//! Exercise 9.3.

// ANCHOR: max_pool
pub fn max_pool(x: &[f64], width: usize) -> (Vec<f64>, Vec<usize>) {
    let height = x.len() / width;
    let corners = (0..height / 2).flat_map(|y| (0..width / 2).map(move |z| 2 * y * width + 2 * z));
    let winner = |corner: usize| {
        let block = [corner, corner + 1, corner + width, corner + width + 1];
        block.into_iter().reduce(|best, i| if x[i] > x[best] { i } else { best }).expect("four places")
    };
    let winners: Vec<usize> = corners.map(winner).collect();
    (winners.iter().map(|&i| x[i]).collect(), winners)
}
// ANCHOR_END: max_pool
