//! The opcode tables are what the interpreters of this machine say: `scripts/opcodes/generate.py` writes the same again.

mod support;

use std::path::Path;
use std::process::Stdio;

use support::interpreters;

#[test]
fn every_table_is_what_its_interpreter_says() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for interpreter in interpreters::all() {
        let script = std::fs::File::open(project.join("scripts/opcodes/generate.py")).expect("the script");
        let output =
            interpreter.command().arg("-").stdin(Stdio::from(script)).output().expect("it could be started before");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{interpreter}: {stderr}");
        let table = project.join(format!("src/runtime/opcodes/cp3{}.rs", interpreter.version.minor));
        let written = std::fs::read_to_string(&table).expect("a table for every supported version");
        assert!(
            String::from_utf8_lossy(&output.stdout) == written,
            "{interpreter} says otherwise than {}",
            table.display()
        );
    }
}
