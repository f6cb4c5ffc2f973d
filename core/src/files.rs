//! Reading files of bounded size, and writing files that are either whole or not there.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What a file holds.
///
/// # Errors
/// If it can't be read, or is larger than `most` bytes: then no more than those are read.
pub fn read(path: &Path, most: usize) -> Result<Vec<u8>> {
    let bad = |problem: io::Error| Error::file(path, problem);
    if path.is_dir() {
        return Err(Error::file(path, "is a folder, not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(bad)?.take(most as u64 + 1).read_to_end(&mut bytes).map_err(bad)?;
    if bytes.len() > most {
        return Err(Error::file(path, format!("is larger than {most} bytes, the most that is read")));
    }
    Ok(bytes)
}

/// Finds out whether [`write()`] has a chance, without touching what is there now.
///
/// # Errors
/// If `path` is a folder, or lies in one that is missing or can't be written to.
pub fn check_writable(path: &Path) -> Result<()> {
    if is_device(path) {
        return Ok(());
    }
    let folder = folder_of(path);
    // `file_name` overlooks a slash or a dot at the end, but the system doesn't when we rename.
    let text = path.to_string_lossy();
    let folder_like = text.ends_with(std::path::is_separator) || text.ends_with("/.");
    if path.is_dir() || folder_like || path.file_name().is_none() {
        return Err(Error::file(path, "is a folder, and must be the name of a file"));
    }
    if !folder.is_dir() {
        return Err(Error::file(path, format!("can't be written: there is no folder {}", folder.display())));
    }
    let (temporary, _) = create_beside(path).map_err(|e| Error::file(path, format!("can't be written: {e}")))?;
    fs::remove_file(temporary).map_err(|e| Error::file(path, format!("can't be written: {e}")))
}

/// Writes a file under a temporary name beside it, and gives it its name when all of it is on the
/// disk: whoever reads `path` finds the old file or the new one, never a part. Devices (`/dev/stdout`)
/// are written directly.
///
/// # Errors
/// As [`check_writable`], or if writing fails; nothing is left behind then.
pub fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> Result<()> {
    let (path, contents) = (path.as_ref(), contents.as_ref());
    check_writable(path)?;
    let written = if is_device(path) {
        File::options().write(true).open(path).and_then(|mut file| write_all(&mut file, contents))
    } else {
        create_beside(path).and_then(|(temporary, mut file)| {
            let written = write_all(&mut file, contents).and_then(|()| file.sync_all());
            drop(file); // Windows renames closed files only.
            let renamed = written.and_then(|()| fs::rename(&temporary, path));
            if renamed.is_err() {
                // If even this fails there is nothing better to report than the first failure.
                let _ = fs::remove_file(&temporary);
            }
            renamed
        })
    };
    written.map_err(|e| Error::failed(format!("saving {}", path.display()), e))
}

fn write_all(file: &mut File, contents: &[u8]) -> io::Result<()> {
    file.write_all(contents)?;
    file.flush()
}

/// Creates a hidden file with a name of its own in the folder of `path`.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut attempt = 0;
    loop {
        let temporary = folder_of(path).join(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
        match File::create_new(&temporary) {
            // Another thread's, or one that a killed process left behind.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
            created => return created.map(|file| (temporary, file)),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Whether something is there that is neither a file nor a folder, and so must not be replaced.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|is| !is.is_file() && !is.is_dir())
}
