//! The table: every candidate on every layer.

use crate::figure;
use crate::options::Options;
use ch09_lenet::progress::Progress;
use ch11_choosing::problem::{self, Problem};
use ch11_choosing::race::{race, regret};
use ch11_choosing::{Pass, auto::WORTH_TIMING};
use unrolled::simd::Isa;
use unrolled::text::thousands;
use unrolled::{Error, Result, buffer, files, say};

/// One candidate's result.
pub struct Row {
    pub layer: usize,
    pub pass: Pass,
    pub name: String,
    pub seconds: f64,
    /// What was forecast.
    pub forecast: f64,
    /// Operations of the definition, and bytes of input, weight and output.
    pub flops: f64,
    pub bytes: f64,
    /// Bytes beside these.
    pub workspace: usize,
    /// Pages that a call touches for the first time; where the system tells.
    pub faults: Option<u64>,
    /// Whether it is the fastest, and whether it is the one that `Auto` chooses.
    pub best: bool,
    pub auto: bool,
}

impl Row {
    pub fn gflops(&self) -> f64 {
        self.flops / self.seconds / 1e9
    }
}

/// Prints the table, and draws it.
pub fn run(options: &Options, svg: Option<&str>) -> Result<()> {
    say!("Every candidate on every layer, in f32. GFLOP/s count the operations of the definition, so Winograd's may");
    say!("pass the peak. The roofline is the longer of what these operations and the bytes of input, weight and");
    say!("output take at the machine's limits, measured now; KiB are what a candidate needs beside these bytes. Those");
    say!(
        "that are forecast to take more than four times the best forecast aren't timed. Faults are the pages of memory"
    );
    say!("that a call still has to ask the system for, when it isn't the first.\n");
    say!("{}, {}", options.machine, Isa::current().name());
    let mut rows = Vec::new();
    let mut progress = Progress::start();
    for (i, layer) in options.layers.iter().enumerate() {
        let problem = problem::fill(layer)?;
        progress.clear();
        say!("\n{}: {}", layer.name, problem.describe());
        say!("pass        algorithm                    ms   forecast  GFLOP/s  roofline        KiB  faults");
        for &pass in &options.passes {
            progress.show(|| options.text(i, pass));
            let raced = candidates(options, &*problem, i, pass)?;
            progress.clear();
            raced.iter().for_each(|row| print(options, row));
            rows.extend(raced);
        }
    }
    summary(options, &rows);
    match svg {
        Some(file) => {
            let title = format!("What {} thread(s) reach of the roofline", options.machine.threads);
            files::write(file, figure::draw(options, &rows, &title))
        }
        None => Ok(()),
    }
}

/// Races a layer's candidates, the fastest first.
fn candidates(options: &Options, problem: &dyn Problem, layer: usize, pass: Pass) -> Result<Vec<Row>> {
    let mut entrants = problem.entrants(&options.auto, pass);
    let most = WORTH_TIMING * entrants[0].forecast.total();
    entrants.retain(|entrant| entrant.forecast.total() <= most);
    let times = race(entrants.len(), options.budget, |i| (entrants[i].run)().map(drop));
    let mut rows = Vec::new();
    for (i, (entrant, time)) in entrants.iter().zip(times).enumerate() {
        let seconds = time.map_err(|e| Error::failed(entrant.name.clone(), e))?.as_secs_f64();
        let (result, peak) = buffer::peak(&entrant.run);
        result?;
        let before = buffer::page_faults();
        (entrant.run)()?;
        let faults = buffer::page_faults().zip(before).map(|(after, before)| after - before);
        rows.push(Row {
            layer,
            pass,
            name: entrant.name.clone(),
            seconds,
            forecast: entrant.forecast.total(),
            flops: problem.flops(),
            bytes: problem.bytes(),
            workspace: peak.saturating_sub(problem.result_bytes(pass)),
            faults,
            best: false,
            auto: i == 0, // forecasts come in order
        });
    }
    rows.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    rows[0].best = true;
    Ok(rows)
}

fn print(options: &Options, row: &Row) {
    let share = 100.0 * options.machine.roofline(row.flops, row.bytes) / row.seconds;
    let mark = match (row.best, row.auto) {
        (true, true) => "best, chosen",
        (true, false) => "best",
        (false, true) => "chosen",
        (false, false) => "",
    };
    let (ms, forecast, kib) = (row.seconds * 1e3, row.forecast * 1e3, thousands(row.workspace.div_ceil(1024) as u128));
    let line = format!(
        "{:10}  {:20} {ms:10.3} {forecast:10.3} {:8.1} {share:8.0}% {kib:>10} {:>7}  {mark}",
        row.pass.name(),
        row.name,
        row.gflops(),
        row.faults.map_or("-".into(), |faults| faults.to_string())
    );
    say!("{}", line.trim_end());
}

/// What choosing by forecast cost.
fn summary(options: &Options, rows: &[Row]) {
    let races: Vec<_> = rows.chunk_by(|a, b| (a.layer, a.pass) == (b.layer, b.pass)).collect();
    let chosen = |race: &[Row]| race.iter().find(|row| row.auto).map_or(f64::NAN, |row| row.seconds);
    let times: Vec<_> = races.iter().map(|race| (chosen(race), race[0].seconds)).collect();
    let right = races.iter().filter(|race| race[0].auto).count();
    say!(
        "\nThe choice by forecast was the fastest in {right} of {} races. Its time over that of the fastest:",
        races.len()
    );
    let ratio = |i: &usize| times[*i].0 / times[*i].1;
    let worst = (0..races.len()).max_by(|a, b| ratio(a).total_cmp(&ratio(b))).expect("a race at least");
    let place = &races[worst][0];
    say!(
        "geometric mean {:.3}, at most {:.3} ({}, {}).",
        regret(&times),
        ratio(&worst),
        options.layers[place.layer].name,
        place.pass
    );
}
