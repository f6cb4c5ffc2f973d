//! What the kernels see in a film and in a volume.

use crate::draw::{beside, shades};
use ch02_im2col::Fused;
use ch06_conv3d::video::{self, Outline, Shape, film, motion_kernels, three_shapes};
use ch06_conv3d::volume::{SIDE, neighbours, phantom, sobel_2d, sobel_3d, steepness};
use unrolled::{ConvSpec, Convolution, Result, Tensor, init, say};

// ANCHOR: answers
/// What each kernel of `[K, 1, 3, 3, 3]` answers to a film: a map `[6, 24, 24]`, whose frame t is that of the
/// film's frames t to t + 2.
fn answers(film: &Tensor, kernels: &Tensor) -> Result<Vec<Tensor>> {
    let y = Fused.forward(&ConvSpec { padding: [0, 1, 1], ..ConvSpec::<3>::default() }, film, kernels)?;
    let one: usize = y.shape()[2..].iter().product();
    y.data().chunks(one).map(|answer| Tensor::new(&y.shape()[2..], answer.to_vec())).collect()
}
// ANCHOR_END: answers

/// One frame of a film or an answer.
fn frame(film: &Tensor, t: usize) -> &[f32] {
    let [_, h, w] = video::SIZE;
    &film.data()[t * h * w..][..h * w]
}

/// The sum of numbers, signs dropped.
fn amount<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> f32 {
    numbers.into_iter().map(|y| y.abs()).sum()
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(f32::MIN_POSITIVE, |most, y| most.max(y.abs()))
}

/// Three shapes, two kernels that see motion, and one that sees edges.
pub fn motion(seed: u64) -> Result<()> {
    let [_, h, w] = video::SIZE;
    let film = film(&three_shapes(seed)?)?;
    let mut maps = answers(&film, &motion_kernels()?)?;
    // A 2D kernel: the same slice for each frame, here with nothing before and behind it.
    let edges = [[0.0; 9], [-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0], [0.0; 9]].concat();
    maps.extend(answers(&film, &Tensor::new(&[1, 1, 3, 3, 3], edges)?)?);

    say!("A film of 8 frames: the shape on top moves right, the middle one stands, the last one moves left.\n");
    let at = |t| shades(frame(&film, t), w, 1.0);
    say!("{}\n", beside(&[("frame 0", at(0)), ("frame 3", at(3)), ("frame 7", at(7))]));
    say!(
        "What kernels answer in frame 3. The two of 3x3x3 see one moving shape each; the 2D one sees edges, of all.\n"
    );
    let names = ["3D, moves right", "3D, moves left", "2D, edges"];
    let at = |map: &Tensor| shades(frame(map, 2), w, largest(map.data()));
    say!("{}\n", beside(&names.into_iter().zip(maps.iter().map(at)).collect::<Vec<_>>()));

    say!("All that a kernel answers, summed over the film without signs:\n");
    say!("kernel           top (right)  middle (stands)  bottom (left)");
    for (name, map) in names.iter().zip(&maps) {
        // Each shape has eight rows of a frame.
        let band =
            |i| amount(map.data().chunks(w).enumerate().filter(|(y, _)| y % h / 8 == i).flat_map(|(_, row)| row));
        say!("{name:15}  {:11}  {:15}  {:13}", band(0), band(1), band(2));
    }
    say!("");
    velocities(&names)
}

/// One square at five velocities.
fn velocities(names: &[&str]) -> Result<()> {
    let mut rows = names[..2].iter().map(|name| format!("{name:15}")).collect::<Vec<_>>();
    for velocity in -2..=2 {
        let square = Shape { outline: Outline::Square, radius: 2, centre: [12, 12 - 7 * velocity / 2], velocity };
        for (row, map) in rows.iter_mut().zip(answers(&film(&[square])?, &motion_kernels()?)?) {
            *row += &format!("  {:7}", amount(map.data()));
        }
    }
    say!("The same of one square, by its velocity in pixels a frame, to the right:\n");
    say!("kernel                -2       -1        0        1        2\n{}\n", rows.join("\n"));
    say!("Nothing for what stands, or moves a pixel the other way. At other speeds each answers to both directions,");
    say!("and more to its own.\n");
    Ok(())
}

