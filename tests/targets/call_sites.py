"""Leaks whose place of creation can be told from the code, traps for those who guess, and calls that throw coroutines away.

The programs are written into a folder of their own, with an installed package beside them. With the word `recorded` the interpreter writes
down where each coroutine was created, which is the truth about the same program without it.
"""
import os
import sys
import tempfile
import textwrap

from truth import EXTRA, serve

FOLDER = tempfile.mkdtemp(prefix="call_sites_")
SITE = os.path.join(FOLDER, "lib", "site-packages")

APP = '''
    import functools
    from helpers import imported, Base, Client
    import helpers
    import thirdparty

    KEPT = []
    BOX = type("Box", (), {})()
    TABLE = {}


    async def stored(): pass

    def by_statement():
        coroutine = stored()
        KEPT.append(coroutine)


    async def in_list(number): pass

    def by_comprehension():
        KEPT.append([in_list(number) for number in range(3)])


    async def in_attribute(): pass

    def by_attribute():
        BOX.job = in_attribute()


    async def in_argument(a, b=2): pass

    def by_argument():
        KEPT.append(
            in_argument(1, b=3)
        )


    async def in_item(): pass

    def by_item():
        TABLE["job"] = in_item()


    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper

    def counted(function):
        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            return await function(*args, **kwargs)
        return wrapper

    @logged
    async def decorated(): pass

    def by_decorated():
        KEPT.append(decorated())

    @counted
    async def decorated_async(): pass

    @counted
    async def other_decorated_async(): pass

    def by_decorated_async():
        KEPT.append(decorated_async())

    async def awaits_other():
        await other_decorated_async()


    class Service(Base):
        def start(self):
            self.job = self.work(1)

        async def work(self, number): pass

        def inherited(self):
            KEPT.append(self.of_base())

        def upwards(self):
            KEPT.append(super().overridden())

        async def overridden(self): pass

        @classmethod
        def make(cls):
            KEPT.append(cls.of_class())

        @classmethod
        async def of_class(cls): pass

        @staticmethod
        async def static(): pass

        def calls_static(self):
            KEPT.append(self.static())

    SERVICE = Service()


    def by_closure():
        async def inner(): pass

        def starter():
            KEPT.append(inner())
        return starter


    async def partially(a, b): pass

    half = functools.partial(partially, 1)

    def by_partial():
        KEPT.append(half(2))


    def by_import():
        KEPT.append(imported())

    def by_module():
        KEPT.append(helpers.of_module())

    def by_import_inside():
        from helpers import imported_late
        KEPT.append(imported_late())

    def by_global_instance():
        KEPT.append(SERVICE.public())

    def by_local_instance():
        client = Client()
        KEPT.append(client.request())


    async def generated(number): pass

    def by_generator():
        KEPT.extend(generated(number) for number in range(2))


    async def conditional(): pass

    def by_condition(flag):
        KEPT.append(conditional() if flag else None)


    async def lambda_made(): pass

    make = lambda: lambda_made()

    def by_lambda():
        KEPT.append(make())


    async def also_awaited(): pass

    async def awaits_it():
        await also_awaited()

    def does_not():
        KEPT.append(also_awaited())


    def by_package():
        KEPT.append(thirdparty.run())


    async def in_try(): pass

    def by_try():
        try:
            with open("/dev/null"):
                for number in range(2):
                    KEPT.append((number, in_try()))
        except ValueError:
            raise
        finally:
            TABLE.clear()


    class Stop:
        def __await__(self):
            yield

    async def in_variable(): pass

    async def by_variable():
        receipt = in_variable()
        await Stop()

    def another_way():
        KEPT.append(in_variable())


    async def several_places(): pass

    def first_place():
        KEPT.append(several_places())

    def second_place():
        KEPT.append(several_places())


    def run():
        by_statement(), by_comprehension(), by_attribute(), by_argument(), by_item(), by_decorated()
        by_decorated_async()
        SERVICE.start(), SERVICE.inherited(), SERVICE.upwards(), Service.make(), SERVICE.calls_static()
        KEPT.append(by_variable())
        KEPT[-1].send(None)
        KEPT.append(by_closure())
        KEPT[-1]()
        by_partial(), by_import(), by_module(), by_import_inside(), by_global_instance(), by_local_instance()
        by_generator(), by_condition(True), by_lambda(), does_not(), by_package(), by_try(), second_place()
'''

HELPERS = '''
    async def imported(): pass
    async def of_module(): pass
    async def imported_late(): pass

    class Base:
        async def of_base(self): pass
        async def overridden(self): pass
        async def public(self): pass

    class Client:
        async def request(self): pass
'''

PACKAGE = '''
    async def _inside(): pass

    def run():
        pending = _inside()
        return pending

    async def forgotten(): pass

    def forgets():
        forgotten()
'''

