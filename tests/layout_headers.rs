//! The layout tables against the headers of the CPythons installed here.
//!
//! Headers are looked for where pyenv, the system and the project's own `.interpreters` folder have them. The probe in
//! `scripts/layouts/` is compiled against each set (it is not run), and every field, size and constant is compared with
//! the table for that version. Needs a C compiler and a `python3`; what is missing is printed as skipped.

use coroscope::runtime::layout::{Field, FrameStates, Layout, for_version};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The patch releases the tables were made from: there, everything has to be equal.
const MEASURED: [(u8, u8); 10] =
    [(8, 18), (9, 18), (10, 13), (11, 7), (12, 1), (13, 0), (13, 5), (13, 18), (14, 10), (15, 2)];

/// What else may differ in other patch releases. These places move inside a minor version, and from 3.13 on the target
/// itself says where they are.
const MAY_MOVE: [(&str, &str); 5] = [
    ("PyInterpreterState", "*"),
    ("_PyThreadStateImpl", "*"),
    ("_PyRuntimeState", "*"),
    ("PyThreadState", "sizeof"),
    ("_gc_runtime_state", "generations"),
];

/// Sizes that depend on how CPython was configured (free lists, JIT). No field we read depends on them.
const CONFIGURED: [&str; 3] = ["_PyRuntimeState", "PyInterpreterState", "_PyThreadStateImpl"];

/// Says something that is seen also when the test passes.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "layout_headers: {line}");
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The entries of a folder, sorted; none if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Folders such as `…/include/python3.14` that hold CPython's headers, private ones included.
fn header_sets() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let pyenv = std::env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from);
    let mut include = vec![PathBuf::from("/usr/include")];
    include.extend(entries(&pyenv.join("versions")).iter().map(|version| version.join("include")));
    include.extend(entries(&project().join(".interpreters")).iter().map(|root| root.join("usr/include")));
    let mut sets: Vec<PathBuf> = include.iter().flat_map(|folder| entries(folder)).collect();
    sets.retain(|set| set.join("patchlevel.h").is_file() && set.join("internal").is_dir());
    sets
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// What the headers say, as JSON of `generate.py --measure`.
fn measure(headers: &Path, free_threaded: bool) -> Value {
    let mut command = Command::new("python3");
    command.arg(project().join("scripts/layouts/generate.py")).arg("--measure").arg(headers);
    if free_threaded {
        command.arg("-t");
    }
    let output = command.output().expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "measuring {} fails: {said}", headers.display());
    serde_json::from_slice(&output.stdout).expect("generate.py prints JSON")
}

/// `[offset, size]` or `[offset, bit, width]`, as the probe writes it.
fn place(field: Field) -> Option<Vec<u64>> {
    let offset = field.offset()?;
    Some(match field.bit_range() {
        Some((bit, width)) => vec![offset, bit.into(), width.into()],
        None => vec![offset, field.size()],
    })
}

fn numbers(value: &Value) -> Option<Vec<u64>> {
    value.as_array().map(|values| values.iter().filter_map(Value::as_u64).collect())
}

/// Every difference between table and headers: structure, field, a sentence.
fn differences(layout: &Layout, structures: &Value) -> Vec<(&'static str, &'static str, String)> {
    let mut found = Vec::new();
    for (structure, name, field) in layout.fields() {
        // a field called `size` is not the structure's size
        let key = if name == "size" { ".size" } else { name };
        let (table, headers) = (place(field), numbers(&structures[structure][key]));
        if table != headers {
            found.push((structure, name, format!("{structure}.{name}: table {table:?}, headers {headers:?}")));
        }
    }
    for (structure, table) in layout.sizes() {
        let headers = structures[structure]["size"].as_u64().unwrap_or(0);
        if u64::from(table) != headers && !CONFIGURED.contains(&structure) {
            found.push((structure, "sizeof", format!("sizeof({structure}): table {table}, headers {headers}")));
        }
    }
    found
}

