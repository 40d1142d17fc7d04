//! Opcodes of CPython 3.11. Written by `scripts/opcodes/generate.py`, asking that interpreter.

use super::words::*;
use super::{Handlers, JumpScale, Opcodes};

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
);
