//! Reports made up for tests: small, fixed, and in no way taken from a process.

#![allow(dead_code)] // each test program uses another part of it

pub(crate) mod why;

use std::time::{Duration, SystemTime};

use coroscope::report::{
    Awaited, BelongsTo, Blocked, Collector, CoroutineCounts, Definition, Evidence, Finding, FindingCounts, Frame,
    HexAddress, Instance, Kind, Location, Look, Loop, Mode, Pauses, REPORT_SCHEMA, Report, Runtime, Skipped, Source,
    Summary, Target, Task, TaskCounts, TaskException, TaskState, Thread, Timestamp, Tool, Variable, Verdict, WaitsOn,
    Warning,
};

/// A look at a process in which all is well.
pub(crate) fn healthy() -> Report {
    Report {
        schema: REPORT_SCHEMA.into(),
        tool: Tool { name: "coroscope".into(), version: "0.0.0".into() },
        captured_at: Timestamp(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250)),
        target: Target {
            pid: 4242,
            source: Source::Live,
            exe: Some("/usr/bin/python3.13".into()),
            cmdline: ["python3", "-X", "dev", "/srv/app/worker.py", "--queue", "mail"].map(Into::into).to_vec(),
            python: "3.13.1".into(),
            free_threaded: false,
            uptime_s: Some(7440.5),
            rss_bytes: Some(123_456_789),
            threads: 2,
            interpreters: 1,
        },
        look: Look {
            mode: Mode::Verify,
            collector: Collector::Sweep,
            swept_s_ago: None,
            total_ms: 712.4,
            pauses: Pauses { count: 1, max_us: 843, total_us: 843 },
            bytes_read: 318_400_000,
            bytes_skipped: 0,
            gc_objects: None,
            retries: 1,
            settle_ms: 500,
            complete: true,
            skipped: Vec::new(),
            notes: Vec::new(),
        },
        runtime: Runtime {
            origin_tracking_depth: vec![0, 0],
            warning_filters: Vec::new(),
            warning_options: Vec::new(),
            dev_mode: Some(false),
            loops: vec![Loop {
                address: HexAddress(0x7f3a_5c00_1000),
                class: "asyncio.unix_events._UnixSelectorEventLoop".into(),
                thread: Some(4242),
                running: true,
                debug: Some(false),
                ready: Some(0),
                scheduled: Some(3),
                tasks: Some(15),
                closed: Some(false),
                current_task: None,
                slow_callback_s: Some(0.1),
                next_timer_s: Some(2.5),
                blocked: None,
            }],
        },
        summary: Summary {
            coroutines: CoroutineCounts { created: 0, suspended: 17, running: 0, closed: 1 },
            async_generators: CoroutineCounts::default(),
            tasks: TaskCounts { pending: 15, running: 0, done: 3, failed: 0, cancelled: 0 },
            findings: FindingCounts::default(),
        },
        findings: Vec::new(),
        findings_omitted: 0,
        tasks: Vec::new(),
        threads: Vec::new(),
    }
}

/// `report` with these findings, and the counts that follow from them.
pub(crate) fn with_findings(mut report: Report, findings: Vec<Finding>) -> Report {
    report.summary.findings = FindingCounts::of(&findings);
    report.summary.coroutines.created = findings.iter().map(|finding| finding.count).sum();
    report.findings = findings;
    report
}

/// A group of coroutines held by a list.
pub(crate) fn held(qualname: &str, verdict: Verdict, count: u64) -> Finding {
    let listed = count.min(10);
    Finding {
        fingerprint: format!("0123456789abcdef-{qualname}"),
        kind: Kind::UnawaitedHeld,
        verdict,
        why: "Never started, not owned by any task, and in a holder that made no progress for 500 ms.".into(),
        qualname: qualname.into(),
        module: Some("app.mail".into()),
        belongs_to: BelongsTo::Own,
        distribution: None,
        distribution_version: None,
        definition: Some(Definition { file: "/srv/app/mail.py".into(), line: 41 }),
        count,
        created_at: None,
        position: None,
        exception: None,
        retained_by: Vec::new(),
        also_retained_by: Vec::new(),
        inner: Vec::new(),
        warning: None,
        instances: (0..listed)
            .map(|index| Instance {
                address: HexAddress(0x7f3a_5c01_e000 + index * 0x100),
                age_s: Some(0.5),
                refcount: Some(1),
                size_bytes: Some(200),
                arguments: None,
            })
            .collect(),
        instances_omitted: count - listed,
        advice: "Await it where it is called: `await notify(user)`, or give it to `asyncio.create_task()`.".into(),
    }
}

