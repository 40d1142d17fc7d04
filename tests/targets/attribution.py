"""Coroutines of own code, of installed packages and of the standard library, and whose they are.

`tree` makes folders as installers do, in which each coroutine is named after its case. `installed` makes a coroutine of each file of the packages
that are really installed; whose they are, `importlib.metadata` says.
"""
import asyncio
import builtins
import gc
import importlib
import os
import site
import sys
import sysconfig
import tempfile
import types

from truth import EXTRA, serve

KEEP = []
EXPECTED = {}
builtins.ATTRIBUTION = []


def write(*parts, text=""):
    path = os.path.join(FOLDER, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


# Names are not made up, nor looked up: then the code tells who called what.
PACKAGE = """
import builtins
KEEP = []
async def {name}():
    pass
def keep():
    KEEP.append({name}())
builtins.ATTRIBUTION.append(keep)
"""

CLIENT = """
import asyncio
KEEP = []
async def close():
    pass
async def overlooked():
    pass
async def serve(handler):
    await handler()
async def wait():
    await asyncio.get_event_loop().create_future()
def forget():
    overlooked()
def nap():
    KEEP.append(asyncio.sleep(3600))
"""


def install(where, stem, *modules, url=None):
    """A package as pip installs it, with these modules. Their coroutines are kept when they are imported."""
    record = "".join(module + ",sha256=x,1\n" for module in modules)
    folder = os.path.join(where, stem + ".dist-info")
    name, version = stem.split("-")
    write(folder, "RECORD", text=record)
    write(folder, "METADATA", text="Metadata-Version: 2.1\nName: %s\nVersion: %s\n\n" % (name.title(), version))
    write(folder, "INSTALLER", text="pip\n")
    if url:
        write(folder, "direct_url.json", text=url)


def case(name, module, where, expected):
    """A module with a coroutine of this name, that makes one itself and keeps it."""
    write(*where, text=PACKAGE.format(name=name))
    EXPECTED[name] = expected
    CASES.append(module)


def tree():
    site_packages = os.path.join(FOLDER, "lib", "site-packages")
    install(site_packages, "listed-1.0", "listed/__init__.py", "listed/client.py")
    case("listed", "listed", (site_packages, "listed", "__init__.py"), ["installed", "Listed", "1.0"])
    case("patched", "listed.patched", (site_packages, "listed", "patched.py"), ["installed", None, None])
    case("loose", "loose", (site_packages, "loose.py"), ["installed", None, None])
    write(site_packages, "listed", "client.py", text=CLIENT)
    write(site_packages, "Old_Egg-0.9-py3.8.egg-info", "top_level.txt", text="egged\n")
    case("egged", "egged", (site_packages, "egged.py"), ["installed", "Old_Egg", "0.9"])
    install(site_packages, "shared_one-1", "shared/one.py")
    install(site_packages, "shared_two-2", "shared/two.py")
    case("one", "shared.one", (site_packages, "shared", "one.py"), ["installed", "Shared_One", "1"])
    case("two", "shared.two", (site_packages, "shared", "two.py"), ["installed", "Shared_Two", "2"])
    case("three", "shared.three", (FOLDER, "app", "shared", "three.py"), ["own", None, None])
    case("mine", "mine", (FOLDER, "app", "mine.py"), ["own", None, None])
    # In place: the code stays where its sources are, and a `.pth` leads there.
    sources = os.path.join(FOLDER, "sources")
    install(site_packages, "editable-0.1", "__editable__.editable-0.1.pth",
            url='{"dir_info": {"editable": true}, "url": "file://%s"}' % sources)
    write(site_packages, "__editable__.editable-0.1.pth", text=sources + "\n")
    write(sources, "editable.egg-info", "top_level.txt", text="editable\n")
    case("editable", "editable", (sources, "editable.py"), ["own", None, None])
    install(site_packages, "local-0.2", "local.py", url='{"dir_info": {}, "url": "file://%s"}' % sources)
    case("local", "local", (site_packages, "local.py"), ["own", "Local", "0.2"])
    # `pip install --target`, beside the program's own code.
    vendor = os.path.join(FOLDER, "vendor")
    install(vendor, "vendored-3.1", "vendored.py")
    case("vendored", "vendored", (vendor, "vendored.py"), ["installed", "Vendored", "3.1"])
    case("beside", "beside", (vendor, "beside.py"), ["own", None, None])

    sys.path[:0] = [os.path.join(FOLDER, "app"), vendor]
    site.addsitedir(site_packages)
    for module in CASES:
        importlib.import_module(module)
    namespace = {"__builtins__": builtins}
    types.FunctionType(compile(PACKAGE.format(name="from_text"), "<string>", "exec"), namespace)()
    KEEP.append(namespace)
    EXPECTED["from_text"] = ["own", None, None]
    for keep in builtins.ATTRIBUTION:
        keep()

    from listed import client

    def close():
        KEEP.append(client.close())

    def sleep():
        KEEP.append(asyncio.sleep(3600))

    close()
    sleep()
    KEEP.extend([close, sleep])
    EXPECTED["close"] = ["installed", "Listed", "1.0"]
    EXPECTED["sleep"] = ["standard_library", None, None]
    if "recorded" in sys.argv:
        client.nap()
    EXTRA["tasks"] = tasks(client)


def tasks(client):
    """Two tasks of a package, one of which runs own code, and one of the standard library; all of them wait."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def handler():
        await loop.create_future()

    made = {
        "runs_own_code": [client.serve(handler), "own", "Listed", "1.0"],
        "of_package": [client.wait(), "installed", "Listed", "1.0"],
        "of_library": [asyncio.sleep(3600), "standard_library", None, None],
    }
    expected = []
    for coroutine, *facts in made.values():
        task = loop.create_task(coroutine)
        KEEP.append(task)
        expected.append([id(task)] + facts)
    loop.run_until_complete(asyncio.sleep(0.01))
    KEEP.append(loop)
    return expected


def installed():
    """A coroutine of each file of the packages, and of some of the standard library."""
    import importlib.metadata

    import aiohttp.web  # noqa: F401
    import anyio  # noqa: F401
    import fastapi.testclient  # noqa: F401
    import httpx  # noqa: F401
    import uvicorn.main  # noqa: F401
    import websockets.client  # noqa: F401

    whose = {}
    for distribution in importlib.metadata.distributions():
        for file in distribution.files or ():
            whose[str(distribution.locate_file(file))] = [
                "installed", distribution.metadata["Name"], distribution.version]
    library = sysconfig.get_paths()["stdlib"]
    seen = {}
    for function in gc.get_objects():
        if type(function) is not types.FunctionType or not function.__code__.co_flags & 0x80:
            continue
        code = function.__code__
        if code.co_filename in seen or code.co_filename == __file__:
            continue
        arguments = [None] * code.co_argcount
        keywords = dict.fromkeys(code.co_varnames[code.co_argcount:code.co_argcount + code.co_kwonlyargcount])
        coroutine = function(*arguments, **keywords)
        KEEP.append(coroutine)
        seen[code.co_filename] = id(coroutine)
    expected = []
    for file, address in seen.items():
        path = os.path.normpath(file)
        expected.append([address] + whose.get(
            path, ["standard_library" if path.startswith((library + os.sep, "<frozen ")) else "own", None, None]))
    EXTRA["coroutines"] = expected


CASES = []
FOLDER = os.path.realpath(tempfile.mkdtemp(prefix="attribution_"))
EXTRA["folder"] = FOLDER  # for the test to remove
if "recorded" in sys.argv:
    sys.set_coroutine_origin_tracking_depth(2)
if "installed" in sys.argv:
    installed()
else:
    tree()
sys.set_coroutine_origin_tracking_depth(0)
EXTRA["expected"] = EXPECTED
serve()
