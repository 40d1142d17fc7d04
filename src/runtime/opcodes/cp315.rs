//! Opcodes of CPython 3.15. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Events, Handlers, JumpScale, Opcodes, Step};

pub(super) static TABLE: Opcodes = Opcodes::new(
    JumpScale::Units,
    Handlers::Table,
    &[
        1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34,
        35, 38, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 56, 57, 58, 59, 60, 62, 63, 64, 65, 66, 69, 71, 72, 73,
        77, 78, 80, 81, 82, 89, 90, 92, 93, 94, 96, 97, 98, 106, 107, 108, 110, 114, 115, 116, 117, 119, 233, 234, 235,
        239, 246, 247,
    ],
    &[
        (3, 5, NOTHING, NEXT),               // BINARY_OP_INPLACE_ADD_UNICODE
        (4, 1, NOTHING, NEXT),               // CALL_FUNCTION_EX
        (18, 0, NOTHING, STOP),              // INTERPRETER_EXIT
        (33, 0, NOTHING, STOP),              // RETURN_VALUE
        (36, 1, NOTHING, NEXT),              // STORE_SUBSCR
        (37, 3, NOTHING, NEXT),              // TO_BOOL
        (42, 5, NOTHING, NEXT),              // BINARY_OP
        (50, 3, NOTHING, NEXT),              // CALL
        (53, 3, NOTHING, NEXT),              // CALL_KW
        (54, 1, NOTHING, NEXT),              // COMPARE_OP
        (55, 1, NOTHING, NEXT),              // CONTAINS_OP
        (61, 0, REPLACES, NEXT),             // DELETE_FAST
        (67, 0, NOTHING, PREFIX),            // EXTENDED_ARG
        (68, 1, NOTHING, BRANCH_FORWARD),    // FOR_ITER
        (70, 1, NOTHING, NEXT),              // GET_ITER
        (74, 1, NOTHING, JUMP_BACKWARD),     // JUMP_BACKWARD
        (75, 0, NOTHING, JUMP_BACKWARD),     // JUMP_BACKWARD_NO_INTERRUPT
        (76, 0, NOTHING, JUMP_FORWARD),      // JUMP_FORWARD
        (79, 9, NOTHING, NEXT),              // LOAD_ATTR
        (83, 0, READS, NEXT),                // LOAD_FAST
        (84, 0, READS, NEXT),                // LOAD_FAST_AND_CLEAR
        (85, 0, READS, NEXT),                // LOAD_FAST_BORROW
        (86, 0, READS_TWO, NEXT),            // LOAD_FAST_BORROW_LOAD_FAST_BORROW
        (87, 0, READS, NEXT),                // LOAD_FAST_CHECK
        (88, 0, READS_TWO, NEXT),            // LOAD_FAST_LOAD_FAST
        (91, 4, NOTHING, NEXT),              // LOAD_GLOBAL
        (95, 1, NOTHING, NEXT),              // LOAD_SUPER_ATTR
        (99, 1, NOTHING, BRANCH_FORWARD),    // POP_JUMP_IF_FALSE
        (100, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_NONE
        (101, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_NOT_NONE
        (102, 1, NOTHING, BRANCH_FORWARD),   // POP_JUMP_IF_TRUE
        (103, 0, NOTHING, STOP),             // RAISE_VARARGS
        (104, 0, NOTHING, STOP),             // RERAISE
        (105, 1, NOTHING, BRANCH_FORWARD),   // SEND
        (109, 4, NOTHING, NEXT),             // STORE_ATTR
        (111, 0, REPLACES, NEXT),            // STORE_FAST
        (112, 0, REPLACES_THEN_READS, NEXT), // STORE_FAST_LOAD_FAST
        (113, 0, REPLACES_TWO, NEXT),        // STORE_FAST_STORE_FAST
        (118, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE
        (128, 1, NOTHING, NEXT),             // RESUME
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
        (141, 5, NOTHING, NEXT),             // BINARY_OP_SUBSCR_USTR_INT
        (142, 5, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_FLOAT
        (143, 5, NOTHING, NEXT),             // BINARY_OP_SUBTRACT_INT
        (144, 3, NOTHING, NEXT),             // CALL_ALLOC_AND_ENTER_INIT
        (145, 3, NOTHING, NEXT),             // CALL_BOUND_METHOD_EXACT_ARGS
        (146, 3, NOTHING, NEXT),             // CALL_BOUND_METHOD_GENERAL
        (147, 3, NOTHING, NEXT),             // CALL_BUILTIN_CLASS
        (148, 3, NOTHING, NEXT),             // CALL_BUILTIN_FAST
        (149, 3, NOTHING, NEXT),             // CALL_BUILTIN_FAST_WITH_KEYWORDS
        (150, 3, NOTHING, NEXT),             // CALL_BUILTIN_O
        (151, 1, NOTHING, NEXT),             // CALL_EX_NON_PY_GENERAL
        (152, 1, NOTHING, NEXT),             // CALL_EX_PY
        (153, 3, NOTHING, NEXT),             // CALL_ISINSTANCE
        (154, 3, NOTHING, NEXT),             // CALL_KW_BOUND_METHOD
        (155, 3, NOTHING, NEXT),             // CALL_KW_NON_PY
        (156, 3, NOTHING, NEXT),             // CALL_KW_PY
        (157, 3, NOTHING, NEXT),             // CALL_LEN
        (158, 3, NOTHING, NEXT),             // CALL_LIST_APPEND
        (159, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_FAST
        (160, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
        (161, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_NOARGS
        (162, 3, NOTHING, NEXT),             // CALL_METHOD_DESCRIPTOR_O
        (163, 3, NOTHING, NEXT),             // CALL_NON_PY_GENERAL
        (164, 3, NOTHING, NEXT),             // CALL_PY_EXACT_ARGS
        (165, 3, NOTHING, NEXT),             // CALL_PY_GENERAL
        (166, 3, NOTHING, NEXT),             // CALL_STR_1
        (167, 3, NOTHING, NEXT),             // CALL_TUPLE_1
        (168, 3, NOTHING, NEXT),             // CALL_TYPE_1
        (169, 1, NOTHING, NEXT),             // COMPARE_OP_FLOAT
        (170, 1, NOTHING, NEXT),             // COMPARE_OP_INT
        (171, 1, NOTHING, NEXT),             // COMPARE_OP_STR
        (172, 1, NOTHING, NEXT),             // CONTAINS_OP_DICT
        (173, 1, NOTHING, NEXT),             // CONTAINS_OP_SET
        (174, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_GEN
        (175, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_LIST
        (176, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_RANGE
        (177, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_TUPLE
        (178, 1, NOTHING, BRANCH_FORWARD),   // FOR_ITER_VIRTUAL
        (179, 1, NOTHING, NEXT),             // GET_ITER_SELF
        (180, 1, NOTHING, NEXT),             // GET_ITER_VIRTUAL
        (181, 1, NOTHING, JUMP_BACKWARD),    // JUMP_BACKWARD_JIT
        (182, 1, NOTHING, JUMP_BACKWARD),    // JUMP_BACKWARD_NO_JIT
        (183, 9, NOTHING, NEXT),             // LOAD_ATTR_CLASS
        (184, 9, NOTHING, NEXT),             // LOAD_ATTR_CLASS_WITH_METACLASS_CHECK
        (185, 9, NOTHING, NEXT),             // LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
        (186, 9, NOTHING, NEXT),             // LOAD_ATTR_INSTANCE_VALUE
        (187, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_LAZY_DICT
        (188, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_NO_DICT
        (189, 9, NOTHING, NEXT),             // LOAD_ATTR_METHOD_WITH_VALUES
        (190, 9, NOTHING, NEXT),             // LOAD_ATTR_MODULE
        (191, 9, NOTHING, NEXT),             // LOAD_ATTR_NONDESCRIPTOR_NO_DICT
        (192, 9, NOTHING, NEXT),             // LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
        (193, 9, NOTHING, NEXT),             // LOAD_ATTR_PROPERTY
        (194, 9, NOTHING, NEXT),             // LOAD_ATTR_SLOT
        (195, 9, NOTHING, NEXT),             // LOAD_ATTR_WITH_HINT
        (196, 4, NOTHING, NEXT),             // LOAD_GLOBAL_BUILTIN
        (197, 4, NOTHING, NEXT),             // LOAD_GLOBAL_MODULE
        (198, 1, NOTHING, NEXT),             // LOAD_SUPER_ATTR_ATTR
        (199, 1, NOTHING, NEXT),             // LOAD_SUPER_ATTR_METHOD
        (200, 1, NOTHING, NEXT),             // RESUME_CHECK
        (201, 1, NOTHING, NEXT),             // RESUME_CHECK_JIT
        (202, 1, NOTHING, BRANCH_FORWARD),   // SEND_ASYNC_GEN
        (203, 1, NOTHING, BRANCH_FORWARD),   // SEND_GEN
        (204, 1, NOTHING, BRANCH_FORWARD),   // SEND_VIRTUAL
        (205, 4, NOTHING, NEXT),             // STORE_ATTR_INSTANCE_VALUE
        (206, 4, NOTHING, NEXT),             // STORE_ATTR_SLOT
        (207, 4, NOTHING, NEXT),             // STORE_ATTR_WITH_HINT
        (208, 1, NOTHING, NEXT),             // STORE_SUBSCR_DICT
        (209, 1, NOTHING, NEXT),             // STORE_SUBSCR_LIST_INT
        (210, 3, NOTHING, NEXT),             // TO_BOOL_ALWAYS_TRUE
        (211, 3, NOTHING, NEXT),             // TO_BOOL_BOOL
        (212, 3, NOTHING, NEXT),             // TO_BOOL_INT
        (213, 3, NOTHING, NEXT),             // TO_BOOL_LIST
        (214, 3, NOTHING, NEXT),             // TO_BOOL_NONE
        (215, 3, NOTHING, NEXT),             // TO_BOOL_STR
        (216, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_LIST
        (217, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_TUPLE
        (218, 1, NOTHING, NEXT),             // UNPACK_SEQUENCE_TWO_TUPLE
        (236, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_FOR_ITER
        (238, 0, NOTHING, JUMP_FORWARD),     // INSTRUMENTED_JUMP_FORWARD
        (240, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_TRUE
        (241, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_FALSE
        (242, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_NONE
        (243, 1, NOTHING, BRANCH_FORWARD),   // INSTRUMENTED_POP_JUMP_IF_NOT_NONE
        (244, 1, NOTHING, NEXT),             // INSTRUMENTED_RESUME
        (245, 0, NOTHING, STOP),             // INSTRUMENTED_RETURN_VALUE
        (248, 1, NOTHING, NEXT),             // INSTRUMENTED_LOAD_SUPER_ATTR
        (249, 3, NOTHING, NEXT),             // INSTRUMENTED_CALL
        (250, 3, NOTHING, NEXT),             // INSTRUMENTED_CALL_KW
        (251, 1, NOTHING, NEXT),             // INSTRUMENTED_CALL_FUNCTION_EX
        (252, 1, NOTHING, JUMP_BACKWARD),    // INSTRUMENTED_JUMP_BACKWARD
    ],
    &[
        3, 42, 129, 42, 130, 42, 131, 42, 132, 42, 133, 42, 134, 42, 135, 42, 136, 42, 137, 42, 138, 42, 139, 42, 140,
        42, 141, 42, 142, 42, 143, 42, 144, 50, 145, 50, 146, 50, 147, 50, 148, 50, 149, 50, 150, 50, 151, 4, 152, 4,
        153, 50, 154, 53, 155, 53, 156, 53, 157, 50, 158, 50, 159, 50, 160, 50, 161, 50, 162, 50, 163, 50, 164, 50,
        165, 50, 166, 50, 167, 50, 168, 50, 169, 54, 170, 54, 171, 54, 172, 55, 173, 55, 174, 68, 175, 68, 176, 68,
        177, 68, 178, 68, 179, 70, 180, 70, 181, 74, 182, 74, 183, 79, 184, 79, 185, 79, 186, 79, 187, 79, 188, 79,
        189, 79, 190, 79, 191, 79, 192, 79, 193, 79, 194, 79, 195, 79, 196, 91, 197, 91, 198, 95, 199, 95, 200, 128,
        201, 128, 202, 105, 203, 105, 204, 105, 205, 109, 206, 109, 207, 109, 208, 36, 209, 36, 210, 37, 211, 37, 212,
        37, 213, 37, 214, 37, 215, 37, 216, 118, 217, 118, 218, 118, 233, 9, 234, 28, 235, 10, 236, 68, 238, 76, 239,
        26, 240, 102, 241, 99, 242, 100, 243, 101, 244, 128, 245, 33, 246, 119, 247, 66, 248, 95, 249, 50, 250, 53,
        251, 4, 252, 74,
    ],
    &[
        (1, take(3, 1)),               // BINARY_SLICE
        (2, take(2, 1)),               // BUILD_TEMPLATE
        (4, Step::SpreadAll),          // CALL_FUNCTION_EX
        (6, take(1, 1)),               // CHECK_EXC_MATCH
        (8, take(2, 0)),               // DELETE_SUBSCR
        (9, take(1, 0)),               // END_FOR
        (10, drop_below(2)),           // END_SEND
        (12, take(1, 1)),              // FORMAT_SIMPLE
        (13, take(2, 1)),              // FORMAT_WITH_SPEC
        (14, take(1, 1)),              // GET_AITER
        (15, take(0, 1)),              // GET_ANEXT
        (16, take(0, 1)),              // GET_LEN
        (19, take(0, 1)),              // LOAD_BUILD_CLASS
        (20, take(0, 1)),              // LOAD_LOCALS
        (21, Step::MakeBareFunction),  // MAKE_FUNCTION
        (23, take(0, 1)),              // MATCH_MAPPING
        (24, take(0, 1)),              // MATCH_SEQUENCE
        (25, take(0, 0)),              // NOP
        (26, take(0, 0)),              // NOT_TAKEN
        (27, take(1, 0)),              // POP_EXCEPT
        (28, take(2, 0)),              // POP_ITER
        (29, Step::Pop),               // POP_TOP
        (30, take(1, 2)),              // PUSH_EXC_INFO
        (31, Step::Null),              // PUSH_NULL
        (32, take(0, 1)),              // RETURN_GENERATOR
        (33, Step::Return),            // RETURN_VALUE
        (34, take(0, 0)),              // SETUP_ANNOTATIONS
        (35, take(4, 0)),              // STORE_SLICE
        (36, Step::StoreItem),         // STORE_SUBSCR
        (37, take(1, 1)),              // TO_BOOL
        (38, take(1, 1)),              // UNARY_INVERT
        (39, take(1, 1)),              // UNARY_NEGATIVE
        (40, take(1, 1)),              // UNARY_NOT
        (41, take(0, 1)),              // WITH_EXCEPT_START
        (42, take(2, 1)),              // BINARY_OP
        (44, collect(0)),              // BUILD_LIST
        (45, Step::CollectPairs),      // BUILD_MAP
        (46, collect(0)),              // BUILD_SET
        (47, Step::Slice),             // BUILD_SLICE
        (48, counted(0, 1)),           // BUILD_STRING
        (49, collect(0)),              // BUILD_TUPLE
        (50, call(2, false)),          // CALL
        (51, Step::Intrinsic),         // CALL_INTRINSIC_1
        (52, take(2, 1)),              // CALL_INTRINSIC_2
        (53, call(2, true)),           // CALL_KW
        (54, take(2, 1)),              // COMPARE_OP
        (55, take(2, 1)),              // CONTAINS_OP
        (56, take(1, 1)),              // CONVERT_VALUE
        (57, Step::Copy),              // COPY
        (58, take(0, 0)),              // COPY_FREE_VARS
        (59, take(1, 0)),              // DELETE_ATTR
        (60, take(0, 0)),              // DELETE_DEREF
        (61, take(0, 0)),              // DELETE_FAST
        (62, take(0, 0)),              // DELETE_GLOBAL
        (63, take(0, 0)),              // DELETE_NAME
        (64, take(1, 0)),              // DICT_MERGE
        (65, take(1, 0)),              // DICT_UPDATE
        (67, take(0, 0)),              // EXTENDED_ARG
        (68, loop_over(1)),            // FOR_ITER
        (69, Step::Await),             // GET_AWAITABLE
        (70, take(1, 2)),              // GET_ITER
        (71, Step::ImportFrom),        // IMPORT_FROM
        (72, import(2)),               // IMPORT_NAME
        (73, take(2, 1)),              // IS_OP
        (74, take(0, 0)),              // JUMP_BACKWARD
        (75, take(0, 0)),              // JUMP_BACKWARD_NO_INTERRUPT
        (76, take(0, 0)),              // JUMP_FORWARD
        (77, append(1)),               // LIST_APPEND
        (78, take(1, 0)),              // LIST_EXTEND
        (79, Step::AttributeOrMethod), // LOAD_ATTR
        (80, take(0, 1)),              // LOAD_COMMON_CONSTANT
        (81, Step::Constant),          // LOAD_CONST
        (82, Step::Cell),              // LOAD_DEREF
        (83, Step::Local),             // LOAD_FAST
        (84, take(0, 1)),              // LOAD_FAST_AND_CLEAR
        (85, Step::Local),             // LOAD_FAST_BORROW
        (86, Step::TwoLocals),         // LOAD_FAST_BORROW_LOAD_FAST_BORROW
        (87, Step::Local),             // LOAD_FAST_CHECK
        (88, Step::TwoLocals),         // LOAD_FAST_LOAD_FAST
        (89, take(1, 1)),              // LOAD_FROM_DICT_OR_DEREF
        (90, take(1, 1)),              // LOAD_FROM_DICT_OR_GLOBALS
        (91, Step::GlobalAndNull),     // LOAD_GLOBAL
        (92, Step::Name),              // LOAD_NAME
        (93, Step::Number),            // LOAD_SMALL_INT
        (94, take(1, 2)),              // LOAD_SPECIAL
        (95, Step::SuperAttribute),    // LOAD_SUPER_ATTR
        (96, take(0, 0)),              // MAKE_CELL
        (97, append(2)),               // MAP_ADD
        (99, take(1, 0)),              // POP_JUMP_IF_FALSE
        (100, take(1, 0)),             // POP_JUMP_IF_NONE
        (101, take(1, 0)),             // POP_JUMP_IF_NOT_NONE
        (102, take(1, 0)),             // POP_JUMP_IF_TRUE
        (103, counted(0, 0)),          // RAISE_VARARGS
        (105, send(0)),                // SEND
        (106, append(1)),              // SET_ADD
        (107, drop_below(1)),          // SET_FUNCTION_ATTRIBUTE
        (108, take(1, 0)),             // SET_UPDATE
        (109, Step::StoreAttribute),   // STORE_ATTR
        (110, Step::StoreCell),        // STORE_DEREF
        (111, Step::StoreLocal),       // STORE_FAST
        (112, Step::StoreThenLocal),   // STORE_FAST_LOAD_FAST
        (113, Step::StoreTwoLocals),   // STORE_FAST_STORE_FAST
        (114, Step::StoreName),        // STORE_GLOBAL
        (115, Step::StoreName),        // STORE_NAME
        (116, Step::Swap),             // SWAP
        (117, Step::UnpackWithRest),   // UNPACK_EX
        (118, Step::Unpack),           // UNPACK_SEQUENCE
        (119, Step::Yield),            // YIELD_VALUE
        (128, take(0, 0)),             // RESUME
    ],
)
.telling(Some(Events { line: 253, instruction: 237 }), Some(128));
