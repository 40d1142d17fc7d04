//! Bytecode put together by hand, from CPython's own lists of opcodes (`Include/opcode.h` and `opcode_ids.h`): the numbers here
//! are not taken from our tables.

use super::may_read_again;
use crate::runtime::opcodes::{self, Opcodes};

fn table(minor: u8) -> &'static Opcodes {
    opcodes::for_minor(minor).unwrap()
}

/// Whether 3.`minor` code without a table of exceptions reads slot 0 again behind `position`.
fn reads(minor: u8, units: &[[u8; 2]], position: i64) -> bool {
    may_read_again(table(minor), &units.concat(), &[], position, 0)
}

mod python38 {
    pub(super) const POP_TOP: u8 = 1;
    pub(super) const NOP: u8 = 9;
    pub(super) const YIELD_FROM: u8 = 72;
    pub(super) const POP_BLOCK: u8 = 87;
    pub(super) const RETURN_VALUE: u8 = 83;
    pub(super) const END_FINALLY: u8 = 88;
    pub(super) const LOAD_CONST: u8 = 100;
    pub(super) const JUMP_ABSOLUTE: u8 = 113;
    pub(super) const POP_JUMP_IF_FALSE: u8 = 114;
    pub(super) const SETUP_FINALLY: u8 = 122;
    pub(super) const LOAD_FAST: u8 = 124;
    pub(super) const STORE_FAST: u8 = 125;
    pub(super) const DELETE_FAST: u8 = 126;
    pub(super) const EXTENDED_ARG: u8 = 144;
    pub(super) const CALL_FINALLY: u8 = 162;
}

mod python311 {
    pub(super) const CACHE: u8 = 0;
    pub(super) const NOP: u8 = 9;
    pub(super) const RETURN_VALUE: u8 = 83;
    pub(super) const LOAD_FAST: u8 = 124;
    pub(super) const STORE_FAST: u8 = 125;
    pub(super) const JUMP_BACKWARD: u8 = 140;
    pub(super) const POP_JUMP_FORWARD_IF_FALSE: u8 = 114;
    pub(super) const YIELD_VALUE: u8 = 86;
    pub(super) const RESUME: u8 = 151;
    pub(super) const CALL: u8 = 171;
}

mod python313 {
    pub(super) const CACHE: u8 = 0;
    pub(super) const NOP: u8 = 30;
    pub(super) const RETURN_VALUE: u8 = 36;
    pub(super) const JUMP_BACKWARD: u8 = 77;
    pub(super) const LOAD_FAST_LOAD_FAST: u8 = 88;
    pub(super) const STORE_FAST: u8 = 110;
    pub(super) const STORE_FAST_LOAD_FAST: u8 = 111;
    pub(super) const STORE_FAST_STORE_FAST: u8 = 112;
    pub(super) const RESUME: u8 = 149;
    pub(super) const INSTRUMENTED_JUMP_BACKWARD: u8 = 249;
    pub(super) const INSTRUMENTED_LINE: u8 = 254;
}

#[test]
fn a_straight_line_reads_what_is_behind_the_position() {
    use python38::*;
    let code = [[LOAD_FAST, 0], [POP_TOP, 0], [LOAD_CONST, 0], [YIELD_FROM, 0], [LOAD_FAST, 1], [RETURN_VALUE, 0]];
    for minor in [8, 9, 10] {
        assert!(reads(minor, &code, -1));
        // What stands at the position may be the next to run.
        assert!(reads(minor, &code, 0));
        assert!(!reads(minor, &code, 4));
        assert!(may_read_again(table(minor), &code.concat(), &[], 4, 1));
        assert!(!may_read_again(table(minor), &code.concat(), &[], 8 + 2, 1));
    }
}

