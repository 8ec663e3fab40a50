"""`./menzhen time`: a line each, in words or JSON."""

from __future__ import annotations

import io
import json
import sys

import pytest

from cli.commands import time as command
from cli.output import CommandError


def run(given: str, monkeypatch: pytest.MonkeyPatch, *argv: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    assert command.run(["--now", "2026-11-20T10:00", *argv]) == 0


def test_what_a_match_means_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        "明天上午\n\n等了40分钟\n三年零两个月\n一会儿\n每天八点\n2099年国庆期间\n三点以前\n11月20日星期四\n",
        monkeypatch,
    )
    assert capsys.readouterr().out.splitlines() == [
        "明天上午\t明天上午 → 2026-11-21T00:00:00+08:00 ~ 2026-11-21T12:00:00+08:00（part）",
        "\t没有时间",
        "等了40分钟\t40分钟 → 时长：2400秒",
        "三年零两个月\t三年零两个月 → 时长：38个月",
        "一会儿\t一会儿 → 时长：不确定",
        '每天八点\t每天八点 → 重复：{"freq": "daily", "time": "08:00"}',
        "2099年国庆期间\t2099年国庆期间 → 2099年的放假安排不在节假日表中，无法确定",
        "三点以前\t三点以前 → … ~ 2026-11-20T15:00:00+08:00（hour）",
        "11月20日星期四\t11月20日星期四 → 2026-11-20T00:00:00+08:00 ~ 2026-11-21T00:00:00+08:00（day，日期与星期不符）",
    ]


def test_a_json_object_for_each_line_empty_ones_too(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run("周三\n\n", monkeypatch, "--prefer", "past", "--json")
    first, second = map(json.loads, capfdbinary.readouterr().out.splitlines())
    assert first["matches"][0]["start"] == "2026-11-18T00:00:00+08:00"
    assert second == {"text": "", "matches": []}


@pytest.mark.parametrize(
    "argv", [["--now", "昨天"], ["--now", "0001-01-01T00:00+14:00"], ["--prefer", "maybe"], ["明天"]]
)
def test_wrong_input_is_one_line_and_status_two(argv: list[str]) -> None:
    with pytest.raises(CommandError) as problem:
        command.run(argv)
    assert problem.value.status == 2 and "\n" not in str(problem.value)
