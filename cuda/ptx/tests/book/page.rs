//! The page lists every instruction that some kernel of the repository uses, and no other; and an example has each.

use crate::{opcodes, read, repository};
use std::collections::BTreeSet;

/// The instructions that a page lists: in the last column of the tables between these two headings.
fn listed(page: &str) -> BTreeSet<String> {
    let (_, rest) = page.split_once("\n## Every instruction\n").expect("the heading of the tables");
    let (tables, _) = rest.split_once("\n## ").expect("a heading behind them");
    let rows = tables.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | ")).map(|(_, last)| last);
    rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(String::from).collect()
}

/// What is in the one and not in the other, both ways.
fn differences(listed: &BTreeSet<String>, used: &BTreeSet<String>) -> Vec<String> {
    let missing = used.difference(listed).map(|name| format!("{name} is used, and not listed"));
    let extra = listed.difference(used).map(|name| format!("{name} is listed, and not used"));
    missing.chain(extra).collect()
}

fn used() -> BTreeSet<String> {
    opcodes::uses(&opcodes::kernels().expect("the kernels can be read")).into_keys().collect()
}

#[test]
fn the_page_lists_what_the_kernels_use() {
    let page = read(repository().join("book/src/appendix-a-ptx.md"));
    assert_eq!(differences(&listed(&page), &used()), [""; 0]);
}

#[test]
fn a_missing_instruction_and_one_too_many_are_found() {
    let page = read(repository().join("book/src/appendix-a-ptx.md"));
    let changed = page.replace("`rem.u32`", "`rem.s64`");
    assert_ne!(changed, page);
    let expected = ["rem.u32 is used, and not listed", "rem.s64 is listed, and not used"];
    assert_eq!(differences(&listed(&changed), &used()), expected);
}

#[test]
fn an_example_has_each() {
    let folder = std::fs::read_dir(repository().join("cuda/ptx/examples")).expect("the folder of examples");
    let files = folder.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "ptx"));
    let modules: Vec<_> = files.map(|file| ptx::parse(&read(&file)).unwrap_or_else(|e| panic!("{e}"))).collect();
    let texts = modules.iter().flat_map(|module| &module.kernels).flat_map(|kernel| &kernel.text);
    let shown: BTreeSet<String> = texts.map(|text| opcodes::opcode(text).to_string()).collect();
    let missing: Vec<_> = used().difference(&shown).cloned().collect();
    assert_eq!(missing, [""; 0]);
}
