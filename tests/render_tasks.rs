//! The tasks as a tree and as a table, for made-up reports and for each kind of place they can go to.

mod synthetic;

use coroscope::render::{Filter, Pattern, Render, Scope, Shape, Stacks, Style, Tasks};
use coroscope::report::{
    Awaited, BelongsTo, Frame, HexAddress, Report, Task, TaskException, TaskState, Variable, WaitsOn,
};

const ASCII: Style = Style { color: false, unicode: false, width: None };
const COLOR: Style = Style { color: true, unicode: true, width: None };

fn wide(columns: usize) -> Style {
    Style { color: false, unicode: true, width: Some(columns) }
}

fn address(number: u64) -> HexAddress {
    HexAddress(0x7f00_0000_0000 + number * 0x100)
}

fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame { function: function.into(), file: file.into(), line: Some(line) }
}

/// A task that waits for something, with a frame of its own and one of asyncio.
fn task(number: u64, qualname: &str, what: Awaited, text: &str) -> Task {
    Task {
        address: address(number),
        class: Some("_asyncio.Task".into()),
        name: Some(format!("Task-{number}")),
        qualname: Some(qualname.into()),
        belongs_to: BelongsTo::Own,
        distribution: None,
        distribution_version: None,
        state: TaskState::Pending,
        started: Some(true),
        event_loop: Some(HexAddress(0x7f3a_5c00_1000)),
        thread: Some(4242),
        stack: vec![
            frame(qualname, "/srv/app/jobs.py", 12),
            frame("Queue.get", "/usr/lib/python3.13/asyncio/queues.py", 186),
        ],
        waits_on: Some(WaitsOn {
            address: address(1_000_000 + number),
            type_name: "_asyncio.Future".into(),
            what,
            text: text.into(),
            object: None,
            time_left_s: None,
            tasks: Vec::new(),
        }),
        awaited_by: Vec::new(),
        context: None,
        created_at: None,
        exception: None,
    }
}

fn finished(number: u64, state: TaskState) -> Task {
    let mut task = task(number, "fetch", Awaited::Future, "");
    task.state = state;
    task.stack.clear();
    task.waits_on = None;
    if state == TaskState::Failed {
        task.exception = Some(TaskException {
            type_name: "ValueError".into(),
            message: Some("no such user".into()),
            retrieved: Some(false),
            raised_at: Some(frame("fetch", "/srv/app/fetch.py", 90)),
        });
    }
    task
}

fn with(tasks: Vec<Task>) -> Report {
    let mut report = synthetic::healthy();
    let count = |state| tasks.iter().filter(|task| task.state == state).count() as u64;
    report.summary.tasks.pending = count(TaskState::Pending);
    report.summary.tasks.running = count(TaskState::Running);
    report.summary.tasks.done = count(TaskState::Done);
    report.summary.tasks.failed = count(TaskState::Failed);
    report.summary.tasks.cancelled = count(TaskState::Cancelled);
    report.tasks = tasks;
    report
}

/// main → 3 handlers → 2, 3 and 2 queries; 2,000 workers; a clock; one that waits for a task two wait for; finished ones.
fn service() -> Report {
    let mut tasks = vec![task(1, "main", Awaited::Gather, "gather() of 3 tasks, 3 pending")];
    let mut number = 2;
    for queries in [2, 3, 2] {
        let handler = number;
        let mut one = task(handler, "Server.handle", Awaited::TaskGroup, "TaskGroup with 2 pending tasks");
        one.stack.insert(1, frame("Handler.run", "/srv/venv/lib/python3.13/site-packages/web/app.py", 7));
        one.awaited_by = vec![address(1)];
        tasks.push(one);
        number += 1;
        for query in 0..queries {
            let mut one = task(number, "query", Awaited::Sleep, &format!("sleep(), {query}.5 s left"));
            one.waits_on.as_mut().unwrap().time_left_s = Some(f64::from(query) + 0.5);
            one.awaited_by = vec![address(handler)];
            tasks.push(one);
            number += 1;
        }
    }
    for _ in 0..2_000 {
        tasks.push(task(number, "worker", Awaited::Queue, "Queue.get() of an empty queue"));
        number += 1;
    }
    let mut clock = task(number, "clock", Awaited::Future, "");
    (clock.name, clock.state, clock.waits_on) = (Some("clock".into()), TaskState::Running, None);
    clock.context = Some(vec![Variable { name: "request_id".into(), type_name: "str".into(), value: None }]);
    tasks.push(clock);
    for watcher in [number + 1, number + 2] {
        tasks.push(task(watcher, "watch", Awaited::Shield, "shield() of Task 'shared'"));
    }
    let mut shared = task(number + 3, "refresh", Awaited::Lock, "Lock.acquire(), 1 waits");
    shared.name = Some("shared".into());
    shared.awaited_by = vec![address(number + 1), address(number + 2)];
    tasks.push(shared);
    tasks.push(finished(number + 4, TaskState::Done));
    tasks.push(finished(number + 5, TaskState::Failed));
    let mut young = task(number + 6, "worker", Awaited::Future, "");
    (young.started, young.waits_on) = (Some(false), None);
    tasks.push(young);
    with(tasks)
}

