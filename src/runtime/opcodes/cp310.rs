//! Opcodes of CPython 3.10. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Units,
    Handlers::Blocks,
    &[
        1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 15, 16, 17, 19, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 49,
        50, 51, 52, 54, 55, 56, 57, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
        82, 84, 85, 86, 87, 89, 90, 91, 92, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
        116, 117, 118, 129, 131, 132, 133, 135, 136, 137, 138, 141, 142, 145, 146, 147, 148, 152, 155, 156, 157, 160,
        161, 162, 163, 164, 165,
    ],
    &[
        (83, 0, NOTHING, STOP),             // RETURN_VALUE
        (93, 0, NOTHING, BRANCH_FORWARD),   // FOR_ITER
        (110, 0, NOTHING, JUMP_FORWARD),    // JUMP_FORWARD
        (111, 0, NOTHING, BRANCH_ABSOLUTE), // JUMP_IF_FALSE_OR_POP
        (112, 0, NOTHING, BRANCH_ABSOLUTE), // JUMP_IF_TRUE_OR_POP
        (113, 0, NOTHING, JUMP_ABSOLUTE),   // JUMP_ABSOLUTE
        (114, 0, NOTHING, BRANCH_ABSOLUTE), // POP_JUMP_IF_FALSE
        (115, 0, NOTHING, BRANCH_ABSOLUTE), // POP_JUMP_IF_TRUE
        (119, 0, NOTHING, STOP),            // RERAISE
        (121, 0, NOTHING, BRANCH_ABSOLUTE), // JUMP_IF_NOT_EXC_MATCH
        (122, 0, NOTHING, GUARD),           // SETUP_FINALLY
        (124, 0, READS, NEXT),              // LOAD_FAST
        (125, 0, REPLACES, NEXT),           // STORE_FAST
        (126, 0, REPLACES, NEXT),           // DELETE_FAST
        (130, 0, NOTHING, STOP),            // RAISE_VARARGS
        (143, 0, NOTHING, GUARD),           // SETUP_WITH
        (144, 0, NOTHING, PREFIX),          // EXTENDED_ARG
        (154, 0, NOTHING, GUARD),           // SETUP_ASYNC_WITH
    ],
);
