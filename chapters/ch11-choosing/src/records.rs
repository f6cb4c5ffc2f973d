//! What [`Tuned`](crate::Tuned) remembers: how long each candidate took, for each convolution that it met; in memory, and in
//! a file, if asked.
//!
//! The file is text, a line for each pass of a convolution:
//!
//! ```text
//! machine  type  axes  threads  tolerance  pass  N  groups  C/groups  K/groups  input  kernel  stride  padding  dilation  times
//! ```
//!
//! with tabs between them, sizes as `1x56x56` in three dimensions, and times as `winograd4 1.234, fused 2.345`, in
//! milliseconds. Lines of other machines are kept as they are.

use crate::pass::Pass;
use std::collections::BTreeMap;
use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;
use unrolled::simd::Isa;
use unrolled::{ConvShape, ConvSpec, Error, Real, Result, files};

/// The first line of a file. A higher version for times that are no longer true: when a candidate comes in, or becomes faster.
const HEADER: &str = "# Convolution, Unrolled: tuned convolutions, version 1";

/// What the first line of every version begins with.
const ANY_HEADER: &str = "# Convolution, Unrolled: tuned convolutions, version ";

/// Bytes of a file, at most.
const MOST_BYTES: usize = 16 << 20;

/// Candidates in a line, at most.
const MOST_TIMES: usize = 64;

/// A pass of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Bytes of an element.
    element: usize,
    axes: usize,
    threads: usize,
    /// What is accepted, in whole times.
    tolerance: usize,
    pass: Pass,
    /// Images, groups, channels of a group; and for three axes, input, kernel, stride, padding and dilation.
    channels: [usize; 4],
    sizes: [[usize; 3]; 5],
}

impl Key {
    /// That of a convolution of elements `T`, where errors of so many times the plain sum's are accepted, on so many threads.
    pub fn new<T: Real, const D: usize>(shape: &ConvShape<D>, pass: Pass, tolerance: f64, threads: usize) -> Self {
        let ConvShape { spec, n, c, k, input, kernel, .. } = shape.lift();
        let sizes = [input, kernel, spec.stride, spec.padding, spec.dilation];
        let (channels, tolerance) = ([n, spec.groups, c, k], tolerance.max(1.0) as usize);
        Self { element: size_of::<T>(), axes: D, threads, tolerance, pass, channels, sizes }
    }

    /// As columns of a line.
    fn columns(&self) -> String {
        let kind = if self.element == 4 { "f32" } else { "f64" };
        let numbers = self.channels.map(|n| n.to_string()).join("\t");
        let sizes = self.sizes.map(|axes| axes.map(|n| n.to_string()).join("x")).join("\t");
        format!("{kind}\t{}\t{}\t{}\t{}\t{numbers}\t{sizes}", self.axes, self.threads, self.tolerance, self.pass)
    }

    /// From the columns of a line.
    fn parse(columns: &[&str; 14]) -> Result<Self, String> {
        let number = |text: &str| usize::from_str(text).map_err(|_| format!("{text:?} is not a whole number"));
        let sizes = |text: &str| {
            let sizes = text.split('x').map(number).collect::<Result<Vec<_>, _>>()?;
            <[usize; 3]>::try_from(sizes).map_err(|_| format!("{text:?} is not the size of three axes"))
        };
        let element = match columns[0] {
            "f32" => 4,
            "f64" => 8,
            other => return Err(format!("{other:?} is neither f32 nor f64")),
        };
        let channels @ [n, groups, c, k] =
            [number(columns[5])?, number(columns[6])?, number(columns[7])?, number(columns[8])?];
        let mut all = [[0; 3]; 5];
        for (to, text) in all.iter_mut().zip(&columns[9..]) {
            *to = sizes(text)?;
        }
        let [input, kernel, stride, padding, dilation] = all;
        // Is it a convolution at all?
        let spec = ConvSpec { stride, padding, dilation, groups };
        let many = |channels: usize| channels.checked_mul(groups).ok_or("too many channels".to_owned());
        let (input, weight) = ([&[n, many(c)?], &input[..]].concat(), [&[many(k)?, c], &kernel[..]].concat());
        spec.resolve(&input, &weight).map_err(|e| e.to_string())?;
        let pass = columns[4].parse().map_err(|e: Error| e.to_string())?;
        let [axes, threads, tolerance] = [number(columns[1])?, number(columns[2])?, number(columns[3])?];
        Ok(Self { element, axes, threads, tolerance, pass, channels, sizes: all })
    }
}

