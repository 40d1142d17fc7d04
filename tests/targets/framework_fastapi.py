"""FastAPI in uvicorn, with httptools, on uvloop or asyncio's own loop (the argument), and httpx and websockets as clients: dependencies
with `yield`, background tasks, streams, middleware that runs tasks, functions in threads, web sockets."""
import asyncio
import contextlib
import sys

import httpx
import uvicorn
import websockets
from fastapi import BackgroundTasks, Depends, FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.websockets import WebSocketDisconnect

import framework

SOCKET = framework.listener()
ADDRESS = "127.0.0.1:%d" % SOCKET.getsockname()[1]


class Database:
    async def query(self):
        await asyncio.sleep(0.001)
        return 1


async def database():
    found = Database()
    try:
        yield found
    finally:
        await asyncio.sleep(0)


async def transaction(found=Depends(database)):
    async with begin(found) as begun:
        yield begun


@contextlib.asynccontextmanager
async def begin(found):
    await found.query()
    yield found
    await asyncio.sleep(0)


def in_a_thread():
    yield "a thread"


async def tick():
    while True:
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def lifespan(app):
    ticking = asyncio.ensure_future(tick())
    framework.LOOPS.append(asyncio.get_running_loop())
    framework.answer(client, commit)
    yield
    ticking.cancel()


app = FastAPI(lifespan=lifespan)


async def passes_on(request, call_next):
    return await call_next(request)


app.add_middleware(BaseHTTPMiddleware, dispatch=passes_on)


@app.get("/query")
async def query(found: Database = Depends(transaction), where: str = Depends(in_a_thread)):
    return {"rows": await found.query(), "where": where}


@app.get("/thread")
def thread(where: str = Depends(in_a_thread)):
    return {"where": where}


async def later(number):
    await asyncio.sleep(0.001)


def later_in_a_thread(number):
    pass


@app.get("/background")
async def background(tasks: BackgroundTasks):
    tasks.add_task(later, 1)
    tasks.add_task(later_in_a_thread, 2)
    return {"queued": 2}


async def parts():
    for number in range(5):
        await asyncio.sleep(0.0005)
        yield b"part %d\n" % number


@app.get("/stream")
async def stream():
    return StreamingResponse(parts())


@app.websocket("/echo")
async def echo(connection: WebSocket):
    await connection.accept()
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await connection.send_text(await connection.receive_text())


@app.get("/fault")
async def fault():
    await framework.commit_faults()
    return {}


async def client(load):
    async with httpx.AsyncClient(base_url="http://" + ADDRESS, timeout=60) as session:

        async def get(path):
            response = await session.get(path)
            response.raise_for_status()

        async def one_round(number):
            await asyncio.gather(get("/query"), get("/thread"), get("/background"))
            async with session.stream("GET", "/stream") as response:
                async for _ in response.aiter_bytes():
                    pass
            async with websockets.connect("ws://%s/echo" % ADDRESS) as connection:
                for _ in range(3):
                    await connection.send("hello")
                    await connection.recv()

        load.get = get
        await load.run(one_round)


def commit(load):
    asyncio.run_coroutine_threadsafe(load.get("/fault"), load.loop).result(60)


uvicorn.Server(uvicorn.Config(app, loop=sys.argv[1], http="httptools", log_level="error")).run(sockets=[SOCKET])
