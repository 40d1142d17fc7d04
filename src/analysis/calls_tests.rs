//! Bytecode written by hand, with the numbers that `dis` of CPython 3.8 and 3.13 shows.

use super::*;
use crate::runtime::opcodes::for_minor;

fn followed_38(code: &[u8]) -> Followed {
    // The slots of cells begin behind three local variables.
    follow(for_minor(8).unwrap(), code, 3).unwrap()
}

/// What a called attribute is of, and its name.
fn owner_and_name(found: &Followed, call: usize) -> (Source, u32) {
    match found.calls[call].callee {
        Source::Attribute(owner, name) => (found.owner(owner), name),
        other => panic!("{other:?} is no attribute"),
    }
}

const RETURN_NONE: [u8; 4] = [100, 0, 83, 0];

#[test]
fn a_result_is_thrown_away_awaited_stored_or_returned() {
    // f(); await f(); x = f(); return f()
    let code = [
        &[116, 4, 131, 0, 1, 0][..],
        &[116, 4, 131, 0, 73, 0, 100, 0, 72, 0, 1, 0],
        &[116, 4, 131, 0, 125, 1],
        &[116, 4, 131, 0, 83, 0],
    ]
    .concat();
    let found = followed_38(&code);
    let fates: Vec<Fate> = found.calls.iter().map(Call::fate).collect();
    assert_eq!(fates, [Fate::Discarded, Fate::Awaited, Fate::Local(1), Fate::Returned]);
    assert!(found.calls.iter().all(|call| call.callee == Source::Global(4)));
    assert_eq!(found.calls.iter().map(Call::is_discarded).collect::<Vec<_>>(), [true, false, false, false]);
    assert!(found.stores.of(1).eq([Source::Result(2)]));
    assert_eq!(found.uses, []);
    assert!(found.reads.is_empty(), "the variable is given a value, and never read");
}

#[test]
fn an_argument_belongs_to_the_call_around_it() {
    // keep.append(f(1), g)
    let code = [116, 0, 160, 1, 116, 2, 100, 1, 131, 1, 116, 3, 161, 2, 1, 0, 100, 0, 83, 0];
    let found = followed_38(&code);
    assert_eq!(found.calls[0].callee, Source::Global(2));
    assert_eq!(found.calls[0].arguments, Some(vec![Source::Constant(1)]));
    assert_eq!(found.calls[0].fate(), Fate::Argument(1, 0));
    assert_eq!(owner_and_name(&found, 1), (Source::Global(0), 1));
    assert!(found.calls[1].is_discarded());
    // A function that is passed on may be called by anybody.
    assert_eq!(found.uses, [Source::Global(3)]);
}

#[test]
fn where_ways_join_results_are_kept_and_sources_are_not() {
    // x = f() if a else g()
    let code = [116, 0, 114, 10, 116, 1, 131, 0, 110, 4, 116, 2, 131, 0, 125, 0, 100, 0, 83, 0];
    let found = followed_38(&code);
    assert_eq!(found.calls.iter().map(Call::fate).collect::<Vec<_>>(), [Fate::Local(0), Fate::Local(0)]);
    assert!(found.stores.of(0).eq([Source::Unknown]));
    // (f if a else g)()
    let code = [116, 0, 114, 8, 116, 1, 110, 2, 116, 2, 131, 0, 1, 0, 100, 0, 83, 0];
    let found = followed_38(&code);
    assert_eq!(found.calls[0].callee, Source::Unknown);
    // Both got away; so did what was asked whether it is true, for all we know.
    assert_eq!(found.uses, [Source::Global(0), Source::Global(2), Source::Global(1)]);
}

#[test]
fn a_value_with_two_fates_is_kept() {
    // (x := f()) as a statement: DUP_TOP, STORE_FAST, POP_TOP
    let code = [&[116, 0, 131, 0, 4, 0, 125, 2, 1, 0][..], &RETURN_NONE].concat();
    let call = &followed_38(&code).calls[0];
    assert_eq!(call.fate(), Fate::Local(2));
    assert!(!call.is_discarded());
}

#[test]
fn a_cell_has_the_slot_behind_the_variables_up_to_3_10() {
    // LOAD_CLOSURE is no use of the function; LOAD_DEREF 1, CALL_FUNCTION 0, STORE_DEREF 0
    let code = [&[136, 1, 131, 0, 137, 0][..], &RETURN_NONE].concat();
    let found = followed_38(&code);
    assert_eq!((&found.calls[0].callee, found.calls[0].fate()), (&Source::Cell(4), Fate::Cell(3)));
    assert!(found.stores.of(3).eq([Source::Result(0)]));
}

#[test]
fn from_3_13_on_the_null_lies_above_the_callable() {
    // f(); self.g(x): LOAD_GLOBAL 1 (f + NULL), CALL; LOAD_FAST 0, LOAD_ATTR 3 (g + self), LOAD_FAST 1, CALL 1, each with caches
    let code = [
        &[149, 0, 91, 1, 0, 0, 0, 0, 0, 0, 0, 0, 53, 0, 0, 0, 0, 0, 0, 0, 32, 0][..],
        &[85, 0, 82, 3],
        &[0; 18],
        &[85, 1, 53, 1, 0, 0, 0, 0, 0, 0, 36, 0],
    ]
    .concat();
    let found = follow(for_minor(13).unwrap(), &code, 0).unwrap();
    assert_eq!(found.calls[0].callee, Source::Global(0));
    assert_eq!(owner_and_name(&found, 1), (Source::Local(0), 1));
    assert_eq!((found.calls[0].offset, found.calls[1].offset), (12, 46));
    assert_eq!((found.calls[0].fate(), found.calls[1].fate()), (Fate::Discarded, Fate::Returned));
}

#[test]
fn code_that_is_not_understood_is_not_followed() {
    assert_eq!(follow(for_minor(8).unwrap(), &[255, 0], 0), None);
    assert_eq!(follow(for_minor(13).unwrap(), &[91, 1, 0, 0], 0), None, "cut off in its caches");
    // Jumps to nowhere, an empty stack: nothing is known, and nothing breaks.
    let found = followed_38(&[110, 200, 131, 200, 1, 0, 2, 0, 161, 3, 103, 250, 83, 0]);
    assert_eq!(found.calls.iter().map(|call| &call.callee).collect::<Vec<_>>(), [&Source::Unknown; 2]);
}

#[test]
fn an_attribute_is_the_same_on_both_ways() {
    // (a.f if x else a.f)(): LOAD_GLOBAL x, POP_JUMP_IF_FALSE 10, LOAD_GLOBAL a, LOAD_ATTR f, JUMP_FORWARD 4, the same, CALL_FUNCTION 0
    let code = [&[116, 0, 114, 10, 116, 1, 106, 2, 110, 4, 116, 1, 106, 2, 131, 0, 1, 0][..], &RETURN_NONE].concat();
    assert_eq!(owner_and_name(&followed_38(&code), 0), (Source::Global(1), 2));
}

#[test]
fn what_is_used_again_is_told_once() {
    // f(g, g); f(a, a), where a was given a function
    let code = [
        &[116, 0, 116, 1, 116, 1, 131, 2, 1, 0][..],
        &[116, 1, 125, 0, 116, 0, 124, 0, 124, 0, 131, 2, 1, 0],
        &RETURN_NONE,
    ]
    .concat();
    assert_eq!(followed_38(&code).uses, [Source::Global(1), Source::Local(0)]);
}
