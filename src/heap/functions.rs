//! Functions and what stands for them: bound methods, partials, static and class methods, built-in functions.

use super::generators::is_plausible_refcount;
use super::{Fault, Heap, Result};
use crate::memory::Address;

/// Variables of outer functions that one function uses; more are not believed.
const MOST_CELLS: u64 = 1 << 12;

/// A Python function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Where it is.
    pub address: Address,
    /// How many references there are to it; the lower half of the count's word, which has all of it in builds with the
    /// global interpreter lock.
    pub refcount: u64,
    /// Its code object.
    pub code: Address,
    /// The dict of its global variables.
    pub globals: Address,
    /// The tuple of the cells it shares with outer functions.
    pub closure: Option<Address>,
    /// Its `__dict__`, if it has any.
    pub dict: Option<Address>,
}

impl Heap<'_> {
    /// What a function consists of.
    ///
    /// # Errors
    /// When it is none, or its parts cannot be those of a function.
    pub fn function(&self, address: Address) -> Result<Function> {
        let layout = &self.layout.function;
        let bytes = self.object_bytes(address, layout.size)?;
        let refcount = self.layout.object.refcount_word().u64_in(&bytes)?;
        let is_function = Some(self.layout.object.ob_type.address_in(&bytes)?) == self.known.function;
        let free_threaded = self.layout.free_threaded;
        let globals = layout.func_globals.address_in(&bytes)?;
        if !is_function || !(free_threaded || is_plausible_refcount(refcount)) || globals.is_null() {
            return Err(Fault::implausible("function", address));
        }
        Ok(Function {
            address,
            refcount,
            code: layout.func_code.address_in(&bytes)?,
            globals,
            closure: layout.func_closure.address_in(&bytes)?.non_null(),
            dict: layout.func_dict.address_in(&bytes)?.non_null(),
        })
    }

    /// The cells of a function, in the order of the free variables of its code.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn function_cells(&self, function: &Function) -> Result<Vec<Address>> {
        function.closure.map_or(Ok(Vec::new()), |closure| self.tuple_start(closure, MOST_CELLS))
    }

    /// The callable that a `functools.partial` calls.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn partial_function(&self, partial: Address) -> Result<Address> {
        self.pointer(partial, self.layout.partial.func)
    }

    /// The callable in a `staticmethod` or `classmethod`: the first thing behind the head in all versions.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn wrapped_by_method_kind(&self, object: Address) -> Result<Address> {
        Ok(self.memory.pointer(object.offset(u64::from(self.layout.object.size)))?)
    }

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

    /// `__qualname__` of a function.
    #[must_use]
    pub fn function_qualname(&self, function: Address) -> Option<String> {
        let name = self.pointer(function, self.layout.function.func_qualname).ok()?.non_null()?;
        self.label(name).ok()
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
