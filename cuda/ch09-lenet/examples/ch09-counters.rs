//! The kernels of this chapter under the counters of the simulated GPU, and a whole step of training.

use ch09_lenet::network::LeNet;
use ch09_lenet::{idx, train};
use cuda_ch02_im2col::Im2col;
use cuda_ch09_lenet::{Gpu, adaptive_avg_pool, kernels};
use host::{Grid, Session};
use ptx::{Options, Profile, observe};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use unrolled::nn::Device;
use unrolled::optim::{Adam, AdamStep, Update};
use unrolled::text::thousands;
use unrolled::{Error, Result, Var, cli, init, say};

const USAGE: &str = "\
Counts what the kernels of chapter 9 do on the simulated GPU.

Usage: counters by-thread CLASSES | by-warp CLASSES | pool | adam | step
  by-thread CLASSES  log-softmax of 256 rows, a thread for each row
  by-warp CLASSES    the same, a warp for each row
  pool               adaptive average pooling of LeNet's first maps, and its gradient
  adam               a step of the optimiser for 48,000 weights
  step               a step of training with 8 images: all its kernels
  --help             print this text";

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let what = args.command();
        let classes = args
            .positional()
            .map_or(Ok(10), |n| n.parse().map_err(|_| Error::argument("CLASSES", n, "a whole number")))?;
        args.finish()?;
        host::choose(host::Side::Simulator)?;
        let session = Session::new()?;
        match what.as_deref() {
            Some("by-thread") => log_softmax(&session, classes, false),
            Some("by-warp") => log_softmax(&session, classes, true),
            Some("pool") => pool(&session),
            Some("adam") => adam(&session),
            Some("step") => step(&session),
            what => Err(Error::argument("what", what.unwrap_or("nothing"), "by-thread, by-warp, pool, adam or step")),
        }
    })
}

/// What the kernels did that `call` launches.
fn counted(session: &Session, call: impl FnOnce() -> Result<()>) -> Result<Vec<Profile>> {
    session.synchronize()?; // what came before is not to be counted
    let options = Options { profile: true, ..Options::from_env() };
    let (result, seen) = observe(options, || call().and_then(|()| session.synchronize()));
    result?;
    Ok(seen.profiles)
}

fn show(profiles: &[Profile]) {
    for (i, profile) in profiles.iter().enumerate() {
        say!("{}{}", if i > 0 { "\n" } else { "" }, profile.to_string().trim_end());
    }
}

fn log_softmax(session: &Session, classes: usize, by_warp: bool) -> Result<()> {
    const ROWS: u32 = 256;
    let shape = [ROWS as usize, classes];
    let x = session.upload(&init::uniform(&shape, 1.0, &mut init::rng(1))?)?;
    let mut y = session.scratch(&shape)?;
    let columns = host::size("classes", classes)?;
    show(&counted(session, || match by_warp {
        true => {
            let grid = Grid::new([ROWS as usize / 4, 1, 1], [32, 4, 1])?;
            kernels::loss::log_softmax(session, grid, &x, &mut y, ROWS, columns)
        }
        false => {
            let grid = Grid::cover(ROWS as usize, 128)?;
            kernels::by_thread::log_softmax_by_thread(session, grid, &x, &mut y, ROWS, columns)
        }
    })?);
    Ok(())
}

fn pool(session: &Session) -> Result<()> {
    let x = Var::parameter(session.upload(&init::uniform(&[8, 6, 24, 24], 1.0, &mut init::rng(1))?)?);
    let dy = session.upload(&init::uniform(&[8, 6, 14, 14], 1.0, &mut init::rng(2))?)?;
    show(&counted(session, || adaptive_avg_pool([14, 14], &x)?.backward_from(dy))?);
    Ok(())
}

fn adam(session: &Session) -> Result<()> {
    let tensor = |seed| session.upload(&init::uniform(&[120, 400], 1.0, &mut init::rng(seed))?);
    let (mut w, mut m, mut v, g) = (tensor(1)?, tensor(2)?, session.full(&[120, 400], 0.5)?, tensor(3)?);
    let step = AdamStep { size: 0.001, root: 1.0 };
    show(&counted(session, || Gpu(session.clone()).adam(step, [&mut w, &mut m, &mut v], &g))?);
    Ok(())
}

fn step(session: &Session) -> Result<()> {
    const BATCH: usize = 8;
    let device = Gpu(session.clone());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../chapters/ch09-lenet/data");
    let data = idx::load(&folder, idx::Split::Test)?;
    let network = LeNet::new(device.clone(), Rc::new(Im2col::default()), &mut init::rng(1))?;
    let mut adam = Adam::on(device.clone(), network.parameters().to_vec(), 0.001)?;
    let indices: Vec<usize> = (0..BATCH).collect();
    let profiles = counted(session, || {
        let (images, labels) = train::batch(&device, &data, &indices)?;
        let loss = device.softmax_cross_entropy(&network.forward(&images)?, &labels)?;
        adam.zero_grad();
        loss.backward()?;
        adam.step()
    })?;
    let sum = |of: &dyn Fn(&Profile) -> u64| profiles.iter().map(of).sum::<u64>();
    let line = |name: &str, launches: u64, threads: u64, instructions: u64, moved: u64| {
        say!(
            "{name:24} {launches:8} {:>9} {:>12} {:>12}",
            thousands(threads),
            thousands(instructions),
            thousands(moved)
        );
    };
    say!("kernel                   launches   threads instructions  bytes moved");
    for p in &profiles {
        line(p.name(), p.launches, p.threads, p.total().threads, p.bytes_moved());
    }
    line("all", sum(&|p| p.launches), sum(&|p| p.threads), sum(&|p| p.total().threads), sum(&|p| p.bytes_moved()));
    Ok(())
}
