"""Frames that stand still in the middle of their work, with variables that they read again and others that they do not.

A variable says by its name what is expected of it: `live…` may be read again, or has its value on the stack of the
frame already; `dead…` is not used any more. Variables that an inner function shares are `live`: the inner function may
run at any time. With the word `traced`, a trace function is set first, which makes CPython 3.12+ put other opcodes into
the code.
"""
import sys
import types

from truth import EXTRA, serve

CASES = []
# Runs before the one that is looked at. Enough for the interpreter to specialise the code.
WARM_UP = 40
MOST_STEPS = 20


class Stop:
    def __await__(self):
        yield


async def pause(*values):
    await Stop()


def thing():
    return [1]


def use(*values, **more):
    return values


def flag():
    return False


def case(sends=1, arguments=(), since=(3, 8)):
    """A function that is looked at when it has been continued `sends` times."""

    def register(function):
        if sys.version_info >= since:
            CASES.append((function, sends, arguments))
        return function

    return register


def case_of(source, name, **words):
    """Like `case`, for what older versions cannot parse."""
    if sys.version_info >= words.get("since", (3, 8)):
        namespace = dict(globals())
        exec(source, namespace)
        case(**words)(namespace[name])


# ---------------------------------------------------------------------------------------------- straight lines


@case()
async def straight():
    live = thing()
    dead = thing()
    use(dead)
    await pause()
    use(live)


@case(sends=0, arguments=(1, 2))
async def not_started(live, dead):
    await pause(live)


@case()
async def never_read_at_all():
    dead = thing()
    await pause()


@case()
async def argument_of_the_await():
    dead = thing()
    await pause(dead)


@case()
async def loaded_before_the_await():
    live = thing()
    live_item = thing()
    use(live, [live_item, await pause()])


@case()
async def several_awaits():
    live = thing()
    dead = thing()
    use(dead)
    await pause()
    await pause()
    await pause(live)


@case(sends=3)
async def last_of_several_awaits():
    dead = thing()
    live = thing()
    await pause(dead)
    await pause(dead)
    await pause()
    return live


@case()
async def replaced():
    dead = thing()
    await pause()
    dead = thing()
    use(dead)


@case()
async def result_replaces():
    dead = thing()
    use(dead)
    dead = await pause()
    use(dead)


@case()
async def augmented():
    live = 1
    dead = 1
    dead += 1
    await pause()
    live += 1


@case()
async def deleted():
    dead = thing()
    await pause()
    del dead


@case()
async def pairs():
    live_a, live_b, live_c = thing(), thing(), thing()
    dead_a, dead_b, dead_c = thing(), thing(), thing()
    await pause()
    dead_a = live_a
    dead_b, dead_c = live_b, live_c
    use(dead_a, dead_b)
    dead_b = dead_c
    use(dead_b, dead_c)


@case()
async def stored_and_read_at_once():
    dead = thing()
    live = thing()
    await pause()
    dead = use(live)
    use(dead, dead)


@case(arguments=(1, 2))
async def star_arguments(*live_values, dead_word=3, live_word=4, **dead_words):
    await pause()
    use(*live_values, word=live_word)


@case()
async def walrus():
    if (live := thing()) and (dead := thing()):
        await pause(dead)
        use(live)


@case()
async def raises():
    live = thing()
    dead = thing()
    await pause()
    dead = ValueError(live)
    raise dead


@case()
async def conditional_expression():
    live = thing()
    dead = thing() if flag() else None
    await pause()
    use(live if flag() else None, flag() and live)


# -------------------------------------------------------------------------------------------------- branches


@case()
async def branch():
    live = thing()
    live_too = thing()
    dead = thing()
    if dead:
        await pause()
    if flag():
        use(live)
    elif flag():
        use(live_too)


@case()
async def other_branch():
    dead = thing()
    live = thing()
    if not flag():
        await pause()
    else:
        use(dead)
    use(live)


@case()
async def replaced_in_one_branch():
    live = thing()
    dead = thing()
    await pause()
    if flag():
        live = dead = thing()
    else:
        dead = thing()
    use(live, dead)


@case()
async def deleted_in_one_branch():
    live = thing()
    await pause()
    if flag():
        del live
        return
    use(live)


# ----------------------------------------------------------------------------------------------------- loops


@case(sends=3)
async def endless_loop_that_replaces():
    while True:
        dead = thing()
        await pause(dead)


@case(sends=2)
async def endless_loop_that_reads():
    live = thing()
    dead = thing()
    use(dead)
    while True:
        use(live)
        await pause()


@case(sends=2)
async def loop_with_else():
    live = thing()
    dead = thing()
    for live_number in range(9):
        dead = thing()
        use(dead)
        await pause()
        if live_number == 7:
            break
    else:
        use(live)


@case(sends=2)
async def loop_variable():
    for dead in range(5):
        await pause()


@case(sends=2)
async def loop_variable_read_behind():
    for live in range(5):
        await pause()
    use(live)


