//! Opcodes of CPython 3.12. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Events, Handlers, JumpScale, Opcodes, Step};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Units,
    Handlers::Table,
    &[
        1, 2, 4, 5, 9, 11, 12, 15, 26, 27, 30, 31, 32, 33, 35, 36, 37, 49, 50, 51, 52, 53, 54, 55, 61, 68, 69, 71, 74,
        75, 84, 85, 87, 89, 90, 91, 94, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 108, 109, 117, 118, 120, 131,
        132, 133, 135, 136, 137, 138, 139, 142, 145, 146, 147, 149, 150, 151, 152, 155, 156, 157, 162, 163, 164, 165,
        172, 173, 174, 175, 176, 240, 243, 244, 251, 252,
    ],
    &[
        (3, 0, NOTHING, STOP),             // INTERPRETER_EXIT
        (6, 1, NOTHING, NEXT),             // BINARY_OP_ADD_FLOAT
        (7, 1, NOTHING, NEXT),             // BINARY_OP_ADD_INT
        (8, 1, NOTHING, NEXT),             // BINARY_OP_ADD_UNICODE
        (10, 1, NOTHING, NEXT),            // BINARY_OP_INPLACE_ADD_UNICODE
        (13, 1, NOTHING, NEXT),            // BINARY_OP_MULTIPLY_FLOAT
        (14, 1, NOTHING, NEXT),            // BINARY_OP_MULTIPLY_INT
        (16, 1, NOTHING, NEXT),            // BINARY_OP_SUBTRACT_FLOAT
        (18, 1, NOTHING, NEXT),            // BINARY_OP_SUBTRACT_INT
        (19, 1, NOTHING, NEXT),            // BINARY_SUBSCR_DICT
        (20, 1, NOTHING, NEXT),            // BINARY_SUBSCR_GETITEM
        (21, 1, NOTHING, NEXT),            // BINARY_SUBSCR_LIST_INT
        (22, 1, NOTHING, NEXT),            // BINARY_SUBSCR_TUPLE_INT
        (23, 3, NOTHING, NEXT),            // CALL_PY_EXACT_ARGS
        (24, 3, NOTHING, NEXT),            // CALL_PY_WITH_DEFAULTS
        (25, 1, NOTHING, NEXT),            // BINARY_SUBSCR
        (28, 3, NOTHING, NEXT),            // CALL_BOUND_METHOD_EXACT_ARGS
        (29, 3, NOTHING, NEXT),            // CALL_BUILTIN_CLASS
        (34, 3, NOTHING, NEXT),            // CALL_BUILTIN_FAST_WITH_KEYWORDS
        (38, 3, NOTHING, NEXT),            // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
        (39, 3, NOTHING, NEXT),            // CALL_NO_KW_BUILTIN_FAST
        (40, 3, NOTHING, NEXT),            // CALL_NO_KW_BUILTIN_O
        (41, 3, NOTHING, NEXT),            // CALL_NO_KW_ISINSTANCE
        (42, 3, NOTHING, NEXT),            // CALL_NO_KW_LEN
        (43, 3, NOTHING, NEXT),            // CALL_NO_KW_LIST_APPEND
        (44, 3, NOTHING, NEXT),            // CALL_NO_KW_METHOD_DESCRIPTOR_FAST
        (45, 3, NOTHING, NEXT),            // CALL_NO_KW_METHOD_DESCRIPTOR_NOARGS
        (46, 3, NOTHING, NEXT),            // CALL_NO_KW_METHOD_DESCRIPTOR_O
        (47, 3, NOTHING, NEXT),            // CALL_NO_KW_STR_1
        (48, 3, NOTHING, NEXT),            // CALL_NO_KW_TUPLE_1
        (56, 3, NOTHING, NEXT),            // CALL_NO_KW_TYPE_1
        (57, 1, NOTHING, NEXT),            // COMPARE_OP_FLOAT
        (58, 1, NOTHING, NEXT),            // COMPARE_OP_INT
        (59, 1, NOTHING, NEXT),            // COMPARE_OP_STR
        (60, 1, NOTHING, NEXT),            // STORE_SUBSCR
        (62, 1, NOTHING, BRANCH_FORWARD),  // FOR_ITER_LIST
        (63, 1, NOTHING, BRANCH_FORWARD),  // FOR_ITER_TUPLE
        (64, 1, NOTHING, BRANCH_FORWARD),  // FOR_ITER_RANGE
        (65, 1, NOTHING, BRANCH_FORWARD),  // FOR_ITER_GEN
        (66, 1, NOTHING, NEXT),            // LOAD_SUPER_ATTR_ATTR
        (67, 1, NOTHING, NEXT),            // LOAD_SUPER_ATTR_METHOD
        (70, 9, NOTHING, NEXT),            // LOAD_ATTR_CLASS
        (72, 9, NOTHING, NEXT),            // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
        (73, 9, NOTHING, NEXT),            // LOAD_ATTR_INSTANCE_VALUE
        (76, 9, NOTHING, NEXT),            // LOAD_ATTR_MODULE
        (77, 9, NOTHING, NEXT),            // LOAD_ATTR_PROPERTY
        (78, 9, NOTHING, NEXT),            // LOAD_ATTR_SLOT
        (79, 9, NOTHING, NEXT),            // LOAD_ATTR_WITH_HINT
        (80, 9, NOTHING, NEXT),            // LOAD_ATTR_METHOD_LAZY_DICT
        (81, 9, NOTHING, NEXT),            // LOAD_ATTR_METHOD_NO_DICT
        (82, 9, NOTHING, NEXT),            // LOAD_ATTR_METHOD_WITH_VALUES
        (83, 0, NOTHING, STOP),            // RETURN_VALUE
        (86, 0, READS, NEXT),              // LOAD_FAST__LOAD_CONST
        (88, 0, READS, NEXT),              // LOAD_FAST__LOAD_FAST
        (92, 1, NOTHING, NEXT),            // UNPACK_SEQUENCE
        (93, 1, NOTHING, BRANCH_FORWARD),  // FOR_ITER
        (95, 4, NOTHING, NEXT),            // STORE_ATTR
        (106, 9, NOTHING, NEXT),           // LOAD_ATTR
        (107, 1, NOTHING, NEXT),           // COMPARE_OP
        (110, 0, NOTHING, JUMP_FORWARD),   // JUMP_FORWARD
        (111, 4, NOTHING, NEXT),           // LOAD_GLOBAL_BUILTIN
        (112, 4, NOTHING, NEXT),           // LOAD_GLOBAL_MODULE
        (113, 4, NOTHING, NEXT),           // STORE_ATTR_INSTANCE_VALUE
        (114, 0, NOTHING, BRANCH_FORWARD), // POP_JUMP_IF_FALSE
        (115, 0, NOTHING, BRANCH_FORWARD), // POP_JUMP_IF_TRUE
        (116, 4, NOTHING, NEXT),           // LOAD_GLOBAL
        (119, 0, NOTHING, STOP),           // RERAISE
        (121, 0, NOTHING, STOP),           // RETURN_CONST
        (122, 1, NOTHING, NEXT),           // BINARY_OP
        (123, 1, NOTHING, BRANCH_FORWARD), // SEND
        (124, 0, READS, NEXT),             // LOAD_FAST
        (125, 0, REPLACES, NEXT),          // STORE_FAST
        (126, 0, REPLACES, NEXT),          // DELETE_FAST
        (127, 0, READS, NEXT),             // LOAD_FAST_CHECK
        (128, 0, NOTHING, BRANCH_FORWARD), // POP_JUMP_IF_NOT_NONE
        (129, 0, NOTHING, BRANCH_FORWARD), // POP_JUMP_IF_NONE
        (130, 0, NOTHING, STOP),           // RAISE_VARARGS
        (134, 0, NOTHING, JUMP_BACKWARD),  // JUMP_BACKWARD_NO_INTERRUPT
        (140, 0, NOTHING, JUMP_BACKWARD),  // JUMP_BACKWARD
        (141, 1, NOTHING, NEXT),           // LOAD_SUPER_ATTR
        (143, 0, READS, NEXT),             // LOAD_FAST_AND_CLEAR
        (144, 0, NOTHING, PREFIX),         // EXTENDED_ARG
        (148, 4, NOTHING, NEXT),           // STORE_ATTR_SLOT
        (153, 4, NOTHING, NEXT),           // STORE_ATTR_WITH_HINT
        (154, 0, REPLACES, NEXT),          // STORE_FAST__LOAD_FAST
        (158, 0, REPLACES, NEXT),          // STORE_FAST__STORE_FAST
        (159, 1, NOTHING, NEXT),           // STORE_SUBSCR_DICT
        (160, 1, NOTHING, NEXT),           // STORE_SUBSCR_LIST_INT
        (161, 1, NOTHING, NEXT),           // UNPACK_SEQUENCE_LIST
        (166, 1, NOTHING, NEXT),           // UNPACK_SEQUENCE_TUPLE
        (167, 1, NOTHING, NEXT),           // UNPACK_SEQUENCE_TWO_TUPLE
        (168, 1, NOTHING, BRANCH_FORWARD), // SEND_GEN
        (171, 3, NOTHING, NEXT),           // CALL
        (237, 1, NOTHING, NEXT),           // INSTRUMENTED_LOAD_SUPER_ATTR
        (238, 0, NOTHING, BRANCH_FORWARD), // INSTRUMENTED_POP_JUMP_IF_NONE
        (239, 0, NOTHING, BRANCH_FORWARD), // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
        (241, 3, NOTHING, NEXT),           // INSTRUMENTED_CALL
        (242, 0, NOTHING, STOP),           // INSTRUMENTED_RETURN_VALUE
        (245, 0, NOTHING, JUMP_FORWARD),   // INSTRUMENTED_JUMP_FORWARD
        (246, 0, NOTHING, JUMP_BACKWARD),  // INSTRUMENTED_JUMP_BACKWARD
        (247, 0, NOTHING, STOP),           // INSTRUMENTED_RETURN_CONST
        (248, 1, NOTHING, BRANCH_FORWARD), // INSTRUMENTED_FOR_ITER
        (249, 0, NOTHING, BRANCH_FORWARD), // INSTRUMENTED_POP_JUMP_IF_FALSE
        (250, 0, NOTHING, BRANCH_FORWARD), // INSTRUMENTED_POP_JUMP_IF_TRUE
    ],
    &[
        6, 122, 7, 122, 8, 122, 10, 122, 13, 122, 14, 122, 16, 122, 18, 122, 19, 25, 20, 25, 21, 25, 22, 25, 23, 171,
        24, 171, 28, 171, 29, 171, 34, 171, 38, 171, 39, 171, 40, 171, 41, 171, 42, 171, 43, 171, 44, 171, 45, 171, 46,
        171, 47, 171, 48, 171, 56, 171, 57, 107, 58, 107, 59, 107, 62, 93, 63, 93, 64, 93, 65, 93, 66, 141, 67, 141,
        70, 106, 72, 106, 73, 106, 76, 106, 77, 106, 78, 106, 79, 106, 80, 106, 81, 106, 82, 106, 84, 100, 86, 124, 88,
        124, 111, 116, 112, 116, 113, 95, 148, 95, 153, 95, 154, 125, 158, 125, 159, 60, 160, 60, 161, 92, 166, 92,
        167, 92, 168, 123, 237, 141, 238, 129, 239, 128, 240, 151, 241, 171, 242, 83, 243, 150, 244, 142, 245, 110,
        246, 140, 247, 121, 248, 93, 249, 114, 250, 115, 251, 4, 252, 5,
    ],
    &[
        (1, Step::Pop),                 // POP_TOP
        (2, Step::Null),                // PUSH_NULL
        (4, take(2, 0)),                // END_FOR
        (5, drop_below(1)),             // END_SEND
        (9, take(0, 0)),                // NOP
        (11, take(1, 1)),               // UNARY_NEGATIVE
        (12, take(1, 1)),               // UNARY_NOT
        (15, take(1, 1)),               // UNARY_INVERT
        (25, take(2, 1)),               // BINARY_SUBSCR
        (26, take(3, 1)),               // BINARY_SLICE
        (27, take(4, 0)),               // STORE_SLICE
        (30, take(0, 1)),               // GET_LEN
        (31, take(0, 1)),               // MATCH_MAPPING
        (32, take(0, 1)),               // MATCH_SEQUENCE
        (35, take(1, 2)),               // PUSH_EXC_INFO
        (36, take(1, 1)),               // CHECK_EXC_MATCH
        (49, take(0, 1)),               // WITH_EXCEPT_START
        (50, take(1, 1)),               // GET_AITER
        (51, take(0, 1)),               // GET_ANEXT
        (52, take(1, 2)),               // BEFORE_ASYNC_WITH
        (53, take(1, 2)),               // BEFORE_WITH
        (60, Step::StoreItem),          // STORE_SUBSCR
        (61, take(2, 0)),               // DELETE_SUBSCR
        (68, take(1, 1)),               // GET_ITER
        (69, take(1, 1)),               // GET_YIELD_FROM_ITER
        (71, take(0, 1)),               // LOAD_BUILD_CLASS
        (74, take(0, 1)),               // LOAD_ASSERTION_ERROR
        (75, take(0, 1)),               // RETURN_GENERATOR
        (83, Step::Return),             // RETURN_VALUE
        (85, take(0, 0)),               // SETUP_ANNOTATIONS
        (87, take(0, 1)),               // LOAD_LOCALS
        (89, take(1, 0)),               // POP_EXCEPT
        (90, Step::StoreName),          // STORE_NAME
        (91, take(0, 0)),               // DELETE_NAME
        (92, Step::Unpack),             // UNPACK_SEQUENCE
        (93, loop_over(1)),             // FOR_ITER
        (94, Step::UnpackWithRest),     // UNPACK_EX
        (95, Step::StoreAttribute),     // STORE_ATTR
        (96, take(1, 0)),               // DELETE_ATTR
        (97, Step::StoreName),          // STORE_GLOBAL
        (98, take(0, 0)),               // DELETE_GLOBAL
        (99, Step::Swap),               // SWAP
        (100, Step::Constant),          // LOAD_CONST
        (101, Step::Name),              // LOAD_NAME
        (102, collect(0)),              // BUILD_TUPLE
        (103, collect(0)),              // BUILD_LIST
        (104, collect(0)),              // BUILD_SET
        (105, Step::CollectPairs),      // BUILD_MAP
        (106, Step::AttributeOrMethod), // LOAD_ATTR
        (107, take(2, 1)),              // COMPARE_OP
        (108, import(0)),               // IMPORT_NAME
        (109, Step::ImportFrom),        // IMPORT_FROM
        (110, take(0, 0)),              // JUMP_FORWARD
        (114, take(1, 0)),              // POP_JUMP_IF_FALSE
        (115, take(1, 0)),              // POP_JUMP_IF_TRUE
        (116, Step::NullAndGlobal),     // LOAD_GLOBAL
        (117, take(2, 1)),              // IS_OP
        (118, take(2, 1)),              // CONTAINS_OP
        (120, Step::Copy),              // COPY
        (121, take(0, 0)),              // RETURN_CONST
        (122, take(2, 1)),              // BINARY_OP
        (123, send(0)),                 // SEND
        (124, Step::Local),             // LOAD_FAST
        (125, Step::StoreLocal),        // STORE_FAST
        (126, take(0, 0)),              // DELETE_FAST
        (127, Step::Local),             // LOAD_FAST_CHECK
        (128, take(1, 0)),              // POP_JUMP_IF_NOT_NONE
        (129, take(1, 0)),              // POP_JUMP_IF_NONE
        (130, counted(0, 0)),           // RAISE_VARARGS
        (131, Step::Await),             // GET_AWAITABLE
        (132, make_function(0)),        // MAKE_FUNCTION
        (133, Step::Slice),             // BUILD_SLICE
        (134, take(0, 0)),              // JUMP_BACKWARD_NO_INTERRUPT
        (135, take(0, 0)),              // MAKE_CELL
        (136, take(0, 1)),              // LOAD_CLOSURE
        (137, Step::Cell),              // LOAD_DEREF
        (138, Step::StoreCell),         // STORE_DEREF
        (139, take(0, 0)),              // DELETE_DEREF
        (140, take(0, 0)),              // JUMP_BACKWARD
        (141, Step::SuperAttribute),    // LOAD_SUPER_ATTR
        (142, spread(2)),               // CALL_FUNCTION_EX
        (143, take(0, 1)),              // LOAD_FAST_AND_CLEAR
        (144, take(0, 0)),              // EXTENDED_ARG
        (145, append(1)),               // LIST_APPEND
        (146, append(1)),               // SET_ADD
        (147, append(2)),               // MAP_ADD
        (149, take(0, 0)),              // COPY_FREE_VARS
        (150, Step::Yield),             // YIELD_VALUE
        (151, take(0, 0)),              // RESUME
        (155, Step::Format),            // FORMAT_VALUE
        (156, collect(1)),              // BUILD_CONST_KEY_MAP
        (157, counted(0, 1)),           // BUILD_STRING
        (162, take(1, 0)),              // LIST_EXTEND
        (163, take(1, 0)),              // SET_UPDATE
        (164, take(1, 0)),              // DICT_MERGE
        (165, take(1, 0)),              // DICT_UPDATE
        (171, call(2, false)),          // CALL
        (172, take(0, 0)),              // KW_NAMES
        (173, Step::Intrinsic),         // CALL_INTRINSIC_1
        (174, take(2, 1)),              // CALL_INTRINSIC_2
        (175, take(1, 1)),              // LOAD_FROM_DICT_OR_GLOBALS
        (176, take(1, 1)),              // LOAD_FROM_DICT_OR_DEREF
    ],
)
.telling(Some(Events { line: 254, instruction: 253 }), Some(151));