/// 10 000 leaks from three functions, one of them with everything that can be known, and some that are pending.
pub(crate) fn many() -> Report {
    let mut known = held("notify", Verdict::Leaked, 9_000);
    known.belongs_to = BelongsTo::Installed;
    known.distribution = Some("app-mail".into());
    known.distribution_version = Some("2.1.0".into());
    known.created_at = Some(vec![
        Location {
            source: Some("PENDING.append(notify(user, mail))".into()),
            ..Location::new("/srv/app/queue.py".into(), 88, Some("Queue.put".into()), Evidence::Recorded)
        },
        Location {
            source: Some("queue.put(user)  # each".into()),
            file_newer_than_process: true,
            ..Location::new("/srv/app/main.py".into(), 12, Some("main".into()), Evidence::Recorded)
        },
    ]);
    known.retained_by = ["module app.queue", "global 'PENDING'", "list[0..8999]"].map(Into::into).to_vec();
    known.instances[0].arguments = Some(vec![
        Variable { name: "user".into(), type_name: "str".into(), value: Some("'ada'".into()) },
        Variable { name: "mail".into(), type_name: "app.mail.Mail".into(), value: None },
    ]);
    let findings = vec![
        known,
        held("Mailer.flush", Verdict::Leaked, 999),
        held("retry", Verdict::Suspect, 1),
        held("just_born", Verdict::Pending, 4),
    ];
    with_findings(healthy(), findings)
}

/// A report in which every optional field is there, and every list has an entry.
pub(crate) fn full() -> Report {
    let mut report = many();
    report.target.free_threaded = true;
    report.look.gc_objects = Some(1_000_000);
    report.look.notes = vec!["This build has no list of objects: it was read by sweep.".into()];
    report.look.skipped =
        vec![Skipped { what: "coroutines".into(), count: 12, why: "they changed each time they were read".into() }];
    report.runtime.warning_filters = vec!["ignore::RuntimeWarning".into()];
    report.runtime.warning_options = report.runtime.warning_filters.clone();
    report.summary.async_generators.suspended = 2;
    let mut discarded = held("save", Verdict::Leaked, 1);
    discarded.kind = Kind::DiscardedAlready;
    discarded.instances.clear();
    discarded.warning = Some(Warning {
        module: Some("app.store".into()),
        file: Some("/srv/app/store.py".into()),
        line: Some(7),
        text: "coroutine 'save' was never awaited".into(),
    });
    report.findings.push(discarded);
    let frame = Frame { function: "poll".into(), file: "/srv/app/poll.py".into(), line: Some(88) };
    report.tasks = vec![Task {
        address: HexAddress(0x7f3a_5c02_0000),
        class: Some("_asyncio.Task".into()),
        name: Some("Task-17".into()),
        qualname: Some("poll".into()),
        belongs_to: BelongsTo::Installed,
        distribution: Some("app-poll".into()),
        distribution_version: Some("0.4".into()),
        state: TaskState::Failed,
        started: Some(true),
        event_loop: Some(HexAddress(0x7f3a_5c00_1000)),
        thread: Some(4242),
        stack: vec![frame.clone()],
        waits_on: Some(WaitsOn {
            address: HexAddress(0x7f3a_5c02_1000),
            type_name: "_asyncio.Future".into(),
            what: Awaited::Sleep,
            text: "sleep(), 2.5 s left".into(),
            object: None,
            time_left_s: Some(2.5),
            tasks: Vec::new(),
        }),
        awaited_by: vec![HexAddress(0x7f3a_5c02_2000)],
        context: Some(vec![Variable {
            name: "request_id".into(),
            type_name: "str".into(),
            value: Some("'r-1'".into()),
        }]),
        created_at: Some(vec![Location::new("/srv/app/poll.py".into(), 3, None, Evidence::CallSite)]),
        exception: Some(TaskException {
            type_name: "ValueError".into(),
            message: Some("no".into()),
            retrieved: Some(false),
            raised_at: Some(Frame { function: "poll".into(), file: "/srv/app/poll.py".into(), line: Some(90) }),
        }),
    }];
    report.threads = vec![Thread {
        id: 0x7f3a_5c03_0000,
        os_thread_id: Some(4242),
        name: Some("MainThread".into()),
        interpreter: 0,
        active: Some(false),
        owns_gil: Some(true),
        frames: vec![frame],
    }];
    report
}

