//! Exercise 4.2.

// ANCHOR: fewest_layers
pub fn fewest_layers(inputs: usize) -> Vec<usize> {
    let (mut dilations, mut field) = (Vec::new(), 1);
    while field < inputs {
        dilations.push(field); // three copies of the field so far, side by side
        field *= 3;
    }
    dilations
}
// ANCHOR_END: fewest_layers