/// The names of candidates and their times in milliseconds, the fastest first.
pub type Times = Vec<(String, f64)>;

/// All that is known.
#[derive(Debug, Default)]
pub struct Records {
    known: BTreeMap<Key, Times>,
    file: Option<PathBuf>,
    /// Lines of other machines.
    foreign: Vec<String>,
    /// What happened to the file.
    note: String,
}

impl Records {
    /// Those of a file, which is written when more becomes known; it needn't exist.
    ///
    /// What another version of this program wrote is ignored, and replaced in time; [`note`](Records::note) says so.
    ///
    /// # Errors
    /// If it can't be read or written, or isn't a file of tuned convolutions, or is damaged.
    pub fn of_file(path: &Path) -> Result<Self> {
        files::check_writable(path)?;
        let mut records = Self { file: Some(path.into()), ..Self::default() };
        if !path.exists() {
            records.note = format!("{}: a new file", path.display());
            return Ok(records);
        }
        let text =
            String::from_utf8(files::read(path, MOST_BYTES)?).map_err(|_| Error::file(path, "is not text (UTF-8)"))?;
        let mut lines = text.lines().enumerate();
        match lines.next() {
            Some((_, HEADER)) => {}
            Some((_, other)) if other.starts_with(ANY_HEADER) => {
                records.note = format!("{}: ignored, as another version timed other algorithms", path.display());
                return Ok(records);
            }
            None => {}
            Some(_) => {
                return Err(Error::file(
                    path,
                    "is not a file of tuned convolutions: its first line says nothing of it",
                ));
            }
        }
        for (i, line) in lines.filter(|(_, line)| !line.is_empty()) {
            records.line(line).map_err(|problem| Error::file(path, format!("line {}: {problem}", i + 1)))?;
        }
        let (known, foreign) = (records.known.len(), records.foreign.len());
        records.note = format!("{}: {known} known, {foreign} of other machines", path.display());
        Ok(records)
    }

    /// One line of a file.
    fn line(&mut self, line: &str) -> Result<(), String> {
        let columns: Vec<&str> = line.split('\t').collect();
        let Ok([machine, key @ .., times]) = <[&str; 16]>::try_from(columns) else {
            return Err(format!("got {} columns, expected 16", line.split('\t').count()));
        };
        let (key, times) = (Key::parse(&key)?, parse_times(times)?);
        match machine == this_machine() {
            true => _ = self.known.insert(key, times),
            false => self.foreign.push(line.to_owned()),
        }
        Ok(())
    }

    /// The times of a pass, if they are known.
    pub fn get(&self, key: &Key) -> Option<&Times> {
        self.known.get(key)
    }

    /// Adds the times of a pass, and writes the file, if there is one.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn insert(&mut self, key: Key, mut times: Times) -> Result<()> {
        times.sort_by(|a, b| a.1.total_cmp(&b.1));
        self.known.insert(key, times);
        match &self.file {
            Some(path) => files::write(path, self.text()),
            None => Ok(()),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for (key, times) in &self.known {
            let times: Vec<_> = times.iter().map(|(name, ms)| format!("{name} {ms}")).collect();
            text += &format!("{}\t{}\t{}\n", this_machine(), key.columns(), times.join(", "));
        }
        for line in &self.foreign {
            text += &format!("{line}\n");
        }
        text
    }

    /// Where these are from; empty without a file.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// Names and milliseconds, `winograd4 1.234, fused 2.345`.
fn parse_times(text: &str) -> Result<Times, String> {
    let time = |entry: &str| {
        let (name, ms) = entry.rsplit_once(' ').ok_or_else(|| format!("{entry:?} is not a name and a time"))?;
        match ms.parse::<f64>() {
            Ok(ms) if ms.is_finite() && ms > 0.0 && !name.is_empty() => Ok((name.to_owned(), ms)),
            _ => Err(format!("{entry:?} is not a name and milliseconds above 0")),
        }
    };
    let times = text.split(", ").map(time).collect::<Result<Times, _>>()?;
    match times.len() <= MOST_TIMES && times.is_sorted_by(|a, b| a.1 <= b.1) {
        true => Ok(times),
        false => Err(format!("{} times, which are too many or not in order", times.len())),
    }
}

/// What times depend on, beside threads: system, processor and instruction set.
fn this_machine() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        // Where the system doesn't tell, two processors of one kind are the same machine.
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let words = model.map_or("", |(_, name)| name).split_whitespace();
        let parts = [OS, ARCH].into_iter().chain(words).chain([Isa::current().name()]);
        parts.collect::<Vec<_>>().join(" ")
    })
}
