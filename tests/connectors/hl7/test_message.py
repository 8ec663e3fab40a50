"""HL7 v2 text: what is read, what is tolerated, and that nothing but HL7Error ever comes out."""

import contextlib
import logging

import hl7 as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hl7 import charset
from connectors.hl7.errors import HL7Error
from connectors.hl7.message import STANDARD, Raw, join, parse, segment

logging.getLogger("hl7").setLevel(logging.CRITICAL)

HEADER = (
    r"MSH|^~\&|HIS|HOSPITAL|MENZHEN|FRONTDESK|20261122093000||SIU^S12^SIU_S12|42|P|2.4||||||UNICODE UTF-8"
)
MESSAGE = join(
    [
        HEADER,
        "SCH|K1|A1|||||||||^^30^20261123090000^20261123093000",
        "PID|1||100001^^^HIS^MR~110101199003070038^^^PRC^NI||张三||19900307|M|||北京市\\T\\朝阳区",
        r"NTE|1||第一行\.br\第二行 \F\ \S\ \R\ \E\ \X41\ \Zxx\ 完",
    ]
)


def test_fields_components_and_repetitions_are_found():
    message = parse(MESSAGE)
    pid = message.need("PID")
    assert (message.type, message.trigger, message.control_id) == ("SIU", "S12", "42")
    assert [one.text(5) for one in pid.repeats(3)] == ["MR", "NI"]
    assert pid.text(3, 1, repetition=2) == "110101199003070038"
    assert message.need("SCH").text(11, 4) == "20261123090000"
    assert pid.text(40) == pid.text(5, 9) == ""


def test_escapes_are_resolved_and_unknown_ones_kept():
    note = parse(MESSAGE).need("NTE").text(3)
    assert note == "第一行\n第二行 | ^ ~ \\ A \\Zxx\\ 完"
    assert parse(MESSAGE).need("PID").text(11) == "北京市&朝阳区"


def test_the_explicit_null_reads_as_empty():
    assert parse(HEADER + '\rPID|1||""^^^HIS||""').need("PID").text(3) == ""


@pytest.mark.parametrize(
    "data",
    [
        MESSAGE.encode(),
        b"\xef\xbb\xbf" + MESSAGE.encode(),
        MESSAGE.replace("\r", "\n").encode(),
        MESSAGE.replace("\r", "\r\n").encode(),
        MESSAGE.rstrip("\r").encode(),
        ("\r\n" + MESSAGE + "\r\r").encode(),
        MESSAGE.replace("UNICODE UTF-8", "GB 18030-2000").encode("gb18030"),
        MESSAGE.replace("UNICODE UTF-8", "").encode("gb18030"),
        MESSAGE.replace("|UNICODE UTF-8", "").encode(),
        MESSAGE.encode("utf-16"),
    ],
    ids=[
        "utf8",
        "bom",
        "lf",
        "crlf",
        "no-last-cr",
        "blank-lines",
        "gb18030",
        "gb-undeclared",
        "no-msh18",
        "utf16",
    ],
)
def test_the_same_message_in_many_dresses(data: bytes):
    message = parse(data)
    assert message.need("PID").text(5) == "张三"
    assert [one.name for one in message.segments] == ["MSH", "SCH", "PID", "NTE"]


def test_a_line_break_inside_a_text_does_not_make_a_segment():
    message = parse(HEADER + "\nOBX|1|TX|T||检查所见：\n双肺纹理清晰\nOBX|2|TX|T||完")
    assert [obx.text(5) for obx in message.all("OBX")] == ["检查所见：\n双肺纹理清晰", "完"]


