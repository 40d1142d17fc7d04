//! Whether a call can be the one that made an object, judged by how the object is held.
//!
//! A call says what became of its result at once: it was given to a variable, put into a list, passed on, returned. Who holds the object now
//! says where it ended up. Between the two it may have gone through any number of hands. So most calls say nothing, and only those are
//! ruled out from which there is no way at all. `docs/origins.md` has the rules for people.

use crate::memory::Address;

/// How something holds an object: the last step of a path to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holding {
    /// A variable of a frame.
    Variable {
        /// The code that the frame runs.
        code: Address,
        /// The code's qualified name, if it could be read.
        function: Option<String>,
        /// The variable.
        name: String,
        /// Whether it is a parameter, which callers give values to.
        is_parameter: bool,
    },
    /// The stack of a frame: an argument of a call that is not complete yet.
    Stack {
        /// The code that the frame runs.
        code: Address,
    },
    /// A variable that functions share.
    Closure {
        /// Its name, if it is known.
        name: Option<String>,
    },
    /// A global variable.
    Global {
        /// Its name.
        name: String,
    },
    /// An attribute of an instance or class.
    Attribute {
        /// Its name, if it is known.
        name: Option<String>,
    },
    /// A list, set, tuple or deque.
    Item,
    /// A value of a dict.
    Value {
        /// Its key, if that is a `str`.
        key: Option<String>,
    },
    /// Arguments that somebody keeps for a call: `functools.partial`, a callback.
    Bound,
    /// Anything else.
    Other,
}

/// What becomes of the result of a call at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goes {
    /// It becomes a variable of the function.
    Variable {
        /// The variable.
        name: String,
        /// At how many places the variable is given a value.
        stores: usize,
        /// Whether it is a parameter.
        is_parameter: bool,
        /// Whether the function may read it again, also by `locals()` and the like.
        is_read: bool,
    },
    /// It becomes a variable that functions share.
    Cell {
        /// The variable.
        name: String,
    },
    /// It becomes a global variable.
    Global {
        /// Its name, if it could be read.
        name: Option<String>,
    },
    /// It becomes an attribute.
    Attribute {
        /// Its name, if it could be read.
        name: Option<String>,
    },
    /// It becomes an item: `jobs[3] = …`.
    Item,
    /// It goes into a list, tuple, set or dict that is made here.
    Container,
    /// It is an argument of another call.
    Argument {
        /// The name under which that is called, without what stands before the dot.
        of: Option<String>,
    },
    /// It is returned or yielded: the caller has it.
    Returned,
    /// Anything else.
    Elsewhere,
}

/// A call that may have made the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The code it is in.
    pub caller: Address,
    /// What becomes of its result.
    pub goes: Goes,
    /// Whether that is all that becomes of it, on every way through the code.
    pub is_sole: bool,
    /// Whether it calls nothing else, whatever way the code went.
    pub is_certain: bool,
}

/// What a call and a holder have to say to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// The result goes to where the object is.
    Agrees,
    /// It may have got there or not.
    SaysNothing,
    /// It cannot have got there.
    Contradicts,
}

/// Methods and functions that put their argument into a container.
const PUT_IN: [&str; 8] = ["append", "appendleft", "insert", "add", "put", "put_nowait", "heappush", "__setitem__"];
/// Those that keep their arguments for a call to come.
const KEPT_FOR_LATER: [&str; 11] = [
    "partial",
    "partialmethod",
    "call_soon",
    "call_soon_threadsafe",
    "call_later",
    "call_at",
    "submit",
    "run_in_executor",
    "Thread",
    "Timer",
    "to_thread",
];

/// For each of the calls – all that may have made the object – what this holder says of it.
#[must_use]
pub fn agreements(holding: &Holding, candidates: &[Candidate]) -> Vec<Agreement> {
    let is_filled_by_these = is_filled_by(holding, candidates);
    let agreement = |candidate: &Candidate| {
        if goes_there(holding, candidate) {
            Agreement::Agrees
        } else if is_stuck(candidate) || (is_filled_by_these && candidate.goes != Goes::Returned) {
            Agreement::Contradicts
        } else {
            Agreement::SaysNothing
        }
    };
    candidates.iter().map(agreement).collect()
}