/// a → b → c → a, and d that waits for c.
fn circle() -> Report {
    let mut tasks: Vec<Task> =
        ["a", "b", "c", "d"].iter().zip(1..).map(|(name, number)| task(number, name, Awaited::Task, "")).collect();
    for (index, awaited) in [2, 3, 1, 3].into_iter().enumerate() {
        let waits_on = tasks[index].waits_on.as_mut().unwrap();
        waits_on.text = format!("Task 'Task-{awaited}'");
        waits_on.tasks = vec![address(awaited)];
    }
    for (awaited, awaiters) in [(1, &[3][..]), (2, &[1]), (3, &[2, 4])] {
        tasks[awaited - 1].awaited_by = awaiters.iter().map(|&awaiter| address(awaiter)).collect();
    }
    with(tasks)
}

fn text(view: &Tasks, report: &Report, style: &Style) -> String {
    let mut bytes = Vec::new();
    view.render(report, &mut bytes, style).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn tree() -> Tasks {
    Tasks::default()
}

fn table() -> Tasks {
    Tasks { shape: Shape::Table, group: Some(true), ..Tasks::default() }
}

fn filtered(filter: Filter) -> Tasks {
    Tasks { filter, ..Tasks::default() }
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::new(text)).collect()
}

#[test]
fn tree_of_a_service() {
    let text = text(&tree(), &service(), &Style::PLAIN);
    assert!(text.lines().count() < 40, "2,000 equal tasks are one line");
    insta::assert_snapshot!(text);
}

#[test]
fn tree_at_80_columns() {
    let text = text(&tree(), &service(), &wide(80));
    assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains("coroscope")), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn tree_at_160_columns() {
    insta::assert_snapshot!(text(&tree(), &service(), &wide(160)));
}

