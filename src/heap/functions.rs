//! Functions and what stands for them: bound methods, partials, built-in functions.

use super::{Heap, Result};
use crate::memory::Address;

impl Heap<'_> {
    /// `__module__` of a function, if it is a `str`.
    #[must_use]
    pub fn function_module(&self, function: Address) -> Option<String> {
        if self.type_of(function).ok()? != self.known.function? {
            return None;
        }
        let module = self.pointer(function, self.layout.function.func_module).ok()?.non_null()?;
        self.label(module).ok()
    }

    /// The code object of a function.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn function_code(&self, function: Address) -> Result<Address> {
        self.pointer(function, self.layout.function.func_code)
    }

    /// What a function keeps alive beside its code: closure cells, defaults, keyword defaults.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn function_referents(&self, function: Address) -> Result<Vec<Address>> {
        let layout = &self.layout.function;
        let bytes = self.object_bytes(function, layout.size)?;
        let mut found = Vec::new();
        for field in [layout.func_closure, layout.func_defaults] {
            if let Some(tuple) = field.address_in(&bytes)?.non_null() {
                found.extend(self.tuple_items(tuple)?);
            }
        }
        if let Some(dict) = layout.func_kwdefaults.address_in(&bytes)?.non_null() {
            found.extend(self.dict_entries(dict)?.into_iter().map(|(_, value)| value));
        }
        Ok(found)
    }

    /// The function and the object of a bound method.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn method_parts(&self, method: Address) -> Result<[Address; 2]> {
        let layout = &self.layout.method;
        let bytes = self.object_bytes(method, layout.size)?;
        Ok([layout.im_func.address_in(&bytes)?, layout.im_self.address_in(&bytes)?])
    }

    /// The object a built-in function is bound to (`__self__`), if any.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn builtin_self(&self, function: Address) -> Result<Option<Address>> {
        Ok(self.pointer(function, self.layout.builtin_function.m_self)?.non_null())
    }
}
