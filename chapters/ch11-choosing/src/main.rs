//! Chapter 11.
fn main() {}