// ANCHOR: same_frame
/// Two films, of a square that moves and of one that stands where the first is in frame 3.
pub fn same_frame() -> Result<()> {
    let stands = Shape { outline: Outline::Square, radius: 2, centre: [12, 12], velocity: 0 };
    let films = [film(&[Shape { centre: [12, 9], velocity: 1, ..stands }])?, film(&[stands])?];

    let [_, h, w] = video::SIZE;
    let kernels = init::uniform(&[1000, 1, 3, 3], 1.0, &mut init::rng(1))?;
    let flat = |film: &Tensor| {
        let frame = Tensor::new(&[1, 1, h, w], frame(film, 3).to_vec())?;
        Fused.forward(&ConvSpec { padding: [1, 1], ..ConvSpec::<2>::default() }, &frame, &kernels)
    };
    let [moving, standing] = [flat(&films[0])?, flat(&films[1])?];
    let differ = moving.data().chunks(h * w).zip(standing.data().chunks(h * w)).filter(|(a, b)| a != b).count();
    // ANCHOR_END: same_frame
    let seen = |film: &Tensor| Result::Ok(amount(frame(&answers(film, &motion_kernels()?)?[0], 2)));
    say!("A square that moves, and one that stands: frame 3 is the same in both films.");
    say!("Of 1000 random 2D kernels, {differ} answer differently to it; the same frame gets the same answer.");
    let [moving, standing] = [seen(&films[0])?, seen(&films[1])?];
    say!(
        "The 3D kernel for what moves right sees frames 2 to 4; it answers {moving} to one, {standing} to the other.\n"
    );
    Ok(())
}

/// A volume, and its surfaces by kernels in two dimensions and in three.
pub fn surfaces(seed: u64) -> Result<()> {
    let volume = phantom(seed)?;
    let flat = steepness(&Fused, &volume, &sobel_2d()?)?;
    let solid = steepness(&Fused, &volume, &sobel_3d()?)?;
    say!("A head of nested ellipsoids, [1, 1, 24, 24, 24], and how steep its density is, by Sobel's kernels:");
    say!("two of 3x3 for each slice by itself, and three of 3x3x3.\n");
    let slice = |t: &Tensor, z: usize| shades(&t.data()[z * SIDE * SIDE..][..SIDE * SIDE], SIDE, largest(t.data()));
    for z in [11, 3] {
        let titles = [format!("slice {z}"), "2D, by slice".to_string(), "3D".to_string()];
        let slices = [&volume, &flat, &solid].map(|t| slice(t, z));
        say!("{}\n", beside(&titles.iter().map(String::as_str).zip(slices).collect::<Vec<_>>()));
    }
    say!(
        "Slice 3 cuts the top of the skull, where the surface lies flat in the slice: in 2D only its rim is an edge.\n"
    );

    let around = neighbours(&volume)?;
    let count = |t: &Tensor, which: fn(&[usize; 2]) -> bool| {
        t.data().iter().zip(&around).filter(|(y, around)| **y != 0.0 && which(around)).count()
    };
    let on_surface = around.iter().filter(|[faces, _]| *faces > 0).count();
    say!("Voxels with a neighbour of another density across a face: {on_surface}. Of these, kernels answer");
    say!("in 2D, by slice   at {:4}", count(&flat, |[faces, _]| *faces > 0));
    say!("in 3D             at {:4}", count(&solid, |[faces, _]| *faces > 0));
    say!("and where all 26 neighbours have the same density, in 3D at {}.\n", count(&solid, |[_, all]| *all == 0));
    Ok(())
}
