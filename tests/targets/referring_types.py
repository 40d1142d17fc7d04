"""Objects of the many small types that hold others, for `references.py`. CPython 3.8 to 3.15.

Where the collector does not visit what is held, or visits something in the name of another, `held` says what is held.
"""
import collections
import contextvars
import functools
import gc
import itertools
import operator
import os
import queue
import sys
import threading
import types
import weakref


class Thing:
    pass


class Callable:
    def __call__(self, *arguments, **keywords):
        return Thing()


class Sequence:
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return Thing()


def thing():
    return Thing()


def behind(item, name):
    """What the collector visits in `item`, of the types with this name."""
    return [one for one in gc.get_referents(item) if type(one).__name__ == name]


class Base:
    marker = Thing()

    def method(self):
        pass


class Other:
    __slots__ = ("slot", "__dict__")


class Derived(Base, Other):
    pending = [Thing(), Thing()]


class Meta(type):
    def __new__(mcs, name, bases, namespace):
        made = super().__new__(mcs, name, bases, namespace)
        made.registry = [Thing()]
        return made


class Registered(metaclass=Meta):
    pass


class Empty:
    pass


def of_classes(add):
    add("class", Base, fields={"mro": Base.__mro__, "bases": Base.__bases__, "base": object})
    add("class with two bases", Derived)
    add("class without attributes", Empty)
    add("metaclass", Meta, fields={"base": type})
    add("class of a metaclass", Registered)
    add("exception class", type("Failed", (ValueError,), {}))
    elsewhere = sys.version_info >= (3, 12)
    held = [] if elsewhere else behind(int.__dict__, "dict")
    add("static type", int, held=held + [int.__mro__, int.__bases__])
    add("static type of a module", struct_type(), held=struct_held())


def struct_type():
    import datetime

    return datetime.datetime


def struct_held():
    kind = struct_type()
    # 3.14: the types of this module are the interpreter's own.
    if sys.version_info >= (3, 12) and kind.__flags__ & 2:
        return [kind.__mro__, kind.__bases__]
    return behind(kind.__dict__, "dict") + [kind.__mro__, kind.__bases__]


class MyProperty(property):
    pass


def of_descriptors(add):
    getter, setter, deleter, doc = Callable(), Callable(), Callable(), thing()
    add("property", property(getter, setter, deleter, doc),
        fields={"getter": getter, "setter": setter, "deleter": deleter, "doc": doc})
    add("property with nothing", property())
    item = add("property subclass", MyProperty(getter))
    item.more = thing()
    item = add("staticmethod", staticmethod(getter), fields={"callable": getter})
    item.__dict__["more"] = thing()
    item = add("classmethod", classmethod(getter), fields={"callable": getter})
    item.__dict__["more"] = thing()
    held = Derived()
    add("super", super(Derived, held), types=True, fields={"class": Derived, "self": held, "class of self": Derived})
    add("method wrapper", held.__init__, fields={"self": held, "descriptor": object.__init__})
    add("wrapper descriptor", int.__add__, types=True, fields={"class": int})
    add("method descriptor", list.append, types=True, fields={"class": list})
    add("class method descriptor", dict.__dict__["fromkeys"], types=True, fields={"class": dict})
    code = types.FunctionType.__dict__["__code__"]
    add("getset descriptor", code, types=True, fields={"class": types.FunctionType})
    add("member descriptor", Other.__dict__["slot"], types=True, fields={"class": Other})
    deferred = functools.partialmethod(getter, thing())
    add("partialmethod", deferred)
    add("cached property", functools.cached_property(getter))


