//! Types of the C modules of the standard library whose structure is a few words.
//!
//! They are static types up to 3.8–3.11 and made when the module is imported since then, one for each interpreter; no symbol leads to
//! them. They are known by their name, which has the module in front as no `class` statement writes it, and by their size.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    // `Modules/_functoolsmodule.c`: `lru_cache_object`. Its links hold what is cached, and the cache, a dict, holds the links; what
    // the collector visits is the links' in the name of the cache.
    row("functools._lru_cache_wrapper", &[14, 15], &[("cache", 7), ("function", 9), ("dict", 13)]),
    row("functools._lru_cache_wrapper", &[17], &[("cache", 7), ("function", 9), ("keyword mark", 12), ("dict", 15)]),
    row("functools._lru_list_elem", &[5], &[("key", 3), ("result", 4)]),
    row("functools.KeyWrapper", &[2], &[("compare", 0), ("object", 1)]),
    // `Modules/_collectionsmodule.c`.
    row("collections.defaultdict", &[5], &[("default factory", 4)]).dict(),
    row("_collections._deque_iterator", &[5], &[("deque", 2)]),
    row("collections._deque_iterator", &[5], &[("deque", 2)]),
    row("_collections._deque_reverse_iterator", &[5], &[("deque", 2)]),
    row("collections._deque_reverse_iterator", &[5], &[("deque", 2)]),
    row("_collections._tuplegetter", &[2], &[("doc", 1)]),
    row("collections._tuplegetter", &[2], &[("doc", 1)]),
    // `Modules/_operator.c`: from 3.14 on a `methodcaller` keeps the arguments of its call ready in a second tuple.
    row("operator.itemgetter", &[3, 4], &[("items", 1)]),
    row("operator.attrgetter", &[2, 3], &[("attributes", 1)]),
    row("operator.methodcaller", &[3], &[("name", 0), ("arguments", 1), ("keywords", 2)]),
    row("operator.methodcaller", &[6], &[("name", 0), ("arguments", 1), ("keywords", 2)]).until(13),
    row(
        "operator.methodcaller",
        &[6],
        &[("name", 0), ("arguments", 1), ("keywords", 2), ("call arguments", 3), ("keyword names", 4)],
    ),
    // `Modules/_queuemodule.c`: a list up to 3.12, then a ring.
    row("_queue.SimpleQueue", &[5], &[("items", 2)]).until(12),
    row("_queue.SimpleQueue", &[7], &[]).ring(1),
    // `Modules/_threadmodule.c`: `localobject`. The values lie in `dummies`, a dict with an entry for each thread: a weak reference to
    // the thread's dummy (3.13+: the dummy), and the dict of values. The dummy itself holds nothing.
    row("_thread._local", &[6], &[("arguments", 1), ("keywords", 2), ("values by thread", 4)]).until(12),
    row("_thread._local", &[5], &[("arguments", 0), ("keywords", 1), ("values by thread", 3), ("threads", 4)]),
    row("_thread._localdummy", &[1, 2], &[]),
    // `Modules/itertoolsmodule.c`.
    row("itertools.accumulate", &[4, 5], &[("total", 0), ("iterator", 1), ("function", 2), ("initial", 3)]),
    row("itertools.batched", &[2, 3], &[("iterator", 0)]),
    row("itertools.chain", &[2], &[("sources", 0), ("iterator", 1)]),
    row("itertools.combinations", &[5], &[("pool", 0), ("result", 2)]),
    row("itertools.combinations_with_replacement", &[5], &[("pool", 0), ("result", 2)]),
    row("itertools.compress", &[2], &[("data", 0), ("selectors", 1)]),
    row("itertools.count", &[3], &[("count", 1), ("step", 2)]),
    row("itertools.cycle", &[3, 4], &[("iterator", 0), ("saved", 1)]),
    row("itertools.dropwhile", &[3], &[("function", 0), ("iterator", 1)]),
    row("itertools.filterfalse", &[2], &[("function", 0), ("iterator", 1)]),
    row(
        "itertools.groupby",
        &[6, 7],
        &[("iterator", 0), ("key function", 1), ("target key", 2), ("key", 3), ("value", 4)],
    ),
    row("itertools._grouper", &[2], &[("groups", 0), ("target key", 1)]),
    row("itertools.islice", &[5], &[("iterator", 0)]),
    row("itertools.pairwise", &[2], &[("iterator", 0), ("old", 1)]),
    row("itertools.pairwise", &[3], &[("iterator", 0), ("old", 1), ("result", 2)]),
    row("itertools.permutations", &[6], &[("pool", 0), ("result", 3)]),
    row("itertools.product", &[4], &[("pools", 0), ("result", 2)]),
    row("itertools.repeat", &[2], &[("element", 0)]),
    row("itertools.starmap", &[2], &[("function", 0), ("iterator", 1)]),
    row("itertools.takewhile", &[3], &[("function", 0), ("iterator", 1)]),
    row("itertools._tee", &[3, 4], &[("data", 0)]),
    row("itertools._tee_dataobject", &[60], &[("iterator", 0), ("next", 2)]).tee(),
    row("itertools.zip_longest", &[5], &[("iterators", 2), ("result", 3), ("fill value", 4)]),
];
