"""A server and a client of aiohttp: handlers that wait, streams, a form, web sockets, a worker with a queue, middleware, contexts for
start and end, which are suspended async generators while the server runs."""
import asyncio

import aiohttp
from aiohttp import web

import framework

SOCKET = framework.listener()
ADDRESS = "http://127.0.0.1:%d" % SOCKET.getsockname()[1]
JOBS = web.AppKey("jobs", asyncio.Queue)


async def lookup(number):
    await asyncio.sleep(0.001)
    return number


async def hello(request):
    first, second = await asyncio.gather(lookup(1), lookup(2))
    return web.json_response({"sum": first + second})


async def impatient(request):
    try:
        await asyncio.wait_for(asyncio.sleep(1000), 0.002)
    except asyncio.TimeoutError:
        pass
    try:
        await asyncio.gather(lookup(1), fails(), return_exceptions=False)
    except KeyError:
        pass
    results = await asyncio.gather(lookup(1), fails(), return_exceptions=True)
    return web.Response(text=str(len(results)))


async def fails():
    await asyncio.sleep(0)
    raise KeyError("handled")


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    async for part in parts():
        await response.write(part)
    await response.write_eof()
    return response


async def parts():
    for number in range(5):
        await asyncio.sleep(0.0005)
        yield b"part %d\n" % number


async def upload(request):
    form = await request.post()
    await request.app[JOBS].put(lookup(len(form)))
    return web.Response(text="queued")


async def echo(request):
    connection = web.WebSocketResponse(heartbeat=30)
    await connection.prepare(request)
    async for message in connection:
        await connection.send_str(message.data)
    return connection


async def fault(request):
    await framework.commit_faults()
    return web.Response(text="done")


@web.middleware
async def timed(request, handler):
    return await handler(request)


async def work(jobs):
    while True:
        job = await jobs.get()
        await job
        jobs.task_done()


async def worker_context(app):
    app[JOBS] = asyncio.Queue()
    worker = asyncio.ensure_future(work(app[JOBS]))
    yield
    worker.cancel()


async def session_context(app):
    async with aiohttp.ClientSession():
        yield


async def serve():
    app = web.Application(middlewares=[timed])
    app.cleanup_ctx.extend([worker_context, session_context])
    app.add_routes([web.get("/hello", hello), web.get("/impatient", impatient), web.get("/stream", stream)])
    app.add_routes([web.post("/upload", upload), web.get("/echo", echo), web.get("/fault", fault)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, SOCKET).start()
    framework.LOOPS.append(asyncio.get_running_loop())
    framework.answer(client, commit)
    await asyncio.Event().wait()


async def client(load):
    async with aiohttp.ClientSession() as session:

        async def get(path):
            async with session.get(ADDRESS + path) as response:
                response.raise_for_status()
                return await response.read()

        async def one_round(number):
            await asyncio.gather(get("/hello"), get("/impatient"))
            await get("/stream")
            async with session.post(ADDRESS + "/upload", data={"a": "1"}) as response:
                await response.text()
            async with session.ws_connect(ADDRESS + "/echo") as connection:
                for _ in range(3):
                    await connection.send_str("hello")
                    await connection.receive()

        load.get = get
        await load.run(one_round)


def commit(load):
    asyncio.run_coroutine_threadsafe(load.get("/fault"), load.loop).result(60)


asyncio.run(serve())
