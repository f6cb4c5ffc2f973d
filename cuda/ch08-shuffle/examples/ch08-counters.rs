//! What the shuffle's kernel does on maps of several sizes, with one position to a thread and with up to four.

use ch08_shuffle::Shuffle;
use cuda_ch08_shuffle::kernels;
use host::testing::{profiles, session};
use host::{Grid, Side};
use ptx::Profile;
use std::process::ExitCode;
use unrolled::{Result, Tensor, cli, say};

const USAGE: &str = "\
Counters of the simulated GPU for the shuffle of 24 channels in 3 groups, for two images, on maps of several sizes;
with one position to a thread, and with up to four.

Usage: counters";

/// Channels and groups of the shuffle, and images.
const SHAPE: [usize; 3] = [24, 3, 2];

fn main() -> ExitCode {
    cli::run(USAGE, |args| {
        args.finish()?;
        host::choose(Side::Simulator)?;
        say!("24 channels in 3 groups, two images\n");
        say!("                   instructions a number, with");
        say!("map     bytes      one a thread   four a thread   bytes moved   lanes at work");
        for side in [1, 7, 14, 28, 56] {
            let [one, four] = [profile(side, 1)?, profile(side, 4)?];
            let numbers = SHAPE[0] * SHAPE[2] * side * side;
            let each = |profile: &Profile| profile.total().threads as f64 / numbers as f64;
            say!(
                "{:5}  {:6}  {:16.1}  {:14.1}  {:12}  {:13.1}%",
                format!("{side}x{side}"),
                8 * numbers,
                each(&one),
                each(&four),
                four.bytes_moved(),
                100.0 * four.lane_efficiency()
            );
        }
        Ok(())
    })
}

/// The kernel on maps of this side, with so many positions to a thread.
fn profile(side: usize, each: usize) -> Result<Profile> {
    let [channels, groups, images] = SHAPE;
    let (session, positions, lines) = (session(), side * side, images * channels);
    let shuffle = Shuffle::new(channels, groups)?;
    let x = session.upload(&Tensor::from_fn(&[images, channels, side, side], |i| i as f32)?)?;
    let mut y = session.scratch(x.shape())?;
    let grid = Grid::new([lines.div_ceil(8), positions.div_ceil(32 * each), 1], [32, 8, 1])?;
    let [lines, groups, width, positions] = [lines, shuffle.groups(), shuffle.width(), positions].map(|n| n as u32);
    let (_, mut seen) = profiles(|| kernels::shuffle(&session, grid, &x, &mut y, lines, groups, width, positions))?;
    Ok(seen.pop().expect("a kernel"))
}
