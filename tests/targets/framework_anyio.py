"""anyio on asyncio: task groups in task groups, streams between tasks, cancelled scopes, locks, functions in threads, and a portal back."""
import asyncio

import anyio
import anyio.from_thread
import anyio.to_thread

import framework


async def produce(stream, count):
    async with stream:
        for number in range(count):
            await stream.send(number)


async def consume(stream, total):
    async with stream:
        async for number in stream:
            total.append(number)
            await anyio.sleep(0)


async def pipeline():
    total = []
    send, receive = anyio.create_memory_object_stream(2)
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(produce, send.clone(), 5)
            group.start_soon(consume, receive.clone(), total)
        send.close()
        receive.close()
    assert len(total) == 10


async def fails():
    await anyio.sleep(0.0005)
    raise KeyError("handled")


async def groups_that_fail():
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 1000)
            async with anyio.create_task_group() as inner:
                inner.start_soon(fails)
                inner.start_soon(anyio.sleep, 1000)
    except BaseException as error:
        assert type(error).__name__ == "ExceptionGroup", error


async def started(task_status):
    task_status.started(1)
    await anyio.sleep(0.0005)


async def starts():
    async with anyio.create_task_group() as group:
        await group.start(lambda *, task_status: started(task_status))


def in_thread():
    return anyio.from_thread.run(back_from_thread)


async def back_from_thread():
    await anyio.sleep(0)
    return 1


async def one_round(number):
    await pipeline()
    await groups_that_fail()
    await starts()
    with anyio.move_on_after(0.001):
        await anyio.sleep(1000)
    async with LOCK, LIMITER:
        await anyio.sleep(0)
    assert await anyio.to_thread.run_sync(in_thread) == 1
    await asyncio.gather(anyio.sleep(0), anyio.sleep(0.001))


async def waits(stream):
    async for _ in stream:
        pass


async def main():
    """Idle, but for what the load makes in its own loop."""
    send, receive = anyio.create_memory_object_stream(0)
    framework.LOOPS.append(asyncio.get_running_loop())
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(waits, receive.clone())
        group.start_soon(anyio.sleep_forever)
        framework.answer(client, commit)
        await anyio.Event().wait()


async def client(load):
    global LOCK, LIMITER
    LOCK, LIMITER = anyio.Lock(), anyio.CapacityLimiter(2)
    await load.run(one_round)


def commit(load):
    asyncio.run_coroutine_threadsafe(framework.commit_faults(), load.loop).result(60)


anyio.run(main)