/// Each kind of finding that is about no forgotten coroutine.
pub(crate) fn lost() -> Report {
    let frame = Frame { function: "poll".into(), file: "/srv/app/poll.py".into(), line: Some(88) };
    let of = |kind, qualname: &str, verdict, count| {
        let mut finding = held(qualname, verdict, count);
        finding.kind = kind;
        finding.why = format!("This is why it is {kind}.");
        finding.advice = format!("This is what to do about {kind}.");
        finding.position = Some(frame.clone());
        finding
    };
    let mut failed = of(Kind::TaskExceptionNeverRetrieved, "poll", Verdict::Leaked, 2);
    failed.exception = Some(TaskException {
        type_name: "ValueError".into(),
        message: Some("no such user".into()),
        retrieved: Some(false),
        raised_at: Some(frame.clone()),
    });
    let findings = vec![
        failed,
        of(Kind::GatherNeverAwaited, "gather", Verdict::Leaked, 1),
        of(Kind::TaskWeaklyHeld, "listen", Verdict::Leaked, 1),
        of(Kind::TaskNeverStarted, "refresh", Verdict::Suspect, 1),
        of(Kind::TaskStranded, "serve", Verdict::Leaked, 3),
        of(Kind::TaskAwaitCycle, "first", Verdict::Leaked, 2),
        of(Kind::CoroutineAsResult, "load", Verdict::Leaked, 1),
        of(Kind::AsyncgenAbandoned, "rows", Verdict::Leaked, 1),
        of(Kind::AsyncgenNeverStarted, "audit", Verdict::Suspect, 1),
        of(Kind::AsyncgenMethodNeverAwaited, "rows.aclose", Verdict::Leaked, 1),
        of(Kind::EventLoopBlocked, "handle", Verdict::Suspect, 1),
    ];
    let mut report = with_findings(healthy(), findings);
    report.summary.coroutines.created = 1;
    report.runtime.loops[0].blocked =
        Some(Blocked { at_least_s: 0.5, at_most_s: Some(12.3), task: None, frame: Some(frame) });
    report
}

/// A look that did not see everything.
pub(crate) fn incomplete() -> Report {
    let mut report = healthy();
    report.look.complete = false;
    report.look.skipped = vec![
        Skipped { what: "coroutines".into(), count: 12, why: "they changed each time they were read".into() },
        Skipped { what: "memory regions".into(), count: 1, why: "nothing is mapped there any more".into() },
    ];
    report
}

/// A target that tries to talk to the reader's terminal.
pub(crate) fn hostile() -> Report {
    let mut report = healthy();
    report.target.cmdline = vec!["python3".into(), "/tmp/\x1b[2J\x1b]0;pwned\x07.py".into()];
    let mut finding = held("evil\x1b[1A\r\nall is well", Verdict::Leaked, 1);
    finding.module = Some("m\u{202e}gpj".into());
    finding.definition = Some(Definition { file: "/srv/Grüße/漢字\u{9b}31m.py".into(), line: 1 });
    finding.retained_by = vec!["global '\x1b[8m'".into()];
    with_findings(report, vec![finding])
}
