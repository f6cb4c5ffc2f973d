//! The steps to the product compute the product, and a strip's rows are those of the column matrix.

use ch02_im2col::{im2col, steps};
use unrolled::gemm::{MatRef, gemm};
use unrolled::strip::Strip;
use unrolled::testing::Cases;
use unrolled::{Result, Tensor};

/// A product of two matrices, of sizes `[m, n, k]`.
type Product = fn(&[f32], &[f32], &mut [f32], [usize; 3]);

#[test]
fn every_step_is_the_product() -> Result<()> {
    let products: [(&str, Product); 4] = [
        ("dot_products", steps::dot_products),
        ("rows", steps::rows),
        ("tiles", steps::tiles),
        ("panels", steps::panels),
    ];
    for sizes @ [m, n, k] in [[8, 32, 1], [8, 64, 7], [24, 32, 50], [16, 96, 33]] {
        // Small integers: products and sums are exact, in any order.
        let integers =
            |len: usize, seed: usize| Tensor::from_fn(&[len], |i| ((i * 31 + seed + i / 7) % 9) as f32 - 4.0);
        let (a, b) = (integers(m * k, 1)?, integers(k * n, 5)?);
        let mut expected = vec![0.0; m * n];
        gemm(1.0, MatRef::new(a.data(), m, k)?, MatRef::new(b.data(), k, n)?, 0.0, &mut expected)?;
        for (name, product) in products {
            let mut c = vec![f32::NAN; m * n];
            product(a.data(), b.data(), &mut c, sizes);
            assert_eq!(c, expected, "{name}, {sizes:?}");
        }
    }
    Ok(())
}

#[test]
fn a_strip_holds_every_row_of_the_column_matrix() {
    Cases { batch: 1..=1, ..Cases::<2>::any() }.check(|case| {
        let s = case.shape.lift();
        let [x, _, _] = case.integers::<f64>();
        let x = &x.data()[..s.c * s.positions_in()];
        let (lines, len) = (s.output[1], s.output[2]);
        let mut columns = vec![0.0; s.taps() * lines * len];
        im2col(&s, x, &mut columns);

        let layout = Strip::of_input(&s, s.c, [0, 0, 0], s.output);
        let mut strip = vec![f64::NAN; layout.elements()];
        layout.fill(x, &mut strip);
        for (row, from) in columns.chunks(lines * len).zip(layout.taps(&s).span().values()) {
            for (y, line) in row.chunks(len).enumerate() {
                proptest::prop_assert_eq!(&strip[from + y * layout.line()..][..len], line);
            }
        }
        Ok(())
    });
}