#[test]
fn a_new_value_ends_the_old_one() {
    use python38::*;
    for end in [STORE_FAST, DELETE_FAST] {
        let code = [[NOP, 0], [LOAD_CONST, 0], [end, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0]];
        assert!(!reads(8, &code, 0));
        assert!(reads(8, &[code[0], code[1], [end, 1], code[3], code[4]], 0));
        // The store at the position has been made: what it stored is read.
        assert!(reads(8, &code, 4));
    }
}

#[test]
fn both_ways_of_a_branch_count() {
    use python38::*;
    // 0 NOP; 2 branch to 8; 4 store; 6 return | 8 load; 10 return
    let code = |target| {
        [[NOP, 0], [POP_JUMP_IF_FALSE, target], [STORE_FAST, 0], [RETURN_VALUE, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0]]
    };
    assert!(reads(8, &code(8), 0));
    assert!(!reads(8, &code(6), 0));
    // 3.10 counts in units of two bytes.
    assert!(reads(10, &code(4), 0));
    assert!(!reads(10, &code(3), 0));
}

#[test]
fn loops_come_back() {
    use python38::*;
    // 0 load; 2 pop; 4 position; 6 back to 0
    let reading = [[LOAD_FAST, 0], [POP_TOP, 0], [NOP, 0], [JUMP_ABSOLUTE, 0]];
    assert!(reads(8, &reading, 4));
    // 0 constant; 2 store; 4 load; 6 position; 8 back to 0
    let replacing = [[LOAD_CONST, 0], [STORE_FAST, 0], [LOAD_FAST, 0], [NOP, 0], [JUMP_ABSOLUTE, 0]];
    assert!(!reads(8, &replacing, 6));
}

#[test]
fn a_block_leads_to_its_handler_from_within_only() {
    use python38::*;
    // 0 setup, handler at 6; 2 position; 4 pop block and on to 10 | 6 load; 8 return | 10 position; 12 return
    let code = [
        [SETUP_FINALLY, 4],
        [NOP, 0],
        [JUMP_ABSOLUTE, 10],
        [LOAD_FAST, 0],
        [RETURN_VALUE, 0],
        [NOP, 0],
        [RETURN_VALUE, 0],
    ];
    assert!(reads(8, &code, 2));
    assert!(!reads(8, &code, 10));
    // A value that was replaced before the block is entered, and one that an exception finds as it was.
    let late =
        [[NOP, 0], [SETUP_FINALLY, 4], [NOP, 0], [STORE_FAST, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0], [POP_BLOCK, 0]];
    assert!(reads(8, &late, 0));
    let early =
        [[NOP, 0], [STORE_FAST, 0], [SETUP_FINALLY, 2], [NOP, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0], [POP_BLOCK, 0]];
    assert!(!reads(8, &early, 0));
}

#[test]
fn a_finally_clause_of_3_8_returns_to_its_calls() {
    use python38::*;
    // 0 call the clause at 6; 2 load; 4 return | 6 position; 8 end of clause; 10 constant; 12 return
    let code = [
        [CALL_FINALLY, 4],
        [LOAD_FAST, 0],
        [RETURN_VALUE, 0],
        [NOP, 0],
        [END_FINALLY, 0],
        [LOAD_CONST, 0],
        [RETURN_VALUE, 0],
    ];
    assert!(reads(8, &code, 6));
    assert!(reads(8, &code, -1));
    assert!(!reads(8, &code, 8 + 2));
}

#[test]
fn long_arguments_are_put_together() {
    use python38::*;
    let code = [[NOP, 0], [EXTENDED_ARG, 1], [LOAD_FAST, 0], [RETURN_VALUE, 0]].concat();
    assert!(!may_read_again(table(8), &code, &[], 0, 0));
    assert!(may_read_again(table(8), &code, &[], 0, 256));
    // A position within the prefixes is one of that instruction.
    assert!(may_read_again(table(8), &code, &[], 2, 256));
    assert!(!may_read_again(table(8), &code, &[], 6, 256));
}

