//! The preface's figure: the matrix of a convolution, and what each chapter does with it.

use unrolled::svg::Svg;
use unrolled::{ConvSpec, Result};

/// A colour for each tap: a hue for each row of the kernel, paler from left to right; one more hue for weights between channels.
const COLOURS: &str = "
.t0, .t1, .t2 { fill: #d98a1f }
.t3, .t4, .t5 { fill: #3f83d1 }
.t6, .t7, .t8 { fill: #3d9a5f }
.t9, .t10, .t11, .t12 { fill: #9a63cf }
.t1, .t4, .t7, .t10 { fill-opacity: 0.68 }
.t2, .t5, .t8, .t11 { fill-opacity: 0.4 }
.t12 { fill-opacity: 0.2 }
.part { fill: none; stroke: #8a93a0 }
";

/// A matrix that is mostly empty: its entries are row, column, and the number of the weight that stands there.
#[derive(Clone)]
struct Sparse {
    size: [usize; 2],
    entries: Vec<[usize; 3]>,
}

impl Sparse {
    /// The matrix of a convolution without stride and padding, each output a row and each input a column.
    fn convolution<const D: usize>(input: [usize; D], kernel: [usize; D], dilation: usize) -> Result<Self> {
        let spec = ConvSpec { dilation: [dilation; D], ..ConvSpec::<D>::default() };
        let output = spec.output_size(input, kernel)?;
        let count = |size: &[usize; D]| size.iter().product::<usize>();
        // An index along each axis, from a place; and back.
        let index = |mut place: usize, size: &[usize; D]| {
            let mut index = [0; D];
            for axis in (0..D).rev() {
                (index[axis], place) = (place % size[axis], place / size[axis]);
            }
            index
        };
        let mut entries = Vec::new();
        for (row, tap) in (0..count(&output)).flat_map(|row| (0..count(&kernel)).map(move |tap| (row, tap))) {
            let (y, r) = (index(row, &output), index(tap, &kernel));
            let column = (0..D).fold(0, |place, axis| place * input[axis] + y[axis] + dilation * r[axis]);
            entries.push([row, column, tap]);
        }
        Ok(Self { size: [count(&output), count(&input)], entries })
    }

    fn transposed(self) -> Self {
        let entries = self.entries.into_iter().map(|[row, column, tap]| [column, row, tap]).collect();
        Self { size: [self.size[1], self.size[0]], entries }
    }

    /// Rows and columns in another order: first those with an even number.
    fn sorted(self) -> Self {
        let place = |i: usize, count: usize| if i.is_multiple_of(2) { i / 2 } else { count.div_ceil(2) + i / 2 };
        let [rows, columns] = self.size;
        let moved = |[row, column, tap]: [usize; 3]| [place(row, rows), place(column, columns), tap];
        Self { entries: self.entries.into_iter().map(moved).collect(), ..self }
    }

    /// Blocks along the diagonal, each with weights of its own.
    fn diagonal(self, blocks: usize) -> Self {
        let [rows, columns] = self.size;
        let block = |b: usize| {
            self.entries.iter().map(move |[row, column, tap]| [b * rows + row, b * columns + column, 3 * b + tap])
        };
        Self { size: [blocks * rows, blocks * columns], entries: (0..blocks).flat_map(block).collect() }
    }

    fn draw(&self, svg: &mut Svg, corner: [f64; 2], side: f64) {
        let [rows, columns] = self.size.map(|count| count as f64 * side);
        svg.rect("cell", corner, [columns, rows]);
        for [row, column, tap] in &self.entries {
            let at = [corner[0] + *column as f64 * side + 0.5, corner[1] + *row as f64 * side + 0.5];
            svg.rect(&format!("t{tap}"), at, [side - 1.0; 2]);
        }
    }
}

/// The width and the height of the place for a chapter.
const PLACE: [f64; 2] = [138.0, 150.0];

pub fn whole() -> Result<String> {
    let description = "A matrix of 16 rows and 36 columns, the convolution of a 6 by 6 input with a 3 by 3 kernel. Each row \
                       holds the kernel's nine weights, in three runs of three, and is the row before it, moved to the right. \
                       Below, ten small pictures. Chapter 1: the entries of a band, one by one. 2: each row's inputs, gathered \
                       into a dense matrix. 3: blocks of two rows and four columns, for which four products do instead of six. \
                       4: a band with gaps, which falls into two blocks when even and odd places are sorted. 5: the transposed \
                       band. 6: a band of blocks, each of them a band. 7: three blocks along the diagonal. 8: a permutation. \
                       9: three matrices one behind the other. 10: a product of two matrices that are sparser, blocks of \
                       diagonals and diagonal blocks.";
    let mut svg = Svg::new(720.0, 634.0, "One matrix, and a chapter for each way of not writing it down", description);
    svg.style(COLOURS);
    svg.text("soft", [330.0, 24.0], "36 inputs, a column for each; 16 outputs, a row for each");
    Sparse::convolution([6, 6], [3, 3], 1)?.draw(&mut svg, [96.0, 42.0], 13.0);
    svg.text("soft", [636.0, 100.0], "the kernel");
    Sparse { size: [3, 3], entries: (0..9).map(|tap| [tap / 3, tap % 3, tap]).collect() }.draw(
        &mut svg,
        [611.0, 116.0],
        17.0,
    );

    let band = Sparse::convolution([8], [3], 1)?;
    for (i, (title, below)) in [
        ("1 by definition", "its entries, one by one"),
        ("2 im2col", "its rows, gathered"),
        ("3 Winograd", "4 products a block"),
        ("4 dilated", "sorted: two blocks"),
        ("5 transposed", "its transpose, forwards"),
        ("6 in 3D", "a band of bands"),
        ("7 grouped", "blocks of channels only"),
        ("8 shuffled", "channels change places"),
        ("9 LeNet", "one behind the other"),
        ("10 separable", "two that are sparser"),
    ]
    .into_iter()
    .enumerate()
    {
        let corner = [15.0 + PLACE[0] * (i % 5) as f64, 282.0 + (PLACE[1] + 10.0) * (i / 5) as f64];
        svg.text("", [corner[0] + PLACE[0] / 2.0, corner[1]], title);
        svg.text("small soft", [corner[0] + PLACE[0] / 2.0, corner[1] + 122.0], below);
        small(&mut svg, i + 1, &band, [corner[0], corner[1] + 14.0])?;
    }
    svg.text("soft", [360.0, 592.0], "Chapter 0: gradients go back through the transposed matrix.");
    svg.text("soft", [360.0, 614.0], "Chapter 11: which way is the fastest, for which layer?");
    Ok(svg.finish())
}

/// A chapter's picture, in the middle of a place of its own.
fn small(svg: &mut Svg, chapter: usize, band: &Sparse, [x, y]: [f64; 2]) -> Result<()> {
    // Matrices side by side, in the middle.
    let draw = |svg: &mut Svg, side: f64, gap: f64, matrices: &[Sparse]| {
        let wide: f64 = matrices.iter().map(|m| m.size[1] as f64 * side + gap).sum::<f64>() - gap;
        let mut left = x + (PLACE[0] - wide) / 2.0;
        let mut corners = Vec::new();
        for matrix in matrices {
            corners.push([left, y + 48.0 - matrix.size[0] as f64 * side / 2.0]);
            matrix.draw(svg, corners[corners.len() - 1], side);
            left += matrix.size[1] as f64 * side + gap;
        }
        corners
    };
    let part = |svg: &mut Svg, corner: [f64; 2], side: f64, at: [usize; 2], size: [usize; 2]| {
        let at = [corner[0] + at[1] as f64 * side, corner[1] + at[0] as f64 * side];
        svg.rect("part", at, [size[1] as f64 * side, size[0] as f64 * side]);
    };
    match chapter {
        1 => {
            let corner = draw(svg, 12.0, 0.0, std::slice::from_ref(band))[0];
            svg.rect("frame", [corner[0] + 36.0, corner[1] + 24.0], [12.0, 12.0]);
        }
        2 => {
            let gathered = Sparse { size: [6, 3], entries: Vec::new() };
            let kernel = Sparse { size: [3, 1], entries: (0..3).map(|tap| [tap, 0, tap]).collect() };
            let corner = draw(svg, 12.0, 26.0, &[gathered, kernel])[0];
            for (row, column) in (0..6).flat_map(|row| (0..3).map(move |column| (row, column))) {
                svg.text(
                    "small soft",
                    [corner[0] + 12.0 * column as f64 + 6.0, corner[1] + 12.0 * row as f64 + 6.0],
                    row + column,
                );
            }
            svg.text("", [corner[0] + 49.0, y + 48.0], "×");
        }
        3 => {
            let corner = draw(svg, 12.0, 0.0, std::slice::from_ref(band))[0];
            (0..3).for_each(|tile| part(svg, corner, 12.0, [2 * tile, 2 * tile], [2, 4]));
        }
        4 => {
            let gaps = Sparse::convolution([8], [3], 2)?;
            let corner = draw(svg, 7.0, 14.0, &[gaps.clone(), gaps.sorted()])[1];
            svg.text("small", [corner[0] - 7.0, y + 48.0], "→");
            (0..2).for_each(|block| part(svg, corner, 7.0, [2 * block, 4 * block], [2, 4]));
        }
        5 => {
            draw(svg, 11.0, 0.0, &[band.clone().transposed()]);
        }
        6 => {
            // One number more for each plane of the kernel: hues are planes.
            let mut planes = Sparse::convolution([4, 4], [2, 2], 1)?;
            planes.entries.iter_mut().for_each(|[_, _, tap]| *tap = *tap / 2 * 3 + *tap % 2);
            let corner = draw(svg, 7.5, 0.0, std::slice::from_ref(&planes))[0];
            for row in 0..3 {
                (row..row + 2).for_each(|column| part(svg, corner, 7.5, [3 * row, 4 * column], [3, 4]));
            }
        }
        7 => {
            let group = Sparse::convolution([4], [2], 1)?;
            let corner = draw(svg, 9.0, 0.0, &[group.diagonal(3)])[0];
            (0..3).for_each(|block| part(svg, corner, 9.0, [3 * block, 4 * block], [3, 4]));
        }
        8 => {
            let entries = (0..6).map(|channel| [channel, channel % 2 * 3 + channel / 2, channel % 2 * 3]).collect();
            draw(svg, 13.0, 0.0, &[Sparse { size: [6, 6], entries }]);
        }
        9 => {
            let layers =
                [([3], [2]), ([4], [2]), ([6], [3])].map(|(input, kernel)| Sparse::convolution(input, kernel, 1));
            let [last, second, first] = layers;
            let [last, second, first] = [last?, second?, first?];
            let corners = draw(svg, 8.0, 12.0, &[last, second, first]);
            for corner in &corners[1..] {
                svg.text("small", [corner[0] - 6.0, y + 48.0], "×");
            }
        }
        _ => {
            let depthwise = Sparse::convolution([4], [2], 1)?.diagonal(2);
            let entries = (0..6).flat_map(|row| (0..2).map(move |c| [row, 3 * c + row % 3, 9 + row / 3 * 2 + c]));
            let pointwise = Sparse { size: [6, 6], entries: entries.collect() };
            let corner = draw(svg, 8.0, 14.0, &[pointwise, depthwise])[1];
            svg.text("small", [corner[0] - 7.0, y + 48.0], "×");
        }
    }
    Ok(())
}
