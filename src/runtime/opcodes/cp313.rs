//! Opcodes of CPython 3.13. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes};

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
);