def of_iterators(add):
    items, mapping = [thing(), thing()], {thing(): thing(), "a": thing()}
    function = Callable()
    for label, item in [
        ("enumerate", enumerate(items)),
        ("enumerate, far", enumerate(items, 1 << 80)),
        ("reversed", reversed(Sequence())),
        ("zip", zip(items, mapping)),
        ("zip of nothing", zip()),
        ("map", map(function, items, items)),
        ("filter", filter(function, items)),
        ("sequence iterator", iter(Sequence())),
        ("callable iterator", iter(function, thing())),
        ("reversed list", reversed(items)),
        ("keys", mapping.keys()),
        ("values", mapping.values()),
        ("items", mapping.items()),
        ("iterator of keys", iter(mapping)),
        ("iterator of values", iter(mapping.values())),
        ("iterator of items", iter(mapping.items())),
        ("iterator of items, reversed", reversed(mapping.items())),
        ("iterator of keys, reversed", reversed(mapping)),
        ("iterator of values, reversed", reversed(mapping.values())),
        ("set iterator", iter(set(items))),
        ("deque iterator", iter(collections.deque(items))),
        ("deque iterator, reversed", reversed(collections.deque(items))),
        ("str iterator", iter("abc")),
        ("bytes iterator", iter(b"abc")),
    ]:
        add(label, item)
        next(item, None) if hasattr(item, "__next__") else None
    add("map, fields", map(function, items), fields={"function": function})
    add("filter, fields", filter(function, items), fields={"function": function})
    ended = add("exhausted map", map(function, [1]))
    list(ended)
    ended = add("exhausted reversed list", reversed([thing()]))
    list(ended)
    ended = add("exhausted set iterator", iter({thing()}))
    list(ended)
    ordered = collections.OrderedDict(mapping)
    for label, item in [
        ("ordered keys", ordered.keys()),
        ("ordered values", ordered.values()),
        ("ordered items", ordered.items()),
        ("iterator of ordered keys", iter(ordered)),
        ("iterator of ordered items", iter(ordered.items())),
    ]:
        add(label, item)


def of_itertools(add):
    items, function, key = [thing(), thing(), thing()], Callable(), lambda one: (one,)
    made = [
        ("chain", itertools.chain(items, items)),
        ("cycle", itertools.cycle(items)),
        ("islice", itertools.islice(items, 2)),
        ("repeat", itertools.repeat(thing())),
        ("count", itertools.count(1.5)),
        ("starmap", itertools.starmap(function, [items])),
        ("takewhile", itertools.takewhile(function, items)),
        ("dropwhile", itertools.dropwhile(function, items)),
        ("filterfalse", itertools.filterfalse(function, items)),
        ("accumulate", itertools.accumulate(items, function, initial=thing())),
        ("compress", itertools.compress(items, items)),
        ("zip_longest", itertools.zip_longest(items, items, fillvalue=thing())),
        ("product", itertools.product(items, items)),
        ("permutations", itertools.permutations(items, 2)),
        ("combinations", itertools.combinations(items, 2)),
        ("combinations with replacement", itertools.combinations_with_replacement(items, 2)),
        ("groupby", itertools.groupby(items, key)),
        ("tee", itertools.tee(items)[0]),
    ]
    if hasattr(itertools, "pairwise"):
        made.append(("pairwise", itertools.pairwise(items)))
    if hasattr(itertools, "batched"):
        made.append(("batched", itertools.batched(items, 2)))
    for label, item in made:
        fresh = label + ", fresh"
        if label in ("chain", "accumulate", "cycle", "repeat"):
            add(fresh, type(item)(*([items] if label != "repeat" else [thing()])))
        add(label, item)
        reached = next(item, None)
        if label == "groupby":
            add("group", reached[1])
        if label == "tee":
            for data in behind(item, "_tee_dataobject"):
                add("tee data", data)
    first, second = itertools.tee(items)
    list(first)
    for data in behind(second, "_tee_dataobject"):
        add("tee data, all read", data)
    long, late = itertools.tee([thing() for _ in range(100)])
    list(long)
    for data in behind(late, "_tee_dataobject"):
        add("tee data with a successor", data)
    ended = add("exhausted chain", itertools.chain(items))
    list(ended)


def of_functools(add):
    argument, result = (thing(),), thing()

    @functools.lru_cache(maxsize=3)
    def bounded(value):
        return result

    @functools.lru_cache(maxsize=None)
    def unbounded(value):
        return result

    @functools.lru_cache(maxsize=3)
    def unused(value):
        return result

    for function in (bounded, unbounded):
        function(argument)
        function.more = thing()
    # The collector visits keys and results of the links in the name of the cache; links hold them, and are held by the dict.
    visited = gc.get_referents(bounded)
    links = [link for one in visited if type(one) is dict for link in one.values()
             if type(link).__name__ == "_lru_list_elem"]
    of_links = [id(result)] + [id(key) for one in visited if type(one) is dict for key, link in one.items()
                               if link in links]
    add("lru cache", bounded, held=[one for one in visited if id(one) not in of_links and not isinstance(one, type)],
        fields={"function": bounded.__wrapped__})
    for link in links:
        key = [key for one in visited if type(one) is dict for key, value in one.items() if value is link]
        add("link of an lru cache", link, held=key + [result], fields={"result": result})
    add("unbounded lru cache", unbounded, fields={"function": unbounded.__wrapped__})
    add("unused lru cache", unused)
    compared, compare = thing(), Callable()
    add("key of cmp_to_key", functools.cmp_to_key(compare)(compared), held=[compare, compared],
        fields={"object": compared})
    add("itemgetter", operator.itemgetter((thing(),)))
    add("itemgetter of two", operator.itemgetter(thing(), thing()))
    add("attrgetter", operator.attrgetter("a.b", "c"))
    add("methodcaller", operator.methodcaller("send", thing(), thing(), key=thing()))
    add("methodcaller without arguments", operator.methodcaller("close"))