/// Whether the result goes to where the object is, as far as names tell.
fn goes_there(holding: &Holding, candidate: &Candidate) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let caller = candidate.caller;
    match (&candidate.goes, holding) {
        (Goes::Variable { name, .. } | Goes::Cell { name }, Holding::Variable { code, name: held, .. }) => {
            *code == caller && name == held
        }
        // Code of a frame's snapshot (`locals()`): a dict with the names of variables.
        (Goes::Variable { name, .. } | Goes::Cell { name }, Holding::Value { key: Some(key) }) => name == key,
        (Goes::Cell { name }, Holding::Closure { name: Some(held) }) => name == held,
        (Goes::Global { name: Some(name) }, Holding::Global { name: held }) => name == held,
        (Goes::Attribute { name }, Holding::Attribute { name: held }) => same(name, held),
        // A module's attribute is a global of it.
        (Goes::Attribute { name: Some(name) }, Holding::Global { name: held }) => name == held,
        (Goes::Item, Holding::Value { .. } | Holding::Item) => true,
        (Goes::Container, Holding::Value { .. } | Holding::Item) => true,
        (Goes::Container | Goes::Argument { .. }, Holding::Stack { code }) => *code == caller,
        (Goes::Argument { of: Some(of) }, Holding::Item) => PUT_IN.contains(&of.as_str()),
        (Goes::Argument { of: Some(of) }, Holding::Value { .. }) => of == "setdefault" || of == "__setitem__",
        (Goes::Argument { of: Some(of) }, Holding::Attribute { .. }) => of == "setattr" || of == "__setattr__",
        (Goes::Argument { of: Some(of) }, Holding::Bound) => KEPT_FOR_LATER.contains(&of.as_str()),
        (Goes::Argument { of: Some(of) }, Holding::Variable { function: Some(function), is_parameter: true, .. }) => {
            function.rsplit('.').next() == Some(of)
        }
        _ => false,
    }
}

/// Whether the result cannot leave the variable that it is given to: nothing reads that again, so only the frame can hold it. (The
/// frame may live long after its call, in a traceback.)
fn is_stuck(candidate: &Candidate) -> bool {
    candidate.is_sole && matches!(candidate.goes, Goes::Variable { is_read: false, .. })
}

/// Whether the holder is a variable that gets its values from some of these calls, and from nowhere else.
fn is_filled_by(holding: &Holding, candidates: &[Candidate]) -> bool {
    let Holding::Variable { code, name: held, is_parameter: false, .. } = holding else { return false };
    let mut filling = 0;
    let mut needed = None;
    for candidate in candidates.iter().filter(|candidate| candidate.caller == *code) {
        if let Goes::Variable { name, stores, is_parameter: false, .. } = &candidate.goes
            && name == held
            && candidate.is_certain
        {
            filling += 1;
            needed = Some(*stores);
        }
    }
    needed == Some(filling)
}

#[cfg(test)]
mod tests {
    use super::Agreement::{Agrees, Contradicts, SaysNothing};
    use super::*;

    const F: Address = Address::new(0x1000);
    const G: Address = Address::new(0x2000);

    fn candidate(caller: Address, goes: Goes) -> Candidate {
        Candidate { caller, goes, is_sole: true, is_certain: true }
    }

    fn to_variable(name: &str, stores: usize, is_read: bool) -> Goes {
        Goes::Variable { name: name.into(), stores, is_parameter: false, is_read }
    }

    fn argument(of: &str) -> Goes {
        Goes::Argument { of: Some(of.into()) }
    }

    fn variable(code: Address, name: &str) -> Holding {
        Holding::Variable { code, function: Some("app.f".into()), name: name.into(), is_parameter: false }
    }