#[test]
fn tree_in_ascii_with_whole_stacks() {
    let view = Tasks { stacks: Stacks::Full, ..tree() };
    let text = text(&view, &service(), &ASCII);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn tree_without_stacks() {
    let text = text(&Tasks { stacks: Stacks::None, ..tree() }, &service(), &Style::PLAIN);
    assert!(!text.contains("Handler.run") && text.contains("Server.handle"), "{text}");
}

#[test]
fn tables_fit() {
    for columns in [80, 160] {
        let text = text(&table(), &service(), &wide(columns));
        for line in text.lines() {
            assert!(line.chars().count() <= columns || line.contains("coroscope"), "{line}");
        }
        insta::assert_snapshot!(format!("table_at_{columns}_columns"), text);
    }
}

#[test]
fn a_table_off_a_terminal_cuts_nothing() {
    let mut report = service();
    report.tasks.truncate(12);
    let view = Tasks { shape: Shape::Table, ..Tasks::default() };
    insta::assert_snapshot!(text(&view, &report, &Style::PLAIN));
}

#[test]
fn a_circle_is_marked_and_ends() {
    insta::assert_snapshot!(text(&tree(), &circle(), &Style::PLAIN));
}

#[test]
fn a_task_that_waits_for_itself() {
    let mut report = circle();
    report.tasks.truncate(1);
    report.tasks[0].awaited_by = vec![address(1)];
    let text = text(&tree(), &report, &Style::PLAIN);
    assert!(text.contains("→ Task-1  above: a circle"), "{text}");
}

#[test]
fn finished_tasks_are_counted_and_listed_when_asked_for() {
    let report = service();
    let counted = text(&tree(), &report, &Style::PLAIN);
    assert!(!counted.contains("ValueError"), "{counted}");
    assert!(counted.contains("2 finished: `--state done,failed,cancelled` lists those"), "{counted}");
    let states = vec![TaskState::Done, TaskState::Failed];
    let listed = text(&filtered(Filter { states, ..Filter::default() }), &report, &Style::PLAIN);
    assert!(listed.contains("failed: ValueError: no such user") && listed.contains("app/fetch.py:90"), "{listed}");
    assert!(!listed.contains("worker  "), "{listed}");
}

#[test]
fn a_match_keeps_those_that_lead_to_it() {
    let view = filtered(Filter { functions: patterns(&["query"]), ..Filter::default() });
    insta::assert_snapshot!(text(&view, &service(), &Style::PLAIN));
}

/// How many tasks are left in JSON.
fn left(filter: &Filter) -> usize {
    let mut report = owned_by_several();
    filter.apply(&mut report);
    report.tasks.len()
}

/// The service, with some tasks that are of others, and one of a package that runs code of its own.
fn owned_by_several() -> Report {
    let mut report = service();
    let mut last = report.tasks.iter_mut().rev();
    let mut next = |belongs_to, distribution: Option<&str>| {
        let task = last.next().expect("enough tasks");
        task.belongs_to = belongs_to;
        task.distribution = distribution.map(Into::into);
    };
    next(BelongsTo::Installed, Some("aio_http"));
    next(BelongsTo::Installed, Some("aio_http"));
    next(BelongsTo::Own, Some("aio_http"));
    next(BelongsTo::Installed, None);
    next(BelongsTo::StandardLibrary, None);
    next(BelongsTo::Unknown, None);
    report
}

#[test]
fn filters_narrow_and_add_up() {
    let all = service().tasks.len();
    let filter = Filter::default;
    for (filter, expected) in [
        (filter(), all),
        (Filter { names: patterns(&["shared", "CLOCK"]), ..filter() }, 2),
        (Filter { names: patterns(&["Task-1"]), ..filter() }, 1_111),
        (Filter { names: patterns(&["Task-1?"]), ..filter() }, 10),
        (Filter { functions: patterns(&["handler.run"]), ..filter() }, 3),
        (Filter { files: patterns(&["*/web/app.py"]), ..filter() }, 3),
        (Filter { waits_on: patterns(&["queue"]), ..filter() }, 2_000),
        (Filter { waits_on: patterns(&["task_group", "sleep"]), ..filter() }, 10),
        (Filter { waits_on: patterns(&["sleep"]), names: patterns(&["Task-3"]), ..filter() }, 1),
        (Filter { states: vec![TaskState::Running], ..filter() }, 1),
        (Filter { min_group: 7, ..filter() }, 2_007),
        (Filter { min_group: 8, ..filter() }, 2_000),
        (Filter { names: patterns(&["nobody"]), ..filter() }, 0),
        (Filter { scope: Scope::new(true, &[]), ..filter() }, all - 4),
        (Filter { scope: Scope::new(false, &["AIO.http".into()]), ..filter() }, 3),
        (Filter { scope: Scope::new(true, &["aio-http".into()]), ..filter() }, 1),
        (Filter { scope: Scope::new(true, &[]), names: patterns(&["Task-1?"]), ..filter() }, 10),
    ] {
        assert_eq!(left(&filter), expected, "{filter:?}");
    }
}

#[test]
fn a_filtered_document_says_so() {
    let mut report = service();
    let filter = Filter { waits_on: patterns(&["queue"]), min_group: 2, ..Filter::default() };
    filter.apply(&mut report);
    let expected = "`tasks` has only what was asked for (--waits-on queue --min-group 2): 2,000 of 2,018 tasks.";
    assert_eq!(report.look.notes, [expected]);

    let mut untouched = service();
    Filter::default().apply(&mut untouched);
    assert_eq!(untouched, service());
}

#[test]
fn nothing_matches() {
    let view = filtered(Filter { names: patterns(&["nobody"]), ..Filter::default() });
    assert!(text(&view, &service(), &Style::PLAIN).contains("no task matches"));
    assert!(text(&tree(), &with(Vec::new()), &Style::PLAIN).contains("no tasks"));
}

#[test]
fn values_of_context_variables_only_if_they_are_there() {
    let mut report = service();
    assert!(!text(&tree(), &report, &Style::PLAIN).contains("request_id"));
    for task in &mut report.tasks {
        task.context =
            Some(vec![Variable { name: "request_id".into(), type_name: "str".into(), value: Some("'r-1'".into()) }]);
    }
    let text = text(&tree(), &report, &Style::PLAIN);
    assert!(text.contains("context of Task-12  request_id='r-1'") && text.contains("and 1,997 more"), "{text}");
}

#[test]
fn several_loops_have_their_titles() {
    let mut report = service();
    let mut second = report.runtime.loops[0].clone();
    (second.address, second.thread) = (HexAddress(0x7f3a_5c00_2000), Some(4243));
    report.runtime.loops.push(second);
    let clock = report.tasks.iter_mut().find(|task| task.name.as_deref() == Some("clock")).unwrap();
    clock.event_loop = Some(HexAddress(0x7f3a_5c00_2000));
    let text = text(&tree(), &report, &Style::PLAIN);
    let titles: Vec<&str> = text.lines().filter(|line| line.starts_with("loop asyncio")).collect();
    assert_eq!(titles.len(), 2, "{text}");
    assert!(titles[1].ends_with("0x7f3a5c002000, running in thread 4243"), "{text}");
}

#[test]
fn a_chain_of_ten_thousand_is_no_triangle() {
    let mut tasks: Vec<Task> = (1..=10_000).map(|number| task(number, "link", Awaited::Task, "")).collect();
    for (task, above) in tasks.iter_mut().skip(1).zip(1..) {
        task.awaited_by = vec![address(above)];
    }
    let text = text(&tree(), &with(tasks), &Style::PLAIN);
    assert!(text.contains("level 9999: link  Task-10000"), "the end of the chain");
    assert!(text.lines().all(|line| line.chars().count() < 200));
}

#[test]
fn colour_adds_no_meaning() {
    for view in [tree(), table(), filtered(Filter { functions: patterns(&["query"]), ..Filter::default() })] {
        let colored = text(&view, &service(), &COLOR);
        assert!(colored.contains("\x1b["));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text(&view, &service(), &Style::PLAIN));
    }
}

