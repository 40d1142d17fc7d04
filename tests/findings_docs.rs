//! Every kind of finding has its page, and the index knows it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What each page says, in this order.
const SECTIONS: [&str; 5] = [
    "## The smallest program that shows it",
    "## Why it happens",
    "## What to change",
    "## How sure it is",
    "## What it looks like",
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// All words that `kind` can have, as the published schema names them.
fn kinds() -> BTreeSet<String> {
    let text = fs::read_to_string(docs().join("report.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let words = schema["$defs"]["Kind"]["oneOf"].as_array().expect("each kind with its description");
    words.iter().map(|word| word["const"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_kind_has_its_page() {
    let expected = kinds();
    assert!(expected.contains("unawaited_held"));
    let mut pages = BTreeSet::new();
    for entry in fs::read_dir(docs().join("findings")).unwrap() {
        let path = entry.unwrap().path();
        pages.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    assert!(pages.remove("README"));
    assert_eq!(pages, expected);
}

#[test]
fn every_page_has_its_sections_and_is_in_the_index() {
    let index = fs::read_to_string(docs().join("findings/README.md")).unwrap();
    for kind in &kinds() {
        assert!(index.contains(&format!("[`{kind}`]({kind}.md)")), "{kind} is not in the index");
        let page = fs::read_to_string(docs().join(format!("findings/{kind}.md"))).unwrap();
        assert!(page.starts_with(&format!("# `{kind}`: ")), "{kind}");
        let mut rest = page.as_str();
        for section in SECTIONS {
            let (_, after) =
                rest.split_once(section).unwrap_or_else(|| panic!("{kind}: no {section}, or not in order"));
            rest = after;
        }
        assert!(rest.contains(&format!("\"kind\": \"{kind}\"")), "{kind}: no JSON");
    }
}