# Of each function a line makes a coroutine that awaits nothing, and it is not the one that made the coroutine that lives.
TRAPS = '''
    import functools
    import operator
    import trap_body

    KEPT = []
    REGISTRY = {}

    def register(function):
        REGISTRY[function.__name__] = function
        return function

    @register
    async def registered(): pass

    def visible_registered():
        KEPT.append(registered())

    def run_registered():
        KEPT.append(REGISTRY["registered"]())


    async def aliased(): pass

    def visible_aliased():
        KEPT.append(aliased())

    def run_aliased():
        other = [aliased]
        KEPT.append(other[0]())


    async def passed_on(): pass

    def visible_passed_on():
        KEPT.append(passed_on())

    def call(function):
        return function()

    def run_passed_on():
        KEPT.append(call(passed_on))


    class Handler:
        async def by_name(self): pass

        def visible_by_name(self):
            KEPT.append(self.by_name())

        def dispatch_by_name(self):
            KEPT.append(getattr(self, "by_name")())

        async def of_unknown(self): pass

        def visible_of_unknown(self):
            KEPT.append(self.of_unknown())

        async def bound(self): pass

        def visible_bound(self):
            KEPT.append(self.bound())

    HANDLER = Handler()

    def run_of_unknown(handlers):
        for handler in handlers:
            KEPT.append(handler.of_unknown())

    BOUND = [HANDLER.bound]

    def run_bound():
        KEPT.append(BOUND[0]())


    async def mapped(number): pass

    def visible_mapped():
        KEPT.append(mapped(1))

    def run_mapped():
        KEPT.extend(map(mapped, [2]))


    async def in_partial(number): pass

    def visible_in_partial():
        KEPT.append(in_partial(1))

    def run_in_partial():
        KEPT.append(functools.partial(in_partial, 2)())


    async def chosen(): pass

    async def not_chosen(): pass

    def visible_chosen():
        KEPT.append(chosen())

    def run_chosen(flag):
        KEPT.append((chosen if flag else not_chosen)())


    async def reassigned(): pass

    def visible_reassigned():
        KEPT.append(reassigned())

    def run_reassigned(flag):
        function = None
        if flag:
            function = reassigned
        KEPT.append(function())


    def maker():
        async def inner_made(): pass
        KEPT.append(inner_made())
        return inner_made


    def run():
        run_registered(), run_aliased(), run_passed_on(), run_mapped(), run_in_partial(), run_chosen(True)
        run_reassigned(True), run_bound(), run_of_unknown([HANDLER])
        HANDLER.dispatch_by_name()
        function = maker()
        KEPT.pop().close()
        KEPT.append(function())
'''

# Names that are made up.
TRAP_NAMES = '''
    import operator
    KEPT = []

    class Handler:
        async def on_event(self): pass

        def visible(self):
            KEPT.append(self.on_event())

        def dispatch(self, name):
            KEPT.append(getattr(self, "on_" + name)())

    async def global_job(): pass

    def visible_global():
        KEPT.append(global_job())

    def run():
        Handler().dispatch("event")
        KEPT.append(globals()["global_" + "job"]())
'''

TRAP_BODY = '''
    KEPT = []

    async def made_by_body(): pass

    def visible():
        KEPT.append(made_by_body())

    KEPT.append(made_by_body())
'''

DISCARDS = '''
    class Worker:
        async def step(self): pass

        def forget_method(self):
            self.step()  # discarded

        async def forget_in_async(self):
            self.step()  # discarded
            await self.step()

    WORKER = Worker()

    async def job(number=0): pass

    def forget():
        job()  # discarded
        job(1)  # discarded

    def forget_in_branch(flag):
        if flag:
            job()  # discarded
        else:
            return job()
        for number in range(3):
            job(number)  # discarded
        try:
            job(2)  # discarded
        finally:
            job(3)  # discarded
        with open("/dev/null"):
            WORKER.step()  # discarded
        [job(number) for number in range(2)]
        kept = job()
        flag and job()  # discarded
        local = Worker()
        local.step()  # discarded
        (x, y) = job(), job()
        print(job()) if flag else None
        return kept, x, y

    def nested():
        async def inner(): pass
        def forgets_inner():
            inner()  # discarded
        inner()  # discarded
        return forgets_inner
    KEPT = nested()
    lambda_ = lambda: job()
'''


def write(name, text):
    path = os.path.join(FOLDER, *name.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(textwrap.dedent(text))


write("app.py", APP)
write("helpers.py", HELPERS)
write("discards.py", DISCARDS)
write("lib/site-packages/thirdparty/__init__.py", PACKAGE)
write("lib/site-packages/thirdparty-1.0.dist-info/METADATA", "")
sys.path[:0] = [FOLDER, SITE]

if "recorded" in sys.argv:
    sys.set_coroutine_origin_tracking_depth(1)

if "names" in sys.argv:
    write("trap_names.py", TRAP_NAMES)
    import trap_names

    trap_names.run()
elif "traps" in sys.argv:
    write("trap_body.py", TRAP_BODY)
    write("traps.py", TRAPS)
    import traps

    traps.run()
else:
    import app
    import discards

    app.run()
sys.set_coroutine_origin_tracking_depth(0)

import gc  # noqa: E402
import types  # noqa: E402

ORIGINS = []
for item in gc.get_objects():
    if type(item) is types.CoroutineType and item.cr_origin:
        path, line, function = item.cr_origin[0]
        ORIGINS.append([item.__qualname__, os.path.basename(path), line, function])
EXTRA["origins"] = ORIGINS
EXTRA["folder"] = FOLDER  # for the test to remove
EXTRA["discarded"] = [
    number for number, line in enumerate(textwrap.dedent(DISCARDS).split("\n"), 1) if line.endswith("# discarded")
]
serve()
