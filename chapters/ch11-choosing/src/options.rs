//! The command line.

use ch11_choosing::layers::{self, Layer};
use ch11_choosing::{Auto, Machine, Pass};
use std::path::{Path, PathBuf};
use std::time::Duration;
use unrolled::cli::Args;
use unrolled::simd::Isa;
use unrolled::{Error, Result, files, parallel, workspace};

/// What every mode needs.
pub struct Options {
    pub layers: Vec<Layer>,
    pub passes: Vec<Pass>,
    pub budget: Duration,
    pub auto: Auto,
    pub machine: Machine,
}

/// What to do.
pub enum Mode {
    Table { svg: Option<String> },
    Explain,
    Tune { file: String },
    Tsv,
    Torch,
}

impl Options {
    /// Takes everything from the arguments, and measures the machine.
    pub fn parse(mut args: Args) -> Result<(Self, Mode)> {
        let expected = format!("a whole number from 1 to {}", parallel::MAX_THREADS);
        let threads = args.value::<usize>("--threads", &expected)?;
        let file: Option<PathBuf> = args.value("--layers", "a file")?;
        let only: Option<String> = args.value("--only", "parts of layers' names")?;
        let passes: Option<String> = args.value("--passes", "some of fwd, bwd_data, bwd_weight")?;
        let seconds = args.value::<f64>("--seconds", "seconds, more than 0")?.unwrap_or(0.1);
        let tolerance = args.value::<f64>("--tolerance", "a number of at least 1")?;
        let mib = args.value::<usize>("--workspace", "MiB, a whole number of at least 1")?;
        let svg: Option<String> = args.value("--svg", "a file to write")?;
        let tune: Option<String> = args.value("--tune", "a file to read and write")?;
        let [explain, tsv, torch] = [args.flag("--explain")?, args.flag("--tsv")?, args.flag("--torch")?];
        args.finish()?;

        if seconds.is_nan() || seconds <= 0.0 || seconds > 3600.0 {
            return Err(Error::argument("--seconds", seconds, "more than 0, and an hour at most"));
        }
        if let Some(tolerance) = tolerance.filter(|t| t.is_nan() || *t < 1.0) {
            return Err(Error::argument("--tolerance", tolerance, "a number of at least 1"));
        }
        let chosen = [("--explain", explain), ("--tune", tune.is_some()), ("--tsv", tsv), ("--torch", torch)];
        let chosen: Vec<_> = chosen.into_iter().filter(|(_, chosen)| *chosen).map(|(name, _)| name).collect();
        if chosen.len() > 1 || (svg.is_some() && !chosen.is_empty()) {
            let svg = svg.map(|_| "--svg").into_iter();
            let got = chosen.into_iter().chain(svg).collect::<Vec<_>>().join(" and ");
            return Err(Error::argument(
                "options",
                got,
                "one of --explain, --tune, --tsv, --torch and the table, which --svg draws",
            ));
        }
        let mode = match chosen.first() {
            Some(&"--explain") => Mode::Explain,
            Some(&"--tsv") => Mode::Tsv,
            Some(&"--torch") => Mode::Torch,
            _ => tune.map_or(Mode::Table { svg }, |file| Mode::Tune { file }),
        };
        if let Mode::Table { svg: Some(file) } = &mode {
            files::check_writable(Path::new(file))?; // now, not in two minutes
        }

        let all = match &file {
            Some(file) => layers::read(file)?,
            None => layers::parse(layers::BUILT_IN).map_err(|problem| Error::file("layers.tsv", problem))?,
        };
        let list = |text: &Option<String>| -> Vec<String> {
            let parts = text.iter().flat_map(|text| text.split(',')).map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let layers = layers::only(all, &list(&only))?;
        let passes = match list(&passes) {
            some if some.is_empty() => Pass::ALL.to_vec(),
            some => some.iter().map(|text| text.parse()).collect::<Result<_>>()?,
        };

        Isa::try_current()?;
        if let Some(mib) = mib {
            workspace::set_limit(mib.saturating_mul(1 << 20))?;
        }
        if let Some(threads) = threads {
            parallel::set_threads(threads)?;
        }
        let machine = Machine::measure(parallel::threads());
        let auto = Auto { tolerance: tolerance.unwrap_or(Auto::default().tolerance), ..Auto::on(machine) };
        Ok((Self { layers, passes, budget: Duration::from_secs_f64(seconds), auto, machine }, mode))
    }

    /// How far a run is that is at this pass of layer `i`.
    pub fn text(&self, i: usize, pass: Pass) -> String {
        format!("{}, {pass}: layer {} of {}", self.layers[i].name, i + 1, self.layers.len())
    }
}
