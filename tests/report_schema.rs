//! The JSON Schemas under `docs/` are those of the model, and what we write obeys them.

mod synthetic;

use std::fs;
use std::path::PathBuf;

use coroscope::error::{Error, ErrorKind};
use coroscope::render::write_json;
use coroscope::report::{
    ErrorDocument, Failure, ListDocument, ListedProcess, Report, ReportsDocument, WhyReport, schemas,
};
use serde::Serialize;
use serde_json::Value;

fn schema(name: &str) -> Value {
    schemas().into_iter().find(|(file, _)| *file == name).expect("one of ours").1
}

fn json(document: &impl Serialize) -> Value {
    let mut bytes = Vec::new();
    write_json(document, &mut bytes).unwrap();
    assert!(bytes.ends_with(b"}\n"));
    serde_json::from_slice(&bytes).unwrap()
}

#[track_caller]
fn assert_valid(name: &str, document: &Value) {
    let validator = jsonschema::validator_for(&schema(name)).unwrap();
    let errors: Vec<_> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// `UPDATE=1 cargo test --test report_schema` writes them anew.
#[test]
fn the_schemas_in_docs_are_those_of_the_model() {
    for (name, schema) in schemas() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "docs/{name} differs from the model: UPDATE=1 cargo test --test report_schema");
    }
}