#[test]
fn jumps_of_3_11_count_from_the_end_of_the_instruction() {
    use python311::*;
    // 0 load; 2 position; 4 back by 3 units | by 2
    let code = |units| [[LOAD_FAST, 0], [NOP, 0], [JUMP_BACKWARD, units]];
    assert!(reads(11, &code(3), 2));
    assert!(!reads(11, &code(2), 2));
    // 0 position; 2 on by 1 or by 2; 4 return; 6 load; 8 return
    let code = |units| {
        [
            [NOP, 0],
            [POP_JUMP_FORWARD_IF_FALSE, units],
            [RETURN_VALUE, 0],
            [LOAD_FAST, 0],
            [RETURN_VALUE, 0],
            [RETURN_VALUE, 0],
        ]
    };
    assert!(reads(11, &code(1), 0));
    assert!(!reads(11, &code(2), 0));
}

#[test]
fn caches_are_no_instructions() {
    use python311::*;
    // The caches hold what would be loads of slot 0.
    let cache = [LOAD_FAST, 0];
    let code = [[CALL, 0], cache, cache, cache, cache, [STORE_FAST, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0]];
    for position in [0, 2, 8, 9] {
        assert!(!reads(11, &code, position), "{position}");
    }
    let code = [[CALL, 0], [CACHE, 0], [CACHE, 0], [CACHE, 0], [CACHE, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0]];
    for position in [0, 2, 8, 9] {
        assert!(reads(11, &code, position), "{position}");
    }
}

#[test]
fn superinstructions_of_3_11_are_two() {
    use python311::*;
    const LOAD_FAST_LOAD_FAST: u8 = 46;
    const STORE_FAST_LOAD_FAST: u8 = 161;
    let [load_load, store_load] = [[LOAD_FAST_LOAD_FAST, 1], [STORE_FAST_LOAD_FAST, 1]];
    for first in [load_load, store_load] {
        assert!(reads(11, &[[NOP, 0], first, [LOAD_FAST, 0], [RETURN_VALUE, 0]], 0));
        assert!(!reads(11, &[[NOP, 0], first, [LOAD_FAST, 2], [RETURN_VALUE, 0]], 0));
    }
    assert!(!reads(11, &[[NOP, 0], [STORE_FAST_LOAD_FAST, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0]], 0));
}

/// Start, length and target in code units, each below 64.
fn entry(start: u8, length: u8, target: u8) -> [u8; 4] {
    [0x80 | start, length, target, 0]
}

#[test]
fn the_exception_table_leads_to_handlers() {
    use python311::*;
    // 0 NOP; 2 yield; 4 resume; 6 return | 8 load; 10 return
    let code = [[NOP, 0], [YIELD_VALUE, 0], [RESUME, 0], [RETURN_VALUE, 0], [LOAD_FAST, 0], [RETURN_VALUE, 0]].concat();
    let reads = |exceptions: &[u8], position| may_read_again(table(11), &code, exceptions, position, 0);
    assert!(!reads(&[], 2));
    for protected in [1, 2, 3] {
        assert!(reads(&entry(protected, 1, 4), 2), "{protected}");
    }
    // From 3.13 on the position is the instruction behind the one that throws.
    assert!(reads(&entry(1, 1, 4), 4));
    // What protects the handler only, or nothing that is reached.
    assert!(!reads(&entry(4, 2, 4), 2));
    assert!(!reads(&entry(0, 1, 4), 4));
    // The second of two; a number of two bytes.
    assert!(reads(&[entry(4, 1, 0), entry(3, 1, 4)].concat(), 2));
    assert!(reads(&[0x80 | 3, 0x40, 1, 4, 0], 2));
    // Cut off, a target that is no instruction, endless numbers.
    for table in [&entry(1, 1, 4)[..3], &entry(3, 1, 9), &[0x7f; 40]] {
        assert!(reads(table, 2), "{table:?}");
    }
}