def test_own_separators_are_taken_from_the_header():
    message = parse("MSH#*+!%#A#B#C#D#2026##ADT*A04#1#P#2.4\rPID#1##7*****MR+8#")
    assert message.trigger == "A04"
    assert [one.text() for one in message.need("PID").repeats(3)] == ["7", "8"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \r\n",
        b"hello",
        b"MSH",
        b"MSH\r^~\\&|x|y|z",
        b"MSH|",
        b"MSH|||||",
        rb"MSH|^^\&|A|B|C|D|2026||ADT^A04|1|P|2.4",
        rb"MSH|^~\&|A|B|C|D|2026||",
        HEADER.encode() + b"\r\xe5\xbc|1",
        HEADER.encode() + b"\rpid|1",
        HEADER.encode() + b"\r" + HEADER.encode(),
        HEADER.encode().replace(b"UNICODE UTF-8", b"KLINGON"),
        MESSAGE.replace("UNICODE UTF-8", "GB 18030-2000").encode("gb18030") + b"NTE|1||\xff\xff",
        b"\x00" * 100,
        b"x" * (4 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_message_is_said_in_chinese_without_values(data: bytes):
    with pytest.raises(HL7Error) as caught:
        parse(data)
    assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.message)
    assert "张三" not in str(caught.value)


def test_wrong_encoding_is_refused_and_not_read_as_nonsense():
    with pytest.raises(HL7Error):
        parse(MESSAGE.encode("gb18030"))


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_what_is_built_reads_back(text: str):
    built = join([HEADER, segment("NTE", 1, "", (text, "b"), [text, "c"])])
    note = parse(built).need("NTE")
    expected = _plain(text)
    assert note.text(3) == expected
    assert note.text(3, 2) == "b"
    assert note.text(4, repetition=2) == "c"


def _plain(text: str) -> str:
    """Line breaks survive, other control characters become spaces, and nothing else changes."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\n" if c == "\n" else " " if ord(c) < 32 or ord(c) == 127 else c for c in text)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_it(data: bytes):
    for sample in (data, HEADER.encode() + b"\r" + data, b"MSH|^~\\&|" + data):
        try:
            walk(sample)
        except HL7Error:
            continue


@settings(deadline=None)
@given(st.data())
def test_mutated_messages_are_read_or_refused(data: st.DataObject):
    raw = bytearray(MESSAGE.encode())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(raw) - 1))
        action = data.draw(st.sampled_from(["flip", "cut", "insert", "copy"]))
        if action == "flip":
            raw[place] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del raw[place : place + data.draw(st.integers(1, 30))]
        elif action == "insert":
            raw[place:place] = data.draw(
                st.sampled_from([b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\x0b", b'""'])
            )
        else:
            raw[place:place] = raw[: data.draw(st.integers(0, 60))]
        raw = raw or bytearray(b"M")
    with contextlib.suppress(HL7Error):
        walk(bytes(raw))


def walk(data: bytes) -> None:
    """Touch everything that a mapping could."""
    for one in parse(data).segments:
        for field in range(1, len(one.fields) + 1):
            one.text(field, 2, 3, 2)
            for repetition in one.repeats(field):
                repetition.text(1)
                repetition.text(4, 2)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(
                    codec="utf-8",
                    exclude_characters="\r\n\\\x85\u2028\u2029",
                    exclude_categories=["Cc", "Cs"],
                ),
                max_size=8,
            ),
            max_size=6,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_oracle_library_splits_alike(rows: list[list[str]]):
    """The `hl7` library is the second opinion where it can read the message."""
    text = join([HEADER, *(segment("ZZ1", *(Raw(v.replace("\x0b", "")) for v in row)) for row in rows)])
    try:
        theirs = oracle.parse(text)
    except Exception:
        return
    ours = parse(text)
    assert [str(field) for field in theirs[1]] == [one or "" for one in ours.segments[1].fields][
        : len(theirs[1])
    ]


def test_both_charsets_go_out_and_come_back():
    for name in (charset.UTF8, charset.GB18030):
        text = MESSAGE.replace("UNICODE UTF-8", charset.msh_18(name))
        assert parse(charset.encode(text, name)).need("PID").text(5) == "张三"


def test_characters_of_the_separators_never_leak():
    assert segment("NTE", "a|b^c~d&e\\f\rg") == r"NTE|a\F\b\S\c\R\d\T\e\E\f\.br\g"
    assert STANDARD.unescape(r"a\F\b\S\c\R\d\T\e\E\f\.br\g") == "a|b^c~d&e\\f\ng"
