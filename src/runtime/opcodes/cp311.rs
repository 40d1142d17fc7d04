//! Opcodes of CPython 3.11. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes, Step};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Units,
    Handlers::Table,
    &[
        1, 2, 9, 10, 11, 12, 15, 30, 31, 32, 33, 35, 36, 37, 44, 49, 50, 51, 52, 53, 54, 61, 68, 69, 70, 71, 74, 75,
        82, 84, 85, 86, 87, 88, 89, 90, 91, 94, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 108, 109, 117, 118, 120,
        131, 132, 133, 135, 136, 137, 138, 139, 142, 145, 146, 147, 148, 149, 150, 151, 152, 155, 156, 157, 162, 163,
        164, 165, 172,
    ],
    &[
        (3, 1, NOTHING, NEXT),              // BINARY_OP_ADAPTIVE
        (4, 1, NOTHING, NEXT),              // BINARY_OP_ADD_FLOAT
        (5, 1, NOTHING, NEXT),              // BINARY_OP_ADD_INT
        (6, 1, NOTHING, NEXT),              // BINARY_OP_ADD_UNICODE
        (7, 1, NOTHING, NEXT),              // BINARY_OP_INPLACE_ADD_UNICODE
        (8, 1, NOTHING, NEXT),              // BINARY_OP_MULTIPLY_FLOAT
        (13, 1, NOTHING, NEXT),             // BINARY_OP_MULTIPLY_INT
        (14, 1, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_FLOAT
        (16, 1, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_INT
        (17, 4, NOTHING, NEXT),             // BINARY_SUBSCR_ADAPTIVE
        (18, 4, NOTHING, NEXT),             // BINARY_SUBSCR_DICT
        (19, 4, NOTHING, NEXT),             // BINARY_SUBSCR_GETITEM
        (20, 4, NOTHING, NEXT),             // BINARY_SUBSCR_LIST_INT
        (21, 4, NOTHING, NEXT),             // BINARY_SUBSCR_TUPLE_INT
        (22, 4, NOTHING, NEXT),             // CALL_ADAPTIVE
        (23, 4, NOTHING, NEXT),             // CALL_PY_EXACT_ARGS
        (24, 4, NOTHING, NEXT),             // CALL_PY_WITH_DEFAULTS
        (25, 4, NOTHING, NEXT),             // BINARY_SUBSCR
        (26, 2, NOTHING, NEXT),             // COMPARE_OP_ADAPTIVE
        (27, 2, NOTHING, NEXT),             // COMPARE_OP_FLOAT_JUMP
        (28, 2, NOTHING, NEXT),             // COMPARE_OP_INT_JUMP
        (29, 2, NOTHING, NEXT),             // COMPARE_OP_STR_JUMP
        (34, 0, NOTHING, PREFIX),           // EXTENDED_ARG_QUICK
        (38, 0, NOTHING, JUMP_BACKWARD),    // JUMP_BACKWARD_QUICK
        (39, 4, NOTHING, NEXT),             // LOAD_ATTR_ADAPTIVE
        (40, 4, NOTHING, NEXT),             // LOAD_ATTR_INSTANCE_VALUE
        (41, 4, NOTHING, NEXT),             // LOAD_ATTR_MODULE
        (42, 4, NOTHING, NEXT),             // LOAD_ATTR_SLOT
        (43, 4, NOTHING, NEXT),             // LOAD_ATTR_WITH_HINT
        (45, 0, READS, NEXT),               // LOAD_FAST__LOAD_CONST
        (46, 0, READS, NEXT),               // LOAD_FAST__LOAD_FAST
        (47, 5, NOTHING, NEXT),             // LOAD_GLOBAL_ADAPTIVE
        (48, 5, NOTHING, NEXT),             // LOAD_GLOBAL_BUILTIN
        (55, 5, NOTHING, NEXT),             // LOAD_GLOBAL_MODULE
        (56, 10, NOTHING, NEXT),            // LOAD_METHOD_ADAPTIVE
        (57, 10, NOTHING, NEXT),            // LOAD_METHOD_CLASS
        (58, 10, NOTHING, NEXT),            // LOAD_METHOD_MODULE
        (59, 10, NOTHING, NEXT),            // LOAD_METHOD_NO_DICT
        (60, 1, NOTHING, NEXT),             // STORE_SUBSCR
        (62, 10, NOTHING, NEXT),            // LOAD_METHOD_WITH_DICT
        (63, 10, NOTHING, NEXT),            // LOAD_METHOD_WITH_VALUES
        (64, 1, NOTHING, NEXT),             // PRECALL_ADAPTIVE
        (65, 1, NOTHING, NEXT),             // PRECALL_BOUND_METHOD
        (66, 1, NOTHING, NEXT),             // PRECALL_BUILTIN_CLASS
        (67, 1, NOTHING, NEXT),             // PRECALL_BUILTIN_FAST_WITH_KEYWORDS
        (72, 1, NOTHING, NEXT),             // PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
        (73, 1, NOTHING, NEXT),             // PRECALL_NO_KW_BUILTIN_FAST
        (76, 1, NOTHING, NEXT),             // PRECALL_NO_KW_BUILTIN_O
        (77, 1, NOTHING, NEXT),             // PRECALL_NO_KW_ISINSTANCE
        (78, 1, NOTHING, NEXT),             // PRECALL_NO_KW_LEN
        (79, 1, NOTHING, NEXT),             // PRECALL_NO_KW_LIST_APPEND
        (80, 1, NOTHING, NEXT),             // PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST
        (81, 1, NOTHING, NEXT),             // PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS
        (83, 0, NOTHING, STOP),             // RETURN_VALUE
        (92, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE
        (93, 0, NOTHING, BRANCH_FORWARD),   // FOR_ITER
        (95, 4, NOTHING, NEXT),             // STORE_ATTR
        (106, 4, NOTHING, NEXT),            // LOAD_ATTR
        (107, 2, NOTHING, NEXT),            // COMPARE_OP
        (110, 0, NOTHING, JUMP_FORWARD),    // JUMP_FORWARD
        (111, 0, NOTHING, BRANCH_FORWARD),  // JUMP_IF_FALSE_OR_POP
        (112, 0, NOTHING, BRANCH_FORWARD),  // JUMP_IF_TRUE_OR_POP
        (113, 1, NOTHING, NEXT),            // PRECALL_NO_KW_METHOD_DESCRIPTOR_O
        (114, 0, NOTHING, BRANCH_FORWARD),  // POP_JUMP_FORWARD_IF_FALSE
        (115, 0, NOTHING, BRANCH_FORWARD),  // POP_JUMP_FORWARD_IF_TRUE
        (116, 5, NOTHING, NEXT),            // LOAD_GLOBAL
        (119, 0, NOTHING, STOP),            // RERAISE
        (121, 1, NOTHING, NEXT),            // PRECALL_NO_KW_STR_1
        (122, 1, NOTHING, NEXT),            // BINARY_OP
        (123, 0, NOTHING, BRANCH_FORWARD),  // SEND
        (124, 0, READS, NEXT),              // LOAD_FAST
        (125, 0, REPLACES, NEXT),           // STORE_FAST
        (126, 0, REPLACES, NEXT),           // DELETE_FAST
        (127, 1, NOTHING, NEXT),            // PRECALL_NO_KW_TUPLE_1
        (128, 0, NOTHING, BRANCH_FORWARD),  // POP_JUMP_FORWARD_IF_NOT_NONE
        (129, 0, NOTHING, BRANCH_FORWARD),  // POP_JUMP_FORWARD_IF_NONE
        (130, 0, NOTHING, STOP),            // RAISE_VARARGS
        (134, 0, NOTHING, JUMP_BACKWARD),   // JUMP_BACKWARD_NO_INTERRUPT
        (140, 0, NOTHING, JUMP_BACKWARD),   // JUMP_BACKWARD
        (141, 1, NOTHING, NEXT),            // PRECALL_NO_KW_TYPE_1
        (143, 1, NOTHING, NEXT),            // PRECALL_PYFUNC
        (144, 0, NOTHING, PREFIX),          // EXTENDED_ARG
        (153, 4, NOTHING, NEXT),            // STORE_ATTR_ADAPTIVE
        (154, 4, NOTHING, NEXT),            // STORE_ATTR_INSTANCE_VALUE
        (158, 4, NOTHING, NEXT),            // STORE_ATTR_SLOT
        (159, 4, NOTHING, NEXT),            // STORE_ATTR_WITH_HINT
        (160, 10, NOTHING, NEXT),           // LOAD_METHOD
        (161, 0, REPLACES, NEXT),           // STORE_FAST__LOAD_FAST
        (166, 1, NOTHING, NEXT),            // PRECALL
        (167, 0, REPLACES, NEXT),           // STORE_FAST__STORE_FAST
        (168, 1, NOTHING, NEXT),            // STORE_SUBSCR_ADAPTIVE
        (169, 1, NOTHING, NEXT),            // STORE_SUBSCR_DICT
        (170, 1, NOTHING, NEXT),            // STORE_SUBSCR_LIST_INT
        (171, 4, NOTHING, NEXT),            // CALL
        (173, 0, NOTHING, BRANCH_BACKWARD), // POP_JUMP_BACKWARD_IF_NOT_NONE
        (174, 0, NOTHING, BRANCH_BACKWARD), // POP_JUMP_BACKWARD_IF_NONE
        (175, 0, NOTHING, BRANCH_BACKWARD), // POP_JUMP_BACKWARD_IF_FALSE
        (176, 0, NOTHING, BRANCH_BACKWARD), // POP_JUMP_BACKWARD_IF_TRUE
        (177, 1, NOTHING, NEXT),            // UNPACK_SEQUENCE_ADAPTIVE
        (178, 1, NOTHING, NEXT),            // UNPACK_SEQUENCE_LIST
        (179, 1, NOTHING, NEXT),            // UNPACK_SEQUENCE_TUPLE
        (180, 1, NOTHING, NEXT),            // UNPACK_SEQUENCE_TWO_TUPLE
    ],
    &[
        3, 122, 4, 122, 5, 122, 6, 122, 7, 122, 8, 122, 13, 122, 14, 122, 16, 122, 17, 25, 18, 25, 19, 25, 20, 25, 21,
        25, 22, 171, 23, 171, 24, 171, 26, 107, 27, 107, 28, 107, 29, 107, 34, 144, 38, 140, 39, 106, 40, 106, 41, 106,
        42, 106, 43, 106, 44, 100, 45, 124, 46, 124, 47, 116, 48, 116, 55, 116, 56, 160, 57, 160, 58, 160, 59, 160, 62,
        160, 63, 160, 64, 166, 65, 166, 66, 166, 67, 166, 72, 166, 73, 166, 76, 166, 77, 166, 78, 166, 79, 166, 80,
        166, 81, 166, 113, 166, 121, 166, 127, 166, 141, 166, 143, 166, 150, 151, 153, 95, 154, 95, 158, 95, 159, 95,
        161, 125, 167, 125, 168, 60, 169, 60, 170, 60, 177, 92, 178, 92, 179, 92, 180, 92,
    ],
    &[
        (1, Step::Pop),             // POP_TOP
        (2, Step::Null),            // PUSH_NULL
        (9, take(0, 0)),            // NOP
        (10, take(1, 1)),           // UNARY_POSITIVE
        (11, take(1, 1)),           // UNARY_NEGATIVE
        (12, take(1, 1)),           // UNARY_NOT
        (15, take(1, 1)),           // UNARY_INVERT
        (25, take(2, 1)),           // BINARY_SUBSCR
        (30, take(0, 1)),           // GET_LEN
        (31, take(0, 1)),           // MATCH_MAPPING
        (32, take(0, 1)),           // MATCH_SEQUENCE
        (35, take(1, 2)),           // PUSH_EXC_INFO
        (36, take(1, 1)),           // CHECK_EXC_MATCH
        (49, take(0, 1)),           // WITH_EXCEPT_START
        (50, take(1, 1)),           // GET_AITER
        (51, take(0, 1)),           // GET_ANEXT
        (52, take(1, 2)),           // BEFORE_ASYNC_WITH
        (53, take(1, 2)),           // BEFORE_WITH
        (60, Step::StoreItem),      // STORE_SUBSCR
        (61, take(2, 0)),           // DELETE_SUBSCR
        (68, take(1, 1)),           // GET_ITER
        (69, take(1, 1)),           // GET_YIELD_FROM_ITER
        (70, take(1, 0)),           // PRINT_EXPR
        (71, take(0, 1)),           // LOAD_BUILD_CLASS
        (74, take(0, 1)),           // LOAD_ASSERTION_ERROR
        (75, take(0, 1)),           // RETURN_GENERATOR
        (82, take(1, 1)),           // LIST_TO_TUPLE
        (83, Step::Return),         // RETURN_VALUE
        (84, take(1, 0)),           // IMPORT_STAR
        (85, take(0, 0)),           // SETUP_ANNOTATIONS
        (86, Step::Yield),          // YIELD_VALUE
        (87, Step::Keep),           // ASYNC_GEN_WRAP
        (89, take(1, 0)),           // POP_EXCEPT
        (90, Step::StoreName),      // STORE_NAME
        (91, take(0, 0)),           // DELETE_NAME
        (92, Step::Unpack),         // UNPACK_SEQUENCE
        (93, loop_over(-1)),        // FOR_ITER
        (94, Step::UnpackWithRest), // UNPACK_EX
        (95, Step::StoreAttribute), // STORE_ATTR
        (96, take(1, 0)),           // DELETE_ATTR
        (97, Step::StoreName),      // STORE_GLOBAL
        (98, take(0, 0)),           // DELETE_GLOBAL
        (99, Step::Swap),           // SWAP
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
        (114, take(1, 0)),          // POP_JUMP_FORWARD_IF_FALSE
        (115, take(1, 0)),          // POP_JUMP_FORWARD_IF_TRUE
        (116, Step::NullAndGlobal), // LOAD_GLOBAL
        (117, take(2, 1)),          // IS_OP
        (118, take(2, 1)),          // CONTAINS_OP
        (120, Step::Copy),          // COPY
        (122, take(2, 1)),          // BINARY_OP
        (123, send(-1)),            // SEND
        (124, Step::Local),         // LOAD_FAST
        (125, Step::StoreLocal),    // STORE_FAST
        (126, take(0, 0)),          // DELETE_FAST
        (128, take(1, 0)),          // POP_JUMP_FORWARD_IF_NOT_NONE
        (129, take(1, 0)),          // POP_JUMP_FORWARD_IF_NONE
        (130, counted(0, 0)),       // RAISE_VARARGS
        (131, Step::Await),         // GET_AWAITABLE
        (132, make_function(0)),    // MAKE_FUNCTION
        (133, Step::Slice),         // BUILD_SLICE
        (134, take(0, 0)),          // JUMP_BACKWARD_NO_INTERRUPT
        (135, take(0, 0)),          // MAKE_CELL
        (136, take(0, 1)),          // LOAD_CLOSURE
        (137, Step::Cell),          // LOAD_DEREF
        (138, Step::StoreCell),     // STORE_DEREF
        (139, take(0, 0)),          // DELETE_DEREF
        (140, take(0, 0)),          // JUMP_BACKWARD
        (142, spread(2)),           // CALL_FUNCTION_EX
        (144, take(0, 0)),          // EXTENDED_ARG
        (145, append(1)),           // LIST_APPEND
        (146, append(1)),           // SET_ADD
        (147, append(2)),           // MAP_ADD
        (148, take(0, 1)),          // LOAD_CLASSDEREF
        (149, take(0, 0)),          // COPY_FREE_VARS
        (151, take(0, 0)),          // RESUME
        (155, Step::Format),        // FORMAT_VALUE
        (156, collect(1)),          // BUILD_CONST_KEY_MAP
        (157, counted(0, 1)),       // BUILD_STRING
        (160, Step::Method),        // LOAD_METHOD
        (162, take(1, 0)),          // LIST_EXTEND
        (163, take(1, 0)),          // SET_UPDATE
        (164, take(1, 0)),          // DICT_MERGE
        (165, take(1, 0)),          // DICT_UPDATE
        (166, take(0, 0)),          // PRECALL
        (171, call(2, false)),      // CALL
        (172, take(0, 0)),          // KW_NAMES
        (173, take(1, 0)),          // POP_JUMP_BACKWARD_IF_NOT_NONE
        (174, take(1, 0)),          // POP_JUMP_BACKWARD_IF_NONE
        (175, take(1, 0)),          // POP_JUMP_BACKWARD_IF_FALSE
        (176, take(1, 0)),          // POP_JUMP_BACKWARD_IF_TRUE
    ],
)
.telling(None, Some(151));
