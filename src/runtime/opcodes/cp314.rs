//! Opcodes of CPython 3.14. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Events, Handlers, JumpScale, Opcodes, Step};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Units,
    Handlers::Table,
    &[
        1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33,
        34, 36, 37, 40, 41, 42, 43, 45, 46, 47, 48, 49, 50, 51, 53, 54, 58, 59, 60, 61, 62, 64, 65, 66, 67, 68, 71, 72,
        73, 74, 78, 79, 81, 82, 83, 90, 91, 93, 94, 95, 97, 98, 99, 107, 108, 109, 111, 115, 116, 117, 118, 120, 128,
        190, 191, 196, 234, 235, 236, 240, 245, 247, 248, 252,
    ],
    &[
        (3, 5, NOTHING, NEXT),               // BINARY_OP_INPLACE_ADD_UNICODE
        (20, 0, NOTHING, STOP),              // INTERPRETER_EXIT
        (35, 0, NOTHING, STOP),              // RETURN_VALUE
        (38, 1, NOTHING, NEXT),              // STORE_SUBSCR
        (39, 3, NOTHING, NEXT),              // TO_BOOL
        (44, 5, NOTHING, NEXT),              // BINARY_OP
        (52, 3, NOTHING, NEXT),              // CALL
        (55, 3, NOTHING, NEXT),              // CALL_KW
        (56, 1, NOTHING, NEXT),              // COMPARE_OP
        (57, 1, NOTHING, NEXT),              // CONTAINS_OP
        (63, 0, REPLACES, NEXT),             // DELETE_FAST
        (69, 0, NOTHING, PREFIX),            // EXTENDED_ARG
        (70, 1, NOTHING, BRANCH_FORWARD),    // FOR_ITER
        (75, 1, NOTHING, JUMP_BACKWARD),     // JUMP_BACKWARD
        (76, 0, NOTHING, JUMP_BACKWARD),     // JUMP_BACKWARD_NO_INTERRUPT
        (77, 0, NOTHING, JUMP_FORWARD),      // JUMP_FORWARD
        (80, 9, NOTHING, NEXT),              // LOAD_ATTR
        (84, 0, READS, NEXT),                // LOAD_FAST
        (85, 0, READS, NEXT),                // LOAD_FAST_AND_CLEAR
        (86, 0, READS, NEXT),                // LOAD_FAST_BORROW
        (87, 0, READS_TWO, NEXT),            // LOAD_FAST_BORROW_LOAD_FAST_BORROW
        (88, 0, READS, NEXT),                // LOAD_FAST_CHECK
        (89, 0, READS_TWO, NEXT),            // LOAD_FAST_LOAD_FAST
        (92, 4, NOTHING, NEXT),              // LOAD_GLOBAL
        (96, 1, NOTHING, NEXT),              // LOAD_SUPER_ATTR
        (100, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_FALSE
        (101, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_NONE
        (102, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_NOT_NONE
        (103, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_TRUE
        (104, 0, NOTHING, STOP),             // RAISE_VARARGS
        (105, 0, NOTHING, STOP),             // RERAISE
        (106, 1, NOTHING, BRANCH_FORWARD),   // SEND
        (110, 4, NOTHING, NEXT),             // STORE_ATTR
        (112, 0, REPLACES, NEXT),            // STORE_FAST
        (113, 0, REPLACES_THEN_READS, NEXT), // STORE_FAST_LOAD_FAST
        (114, 0, REPLACES_TWO, NEXT),        // STORE_FAST_STORE_FAST
        (119, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE
        (129, 5, NOTHING, NEXT),             // BINARY_OP_ADD_FLOAT
        (130, 5, NOTHING, NEXT),             // BINARY_OP_ADD_INT
        (131, 5, NOTHING, NEXT),             // BINARY_OP_ADD_UNICODE
        (132, 5, NOTHING, NEXT),             // BINARY_OP_EXTEND
        (133, 5, NOTHING, NEXT),             // BINARY_OP_MULTIPLY_FLOAT
        (134, 5, NOTHING, NEXT),             // BINARY_OP_MULTIPLY_INT
        (135, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_DICT
        (136, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_GETITEM
        (137, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_LIST_INT
        (138, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_LIST_SLICE
        (139, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_STR_INT
        (140, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_TUPLE_INT
        (141, 5, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_FLOAT
        (142, 5, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_INT
        (143, 3, NOTHING, NEXT),             // CALL_ALLOC_AND_ENTER_INIT
        (144, 3, NOTHING, NEXT),             // CALL_BOUND_METHOD_EXACT_ARGS
        (145, 3, NOTHING, NEXT),             // CALL_BOUND_METHOD_GENERAL
        (146, 3, NOTHING, NEXT),             // CALL_BUILTIN_CLASS
        (147, 3, NOTHING, NEXT),             // CALL_BUILTIN_FAST
        (148, 3, NOTHING, NEXT),             // CALL_BUILTIN_FAST_WITH_KEYWORDS
        (149, 3, NOTHING, NEXT),             // CALL_BUILTIN_O
        (150, 3, NOTHING, NEXT),             // CALL_ISINSTANCE
        (151, 3, NOTHING, NEXT),             // CALL_KW_BOUND_METHOD
        (152, 3, NOTHING, NEXT),             // CALL_KW_NON_PY
        (153, 3, NOTHING, NEXT),             // CALL_KW_PY
        (154, 3, NOTHING, NEXT),             // CALL_LEN
        (155, 3, NOTHING, NEXT),             // CALL_LIST_APPEND
        (156, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_FAST
        (157, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
        (158, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_NOARGS
        (159, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_O
        (160, 3, NOTHING, NEXT),             // CALL_NON_PY_GENERAL
        (161, 3, NOTHING, NEXT),             // CALL_PY_EXACT_ARGS
        (162, 3, NOTHING, NEXT),             // CALL_PY_GENERAL
        (163, 3, NOTHING, NEXT),             // CALL_STR_1
        (164, 3, NOTHING, NEXT),             // CALL_TUPLE_1
        (165, 3, NOTHING, NEXT),             // CALL_TYPE_1
        (166, 1, NOTHING, NEXT),             // COMPARE_OP_FLOAT
        (167, 1, NOTHING, NEXT),             // COMPARE_OP_INT
        (168, 1, NOTHING, NEXT),             // COMPARE_OP_STR
        (169, 1, NOTHING, NEXT),             // CONTAINS_OP_DICT
        (170, 1, NOTHING, NEXT),             // CONTAINS_OP_SET
        (171, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_GEN
        (172, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_LIST
        (173, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_RANGE
        (174, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_TUPLE
        (175, 1, NOTHING, JUMP_BACKWARD),    // JUMP_BACKWARD_JIT
        (176, 1, NOTHING, JUMP_BACKWARD),    // JUMP_BACKWARD_NO_JIT
        (177, 9, NOTHING, NEXT),             // LOAD_ATTR_CLASS
        (178, 9, NOTHING, NEXT),             // LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
        (179, 9, NOTHING, NEXT),             // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
        (180, 9, NOTHING, NEXT),             // LOAD_ATTR_INSTANCE_VALUE
        (181, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_LAZY_DICT
        (182, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_NO_DICT
        (183, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_WITH_VALUES
        (184, 9, NOTHING, NEXT),             // LOAD_ATTR_MODULE
        (185, 9, NOTHING, NEXT),             // LOAD_ATTR_NONDESCRIPTOR_NO_DICT
        (186, 9, NOTHING, NEXT),             // LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
        (187, 9, NOTHING, NEXT),             // LOAD_ATTR_PROPERTY
        (188, 9, NOTHING, NEXT),             // LOAD_ATTR_SLOT
        (189, 9, NOTHING, NEXT),             // LOAD_ATTR_WITH_HINT
        (192, 4, NOTHING, NEXT),             // LOAD_GLOBAL_BUILTIN
        (193, 4, NOTHING, NEXT),             // LOAD_GLOBAL_MODULE
        (194, 1, NOTHING, NEXT),             // LOAD_SUPER_ATTR_ATTR
        (195, 1, NOTHING, NEXT),             // LOAD_SUPER_ATTR_METHOD
        (197, 1, NOTHING, BRANCH_FORWARD),   // SEND_GEN
        (198, 4, NOTHING, NEXT),             // STORE_ATTR_INSTANCE_VALUE
        (199, 4, NOTHING, NEXT),             // STORE_ATTR_SLOT
        (200, 4, NOTHING, NEXT),             // STORE_ATTR_WITH_HINT
        (201, 1, NOTHING, NEXT),             // STORE_SUBSCR_DICT
        (202, 1, NOTHING, NEXT),             // STORE_SUBSCR_LIST_INT
        (203, 3, NOTHING, NEXT),             // TO_BOOL_ALWAYS_TRUE
        (204, 3, NOTHING, NEXT),             // TO_BOOL_BOOL
        (205, 3, NOTHING, NEXT),             // TO_BOOL_INT
        (206, 3, NOTHING, NEXT),             // TO_BOOL_LIST
        (207, 3, NOTHING, NEXT),             // TO_BOOL_NONE
        (208, 3, NOTHING, NEXT),             // TO_BOOL_STR
        (209, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_LIST
        (210, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_TUPLE
        (211, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_TWO_TUPLE
        (237, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_FOR_ITER
        (239, 0, NOTHING, JUMP_FORWARD),     // INSTRUMENTED_JUMP_FORWARD
        (241, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_TRUE
        (242, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_FALSE
        (243, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_NONE
        (244, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
        (246, 0, NOTHING, STOP),             // INSTRUMENTED_RETURN_VALUE
        (249, 1, NOTHING, NEXT),             // INSTRUMENTED_LOAD_SUPER_ATTR
        (250, 3, NOTHING, NEXT),             // INSTRUMENTED_CALL
        (251, 3, NOTHING, NEXT),             // INSTRUMENTED_CALL_KW
        (253, 1, NOTHING, JUMP_BACKWARD),    // INSTRUMENTED_JUMP_BACKWARD
    ],
    &[
        3, 44, 129, 44, 130, 44, 131, 44, 132, 44, 133, 44, 134, 44, 135, 44, 136, 44, 137, 44, 138, 44, 139, 44, 140,
        44, 141, 44, 142, 44, 143, 52, 144, 52, 145, 52, 146, 52, 147, 52, 148, 52, 149, 52, 150, 52, 151, 55, 152, 55,
        153, 55, 154, 52, 155, 52, 156, 52, 157, 52, 158, 52, 159, 52, 160, 52, 161, 52, 162, 52, 163, 52, 164, 52,
        165, 52, 166, 56, 167, 56, 168, 56, 169, 57, 170, 57, 171, 70, 172, 70, 173, 70, 174, 70, 175, 75, 176, 75,
        177, 80, 178, 80, 179, 80, 180, 80, 181, 80, 182, 80, 183, 80, 184, 80, 185, 80, 186, 80, 187, 80, 188, 80,
        189, 80, 190, 82, 191, 82, 192, 92, 193, 92, 194, 96, 195, 96, 196, 128, 197, 106, 198, 110, 199, 110, 200,
        110, 201, 38, 202, 38, 203, 39, 204, 39, 205, 39, 206, 39, 207, 39, 208, 39, 209, 119, 210, 119, 211, 119, 234,
        9, 235, 30, 236, 10, 237, 70, 239, 77, 240, 28, 241, 103, 242, 100, 243, 101, 244, 102, 245, 128, 246, 35, 247,
        120, 248, 68, 249, 96, 250, 52, 251, 55, 252, 4, 253, 75,
    ],
    &[
        (1, take(3, 1)),               // BINARY_SLICE
        (2, take(2, 1)),               // BUILD_TEMPLATE
        (4, Step::SpreadAll),          // CALL_FUNCTION_EX
        (6, take(1, 1)),               // CHECK_EXC_MATCH
        (8, take(2, 0)),               // DELETE_SUBSCR
        (9, take(1, 0)),               // END_FOR
        (10, drop_below(1)),           // END_SEND
        (12, take(1, 1)),              // FORMAT_SIMPLE
        (13, take(2, 1)),              // FORMAT_WITH_SPEC
        (14, take(1, 1)),              // GET_AITER
        (15, take(0, 1)),              // GET_ANEXT
        (16, take(1, 1)),              // GET_ITER
        (18, take(0, 1)),              // GET_LEN
        (19, take(1, 1)),              // GET_YIELD_FROM_ITER
        (21, take(0, 1)),              // LOAD_BUILD_CLASS
        (22, take(0, 1)),              // LOAD_LOCALS
        (23, Step::MakeBareFunction),  // MAKE_FUNCTION
        (25, take(0, 1)),              // MATCH_MAPPING
        (26, take(0, 1)),              // MATCH_SEQUENCE
        (27, take(0, 0)),              // NOP
        (28, take(0, 0)),              // NOT_TAKEN
        (29, take(1, 0)),              // POP_EXCEPT
        (30, take(1, 0)),              // POP_ITER
        (31, Step::Pop),               // POP_TOP
        (32, take(1, 2)),              // PUSH_EXC_INFO
        (33, Step::Null),              // PUSH_NULL
        (34, take(0, 1)),              // RETURN_GENERATOR
        (35, Step::Return),            // RETURN_VALUE
        (36, take(0, 0)),              // SETUP_ANNOTATIONS
        (37, take(4, 0)),              // STORE_SLICE
        (38, Step::StoreItem),         // STORE_SUBSCR
        (39, take(1, 1)),              // TO_BOOL
        (40, take(1, 1)),              // UNARY_INVERT
        (41, take(1, 1)),              // UNARY_NEGATIVE
        (42, take(1, 1)),              // UNARY_NOT
        (43, take(0, 1)),              // WITH_EXCEPT_START
        (44, take(2, 1)),              // BINARY_OP
        (46, collect(0)),              // BUILD_LIST
        (47, Step::CollectPairs),      // BUILD_MAP
        (48, collect(0)),              // BUILD_SET
        (49, Step::Slice),             // BUILD_SLICE
        (50, counted(0, 1)),           // BUILD_STRING
        (51, collect(0)),              // BUILD_TUPLE
        (52, call(2, false)),          // CALL
        (53, Step::Intrinsic),         // CALL_INTRINSIC_1
        (54, take(2, 1)),              // CALL_INTRINSIC_2
        (55, call(2, true)),           // CALL_KW
        (56, take(2, 1)),              // COMPARE_OP
        (57, take(2, 1)),              // CONTAINS_OP
        (58, take(1, 1)),              // CONVERT_VALUE
        (59, Step::Copy),              // COPY
        (60, take(0, 0)),              // COPY_FREE_VARS
        (61, take(1, 0)),              // DELETE_ATTR
        (62, take(0, 0)),              // DELETE_DEREF
        (63, take(0, 0)),              // DELETE_FAST
        (64, take(0, 0)),              // DELETE_GLOBAL
        (65, take(0, 0)),              // DELETE_NAME
        (66, take(1, 0)),              // DICT_MERGE
        (67, take(1, 0)),              // DICT_UPDATE
        (69, take(0, 0)),              // EXTENDED_ARG
        (70, loop_over(1)),            // FOR_ITER
        (71, Step::Await),             // GET_AWAITABLE
        (72, Step::ImportFrom),        // IMPORT_FROM
        (73, import(0)),               // IMPORT_NAME
        (74, take(2, 1)),              // IS_OP
        (75, take(0, 0)),              // JUMP_BACKWARD
        (76, take(0, 0)),              // JUMP_BACKWARD_NO_INTERRUPT
        (77, take(0, 0)),              // JUMP_FORWARD
        (78, append(1)),               // LIST_APPEND
        (79, take(1, 0)),              // LIST_EXTEND
        (80, Step::AttributeOrMethod), // LOAD_ATTR
        (81, take(0, 1)),              // LOAD_COMMON_CONSTANT
        (82, Step::Constant),          // LOAD_CONST
        (83, Step::Cell),              // LOAD_DEREF
        (84, Step::Local),             // LOAD_FAST
        (85, take(0, 1)),              // LOAD_FAST_AND_CLEAR
        (86, Step::Local),             // LOAD_FAST_BORROW
        (87, Step::TwoLocals),         // LOAD_FAST_BORROW_LOAD_FAST_BORROW
        (88, Step::Local),             // LOAD_FAST_CHECK
        (89, Step::TwoLocals),         // LOAD_FAST_LOAD_FAST
        (90, take(1, 1)),              // LOAD_FROM_DICT_OR_DEREF
        (91, take(1, 1)),              // LOAD_FROM_DICT_OR_GLOBALS
        (92, Step::GlobalAndNull),     // LOAD_GLOBAL
        (93, Step::Name),              // LOAD_NAME
        (94, Step::Number),            // LOAD_SMALL_INT
        (95, take(1, 2)),              // LOAD_SPECIAL
        (96, Step::SuperAttribute),    // LOAD_SUPER_ATTR
        (97, take(0, 0)),              // MAKE_CELL
        (98, append(2)),               // MAP_ADD
        (100, take(1, 0)),             // POP_JUMP_IF_FALSE
        (101, take(1, 0)),             // POP_JUMP_IF_NONE
        (102, take(1, 0)),             // POP_JUMP_IF_NOT_NONE
        (103, take(1, 0)),             // POP_JUMP_IF_TRUE
        (104, counted(0, 0)),          // RAISE_VARARGS
        (106, send(0)),                // SEND
        (107, append(1)),              // SET_ADD
        (108, drop_below(1)),          // SET_FUNCTION_ATTRIBUTE
        (109, take(1, 0)),             // SET_UPDATE
        (110, Step::StoreAttribute),   // STORE_ATTR
        (111, Step::StoreCell),        // STORE_DEREF
        (112, Step::StoreLocal),       // STORE_FAST
        (113, Step::StoreThenLocal),   // STORE_FAST_LOAD_FAST
        (114, Step::StoreTwoLocals),   // STORE_FAST_STORE_FAST
        (115, Step::StoreName),        // STORE_GLOBAL
        (116, Step::StoreName),        // STORE_NAME
        (117, Step::Swap),             // SWAP
        (118, Step::UnpackWithRest),   // UNPACK_EX
        (119, Step::Unpack),           // UNPACK_SEQUENCE
        (120, Step::Yield),            // YIELD_VALUE
        (128, take(0, 0)),             // RESUME
    ],
)
.telling(Some(Events { line: 254, instruction: 238 }), Some(128));