class Local(threading.local):
    def __init__(self, *arguments, **keywords):
        pass


def of_threads(add):
    pending = queue.SimpleQueue()
    add("empty simple queue", queue.SimpleQueue())
    for _ in range(40):
        pending.put(thing())
    for _ in range(20):
        pending.get()
    for _ in range(25):
        pending.put(thing())
    add("simple queue", pending)
    local = threading.local()
    local.value = thing()
    add("thread-local", local)
    mine = Local(thing(), key=thing())
    mine.value = thing()
    add("thread-local subclass", mine)
    add("thread-local without values", threading.local())
    values = gc.get_referents(local)
    for one in values:
        for part in (list(one.items()) if type(one) is dict else ()):
            add("entry of a thread-local", part)
    variable = contextvars.ContextVar("variable", default=thing())
    add("context variable", variable)
    add("context variable without default", contextvars.ContextVar("bare"))
    add("token", variable.set(thing()))
    second = variable.set(thing())
    add("token of a set variable", second, fields={"variable": variable})


def of_types(add):
    add("slice", slice(thing(), thing(), thing()))
    add("empty slice", slice(None))
    add("namespace", types.SimpleNamespace(a=thing()))
    if sys.version_info >= (3, 9):
        add("generic alias", list[Thing], types=True, fields={"origin": list})
        add("generic alias of typing", __import__("typing").Dict[str, Thing])
    if sys.version_info >= (3, 10):
        add("union", int | Thing)
    owner = bytearray(5)
    shown = memoryview(owner)
    add("memory view", shown)
    for buffer in behind(shown, "managedbuffer"):
        add("buffer", buffer)
    item = thing()
    add("proxy", weakref.proxy(item, Callable()))
    add("proxy without callback", weakref.proxy(item))
    called = Callable()
    add("callable proxy", weakref.proxy(called, Callable()))
    finalizer = weakref.finalize(item, called, thing())
    add("finalizer", finalizer)
    add("weak references of finalizers", weakref.finalize._registry)
    for table in (weakref.WeakValueDictionary({"a": item}), weakref.WeakKeyDictionary({item: thing()}),
                  weakref.WeakSet([item])):
        add(type(table).__name__, table)
        add("data of " + type(table).__name__, table.data)
        for reference in list(table.data.values() if isinstance(table, weakref.WeakValueDictionary) else table.data):
            add("reference in " + type(table).__name__, reference)
    if sys.version_info >= (3, 13):
        add("locals of a frame", sys._getframe().f_locals)
    if sys.version_info >= (3, 14):
        template = eval("t'{value!r:>{width}}'", {"value": thing(), "width": 3})
        add("template", template)
        add("interpolation", template.interpolations[0])
    return item, called


def of_mappings(add):
    factory = Callable()
    made = add("default dict", collections.defaultdict(factory, {"a": thing()}), fields={"default factory": factory})
    made[thing()] = thing()
    ordered = add("ordered dict", collections.OrderedDict((thing(), thing()) for _ in range(4)))
    ordered.move_to_end(next(iter(ordered)))
    ordered.popitem(last=False)
    ordered.more = thing()
    add("empty ordered dict", collections.OrderedDict())


class AList(list):
    pass


class ADict(dict):
    pass


class ASet(set):
    pass


class AFrozenSet(frozenset):
    pass


class ATuple(tuple):
    pass


class ADeque(collections.deque):
    pass


class AnOrderedDict(collections.OrderedDict):
    pass


class ADefaultDict(collections.defaultdict):
    pass


ANamed = collections.namedtuple("ANamed", "a b")


