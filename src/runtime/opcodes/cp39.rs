//! Opcodes of CPython 3.9. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes, Step};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Bytes,
    Handlers::Blocks,
    &[
        1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 15, 16, 17, 19, 20, 22, 23, 24, 25, 26, 27, 28, 29, 49, 50, 51, 52, 54, 55,
        56, 57, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 82, 84, 85, 86, 87,
        89, 90, 91, 92, 94, 95, 96, 97, 98, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 116, 117, 118, 131, 132,
        133, 135, 136, 137, 138, 141, 142, 145, 146, 147, 148, 155, 156, 157, 160, 161, 162, 163, 164, 165,
    ],
    &[
        (48, 0, NOTHING, STOP),             // RERAISE
        (83, 0, NOTHING, STOP),             // RETURN_VALUE
        (93, 0, NOTHING, BRANCH_FORWARD),   // FOR_ITER
        (110, 0, NOTHING, JUMP_FORWARD),    // JUMP_FORWARD
        (111, 0, NOTHING, BRANCH_ABSOLUTE), // JUMP_IF_FALSE_OR_POP
        (112, 0, NOTHING, BRANCH_ABSOLUTE), // JUMP_IF_TRUE_OR_POP
        (113, 0, NOTHING, JUMP_ABSOLUTE),   // JUMP_ABSOLUTE
        (114, 0, NOTHING, BRANCH_ABSOLUTE), // POP_JUMP_IF_FALSE
        (115, 0, NOTHING, BRANCH_ABSOLUTE), // POP_JUMP_IF_TRUE
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
    &[],
    &[
        (1, Step::Pop),             // POP_TOP
        (2, rotate(2)),             // ROT_TWO
        (3, rotate(3)),             // ROT_THREE
        (4, duplicate(1)),          // DUP_TOP
        (5, duplicate(2)),          // DUP_TOP_TWO
        (6, rotate(4)),             // ROT_FOUR
        (9, take(0, 0)),            // NOP
        (10, take(1, 1)),           // UNARY_POSITIVE
        (11, take(1, 1)),           // UNARY_NEGATIVE
        (12, take(1, 1)),           // UNARY_NOT
        (15, take(1, 1)),           // UNARY_INVERT
        (16, take(2, 1)),           // BINARY_MATRIX_MULTIPLY
        (17, take(2, 1)),           // INPLACE_MATRIX_MULTIPLY
        (19, take(2, 1)),           // BINARY_POWER
        (20, take(2, 1)),           // BINARY_MULTIPLY
        (22, take(2, 1)),           // BINARY_MODULO
        (23, take(2, 1)),           // BINARY_ADD
        (24, take(2, 1)),           // BINARY_SUBTRACT
        (25, take(2, 1)),           // BINARY_SUBSCR
        (26, take(2, 1)),           // BINARY_FLOOR_DIVIDE
        (27, take(2, 1)),           // BINARY_TRUE_DIVIDE
        (28, take(2, 1)),           // INPLACE_FLOOR_DIVIDE
        (29, take(2, 1)),           // INPLACE_TRUE_DIVIDE
        (49, take(0, 1)),           // WITH_EXCEPT_START
        (50, take(1, 1)),           // GET_AITER
        (51, take(0, 1)),           // GET_ANEXT
        (52, take(1, 2)),           // BEFORE_ASYNC_WITH
        (55, take(2, 1)),           // INPLACE_ADD
        (56, take(2, 1)),           // INPLACE_SUBTRACT
        (57, take(2, 1)),           // INPLACE_MULTIPLY
        (59, take(2, 1)),           // INPLACE_MODULO
        (60, Step::StoreItem),      // STORE_SUBSCR
        (61, take(2, 0)),           // DELETE_SUBSCR
        (62, take(2, 1)),           // BINARY_LSHIFT
        (63, take(2, 1)),           // BINARY_RSHIFT
        (64, take(2, 1)),           // BINARY_AND
        (65, take(2, 1)),           // BINARY_XOR
        (66, take(2, 1)),           // BINARY_OR
        (67, take(2, 1)),           // INPLACE_POWER
        (68, take(1, 1)),           // GET_ITER
        (69, take(1, 1)),           // GET_YIELD_FROM_ITER
        (70, take(1, 0)),           // PRINT_EXPR
        (71, take(0, 1)),           // LOAD_BUILD_CLASS
        (72, take(2, 1)),           // YIELD_FROM
        (73, Step::Await),          // GET_AWAITABLE
        (74, take(0, 1)),           // LOAD_ASSERTION_ERROR
        (75, take(2, 1)),           // INPLACE_LSHIFT
        (76, take(2, 1)),           // INPLACE_RSHIFT
        (77, take(2, 1)),           // INPLACE_AND
        (78, take(2, 1)),           // INPLACE_XOR
        (79, take(2, 1)),           // INPLACE_OR
        (82, take(1, 1)),           // LIST_TO_TUPLE
        (83, Step::Return),         // RETURN_VALUE
        (84, take(1, 0)),           // IMPORT_STAR
        (85, take(0, 0)),           // SETUP_ANNOTATIONS
        (86, Step::Yield),          // YIELD_VALUE
        (87, take(0, 0)),           // POP_BLOCK
        (89, take(3, 0)),           // POP_EXCEPT
        (90, Step::StoreName),      // STORE_NAME
        (91, take(0, 0)),           // DELETE_NAME
        (92, Step::Unpack),         // UNPACK_SEQUENCE
        (93, loop_over(-1)),        // FOR_ITER
        (94, Step::UnpackWithRest), // UNPACK_EX
        (95, Step::StoreAttribute), // STORE_ATTR
        (96, take(1, 0)),           // DELETE_ATTR
        (97, Step::StoreName),      // STORE_GLOBAL
        (98, take(0, 0)),           // DELETE_GLOBAL
        (100, Step::Constant),      // LOAD_CONST
        (101, Step::Name),          // LOAD_NAME
        (102, collect(0)),          // BUILD_TUPLE
        (103, collect(0)),          // BUILD_LIST
        (104, collect(0)),          // BUILD_SET
        (105, Step::CollectPairs),  // BUILD_MAP
        (106, Step::Attribute),     // LOAD_ATTR
        (107, take(2, 1)),          // COMPARE_OP
        (108, import(0)),           // IMPORT_NAME
        (109, Step::ImportFrom),    // IMPORT_FROM
        (110, take(0, 0)),          // JUMP_FORWARD
        (111, Step::KeepOrPop),     // JUMP_IF_FALSE_OR_POP
        (112, Step::KeepOrPop),     // JUMP_IF_TRUE_OR_POP
        (113, take(0, 0)),          // JUMP_ABSOLUTE
        (114, take(1, 0)),          // POP_JUMP_IF_FALSE
        (115, take(1, 0)),          // POP_JUMP_IF_TRUE
        (116, Step::Name),          // LOAD_GLOBAL
        (117, take(2, 1)),          // IS_OP
        (118, take(2, 1)),          // CONTAINS_OP
        (121, take(2, 0)),          // JUMP_IF_NOT_EXC_MATCH
        (122, take(0, 0)),          // SETUP_FINALLY
        (124, Step::Local),         // LOAD_FAST
        (125, Step::StoreLocal),    // STORE_FAST
        (126, take(0, 0)),          // DELETE_FAST
        (130, counted(0, 0)),       // RAISE_VARARGS
        (131, call(1, false)),      // CALL_FUNCTION
        (132, make_function(1)),    // MAKE_FUNCTION
        (133, Step::Slice),         // BUILD_SLICE
        (135, take(0, 1)),          // LOAD_CLOSURE
        (136, Step::Cell),          // LOAD_DEREF
        (137, Step::StoreCell),     // STORE_DEREF
        (138, take(0, 0)),          // DELETE_DEREF
        (141, call(1, true)),       // CALL_FUNCTION_KW
        (142, spread(1)),           // CALL_FUNCTION_EX
        (143, take(1, 2)),          // SETUP_WITH
        (144, take(0, 0)),          // EXTENDED_ARG
        (145, append(1)),           // LIST_APPEND
        (146, append(1)),           // SET_ADD
        (147, append(2)),           // MAP_ADD
        (148, take(0, 1)),          // LOAD_CLASSDEREF
        (154, take(0, 0)),          // SETUP_ASYNC_WITH
        (155, Step::Format),        // FORMAT_VALUE
        (156, collect(1)),          // BUILD_CONST_KEY_MAP
        (157, counted(0, 1)),       // BUILD_STRING
        (160, Step::Method),        // LOAD_METHOD
        (161, call(2, false)),      // CALL_METHOD
        (162, take(1, 0)),          // LIST_EXTEND
        (163, take(1, 0)),          // SET_UPDATE
        (164, take(1, 0)),          // DICT_MERGE
        (165, take(1, 0)),          // DICT_UPDATE
    ],
)
.telling(None, None);
