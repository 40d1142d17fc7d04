//! What the parts of an object are called: attributes at an offset, variables of a closure, parameters with a default.
//!
//! Members come from `tp_members` (`PyMemberDef`, ended by one without a name), which has the attributes of `__slots__` and what a C type
//! shows of its structure. Names of variables are the code's.

use super::{Heap, Result, SlotKind};
use crate::memory::Address;

/// `_Py_T_OBJECT` and `Py_T_OBJECT_EX`: the kinds of member that are a reference. `__slots__` makes the second.
const OBJECT_KINDS: [u64; 2] = [6, 16];
/// Bases of bases of a class beyond this are not believed.
const DEEPEST_BASES: usize = 64;
/// Members of one class beyond this are not believed.
const MOST_MEMBERS: u64 = 4096;
/// Longest name of a member we take, in bytes.
const LONGEST_NAME: usize = 256;

impl Heap<'_> {
    /// The name of the attribute that instances of `class` have at `offset`, as it or a base declares it in `__slots__`, or shows it as a
    /// member of its C structure. A private name has its class in front (`_Pool__jobs`), as Python mangles it.
    ///
    /// # Errors
    /// When the class cannot be read.
    pub fn slot_name(&self, class: Address, offset: u64) -> Result<Option<String>> {
        let mut class = class;
        for _ in 0..DEEPEST_BASES {
            if let Some(name) = self.own_member_name(class, offset)? {
                return Ok(Some(name));
            }
            class = match self.type_info(class)?.base.non_null() {
                Some(base) => base,
                None => break,
            };
        }
        Ok(None)
    }

    fn own_member_name(&self, class: Address, offset: u64) -> Result<Option<String>> {
        let layout = &self.layout.member_def;
        let Some(first) = self.pointer(class, self.layout.type_object.tp_members)?.non_null() else { return Ok(None) };
        for index in 0..MOST_MEMBERS {
            let member = first.offset(index * u64::from(layout.size));
            let Some(name) = self.pointer(member, layout.name)?.non_null() else { break };
            if self.unsigned(member, layout.offset)? == offset
                && OBJECT_KINDS.contains(&self.unsigned(member, layout.kind)?)
            {
                let name = self.memory.c_string(name, LONGEST_NAME)?;
                return Ok(Some(String::from_utf8_lossy(&name).into_owned()));
            }
        }
        Ok(None)
    }

    /// The names of the variables whose cells a function has, in the order of its closure.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn closure_names(&self, function: Address) -> Result<Vec<String>> {
        let code = self.code(self.function_code(function)?)?;
        let slots = self.code_slots(&code)?;
        Ok(slots.iter().filter(|slot| slot.kind == SlotKind::Free).map(|slot| slot.name.clone()).collect())
    }

    /// The names of the parameters that the items of a function's `__defaults__` are for, in their order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn default_names(&self, function: Address) -> Result<Vec<String>> {
        let Some(defaults) = self.pointer(function, self.layout.function.func_defaults)?.non_null() else {
            return Ok(Vec::new());
        };
        let code = self.code(self.function_code(function)?)?;
        let defaults = self.unsigned(defaults, self.layout.var_object.ob_size)?;
        // Positional parameters are the first slots, and the last of them have the defaults.
        let positional = self.unsigned(code.address, self.layout.code.co_argcount)?;
        let without = usize::try_from(positional.saturating_sub(defaults)).unwrap_or(usize::MAX);
        let positional = usize::try_from(positional).unwrap_or(usize::MAX);
        let slots = self.code_slots(&code)?;
        Ok(slots.iter().take(positional).skip(without).map(|slot| slot.name.clone()).collect())
    }
}