@case(sends=3)
async def nested_loops():
    dead = thing()
    live_outer = thing()
    for dead_row in range(4):
        live_row = thing()
        for dead_column in range(2):
            use(live_row)
            await pause()
            dead = thing()
        if use(live_outer, dead) == flag():
            continue
        dead = 0


@case(sends=1)
async def behind_a_loop():
    live = thing()
    dead = thing()
    for dead_number in range(3):
        use(dead_number, dead)
    await pause()
    while not flag():
        use(live)
        break


@case(sends=2)
async def loop_with_continue():
    dead = thing()
    live = thing()
    while True:
        dead = thing()
        if flag():
            continue
        try:
            await pause(dead)
        except ValueError:
            continue
        use(live)


# ------------------------------------------------------------------------------------------------- exceptions


@case()
async def handler_reads():
    live = thing()
    live_behind = thing()
    dead = thing()
    try:
        use(dead)
        await pause()
    except ValueError:
        use(live)
    use(live_behind)


@case()
async def handler_of_another_block():
    dead = thing()
    live = thing()
    try:
        use(1)
    except ValueError:
        use(dead)
    await pause()
    try:
        use(2)
    except ValueError:
        use(live)


@case()
async def only_the_outer_handler_reads():
    live = thing()
    live_else = thing()
    dead = thing()
    try:
        use(dead)
        try:
            await pause()
        except KeyError as dead_error:
            use(dead_error)
        else:
            use(live_else)
    except (ValueError, TypeError):
        use(live)


# 3.8 ends handlers and `finally` clauses with the same opcode, and what that does is not told by the code.
@case(since=(3, 9))
async def replaced_where_an_exception_skips_it():
    live = thing()
    dead = thing()
    await pause()
    try:
        use()
        live = dead = thing()
    except ValueError:
        dead = thing()
    use(live, dead)


@case()
async def in_a_handler():
    live = thing()
    dead = thing()
    try:
        use(dead)
        raise ValueError
    except ValueError as live_error:
        await pause()
        use(live_error, live)


@case()
async def finally_reads():
    live = thing()
    dead = thing()
    try:
        use(dead)
        await pause()
    finally:
        use(live)


@case()
async def return_through_finally():
    live = thing()
    dead = thing()
    live_result = thing()
    try:
        use(dead)
        await pause()
        return live_result
    finally:
        use(live)


@case()
async def loop_left_through_finally():
    live = thing()
    live_behind = thing()
    for dead in range(3):
        try:
            await pause(dead)
            if flag():
                break
            continue
        finally:
            use(live)
    use(live_behind)


# Up to 3.10 the range of a handler is taken too wide: it counts the copy of the clause that has no exception as well.
@case(since=(3, 11))
async def in_finally():
    live = thing()
    dead = thing()
    try:
        use(dead)
    finally:
        use(dead)
        await pause()
        use(live)


@case()
async def in_finally_with_an_exception():
    live = thing()
    live_behind = thing()
    try:
        try:
            raise ValueError
        finally:
            await pause()
            use(live)
    except ValueError:
        use(live_behind)


# ------------------------------------------------------------------------------------------- context managers


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return False


class AsyncManager:
    async def __aenter__(self):
        await pause()

    async def __aexit__(self, *exception):
        await pause()


class Countdown:
    def __init__(self, count):
        self.count = count

    def __aiter__(self):
        return self

    async def __anext__(self):
        await pause()
        self.count -= 1
        if self.count < 0:
            raise StopAsyncIteration
        return self.count


@case()
async def in_with():
    live = thing()
    dead = thing()
    with Manager(), Manager() as live_manager:
        use(dead)
        await pause()
        use(live_manager)
    use(live)


@case()
async def entering_async_with():
    live = thing()
    live_behind = thing()
    dead = thing()
    dead_manager = thing()
    async with AsyncManager() as dead_manager:
        dead = thing()
        use(dead, live, dead_manager)
    use(live_behind)


@case(sends=2)
async def leaving_async_with():
    dead = thing()
    live = thing()
    async with AsyncManager():
        use(dead)
    use(live)


@case(sends=2)
async def in_async_with():
    live = thing()
    dead = thing()
    async with AsyncManager() as dead_manager:
        use(dead)
        await pause()
        use(live)


@case(sends=2)
async def next_of_async_for():
    live = thing()
    dead = thing()
    use(dead)
    async for dead_item in Countdown(4):
        use(dead_item, live)


@case(sends=2)
async def in_async_for():
    live = thing()
    dead = thing()
    dead_item = thing()
    async for live_item in Countdown(3):
        use(dead)
        dead = thing()
        await pause()
        use(live_item)
        dead = thing()
    use(live)


# ------------------------------------------------------------------------------------------- inner functions


@case()
async def shared():
    live = thing()
    dead = thing()
    use(lambda: live, dead)
    await pause()


@case(arguments=(1, 2))
async def shared_parameter(live, dead):
    def inner():
        return live

    use(inner)
    await pause()