#[test]
fn what_we_write_obeys_the_schema() {
    for report in
        [synthetic::healthy(), synthetic::many(), synthetic::full(), synthetic::incomplete(), synthetic::hostile()]
    {
        assert_valid("report.schema.json", &json(&report));
    }
    let error = Error::new(ErrorKind::Permission, "cannot read process 1").caused_by("no").hint("do `this`");
    let failure = Failure::new(Some(1), &error);
    assert_valid("error.schema.json", &json(&ErrorDocument::new(failure.clone())));
    let reports = ReportsDocument::new(vec![synthetic::full()], vec![failure]);
    assert_valid("reports.schema.json", &json(&reports));
    let process = ListedProcess {
        pid: 1,
        version: None,
        command: "python3".into(),
        readable: false,
        why_not: Some("no".into()),
        loops: None,
        tasks: Some(2),
    };
    assert_valid("list.schema.json", &json(&ListDocument::new(vec![process])));
    for report in [synthetic::why::held(), synthetic::why::held_by_many(), synthetic::why::garbage()] {
        assert_valid("why.schema.json", &json(&report));
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let validator = jsonschema::validator_for(&schema("report.schema.json")).unwrap();
    let good = json(&synthetic::full());
    for (pointer, wrong) in [
        ("/schema", Value::from("coroscope.report/2")),
        ("/findings/0/verdict", Value::from("perhaps")),
        ("/findings/0/kind", Value::from("odd")),
        ("/findings/0/instances/0/address", Value::from(140_000)),
        ("/findings/0/created_at/0/evidence", Value::from("guessed")),
        ("/look/complete", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).expect(pointer) = wrong;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    let mut more = good;
    more["some_field_of_a_later_version"] = Value::from(1);
    assert!(validator.is_valid(&more), "fields may be added");
}

#[test]
fn a_report_survives_json() {
    for report in [synthetic::full(), synthetic::hostile()] {
        assert_eq!(serde_json::from_value::<Report>(json(&report)).unwrap(), report);
    }
}

/// The names and words of the contract, written down here by hand.
#[test]
fn the_contract_by_hand() {
    let report = json(&synthetic::full());
    for pointer in [
        "/schema",
        "/tool/name",
        "/tool/version",
        "/captured_at",
        "/target/pid",
        "/target/source",
        "/target/exe",
        "/target/cmdline",
        "/target/python",
        "/target/free_threaded",
        "/target/uptime_s",
        "/target/rss_bytes",
        "/target/threads",
        "/target/interpreters",
        "/look/mode",
        "/look/total_ms",
        "/look/pauses/count",
        "/look/pauses/max_us",
        "/look/pauses/total_us",
        "/look/bytes_read",
        "/look/bytes_skipped",
        "/look/gc_objects",
        "/look/retries",
        "/look/settle_ms",
        "/look/complete",
        "/look/skipped/0/what",
        "/look/skipped/0/count",
        "/look/skipped/0/why",
        "/runtime/origin_tracking_depth",
        "/runtime/warning_filters",
        "/runtime/loops/0/address",
        "/runtime/loops/0/class",
        "/runtime/loops/0/thread",
        "/runtime/loops/0/running",
        "/runtime/loops/0/debug",
        "/runtime/loops/0/ready",
        "/runtime/loops/0/scheduled",
        "/runtime/loops/0/tasks",
        "/summary/coroutines/created",
        "/summary/coroutines/suspended",
        "/summary/coroutines/running",
        "/summary/coroutines/closed",
        "/summary/async_generators/created",
        "/summary/tasks/pending",
        "/summary/findings/leaked",
        "/summary/findings/suspect",
        "/summary/findings/pending",
        "/findings_omitted",
        "/findings/0/fingerprint",
        "/findings/0/kind",
        "/findings/0/verdict",
        "/findings/0/why",
        "/findings/0/qualname",
        "/findings/0/module",
        "/findings/0/belongs_to",
        "/findings/0/distribution",
        "/findings/0/distribution_version",
        "/findings/0/definition/file",
        "/findings/0/definition/line",
        "/findings/0/count",
        "/findings/0/created_at/0/file",
        "/findings/0/created_at/0/line",
        "/findings/0/created_at/0/function",
        "/findings/0/created_at/0/evidence",
        "/findings/0/created_at/0/belongs_to",
        "/findings/0/retained_by/0",
        "/findings/0/warning",
        "/findings/4/warning/module",
        "/findings/4/warning/file",
        "/findings/4/warning/line",
        "/findings/4/warning/text",
        "/findings/0/instances/0/address",
        "/findings/0/instances/0/age_s",
        "/findings/0/instances/0/refcount",
        "/findings/0/instances/0/size_bytes",
        "/findings/0/instances/0/arguments",
        "/findings/0/advice",
        "/tasks/0/address",
        "/tasks/0/name",
        "/tasks/0/qualname",
        "/tasks/0/belongs_to",
        "/tasks/0/distribution",
        "/tasks/0/distribution_version",
        "/tasks/0/state",
        "/tasks/0/started",
        "/tasks/0/loop",
        "/tasks/0/thread",
        "/tasks/0/stack/0/function",
        "/tasks/0/stack/0/file",
        "/tasks/0/stack/0/line",
        "/tasks/0/waits_on",
        "/tasks/0/awaited_by",
        "/tasks/0/context",
        "/tasks/0/created_at",
        "/tasks/0/exception/type",
        "/tasks/0/exception/message",
        "/tasks/0/exception/retrieved",
        "/threads/0/id",
        "/threads/0/os_thread_id",
        "/threads/0/name",
        "/threads/0/interpreter",
        "/threads/0/active",
        "/threads/0/owns_gil",
        "/threads/0/frames/0/function",
    ] {
        assert!(report.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(report["captured_at"], "2023-11-14T22:13:20.250Z");
    assert_eq!(report["findings"][0]["kind"], "unawaited_held");
    assert_eq!(report["findings"][4]["kind"], "discarded_already");
    assert_eq!(report["findings"][0]["instances"][0]["address"], "0x7f3a5c01e000");
    assert_eq!(report["tasks"][0]["created_at"][0]["evidence"], "call_site");
}

/// The same for the document of `why`.
#[test]
fn the_contract_of_why_by_hand() {
    let report = json(&synthetic::why::held());
    for pointer in [
        "/schema",
        "/tool/name",
        "/captured_at",
        "/target/pid",
        "/look/complete",
        "/object/address",
        "/object/type",
        "/object/kind",
        "/object/verdict",
        "/object/qualname",
        "/object/module",
        "/object/state",
        "/object/definition/file",
        "/object/created_at/0/line",
        "/object/refcount",
        "/object/size_bytes",
        "/object/retained/bytes",
        "/object/retained/objects",
        "/object/retained/exact",
        "/paths/0/root",
        "/paths/0/steps/0/text",
        "/paths/0/steps/0/address",
        "/paths/0/steps/0/type",
        "/paths/0/steps/0/last_sane",
        "/paths/0/steps/0/suspect",
        "/unreachable",
        "/references/count",
        "/references/found",
        "/references/not_found",
        "/references/words_outside_of_objects",
        "/references/complete",
        "/references/note",
    ] {
        assert!(report.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(report["schema"], "coroscope.why/1");
    assert_eq!(report["object"]["state"], "created");
    assert_eq!(report["paths"][0]["root"], "module");
    assert_eq!(serde_json::from_value::<WhyReport>(report).unwrap(), synthetic::why::held());
}

#[test]
fn the_page_about_the_contract_names_every_word() {
    let page = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema.md")).unwrap();
    let schema = schema("report.schema.json");
    for set in ["Kind", "Verdict", "Evidence", "BelongsTo"] {
        let words: Vec<_> = schema["$defs"][set]["oneOf"].as_array().expect(set).iter().collect();
        assert!(words.len() >= 3, "{set}");
        for word in words {
            let word = word["const"].as_str().expect("a word");
            assert!(page.contains(&format!("| `{word}` |")), "{word}");
        }
    }
    let why = self::schema("why.schema.json");
    for set in ["RootKind", "ObjectState"] {
        for word in why["$defs"][set]["oneOf"].as_array().expect(set) {
            let word = word["const"].as_str().expect("a word");
            assert!(page.contains(&format!("`{word}`")), "{word}");
        }
    }
}
