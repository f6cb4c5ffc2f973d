//! Holds every kernel of the book against NVIDIA's assembler, for each generation of GPUs.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use unrolled::{Error, Result, cli, say};

const USAGE: &str = "\
Assembles every .ptx file of cuda/ with NVIDIA's ptxas, for each GPU generation from Maxwell to Hopper, and
prints what each kernel takes. A warning, a spilled register or an error is a failure.

Usage: assemble [--ptxas FILE] [FILE.ptx ...]
  --ptxas FILE   the assembler [the environment's PTXAS, or ptxas on the PATH]
  FILE.ptx       these files only
  --help         print this text

ptxas needs no GPU. It is in NVIDIA's CUDA toolkit, and on PyPI:
  pip install --no-deps nvidia-cuda-nvcc-cu12==12.9.86   (then: nvidia/cuda_nvcc/bin/ptxas in site-packages)";

/// Compute capabilities: Maxwell, Pascal, Volta, Turing, Ampere, Hopper.
const GENERATIONS: [u32; 6] = [50, 60, 70, 75, 80, 90];

fn main() -> ExitCode {
    cli::run(USAGE, |mut args| {
        let wanted: Option<PathBuf> = args.value("--ptxas", "the assembler's path")?;
        let mut files: Vec<PathBuf> = std::iter::from_fn(|| args.positional()).map(PathBuf::from).collect();
        args.finish()?;
        let from_environment = || std::env::var_os("PTXAS").unwrap_or_else(|| "ptxas".into());
        let ptxas = wanted.map_or_else(from_environment, OsString::from);
        if files.is_empty() {
            find(rooms(), &mut files)?;
            files.sort();
        }
        assemble_all(&ptxas, &files)
    })
}

/// The folder of the GPU crates.
fn rooms() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a folder")
}

/// The `.ptx` files under a folder.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let wrong = |e| Error::file(folder, e);
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "ptx") {
            files.push(path);
        }
    }
    Ok(())
}

fn assemble_all(ptxas: &OsString, files: &[PathBuf]) -> Result<()> {
    let mut kernels = 0;
    for file in files {
        let reports = GENERATIONS.map(|generation| assemble(ptxas, file, generation));
        let [first, ..] = &reports;
        let usages = usages(first.as_ref().map_err(Clone::clone)?);
        for report in &reports {
            report.as_ref().map_err(Clone::clone)?;
        }
        say!("{}", file.strip_prefix(rooms()).unwrap_or(file).display());
        for (kernel, usage) in &usages {
            say!("    {kernel:<28} {usage}");
        }
        kernels += usages.len();
    }
    say!(
        "{} files, {kernels} kernels: assembled for sm_{}",
        files.len(),
        GENERATIONS.map(|g| g.to_string()).join(", ")
    );
    Ok(())
}

/// Assembles a file for one generation; gives back what ptxas had to say of it.
fn assemble(ptxas: &OsString, file: &Path, generation: u32) -> Result<String> {
    let output = Command::new(ptxas)
        .args(["-v", "-Werror", "--warn-on-spills", &format!("-arch=sm_{generation}")])
        .arg(file)
        .args(["-o", if cfg!(windows) { "NUL" } else { "/dev/null" }])
        .output()
        .map_err(|e| Error::failed(format!("starting {}", ptxas.display()), format!("{e} (see --help)")))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // -Werror doesn't cover all of them.
    let warned = text.lines().find(|line| line.contains("warning") || line.contains("error"));
    match warned {
        None if output.status.success() => Ok(text),
        _ => {
            let problem = warned.unwrap_or_else(|| text.lines().next_back().unwrap_or("ptxas failed"));
            Err(Error::file(file, format!("for sm_{generation}: {}", problem.trim())))
        }
    }
}

/// The kernels in ptxas's report, and what each uses.
fn usages(report: &str) -> Vec<(String, String)> {
    let mut usages = Vec::new();
    let mut kernel = String::new();
    for line in report.lines() {
        if let Some((_, rest)) = line.split_once("entry function '") {
            kernel = rest.split('\'').next().unwrap_or_default().into();
        } else if let Some((_, usage)) = line.split_once(": Used ") {
            usages.push((kernel.clone(), usage.trim().into()));
        }
    }
    usages
}