/// Constants of the headers that became kinds of behaviour.
fn assert_constants(layout: &Layout, constants: &Value, version: &str) {
    let constant = |name: &str| constants[name].as_i64();
    let states = layout.frame_states;
    let some = |state: fn(FrameStates) -> i8| states.map(state).map(i64::from);
    let option = |state: fn(FrameStates) -> Option<i8>| states.and_then(state).map(i64::from);
    for (name, table) in [
        ("FRAME_CREATED", some(|states| states.created)),
        ("FRAME_SUSPENDED", some(|states| states.suspended)),
        ("FRAME_SUSPENDED_YIELD_FROM", option(|states| states.suspended_yield_from)),
        ("FRAME_SUSPENDED_YIELD_FROM_LOCKED", option(|states| states.suspended_yield_from_locked)),
        ("FRAME_EXECUTING", some(|states| states.executing)),
        ("FRAME_COMPLETED", option(|states| states.completed)),
        ("FRAME_CLEARED", some(|states| states.cleared)),
        ("ARENA_SIZE", layout.pool_geometry.map(|pools| pools.arena_size.into())),
        ("POOL_SIZE", layout.pool_geometry.map(|pools| pools.pool_size.into())),
    ] {
        assert_eq!(table, constant(name), "{version} {name}");
    }
    for (name, table) in
        [("MANAGED_DICT_OFFSET", layout.managed_dict_before), ("MANAGED_WEAKREF_OFFSET", layout.managed_weakref_before)]
    {
        if let Some(offset) = constant(name) {
            assert_eq!(i64::from(table), -offset, "{version} {name}");
        }
    }
}

/// Minor and micro version of a header set.
fn version_of(headers: &Path) -> (u8, u8) {
    let text = std::fs::read_to_string(headers.join("patchlevel.h")).expect("patchlevel.h is readable");
    let number = |name: &str| -> Option<u8> {
        let line = text.lines().find(|line| line.contains("define") && line.contains(name))?;
        line.split_whitespace().last()?.parse().ok()
    };
    let version = number("PY_MINOR_VERSION").zip(number("PY_MICRO_VERSION"));
    version.unwrap_or_else(|| panic!("{} names no version", headers.display()))
}

/// Whether all programs run; says which one does not.
fn all_run(programs: &[&str], what: &str) -> bool {
    let missing = programs.iter().find(|program| !runs(program));
    if let Some(program) = missing {
        say(&format!("skipped: {what} (`{program}` does not run)"));
    }
    missing.is_none()
}

#[test]
fn tables_are_what_the_installed_headers_say() {
    if !all_run(&["cc", "python3"], "all header sets") {
        return;
    }
    let (mut compared, mut skipped, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for headers in header_sets() {
        let (minor, micro) = version_of(&headers);
        if for_version(minor, micro, false).is_none() {
            skipped.push(format!("3.{minor}.{micro}"));
        }
        for free_threaded in [false, true] {
            let version = format!("3.{minor}.{micro}{}", if free_threaded { "t" } else { "" });
            let Some(layout) = for_version(minor, micro, free_threaded) else { continue };
            if compared.contains(&version) {
                continue;
            }
            let measured = measure(&headers, free_threaded);
            assert_constants(&layout, &measured["consts"], &version);
            for (structure, field, what) in differences(&layout, &measured["structs"]) {
                let may_move = |(of, name): &(&str, &str)| *of == structure && (*name == "*" || *name == field);
                if !MEASURED.contains(&(minor, micro)) && MAY_MOVE.iter().any(may_move) {
                    say(&format!("{version} differs: {what}"));
                } else {
                    failures.push(format!("{version} {what}"));
                }
            }
            compared.push(version);
        }
    }
    say(&format!("compared {} header sets: {}", compared.len(), compared.join(", ")));
    say(&format!("skipped {} header sets without a table: {}", skipped.len(), skipped.join(", ")));
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn tables_are_those_the_script_writes() {
    let what = "comparison of the tables with what the script writes";
    if !all_run(&["rustfmt", "python3"], what) {
        return;
    }
    let has_tomllib = Command::new("python3").args(["-c", "import tomllib"]).output();
    if !has_tomllib.is_ok_and(|output| output.status.success()) {
        say(&format!("skipped: {what} (`python3` is older than 3.11)"));
        return;
    }
    let script = project().join("scripts/layouts/generate.py");
    let output = Command::new("python3").arg(script).arg("--check").output().expect("python3 runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