#[test]
fn pairs_of_slots_share_an_argument() {
    use python313::*;
    let reads = |opcode, argument, slot| {
        let code = [[RESUME, 0], [opcode, argument], [LOAD_FAST_LOAD_FAST, 0x34], [RETURN_VALUE, 0]].concat();
        may_read_again(table(13), &code, &[], 0, slot)
    };
    for slot in [1, 2, 3, 4] {
        assert!(reads(LOAD_FAST_LOAD_FAST, 0x12, slot), "{slot}");
    }
    assert!(!reads(LOAD_FAST_LOAD_FAST, 0x12, 0x12));
    assert!(!reads(STORE_FAST_STORE_FAST, 0x34, 3));
    assert!(!reads(STORE_FAST_STORE_FAST, 0x34, 4));
    assert!(reads(STORE_FAST_STORE_FAST, 0x15, 4));
    // The store comes first.
    assert!(!reads(STORE_FAST_LOAD_FAST, 0x15, 1));
    assert!(reads(STORE_FAST_LOAD_FAST, 0x15, 5));
    assert!(!reads(STORE_FAST_LOAD_FAST, 0x55, 5));
}

#[test]
fn instrumented_jumps_are_jumps_and_hidden_ones_are_not_guessed() {
    use python313::*;
    // 0 load; 2 resume; 4 store or not; 6 back to 0, over the cache
    for jump in [JUMP_BACKWARD, INSTRUMENTED_JUMP_BACKWARD] {
        let code = |store| {
            [[LOAD_FAST_LOAD_FAST, 0x12], [RESUME, 0], store, [jump, 5], [CACHE, 0], [RETURN_VALUE, 0]].concat()
        };
        assert!(may_read_again(table(13), &code([NOP, 0]), &[], 2, 1));
        assert!(!may_read_again(table(13), &code([STORE_FAST, 1]), &[], 2, 1));
    }
    assert!(reads(13, &[[RESUME, 0], [INSTRUMENTED_LINE, 0], [RETURN_VALUE, 0]], 0));
    assert!(!reads(13, &[[RESUME, 0], [NOP, 0], [RETURN_VALUE, 0]], 0));
}

#[test]
fn what_makes_no_sense_may_read() {
    use python38::*;
    let sound = [[NOP, 0], [RETURN_VALUE, 0]];
    assert!(!reads(8, &sound, 0));
    // A position outside, no code, no return, a jump outside, a jump into the middle, half a unit, an unknown opcode.
    assert!(reads(8, &sound, 4));
    assert!(reads(8, &sound, i64::MAX));
    assert!(reads(8, &[], -1));
    assert!(reads(8, &[[NOP, 0]], 0));
    assert!(reads(8, &[[NOP, 0], [JUMP_ABSOLUTE, 200]], 0));
    assert!(reads(8, &[[NOP, 0], [JUMP_ABSOLUTE, 1]], 0));
    assert!(may_read_again(table(8), &[NOP, 0, RETURN_VALUE, 0, NOP], &[], 0, 0));
    assert!(reads(8, &[[NOP, 0], [RETURN_VALUE, 0], [255, 0]], 0));
    // Arguments that grow beyond 32 bits, and a prefix of nothing.
    let prefix = [EXTENDED_ARG, 1];
    assert!(reads(8, &[prefix, prefix, prefix, prefix, [NOP, 0], [RETURN_VALUE, 0]], 8));
    assert!(reads(8, &[[NOP, 0], [RETURN_VALUE, 0], prefix], 0));
    // Code of a length that no one writes.
    let long = [vec![[NOP, 0]; 70_000], vec![[RETURN_VALUE, 0]]].concat();
    assert!(reads(8, &long, 0));
}

proptest::proptest! {
    #[test]
    fn any_bytes_have_an_answer(
        minor in 8u8..=15, code: Vec<u8>, exceptions: Vec<u8>, position in -2i64..300, slot in 0u32..20
    ) {
        let _ = may_read_again(table(minor), &code, &exceptions, position, slot);
    }
}
