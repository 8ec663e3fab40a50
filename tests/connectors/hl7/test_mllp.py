"""MLLP both ways: our client against our server over a real socket, and against peers that behave badly."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from connectors.adapter import BackendUnavailable
from connectors.hl7 import mllp
from connectors.hl7.client import MLLPClient, Party, Timeout
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import Message, segment
from connectors.hl7.server import MLLPServer

TYPE = ("ADT", "A08", "ADT_A01")
PID = segment("PID", 1, "", ("100001", None, None, "HIS", "MR"), "", "张三")


async def serve(handle: Callable[[Message], Awaitable[None]]) -> MLLPServer:
    server = MLLPServer("127.0.0.1", 0, handle, deadline=0.5)
    await server.start()
    return server


def client(port: int, deadline: float = 2.0, charset: str = "utf-8", connections: int = 8) -> MLLPClient:
    return MLLPClient("127.0.0.1", port, Party(charset=charset), deadline, connections)


async def accept(message: Message) -> None: ...


async def test_a_message_is_stored_before_it_is_acknowledged():
    seen: list[str] = []

    async def store(message: Message) -> None:
        await asyncio.sleep(0)
        seen.append(message.need("PID").text(5))

    server = await serve(store)
    for charset in ("utf-8", "gb18030"):
        asking = client(server.port, charset=charset)
        answer = await asking.ask(TYPE, PID)
        assert answer.need("MSA").text(1) == "AA"
        await asking.stop()
    assert seen == ["张三", "张三"]
    await server.stop()


async def test_what_could_not_be_stored_is_asked_for_again():
    async def fail(message: Message) -> None:
        raise RuntimeError("disk full")

    server = await serve(fail)
    asking = client(server.port)
    assert (await asking.ask(TYPE, PID)).need("MSA").text(1) == "AE"
    assert server.failed == 1
    await asking.stop()
    await server.stop()


async def test_a_store_that_hangs_is_answered_too():
    async def hang(message: Message) -> None:
        await asyncio.Event().wait()

    server = await serve(hang)
    asking = client(server.port)
    assert (await asking.ask(TYPE, PID)).need("MSA").text(1) == "AE"
    await asking.stop()
    await server.stop()


async def test_what_can_never_be_read_is_rejected_with_its_control_id():
    async def refuse(message: Message) -> None:
        raise HL7Error("缺少 PID 段。", detail="no PID")

    server = await serve(refuse)
    asking = client(server.port)
    answer = await asking.ask(TYPE, PID)
    assert answer.need("MSA").text(1) == "AR"
    assert "PID" in answer.need("ERR").text(8)

    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(mllp.frame(b"MSH|^~\\&|X|Y|Z|W|2026||ADT^A08|77|P|2.4\rpid|nonsense"))
    answer = await mllp.read_frame(reader)
    assert answer is not None and b"MSA|AR|77" in answer
    # The connection goes on working.
    writer.write(mllp.frame(b"rubbish"))
    assert b"MSA|AR|" in (await mllp.read_frame(reader) or b"")
    writer.close()
    assert server.unreadable == 3
    await asking.stop()
    await server.stop()


async def test_many_messages_on_one_connection_and_many_at_once():
    server = await serve(accept)
    asking = client(server.port, connections=3)
    answers = await asyncio.gather(*(asking.ask(TYPE, PID) for _ in range(50)))
    assert len({answer.need("MSA").text(2) for answer in answers}) == 50
    assert len(server._connections) <= 3
    await asking.stop()
    await server.stop()


async def test_a_frame_that_is_too_large_ends_the_connection_only():
    server = await serve(accept)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"\x0b" + b"x" * (3 * 1024 * 1024))
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    asking = client(server.port)
    assert (await asking.ask(TYPE, PID)).need("MSA").text(1) == "AA"
    await asking.stop()
    await server.stop()


async def peer(answer: Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]) -> asyncio.Server:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(HL7Error, OSError):
            while (payload := await mllp.read_frame(reader)) is not None:
                await answer(payload, writer)
        writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", 0)


def ack(payload: bytes, code: str = "AA") -> bytes:
    control = payload.split(b"|")[9]
    return mllp.frame(b"MSH|^~\\&|HIS|H|M|F|2026||ACK|1|P|2.4\rMSA|%s|%s\r" % (code.encode(), control))


async def test_an_answer_to_something_else_is_passed_over():
    async def late(payload: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(mllp.frame(b"MSH|^~\\&|HIS|H|M|F|2026||ACK|1|P|2.4\rMSA|AA|another") + ack(payload))

    server = await peer(late)
    asking = client(server.sockets[0].getsockname()[1])
    assert (await asking.ask(TYPE, PID)).need("MSA").text(1) == "AA"
    await asking.stop()
    server.close()


async def test_a_kept_connection_that_was_closed_is_replaced():
    calls = 0

    async def once_each(payload: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.write(ack(payload))
        await writer.drain()
        writer.close()

    server = await peer(once_each)
    asking = client(server.sockets[0].getsockname()[1])
    for _ in range(5):
        assert (await asking.ask(TYPE, PID)).need("MSA").text(1) == "AA"
    assert calls == 5
    await asking.stop()
    server.close()


@pytest.mark.parametrize(
    "reply", [b"", b"\x0bMSH|^~\\&|half", mllp.frame(b"\xff\xfe\x00"), b"HTTP/1.1 200 OK\r\n\r\n"]
)
async def test_bad_answers_are_unavailable(reply: bytes):
    async def bad(payload: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await peer(bad)
    asking = client(server.sockets[0].getsockname()[1])
    with pytest.raises(BackendUnavailable):
        await asking.ask(TYPE, PID)
    await asking.stop()
    server.close()


async def test_silence_is_a_timeout_and_the_late_answer_is_never_taken_for_another():
    waiting: list[tuple[bytes, asyncio.StreamWriter]] = []

    async def first_late(payload: bytes, writer: asyncio.StreamWriter) -> None:
        if not waiting:
            waiting.append((payload, writer))
            return
        writer.write(ack(payload, "AA"))

    server = await peer(first_late)
    asking = client(server.sockets[0].getsockname()[1], deadline=0.3)
    with pytest.raises(Timeout):
        await asking.ask(TYPE, PID)
    waiting[0][1].write(ack(waiting[0][0], "AE"))
    assert (await asking.ask(TYPE, PID)).need("MSA").text(1) == "AA"
    await asking.stop()
    server.close()


async def test_nobody_there():
    server = await peer(lambda payload, writer: asyncio.sleep(0))
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(BackendUnavailable):
        await client(port).ask(TYPE, PID)
