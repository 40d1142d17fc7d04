//! Opcodes of CPython 3.14. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes};

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
);
