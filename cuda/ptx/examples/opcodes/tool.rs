//! What `opcodes` does, as functions: the tests call them, too.

use ptx::{Class, Kernel, parse};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use unrolled::{Error, Result};

/// The kernels of a file, and how the table calls its folder.
pub type File = (String, Vec<Arc<Kernel>>);

/// All kernels below `cuda/`, but for the small programs of the appendices.
///
/// # Errors
/// If a file can't be read.
pub fn kernels() -> Result<Vec<File>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cuda/ is above");
    let mut files = Vec::new();
    find(root, &mut files);
    files.sort();
    let kernels = |file: &PathBuf| {
        let failed = |e: &dyn std::fmt::Display| Error::failed("reading", format_args!("{}: {e}", file.display()));
        let source = std::fs::read_to_string(file).map_err(|e| failed(&e))?;
        let below = file.strip_prefix(root).expect("it was found there");
        Ok((called(below), parse(&source).map_err(|e| failed(&e))?.kernels))
    };
    files.iter().map(kernels).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let is = |name: &str| path.file_name().is_some_and(|found| found == name);
        if path.is_dir() && !["examples", "exercises", "target"].into_iter().any(is) {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "ptx") {
            files.push(path);
        }
    }
}

/// `ch01-naive/src/forward.ptx` is of `01`, `host/src/kernels.ptx` of `host`, and what is in a folder of tests of `tests`.
fn called(file: &Path) -> String {
    let folders: Vec<_> = file.iter().map(|folder| folder.to_string_lossy()).collect();
    match folders[0].strip_prefix("ch") {
        _ if folders.iter().any(|folder| folder == "tests") => "tests".into(),
        Some(chapter) => chapter.chars().take_while(char::is_ascii_digit).collect(),
        None => folders[0].to_string(),
    }
}

/// `add.u32` of `@%p add.u32 %a, %b, %c`.
pub fn opcode(text: &str) -> &str {
    let text =
        if text.starts_with('@') { text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest) } else { text };
    text.split_whitespace().next().unwrap_or("").trim_end_matches(';')
}

/// The instructions of a kernel, without the `ret` that the parser puts behind the last one.
fn written(kernel: &Kernel) -> impl Iterator<Item = (Class, &String)> {
    let classes = kernel.code.iter().map(|instruction| Class::of(&instruction.op));
    classes.zip(&kernel.text).take(kernel.code.len() - 1)
}

/// What is known of an instruction: how often it is written, in how many kernels, and where.
pub type Uses = BTreeMap<String, (usize, usize, BTreeSet<String>)>;

/// All instructions of these kernels.
pub fn uses(files: &[File]) -> Uses {
    let mut uses = Uses::new();
    for (place, kernel) in files.iter().flat_map(|(place, kernels)| kernels.iter().map(move |kernel| (place, kernel))) {
        let mut seen = BTreeSet::new();
        for text in written(kernel).map(|(_, text)| text) {
            let name = opcode(text);
            let (written, kernels, places) = uses.entry(name.into()).or_default();
            *written += 1;
            *kernels += usize::from(seen.insert(name));
            places.insert(place.clone());
        }
    }
    uses
}

/// The table.
pub fn table(files: &[File]) -> String {
    let kernels: usize = files.iter().map(|(_, kernels)| kernels.len()).sum();
    let uses = uses(files);
    let mut text = format!("{kernels} kernels in {} files, {} instructions\n\n", files.len(), uses.len());
    let _ = writeln!(text, "{:20} {:>7} {:>10}   where", "", "written", "in kernels");
    for (name, (written, kernels, places)) in &uses {
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let _ = writeln!(text, "{name:20} {written:>7} {kernels:>10}   {}", places.join(" "));
    }
    let all: Vec<Class> =
        files.iter().flat_map(|(_, kernels)| kernels).flat_map(|k| written(k).map(|(class, _)| class)).collect();
    let _ = writeln!(text, "\n{:24} {:>7}", "", "written");
    for class in Class::ALL {
        let count = all.iter().filter(|&&of| of == class).count();
        let _ = writeln!(text, "{:24} {count:>7} {:>6.1}%", class.name(), 100.0 * count as f64 / all.len() as f64);
    }
    text.truncate(text.trim_end().len());
    text
}
