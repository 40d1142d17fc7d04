//! Opcodes of CPython 3.13. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Events, Handlers, JumpScale, Opcodes, Step};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Units,
    Handlers::Table,
    &[
        1, 2, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
        34, 35, 37, 38, 41, 42, 43, 44, 46, 47, 48, 49, 50, 51, 52, 54, 55, 56, 57, 60, 61, 62, 63, 64, 66, 67, 68, 69,
        73, 74, 75, 76, 80, 81, 83, 84, 89, 90, 92, 94, 95, 96, 105, 106, 107, 109, 113, 114, 115, 116, 118, 149, 207,
        236, 237, 238, 241, 245, 246,
    ],
    &[
        (3, 1, NOTHING, NEXT),               // BINARY_OP_INPLACE_ADD_UNICODE
        (5, 1, NOTHING, NEXT),               // BINARY_SUBSCR
        (22, 0, NOTHING, STOP),              // INTERPRETER_EXIT
        (36, 0, NOTHING, STOP),              // RETURN_VALUE
        (39, 1, NOTHING, NEXT),              // STORE_SUBSCR
        (40, 3, NOTHING, NEXT),              // TO_BOOL
        (45, 1, NOTHING, NEXT),              // BINARY_OP
        (53, 3, NOTHING, NEXT),              // CALL
        (58, 1, NOTHING, NEXT),              // COMPARE_OP
        (59, 1, NOTHING, NEXT),              // CONTAINS_OP
        (65, 0, REPLACES, NEXT),             // DELETE_FAST
        (71, 0, NOTHING, PREFIX),            // EXTENDED_ARG
        (72, 1, NOTHING, BRANCH_FORWARD),    // FOR_ITER
        (77, 1, NOTHING, JUMP_BACKWARD),     // JUMP_BACKWARD
        (78, 0, NOTHING, JUMP_BACKWARD),     // JUMP_BACKWARD_NO_INTERRUPT
        (79, 0, NOTHING, JUMP_FORWARD),      // JUMP_FORWARD
        (82, 9, NOTHING, NEXT),              // LOAD_ATTR
        (85, 0, READS, NEXT),                // LOAD_FAST
        (86, 0, READS, NEXT),                // LOAD_FAST_AND_CLEAR
        (87, 0, READS, NEXT),                // LOAD_FAST_CHECK
        (88, 0, READS_TWO, NEXT),            // LOAD_FAST_LOAD_FAST
        (91, 4, NOTHING, NEXT),              // LOAD_GLOBAL
        (93, 1, NOTHING, NEXT),              // LOAD_SUPER_ATTR
        (97, 1, NOTHING, BRANCH_FORWARD),    // POP_JUMP_IF_FALSE
        (98, 1, NOTHING, BRANCH_FORWARD),    // POP_JUMP_IF_NONE
        (99, 1, NOTHING, BRANCH_FORWARD),    // POP_JUMP_IF_NOT_NONE
        (100, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_TRUE
        (101, 0, NOTHING, STOP),             // RAISE_VARARGS
        (102, 0, NOTHING, STOP),             // RERAISE
        (103, 0, NOTHING, STOP),             // RETURN_CONST
        (104, 1, NOTHING, BRANCH_FORWARD),   // SEND
        (108, 4, NOTHING, NEXT),             // STORE_ATTR
        (110, 0, REPLACES, NEXT),            // STORE_FAST
        (111, 0, REPLACES_THEN_READS, NEXT), // STORE_FAST_LOAD_FAST
        (112, 0, REPLACES_TWO, NEXT),        // STORE_FAST_STORE_FAST
        (117, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE
        (150, 1, NOTHING, NEXT),             // BINARY_OP_ADD_FLOAT
        (151, 1, NOTHING, NEXT),             // BINARY_OP_ADD_INT
        (152, 1, NOTHING, NEXT),             // BINARY_OP_ADD_UNICODE
        (153, 1, NOTHING, NEXT),             // BINARY_OP_MULTIPLY_FLOAT
        (154, 1, NOTHING, NEXT),             // BINARY_OP_MULTIPLY_INT
        (155, 1, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_FLOAT
        (156, 1, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_INT
        (157, 1, NOTHING, NEXT),             // BINARY_SUBSCR_DICT
        (158, 1, NOTHING, NEXT),             // BINARY_SUBSCR_GETITEM
        (159, 1, NOTHING, NEXT),             // BINARY_SUBSCR_LIST_INT
        (160, 1, NOTHING, NEXT),             // BINARY_SUBSCR_STR_INT
        (161, 1, NOTHING, NEXT),             // BINARY_SUBSCR_TUPLE_INT
        (162, 3, NOTHING, NEXT),             // CALL_ALLOC_AND_ENTER_INIT
        (163, 3, NOTHING, NEXT),             // CALL_BOUND_METHOD_EXACT_ARGS
        (164, 3, NOTHING, NEXT),             // CALL_BOUND_METHOD_GENERAL
        (165, 3, NOTHING, NEXT),             // CALL_BUILTIN_CLASS
        (166, 3, NOTHING, NEXT),             // CALL_BUILTIN_FAST
        (167, 3, NOTHING, NEXT),             // CALL_BUILTIN_FAST_WITH_KEYWORDS
        (168, 3, NOTHING, NEXT),             // CALL_BUILTIN_O
        (169, 3, NOTHING, NEXT),             // CALL_ISINSTANCE
        (170, 3, NOTHING, NEXT),             // CALL_LEN
        (171, 3, NOTHING, NEXT),             // CALL_LIST_APPEND
        (172, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_FAST
        (173, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
        (174, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_NOARGS
        (175, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_O
        (176, 3, NOTHING, NEXT),             // CALL_NON_PY_GENERAL
        (177, 3, NOTHING, NEXT),             // CALL_PY_EXACT_ARGS
        (178, 3, NOTHING, NEXT),             // CALL_PY_GENERAL
        (179, 3, NOTHING, NEXT),             // CALL_STR_1
        (180, 3, NOTHING, NEXT),             // CALL_TUPLE_1
        (181, 3, NOTHING, NEXT),             // CALL_TYPE_1
        (182, 1, NOTHING, NEXT),             // COMPARE_OP_FLOAT
        (183, 1, NOTHING, NEXT),             // COMPARE_OP_INT
        (184, 1, NOTHING, NEXT),             // COMPARE_OP_STR
        (185, 1, NOTHING, NEXT),             // CONTAINS_OP_DICT
        (186, 1, NOTHING, NEXT),             // CONTAINS_OP_SET
        (187, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_GEN
        (188, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_LIST
        (189, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_RANGE
        (190, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_TUPLE
        (191, 9, NOTHING, NEXT),             // LOAD_ATTR_CLASS
        (192, 9, NOTHING, NEXT),             // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
        (193, 9, NOTHING, NEXT),             // LOAD_ATTR_INSTANCE_VALUE
        (194, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_LAZY_DICT
        (195, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_NO_DICT
        (196, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_WITH_VALUES
        (197, 9, NOTHING, NEXT),             // LOAD_ATTR_MODULE
        (198, 9, NOTHING, NEXT),             // LOAD_ATTR_NONDESCRIPTOR_NO_DICT
        (199, 9, NOTHING, NEXT),             // LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
        (200, 9, NOTHING, NEXT),             // LOAD_ATTR_PROPERTY
        (201, 9, NOTHING, NEXT),             // LOAD_ATTR_SLOT
        (202, 9, NOTHING, NEXT),             // LOAD_ATTR_WITH_HINT
        (203, 4, NOTHING, NEXT),             // LOAD_GLOBAL_BUILTIN
        (204, 4, NOTHING, NEXT),             // LOAD_GLOBAL_MODULE
        (205, 1, NOTHING, NEXT),             // LOAD_SUPER_ATTR_ATTR
        (206, 1, NOTHING, NEXT),             // LOAD_SUPER_ATTR_METHOD
        (208, 1, NOTHING, BRANCH_FORWARD),   // SEND_GEN
        (209, 4, NOTHING, NEXT),             // STORE_ATTR_INSTANCE_VALUE
        (210, 4, NOTHING, NEXT),             // STORE_ATTR_SLOT
        (211, 4, NOTHING, NEXT),             // STORE_ATTR_WITH_HINT
        (212, 1, NOTHING, NEXT),             // STORE_SUBSCR_DICT
        (213, 1, NOTHING, NEXT),             // STORE_SUBSCR_LIST_INT
        (214, 3, NOTHING, NEXT),             // TO_BOOL_ALWAYS_TRUE
        (215, 3, NOTHING, NEXT),             // TO_BOOL_BOOL
        (216, 3, NOTHING, NEXT),             // TO_BOOL_INT
        (217, 3, NOTHING, NEXT),             // TO_BOOL_LIST
        (218, 3, NOTHING, NEXT),             // TO_BOOL_NONE
        (219, 3, NOTHING, NEXT),             // TO_BOOL_STR
        (220, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_LIST
        (221, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_TUPLE
        (222, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_TWO_TUPLE
        (239, 0, NOTHING, STOP),             // INSTRUMENTED_RETURN_VALUE
        (240, 0, NOTHING, STOP),             // INSTRUMENTED_RETURN_CONST
        (242, 1, NOTHING, NEXT),             // INSTRUMENTED_LOAD_SUPER_ATTR
        (243, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_FOR_ITER
        (244, 3, NOTHING, NEXT),             // INSTRUMENTED_CALL
        (248, 0, NOTHING, JUMP_FORWARD),     // INSTRUMENTED_JUMP_FORWARD
        (249, 1, NOTHING, JUMP_BACKWARD),    // INSTRUMENTED_JUMP_BACKWARD
        (250, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_TRUE
        (251, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_FALSE
        (252, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_NONE
        (253, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
    ],
    &[
        3, 45, 150, 45, 151, 45, 152, 45, 153, 45, 154, 45, 155, 45, 156, 45, 157, 5, 158, 5, 159, 5, 160, 5, 161, 5,
        162, 53, 163, 53, 164, 53, 165, 53, 166, 53, 167, 53, 168, 53, 169, 53, 170, 53, 171, 53, 172, 53, 173, 53,
        174, 53, 175, 53, 176, 53, 177, 53, 178, 53, 179, 53, 180, 53, 181, 53, 182, 58, 183, 58, 184, 58, 185, 59,
        186, 59, 187, 72, 188, 72, 189, 72, 190, 72, 191, 82, 192, 82, 193, 82, 194, 82, 195, 82, 196, 82, 197, 82,
        198, 82, 199, 82, 200, 82, 201, 82, 202, 82, 203, 91, 204, 91, 205, 93, 206, 93, 207, 149, 208, 104, 209, 108,
        210, 108, 211, 108, 212, 39, 213, 39, 214, 40, 215, 40, 216, 40, 217, 40, 218, 40, 219, 40, 220, 117, 221, 117,
        222, 117, 236, 149, 237, 11, 238, 12, 239, 36, 240, 103, 241, 118, 242, 93, 243, 72, 244, 53, 245, 57, 246, 54,
        248, 79, 249, 77, 250, 100, 251, 97, 252, 98, 253, 99,
    ],
    &[
        (1, take(1, 2)),               // BEFORE_ASYNC_WITH
        (2, take(1, 2)),               // BEFORE_WITH
        (4, take(3, 1)),               // BINARY_SLICE
        (5, take(2, 1)),               // BINARY_SUBSCR
        (7, take(1, 1)),               // CHECK_EXC_MATCH
        (9, take(2, 0)),               // DELETE_SUBSCR
        (11, take(1, 0)),              // END_FOR
        (12, drop_below(1)),           // END_SEND
        (14, take(1, 1)),              // FORMAT_SIMPLE
        (15, take(2, 1)),              // FORMAT_WITH_SPEC
        (16, take(1, 1)),              // GET_AITER
        (18, take(0, 1)),              // GET_ANEXT
        (19, take(1, 1)),              // GET_ITER
        (20, take(0, 1)),              // GET_LEN
        (21, take(1, 1)),              // GET_YIELD_FROM_ITER
        (23, take(0, 1)),              // LOAD_ASSERTION_ERROR
        (24, take(0, 1)),              // LOAD_BUILD_CLASS
        (25, take(0, 1)),              // LOAD_LOCALS
        (26, Step::MakeBareFunction),  // MAKE_FUNCTION
        (28, take(0, 1)),              // MATCH_MAPPING
        (29, take(0, 1)),              // MATCH_SEQUENCE
        (30, take(0, 0)),              // NOP
        (31, take(1, 0)),              // POP_EXCEPT
        (32, Step::Pop),               // POP_TOP
        (33, take(1, 2)),              // PUSH_EXC_INFO
        (34, Step::Null),              // PUSH_NULL
        (35, take(0, 1)),              // RETURN_GENERATOR
        (36, Step::Return),            // RETURN_VALUE
        (37, take(0, 0)),              // SETUP_ANNOTATIONS
        (38, take(4, 0)),              // STORE_SLICE
        (39, Step::StoreItem),         // STORE_SUBSCR
        (40, take(1, 1)),              // TO_BOOL
        (41, take(1, 1)),              // UNARY_INVERT
        (42, take(1, 1)),              // UNARY_NEGATIVE
        (43, take(1, 1)),              // UNARY_NOT
        (44, take(0, 1)),              // WITH_EXCEPT_START
        (45, take(2, 1)),              // BINARY_OP
        (46, collect(1)),              // BUILD_CONST_KEY_MAP
        (47, collect(0)),              // BUILD_LIST
        (48, Step::CollectPairs),      // BUILD_MAP
        (49, collect(0)),              // BUILD_SET
        (50, Step::Slice),             // BUILD_SLICE
        (51, counted(0, 1)),           // BUILD_STRING
        (52, collect(0)),              // BUILD_TUPLE
        (53, call(2, false)),          // CALL
        (54, spread(2)),               // CALL_FUNCTION_EX
        (55, Step::Intrinsic),         // CALL_INTRINSIC_1
        (56, take(2, 1)),              // CALL_INTRINSIC_2
        (57, call(2, true)),           // CALL_KW
        (58, take(2, 1)),              // COMPARE_OP
        (59, take(2, 1)),              // CONTAINS_OP
        (60, take(1, 1)),              // CONVERT_VALUE
        (61, Step::Copy),              // COPY
        (62, take(0, 0)),              // COPY_FREE_VARS
        (63, take(1, 0)),              // DELETE_ATTR
        (64, take(0, 0)),              // DELETE_DEREF
        (65, take(0, 0)),              // DELETE_FAST
        (66, take(0, 0)),              // DELETE_GLOBAL
        (67, take(0, 0)),              // DELETE_NAME
        (68, take(1, 0)),              // DICT_MERGE
        (69, take(1, 0)),              // DICT_UPDATE
        (71, take(0, 0)),              // EXTENDED_ARG
        (72, loop_over(1)),            // FOR_ITER
        (73, Step::Await),             // GET_AWAITABLE
        (74, Step::ImportFrom),        // IMPORT_FROM
        (75, import(0)),               // IMPORT_NAME
        (76, take(2, 1)),              // IS_OP
        (77, take(0, 0)),              // JUMP_BACKWARD
        (78, take(0, 0)),              // JUMP_BACKWARD_NO_INTERRUPT
        (79, take(0, 0)),              // JUMP_FORWARD
        (80, append(1)),               // LIST_APPEND
        (81, take(1, 0)),              // LIST_EXTEND
        (82, Step::AttributeOrMethod), // LOAD_ATTR
        (83, Step::Constant),          // LOAD_CONST
        (84, Step::Cell),              // LOAD_DEREF
        (85, Step::Local),             // LOAD_FAST
        (86, take(0, 1)),              // LOAD_FAST_AND_CLEAR
        (87, Step::Local),             // LOAD_FAST_CHECK
        (88, Step::TwoLocals),         // LOAD_FAST_LOAD_FAST
        (89, take(1, 1)),              // LOAD_FROM_DICT_OR_DEREF
        (90, take(1, 1)),              // LOAD_FROM_DICT_OR_GLOBALS
        (91, Step::GlobalAndNull),     // LOAD_GLOBAL
        (92, Step::Name),              // LOAD_NAME
        (93, Step::SuperAttribute),    // LOAD_SUPER_ATTR
        (94, take(0, 0)),              // MAKE_CELL
        (95, append(2)),               // MAP_ADD
        (97, take(1, 0)),              // POP_JUMP_IF_FALSE
        (98, take(1, 0)),              // POP_JUMP_IF_NONE
        (99, take(1, 0)),              // POP_JUMP_IF_NOT_NONE
        (100, take(1, 0)),             // POP_JUMP_IF_TRUE
        (101, counted(0, 0)),          // RAISE_VARARGS
        (103, take(0, 0)),             // RETURN_CONST
        (104, send(0)),                // SEND
        (105, append(1)),              // SET_ADD
        (106, drop_below(1)),          // SET_FUNCTION_ATTRIBUTE
        (107, take(1, 0)),             // SET_UPDATE
        (108, Step::StoreAttribute),   // STORE_ATTR
        (109, Step::StoreCell),        // STORE_DEREF
        (110, Step::StoreLocal),       // STORE_FAST
        (111, Step::StoreThenLocal),   // STORE_FAST_LOAD_FAST
        (112, Step::StoreTwoLocals),   // STORE_FAST_STORE_FAST
        (113, Step::StoreName),        // STORE_GLOBAL
        (114, Step::StoreName),        // STORE_NAME
        (115, Step::Swap),             // SWAP
        (116, Step::UnpackWithRest),   // UNPACK_EX
        (117, Step::Unpack),           // UNPACK_SEQUENCE
        (118, Step::Yield),            // YIELD_VALUE
        (149, take(0, 0)),             // RESUME
    ],
)
.telling(Some(Events { line: 254, instruction: 247 }), Some(149));
