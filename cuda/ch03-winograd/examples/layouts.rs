//! Two layouts of the transform domain, and what memory moves for them: the numbers of a tile side by side, and the
//! same number of many tiles side by side.

use cuda_ch03_winograd::kernels::input::input_transform_2;
use host::Grid;
use host::testing::{profiles, session};
use unrolled::{Error, Result, Tensor, say};

host::kernels! {
    /// The transform as one would write it first.
    mod by_tile from "by_tile.ptx";

    /// V = Bᵀ d B, `[channels, tiles, 16]`, with a thread for each tile.
    fn input_by_tile(
        input: &GpuTensor,
        v: &mut GpuTensor,
        channels: u32,
        height: u32,
        width: u32,
        start_y: i32,
        start_x: i32,
        down: u32,
        right: u32,
        tiles: u32,
    );
}

/// An image of 16 channels of 14 × 14, padded by 1, in 7 × 7 tiles.
const CHANNELS: usize = 16;
const SIDE: usize = 14;
const ACROSS: usize = 7;
const TILES: usize = ACROSS * ACROSS;

fn main() -> Result<()> {
    host::choose(host::Side::Simulator)?;
    let session = session();
    let items = CHANNELS * TILES;
    let image = Tensor::from_fn(&[1, CHANNELS, SIDE, SIDE], |i| (i * 7 % 31) as f32)?;
    let image = session.upload(&image)?;
    let mut by_tile = session.scratch(&[CHANNELS, TILES, 16])?;
    let mut by_place = session.scratch(&[16, CHANNELS, TILES])?;
    let [channels, side, across, tiles] = [CHANNELS, SIDE, ACROSS, TILES].map(|n| n as u32);
    let ((), profiles) = profiles(|| {
        let grid = Grid::new([items.div_ceil(128), 1, 1], [128, 1, 1])?;
        by_tile::input_by_tile(
            &session,
            grid,
            &image,
            &mut by_tile,
            channels,
            side,
            side,
            -1,
            -1,
            across,
            across,
            tiles,
        )?;
        let grid = Grid::new([items.div_ceil(32), 1, 1], [32, 4, 1])?;
        input_transform_2(&session, grid, &image, &mut by_place, channels, side, side, -1, -1, across, across, 0, tiles)
    })?;
    let (by_tile, by_place) = (by_tile.download()?, by_place.download()?);
    if (0..16 * items).any(|i| by_tile.data()[i] != by_place.data()[i % 16 * items + i / 16]) {
        return Err(Error::failed("comparing", "the two kernels don't agree"));
    }
    say!("The transform of inputs for F(2x2, 3x3), {CHANNELS} channels of {SIDE}x{SIDE}, in two layouts");
    for profile in profiles {
        say!("\n{profile}");
    }
    Ok(())
}

/// It refuses to print what two kernels that don't agree have cost.
#[test]
fn both_kernels_agree() -> Result<()> {
    main()
}
