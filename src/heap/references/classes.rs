//! References of classes: what `type_traverse` (`Objects/typeobject.c`) visits, but for words that hold text.

use super::{Edge, References, tell};
use crate::heap::{Result, TypeFlags};
use crate::memory::Address;

impl References<'_, '_> {
    /// What a class holds. The attributes of the interpreter's own static types (3.12+) are in the interpreter's state, and not told.
    pub(super) fn class(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = self.heap.layout();
        let fields = &layout.type_object;
        let bytes = self.heap.object_bytes(object, layout.heap_type.size.max(fields.size))?;
        let flags = self.heap.type_info(object)?.flags;
        let mut told = vec![("bases", fields.tp_bases), ("mro", fields.tp_mro)];
        let dict_elsewhere = flags.contains(TypeFlags::STATIC_BUILTIN) && layout.static_type_state.size > 0;
        if !dict_elsewhere {
            told.push(("dict", fields.tp_dict));
        }
        // A static type names its base in its C source, without a reference.
        if flags.contains(TypeFlags::HEAP_TYPE) {
            told.extend([("base", fields.tp_base), ("module", layout.heap_type.ht_module)]);
        }
        for (name, field) in told {
            tell(visit, Edge::Field(name), Self::pointer_in(&bytes, field)?);
        }
        Ok(())
    }
}
