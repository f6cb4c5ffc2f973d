//! What several test programs need.
#![allow(dead_code)] // and none of them all of it

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An empty folder of its own, removed in the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ch09-lenet-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into the folder.
    pub fn put(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// The names of what is in it.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A gzip file around a Deflate stream.
pub fn gzip_around(deflate: &[u8], contents: &[u8]) -> Vec<u8> {
    let crc = ch09_lenet::crc32::crc32(contents).to_le_bytes();
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], deflate, &crc, &(contents.len() as u32).to_le_bytes()].concat()
}

/// A gzip file that stores its contents, at most 65,535 bytes, as they are.
pub fn gzip_stored(contents: &[u8]) -> Vec<u8> {
    let length = contents.len() as u16;
    gzip_around(&[&[1], &length.to_le_bytes()[..], &(!length).to_le_bytes(), contents].concat(), contents)
}