def of_subclasses(add):
    """Pairs of a container and an instance of a subclass with the same contents, which must be told alike."""
    a, b, factory = thing(), thing(), Callable()
    pairs = [
        ([a, b, a], AList([a, b, a])),
        ({"a": a, b: a}, ADict({"a": a, b: a})),
        ({a, b}, ASet([a, b])),
        (frozenset([a, b]), AFrozenSet([a, b])),
        ((a, b), ATuple((a, b))),
        ((a, b), ANamed(a, b)),
        (collections.deque([a, b]), ADeque([a, b])),
        (collections.OrderedDict({"a": a, b: a}), AnOrderedDict({"a": a, b: a})),
        (collections.defaultdict(factory, {"a": a}), ADefaultDict(factory, {"a": a})),
        ({"key": 2}, collections.Counter(["key", "key"])),
    ]
    for plain, mine in pairs:
        name = type(mine).__name__
        add("the base of " + name, plain)
        add("subclass " + name, mine)
    # Filled later, as programs do.
    grown = add("subclass with attributes", AList())
    grown.append(a)
    grown.more = b
    return [[type(mine).__name__, id(plain), id(mine)] for plain, mine in pairs], pairs


class MyStop(StopIteration):
    __slots__ = ("slot",)


def of_exceptions(add):
    value, name = thing(), thing()
    add("StopIteration", StopIteration(value), fields={"value": value})
    item = add("StopIteration subclass", MyStop(value), fields={"value": value})
    item.slot = thing()
    item.more = thing()
    add("SystemExit", SystemExit(value), fields={"code": value})
    add("OSError", OSError(thing(), thing(), name, None, value), fields={"filename": name, "second filename": value})
    add("FileNotFoundError", FileNotFoundError(2, "text", name), fields={"filename": name})
    add("OSError with one argument", OSError(value))
    add("ImportError", ImportError(value, name=name, path=thing()), fields={"name": name})
    add("ModuleNotFoundError", ModuleNotFoundError(value, name=name))
    add("SyntaxError", SyntaxError(value, (thing(), 1, 2, thing())))
    add("SyntaxError without anything", SyntaxError())
    add("UnicodeDecodeError", UnicodeDecodeError("utf-8", b"abc", 0, 1, "reason"))
    add("UnicodeTranslateError", UnicodeTranslateError("abc", 0, 1, "reason"))
    try:
        value.missing
    except AttributeError as error:
        add("AttributeError", error, fields={"object": value} if sys.version_info >= (3, 10) else {})
    try:
        missing  # noqa: F821
    except NameError as error:
        add("NameError", error)
    add("KeyError", KeyError(value))
    add("StopAsyncIteration", StopAsyncIteration(value))
    add("exception without anything", ValueError())
    noted = add("exception with attributes", ValueError(value))
    noted.coroutine = thing()
    if sys.version_info >= (3, 11):
        noted.add_note("note")
        group = ExceptionGroup("group", [ValueError(value), noted])  # noqa: F821
        add("ExceptionGroup", group, fields={"exceptions": group.exceptions})
        add("BaseExceptionGroup", BaseExceptionGroup("group", [KeyboardInterrupt(value)]))  # noqa: F821


def of_unknown_types(unknown):
    """Objects of classes written in C whose structure coroscope does not know, and what they hold."""
    import _csv
    import _io
    import datetime

    class Zone(datetime.tzinfo):
        pass

    class Reader(_io.BufferedReader):
        pass

    rows = iter([])
    unknown("reader of rows", _csv.reader(rows), certain=False, holds=[rows])
    raw = _io.FileIO(os.pipe()[0])
    buffered = _io.BufferedReader(raw)
    buffered_too = Reader(raw)
    buffered_too.pending = [thing()]
    unknown("buffered reader", buffered, certain=False, holds=[raw])
    unknown("subclass of it with attributes", buffered_too, certain=False,
            holds=[raw, buffered_too.__dict__] if sys.version_info < (3, 11) else [raw])
    text = _io.TextIOWrapper(buffered)
    text.pending = [thing()]
    unknown("text file with attributes", text, certain=False, holds=[buffered, text.__dict__])
    zone = Zone()
    unknown("time of a zone", datetime.datetime(2020, 1, 1, tzinfo=zone), certain=True, holds=[zone])
    unknown("time of no zone", datetime.datetime(2020, 1, 1), certain=True, holds=[])
    references = [weakref.ref(buffered), weakref.ref(text)]
    return references, buffered_too, text