def make_inner():
    live = thing()

    async def of_an_outer_function():
        dead = live
        await pause(dead)

    return of_an_outer_function


case()(make_inner())


@case()
async def comprehension():
    live = thing()
    dead = [number for number in range(3)]
    await pause()
    return [number for number in live]


@case()
async def takes_locals():
    live = thing()
    await pause()
    return locals()


class Class:
    async def method(self, *arguments):
        await pause()

    async def method_that_asks_its_parent(live_self, dead):
        await pause()
        super().__init__()


case(arguments=(Class(), 1))(Class.method_that_asks_its_parent)


# --------------------------------------------------------------------------------- other syntax, other kinds

MATCH = """
async def matching():
    live = thing()
    dead = thing()
    live_case = thing()
    match dead:
        case [1]:
            await pause()
        case {"key": dead_other}:
            use(dead)
    match live:
        case [1, dead_item]:
            use(live_case, dead_item)
        case _:
            pass
"""
case_of(MATCH, "matching", since=(3, 10))

GROUPS = """
async def exception_group():
    live = thing()
    live_other = thing()
    dead = thing()
    try:
        use(dead)
        await pause()
    except* ValueError:
        use(live)
    except* KeyError as dead_error:
        use(live_other, dead_error)
"""
case_of(GROUPS, "exception_group", since=(3, 11))

# Long arguments: slots and jumps that do not fit into a byte.
LONG = ["async def long_arguments():", "    live = dead = thing()"]
LONG += ["    v%d = thing()" % number for number in range(300)]
LONG += ["    live_far = dead_far = thing()", "    while not flag():", "        use(live)", "        await pause()"]
LONG += ["        dead = dead_far = thing()", "        use(live_far, dead, dead_far)"]
LONG += ["        use(v%d, v%d)" % (number, number) for number in range(300)]
case_of("\n".join(LONG), "long_arguments", sends=2)


@case(sends=2)
def generator():
    live = thing()
    dead = thing()
    for dead_number in range(9):
        use(dead)
        yield
        dead = use(live)


@case(sends=2)
def delegating_generator():
    live = thing()
    dead = thing()
    use(dead)
    yield from range(3)
    yield live


async def stepping_async_generator():
    live = thing()
    dead = thing()
    dead_other = thing()
    for dead_number in range(9):
        dead = thing()
        use(dead)
        dead_other = yield dead
        use(live, dead_other)


# ------------------------------------------------------------------------------------------------------- main

KINDS = {
    types.CoroutineType: ("coroutine", "cr_code"),
    types.AsyncGeneratorType: ("async_generator", "ag_code"),
    types.GeneratorType: ("generator", "gi_code"),
}
KEPT = []


def expected(code):
    names = code.co_varnames + code.co_cellvars + code.co_freevars
    return {name: name.startswith("live") for name in names if name.startswith(("live", "dead"))}


def keep(item):
    kind, code = KINDS[type(item)]
    code = getattr(item, code)
    KEPT.append(item)
    EXTRA["frames"].append({"address": id(item), "kind": kind, "name": code.co_name, "expected": expected(code)})


def proceed(item, steps):
    for _ in range(steps):
        try:
            item.send(None)
        except Exception:  # StopIteration, or what the case raises
            return False
    return True


def warm_up(function, arguments):
    for _ in range(WARM_UP):
        item = function(*arguments)
        if proceed(item, MOST_STEPS):
            try:
                item.close()
            except RuntimeError:  # an await in a finally clause
                proceed(item, MOST_STEPS)


def step_async_generator(generator, steps):
    for _ in range(steps):
        proceed(generator.__anext__(), 1)


async def in_a_call():
    live = thing()
    dead = thing()
    use(dead)
    if flag():
        use(dead)
    dead = await calls(thing())
    use(live, dead)


async def calls(live):
    dead = thing()
    dead_result = thing()
    try:
        use(dead)
        dead_result = on_the_stack(thing(), thing())
    except ValueError:
        use(live)


def on_the_stack(live, live_item):
    dead = thing()
    use(dead)
    return use(live, [live_item, blocked(thing())])


def blocked(dead):
    live = thing()
    live_in_handler = thing()
    live_result = thing()
    with Manager():
        for live_number in range(3):
            try:
                live_result = serve()
            except ValueError:
                use(live_in_handler)
            use(live_number, live_result)
    dead = live


def main():
    EXTRA["frames"] = []
    if "traced" in sys.argv:
        sys.settrace(lambda *event: sys.gettrace())
    for function, sends, arguments in CASES:
        warm_up(function, arguments)
        item = function(*arguments)
        assert proceed(item, sends), function
        keep(item)
    for _ in range(WARM_UP):
        generator = stepping_async_generator()
        step_async_generator(generator, 2)
    keep(generator)
    sys.settrace(None)
    # Frames of the thread, which does not come back from the innermost.
    EXTRA["running"] = {
        function.__name__: expected(function.__code__) for function in (blocked, on_the_stack, calls, in_a_call)
    }
    in_a_call().send(None)


main()
