//! The caches of this machine, as the system describes them. Blocks are cut to their sizes.

use std::path::Path;
use std::sync::OnceLock;

/// Bytes of the caches that a core has to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caches {
    /// Of the first level, for data.
    pub first: usize,
    /// Of the second level.
    pub second: usize,
}

/// What most cores have, where the system says nothing.
const USUAL: Caches = Caches { first: 32 << 10, second: 512 << 10 };

impl Caches {
    /// Those of this machine; asked for once.
    pub fn this() -> Self {
        static THIS: OnceLock<Caches> = OnceLock::new();
        *THIS.get_or_init(|| Self::described(Path::new("/sys/devices/system/cpu/cpu0/cache")))
    }

    /// Those that a folder describes in the way of Linux: `index0/level`, `index0/type` and `index0/size`, and so on.
    fn described(folder: &Path) -> Self {
        let mut caches = USUAL;
        for index in 0..8 {
            let read = |what: &str| std::fs::read_to_string(folder.join(format!("index{index}/{what}")));
            let (Ok(level), Ok(kind), Ok(size)) = (read("level"), read("type"), read("size")) else { continue };
            match (level.trim(), kind.trim(), bytes(size.trim())) {
                ("1", "Data" | "Unified", Some(size)) => caches.first = size,
                ("2", "Data" | "Unified", Some(size)) => caches.second = size,
                _ => {}
            }
        }
        // A second level that is no larger than the first would leave blocks nothing.
        Self { second: caches.second.max(2 * caches.first), ..caches }
    }
}

/// "512K" in bytes; `None` for what can't be the size of a cache.
fn bytes(size: &str) -> Option<usize> {
    let digits = size.trim_end_matches(['K', 'M']);
    let unit = match &size[digits.len()..] {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        _ => return None,
    };
    let bytes = digits.parse::<usize>().ok()?.checked_mul(unit)?;
    (4 << 10..=1 << 30).contains(&bytes).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(["32K", "1024K", "2M", "65536"].map(bytes), [32 << 10, 1 << 20, 2 << 20, 64 << 10].map(Some));
        assert_eq!(["", "K", "0K", "12G", "KK", "1MK", "-1K", "99999999999M"].map(bytes), [None; 8]);
    }

    #[test]
    fn a_folder_that_describes_them() {
        let folder = std::env::temp_dir().join(format!("unrolled-caches-{}", std::process::id()));
        for (index, [level, kind, size]) in
            [["1", "Data", "48K"], ["1", "Instruction", "64K"], ["2", "Unified", "2048K"], ["3", "Unified", "30M"]]
                .into_iter()
                .enumerate()
        {
            let cache = folder.join(format!("index{index}"));
            std::fs::create_dir_all(&cache).unwrap();
            for (name, text) in [("level", level), ("type", kind), ("size", size)] {
                std::fs::write(cache.join(name), format!("{text}\n")).unwrap();
            }
        }
        let caches = Caches::described(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(caches, Caches { first: 48 << 10, second: 2 << 20 });
        assert_eq!(Caches::described(Path::new("no such folder")), USUAL);
        assert!(Caches::this().first < Caches::this().second);
    }
}
