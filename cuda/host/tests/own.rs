//! The example of the book prints what the book shows.

#[path = "../examples/own/tool.rs"]
mod own;

use host::Session;
use std::path::Path;
use unrolled::Result;

#[test]
fn the_book_shows_what_the_example_prints() -> Result<()> {
    let printed = own::run()?;
    assert!(printed.starts_with("[1.0, 2.0, 3.0, 3.5, 3.5]\n"), "{printed}");
    if Session::new()?.is_simulated() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/outputs/appendix-b-own.txt");
        let shown = std::fs::read_to_string(file).expect("the book's output is there");
        assert_eq!(shown, format!("$ cargo run -p cuda-host --example own -- --sim\n{printed}\n"));
    }
    Ok(())
}