    fn some(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn the_same_place_agrees() {
        let parameter =
            Holding::Variable { code: G, function: some("Pool.worker"), name: "job".into(), is_parameter: true };
        for (goes, holding) in [
            (to_variable("x", 3, true), variable(F, "x")),
            (Goes::Cell { name: "x".into() }, variable(F, "x")),
            (Goes::Cell { name: "x".into() }, Holding::Closure { name: some("x") }),
            (Goes::Global { name: some("JOBS") }, Holding::Global { name: "JOBS".into() }),
            (Goes::Attribute { name: some("JOBS") }, Holding::Global { name: "JOBS".into() }),
            (Goes::Attribute { name: some("job") }, Holding::Attribute { name: some("job") }),
            (argument("setattr"), Holding::Attribute { name: None }),
            (Goes::Item, Holding::Value { key: some("user") }),
            (Goes::Item, Holding::Item),
            (Goes::Container, Holding::Item),
            (Goes::Container, Holding::Value { key: None }),
            (argument("append"), Holding::Item),
            (argument("put_nowait"), Holding::Item),
            (argument("setdefault"), Holding::Value { key: None }),
            (argument("partial"), Holding::Bound),
            (argument("call_soon"), Holding::Bound),
            (argument("worker"), parameter.clone()),
            (argument("anything"), Holding::Stack { code: F }),
        ] {
            assert_eq!(agreements(&holding, &[candidate(F, goes.clone())]), [Agrees], "{goes:?} {holding:?}");
        }
    }

    #[test]
    fn another_place_says_nothing_where_there_may_be_a_way() {
        let parameter = Holding::Variable { code: G, function: some("worker"), name: "job".into(), is_parameter: true };
        for (goes, holding) in [
            (to_variable("x", 1, true), Holding::Item),
            (to_variable("x", 1, true), variable(G, "x")),
            (to_variable("x", 1, true), variable(F, "y")),
            (Goes::Cell { name: "x".into() }, Holding::Item),
            (Goes::Global { name: some("A") }, Holding::Global { name: "B".into() }),
            (Goes::Global { name: None }, Holding::Global { name: "B".into() }),
            (Goes::Attribute { name: some("a") }, Holding::Attribute { name: some("b") }),
            (Goes::Attribute { name: None }, Holding::Attribute { name: None }),
            (Goes::Item, Holding::Attribute { name: some("job") }),
            (Goes::Container, variable(F, "x")),
            (argument("print"), Holding::Item),
            (argument("append"), Holding::Value { key: None }),
            (argument("other"), parameter),
            (argument("append"), Holding::Stack { code: G }),
            (Goes::Returned, Holding::Item),
            (Goes::Returned, variable(F, "x")),
            (Goes::Elsewhere, Holding::Other),
        ] {
            assert_eq!(agreements(&holding, &[candidate(F, goes.clone())]), [SaysNothing], "{goes:?} {holding:?}");
        }
    }

    #[test]
    fn what_is_never_read_stays_where_it_is() {
        let stuck = candidate(F, to_variable("x", 2, false));
        for holding in [
            Holding::Item,
            Holding::Value { key: some("y") },
            Holding::Attribute { name: some("x") },
            Holding::Global { name: "x".into() },
            Holding::Closure { name: some("x") },
            Holding::Bound,
            Holding::Stack { code: F },
            Holding::Other,
            variable(F, "y"),
            variable(G, "x"),
        ] {
            assert_eq!(agreements(&holding, std::slice::from_ref(&stuck)), [Contradicts], "{holding:?}");
            // `self.job = x = fetch()`
            let kept = Candidate { is_sole: false, ..stuck.clone() };
            assert_eq!(agreements(&holding, &[kept]), [SaysNothing], "{holding:?}");
        }
        assert_eq!(agreements(&variable(F, "x"), std::slice::from_ref(&stuck)), [Agrees]);
        assert_eq!(agreements(&Holding::Value { key: some("x") }, &[stuck]), [Agrees], "a snapshot of the variables");
    }

    #[test]
    fn a_variable_that_only_these_fill_has_it_from_them() {
        let first = candidate(F, to_variable("x", 2, true));
        let others = [
            candidate(F, Goes::Attribute { name: some("job") }),
            candidate(G, to_variable("x", 1, true)),
            candidate(G, argument("f")),
            candidate(G, Goes::Returned),
        ];
        let with = |more: &[Candidate]| agreements(&variable(F, "x"), &[more, &others].concat());
        let both = [first.clone(), first.clone()];
        assert_eq!(with(&both), [Agrees, Agrees, Contradicts, Contradicts, Contradicts, SaysNothing]);
        // The variable gets something else, too: it may be any of them.
        assert_eq!(with(&both[..1]), [Agrees, SaysNothing, SaysNothing, SaysNothing, SaysNothing]);
        // The call may call something else, which may have got it from elsewhere.
        let uncertain = Candidate { is_certain: false, ..first.clone() };
        assert_eq!(with(&[first, uncertain]), [Agrees, Agrees, SaysNothing, SaysNothing, SaysNothing, SaysNothing]);
        // A parameter gets its value from callers.
        let given = Goes::Variable { name: "x".into(), stores: 1, is_parameter: true, is_read: true };
        assert_eq!(with(&[candidate(F, given)])[1], SaysNothing);
        assert_eq!(with(&[]), [SaysNothing; 4], "no call fills it");
    }
}
