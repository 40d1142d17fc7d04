//! Opcodes of CPython 3.12. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes};

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
);
