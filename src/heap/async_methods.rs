//! What the methods of async generators return: objects that do nothing until they are awaited.
//!
//! `asend()`, `__anext__()`, `athrow()`, `aclose()` and `anext()` with a default make one each. `ags_state` and `agt_state` are 0 before the first
//! step, 1 while it is awaited, 2 afterwards (`AWAITABLE_STATE_*` of `Objects/genobject.c`, 3.8–3.15). An `anext_awaitable` has no state of its own.

use super::candidates::AsyncGeneratorMethod;
use super::generators::is_plausible_refcount;
use super::{Fault, Heap, Result};
use crate::memory::Address;

/// An object that stands for a call of a method of an async generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodCall {
    /// Where it is.
    pub address: Address,
    /// Which method.
    pub method: AsyncGeneratorMethod,
    /// `Py_REFCNT`.
    pub refcount: u64,
    /// The async generator; for `anext()` whatever that awaits, which is another object of these types as a rule.
    pub of: Option<Address>,
    /// How far it is.
    pub state: MethodCallState,
}

/// How far the call of a method of an async generator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodCallState {
    /// Not awaited yet. Said of every call of `anext()`, of which it cannot be told.
    Created,
    /// Awaited now.
    Awaited,
    /// Done.
    Closed,
}

impl Heap<'_> {
    /// The method call at `address`.
    ///
    /// # Errors
    /// When there is none (any more): another type, no references, a state that cannot be.
    pub fn method_call(&self, address: Address, method: AsyncGeneratorMethod) -> Result<MethodCall> {
        let (asend, athrow, anext) = (&self.layout.asend, &self.layout.athrow, &self.layout.anext_awaitable);
        let (class, size, of, state) = match method {
            AsyncGeneratorMethod::Send => (self.known.asend, asend.size, asend.ags_gen, Some(asend.ags_state)),
            AsyncGeneratorMethod::Throw => (self.known.athrow, athrow.size, athrow.agt_gen, Some(athrow.agt_state)),
            AsyncGeneratorMethod::Next => (self.known.anext_awaitable, anext.size, anext.wrapped, None),
        };
        let implausible = Fault::implausible("method call of an async generator", address);
        let bytes = self.object_bytes(address, size)?;
        let refcount = self.refcount_in(&bytes)?;
        if Some(self.layout.object.ob_type.address_in(&bytes)?) != class || !is_plausible_refcount(refcount) {
            return Err(implausible);
        }
        let state = match state.map_or(Ok(0), |field| field.u64_in(&bytes))? & 0xffff_ffff {
            0 => MethodCallState::Created,
            1 => MethodCallState::Awaited,
            2 => MethodCallState::Closed,
            _ => return Err(implausible),
        };
        Ok(MethodCall { address, method, refcount, of: of.address_in(&bytes)?.non_null(), state })
    }
}
