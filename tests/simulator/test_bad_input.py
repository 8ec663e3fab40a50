"""Whatever comes, an answer goes back, the connection lives on, and nothing of it is in the log."""

import asyncio

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies

from simulator.hospital import hl7
from tests.simulator.conftest import Hospital
from tests.simulator.wire import START, Client, code, hold, message, slots

SECRET = "绝密姓名"
GOOD = hold("P1", "100005", "202611250490800")


async def test_malformed_messages_are_answered_and_the_connection_goes_on(hospital: Hospital) -> None:
    async with hospital.client() as client:
        for text, expected in {
            f"PID|1||{SECRET}\r": "AR",
            "": "AR",
            "MSH#^~\\&#a\r": "AR",
            f"MSH|^~\\&|{SECRET}\r": "AE",
            message("XXX^Y01"): "AR",
            message("SRM^S01^SRM_S01"): "AE",
            message("QBP^Q22^QBP_Q21", "QPD|Q22|T|@PID.99^x"): "AE",
            message("SQM^S25^SQM_S25", "QRD|x|R|I|T", "QRF|HIS|tomorrow|never"): "AE",
            message("SRM^S01^SRM_S01", "ARQ|P", "PID|||1^^^HIS^MR", "ZSL|s", "ZHD|-5"): "AE",
        }.items():
            answer = await client.ask(text)
            assert answer.first("MSA").get(1) == expected, text
            assert answer.first("MSA").get(3) == "BAD_MESSAGE" and answer.first("ERR").get(8)
        assert code(await client.ask(slots())) == "AA"


async def test_the_wrong_charset_gets_a_clear_answer(hospital: Hospital, start, tmp_path) -> None:
    async with hospital.client() as client:
        answer = await client.raw(message("QBP^Q22^QBP_Q21", f"QPD|Q22|T|@PID.5^{SECRET}").encode("gb18030"))
        assert answer.first("MSA").get(1) == "AE" and "字符集" in answer.first("ERR").get(8)
        declared = message("QBP^Q22^QBP_Q21", "QPD|Q22|T|@PID.5^x", charset="GB 18030-2000")
        assert "字符集" in (await client.ask(declared)).first("ERR").get(8)


async def test_a_gb18030_hospital_speaks_gb18030_and_version_2_5(start) -> None:
    hospital = await start(his_charset="GB18030", his_version="2.5")
    question = message(
        "QBP^Q22^QBP_Q21", "QPD|Q22|T|@PID.5^李敏~@PID.13^19900000001", charset="GB 18030-2000"
    )
    answer = await hospital.ask(question)
    assert answer.first("PID").get(5) == "李敏"
    assert answer.segments[0].get(18) == "GB 18030-2000" and answer.segments[0].get(12) == "2.5"
    async with hospital.client() as client:
        refused = await client.raw(message("QBP^Z01^QBP_Q21", "QPD|Z01|T").encode())
        assert "字符集" in refused.first("ERR").get(8)


async def test_a_message_that_is_too_long_is_refused(hospital: Hospital) -> None:
    async with hospital.client() as client:
        answer = await client.raw(GOOD.encode() + b"x" * (1 << 20))
        assert answer.first("MSA").get(1) == "AR" and "过长" in answer.first("ERR").get(8)
    assert code(await hospital.ask(slots())) == "AA"


async def test_a_sender_that_stops_in_the_middle_is_closed_and_others_are_served(hospital: Hospital) -> None:
    hospital.process.mllp.frame_seconds = 0.3
    async with hospital.client() as slow:
        slow.writer.write(START + b"MSH|^~\\&|half")
        assert code(await hospital.ask(slots())) == "AA"
        async with asyncio.timeout(10):
            assert await slow.reader.read() == b"", "closed"


async def test_noise_before_a_frame_is_skipped_and_two_messages_in_one_packet_are_both_answered(
    hospital: Hospital,
) -> None:
    async with hospital.client() as client:
        frames = b"".join(START + slots(limit=1).encode() + b"\x1c\x0d" for _ in range(2))
        client.writer.write(b"noise\r\n" + frames)
        assert [code(await client.answer()) for _ in range(2)] == ["AA", "AA"]


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(data=strategies.data())
async def test_mutated_messages_never_crash_the_server(hospital: Hospital, data) -> None:
    raw = bytearray(GOOD.encode())
    for _ in range(data.draw(strategies.integers(1, 12))):
        at = data.draw(strategies.integers(0, len(raw) - 1))
        match data.draw(strategies.sampled_from(["set", "cut", "insert"])):
            case "set":
                raw[at] = data.draw(strategies.integers(0, 255))
            case "cut":
                del raw[at : at + data.draw(strategies.integers(1, 30))]
                raw = raw or bytearray(b"M")
            case "insert":
                raw[at:at] = data.draw(strategies.binary(max_size=12))
    content = bytes(raw).replace(b"\x1c\x0d", b"\x1c").replace(b"\x0b", b"")
    async with Client(hospital.port) as client:
        answer = await client.raw(content)
        assert answer.first("MSA").get(1) in ("AA", "AE", "AR")
        assert answer.first("MSA").get(3) != "BUSY", "a defect"


@given(strategies.text())
@example("MSH|^~\\&\r\n\\")
def test_the_parser_raises_only_its_own_error(text: str) -> None:
    try:
        parsed = hl7.parse(text)
    except hl7.Unreadable:
        return
    assert parsed.kind.count("^") >= 1
    for segment in parsed.segments:
        segment.repetitions(3)


@given(strategies.text(alphabet=strategies.characters(exclude_categories=["Cs"])))
def test_any_text_survives_escaping_both_ways(text: str) -> None:
    assert hl7.unescape(hl7.escape(text)) == text
    segment = hl7.segment("ZZZ", {1: (text, "b"), 2: "end"})
    parsed = hl7.parse("MSH|^~\\&\r" + segment).first("ZZZ")
    assert parsed.repetitions(1)[0][0] == text and parsed.get(2) == "end"


async def test_no_value_of_a_message_is_in_the_log(start, capfd: pytest.CaptureFixture[str]) -> None:
    hospital = await start()
    async with hospital.client() as client:
        for text in (f"PID|{SECRET}", message(f"SRM^{SECRET}"), hold(SECRET, SECRET, SECRET)):
            await client.ask(text)
        await client.raw(f"MSH|^~\\&|{SECRET}".encode("gb18030"))
    seen = capfd.readouterr()
    assert SECRET not in seen.out + seen.err