/// The tasks a tree stands for: a line says how many, or is one.
fn told(text: &str) -> u64 {
    let of_line = |line: &str| {
        let line = line.trim_start_matches(['│', '├', '└', '─', ' ']);
        let line =
            line.split_once(": ").filter(|(level, _)| level.starts_with("level ")).map_or(line, |(_, rest)| rest);
        let line = line.trim_start_matches('(');
        match line.split_once("× ") {
            Some((count, rest)) if rest.starts_with("f_") => count.replace(',', "").parse().unwrap(),
            _ => u64::from(line.starts_with("f_")),
        }
    };
    text.lines().map(of_line).sum()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Whoever waits for whom, circles and strangers included: each task is told once, grouped or not.
    #[test]
    fn every_task_is_told_once(
        edges in proptest::collection::vec((1_u64..40, 1_u64..44), 0..90),
        kinds in proptest::collection::vec(0_u8..3, 39),
        group: bool,
    ) {
        let mut tasks: Vec<Task> = (1_u64..40).zip(&kinds)
            .map(|(number, kind)| task(number, &format!("f_{kind}"), Awaited::Task, ""))
            .collect();
        for (awaited, awaiter) in edges {
            tasks[awaited as usize - 1].awaited_by.push(address(awaiter));
        }
        let view = Tasks { group: Some(group), stacks: Stacks::None, ..Tasks::default() };
        let tree = text(&view, &with(tasks), &Style::PLAIN);
        proptest::prop_assert_eq!(told(&tree), 39, "{}", tree);
    }

    /// Whatever a target names its things, and however narrow the terminal: no panic, and nothing a terminal would obey.
    #[test]
    fn any_name_at_any_width(
        name in "\\PC{0,40}|[\\x00-\\x{9f} ]{0,20}|[\u{202a}-\u{202e} 漢\u{301}]{0,90}",
        width in 0_usize..170,
        unicode: bool,
        table: bool,
    ) {
        let mut report = circle();
        for task in &mut report.tasks {
            task.name = Some(name.clone());
            task.qualname = Some(name.clone());
            task.stack = vec![frame(&name, &format!("/{name}/{name}"), 1); 20];
            task.waits_on.as_mut().unwrap().text.clone_from(&name);
        }
        let shape = if table { Shape::Table } else { Shape::Tree };
        let view = Tasks { shape, ..Tasks::default() };
        let text = text(&view, &report, &Style { color: false, unicode, width: Some(width) });
        proptest::prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        proptest::prop_assert!(unicode || text.is_ascii(), "{text:?}");
    }
}
