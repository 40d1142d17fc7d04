//! Measures a look at a big heap side by side with what the target needs to look for coroutines in itself. Prints and
//! asserts nothing about time; run it alone: `cargo test --release --test live_speed -- --ignored --nocapture`.

mod support;

use std::time::Instant;

use support::target::Target;
use support::{dump, health, interpreters, note, truth};

#[test]
#[ignore = "measures; for an idle machine"]
fn a_million_objects() {
    for interpreter in interpreters::all() {
        let mut target = Target::start(&interpreter, "many.py", &["1000", "1000000", "1000"]);
        for mode in ["verify", "frozen", "nonblocking"] {
            target.ask("heart");
            let start = Instant::now();
            let report = dump::report(target.pid(), &["--instances", "1000000", "--settle", "0s", "--mode", mode]);
            let whole = start.elapsed();
            let stall = target.ask("heart")["longest_stall_us"].clone();
            assert!(report.addresses().is_superset(&truth::leaks(target.truth())), "{} in {mode}", target.label());
            note(&format!(
                "{interpreter} {mode}: whole {whole:.0?}, longest pause {} us by us and {stall} us by the target's heartbeat",
                report.0["look"]["pauses"]["max_us"]
            ));
        }
        note(&format!(
            "{interpreter}: the target's own scan {:.0} ms",
            target.ask("scan")["ms"].as_f64().unwrap_or_default()
        ));
        health::assert_unharmed(&mut target);
    }
}
