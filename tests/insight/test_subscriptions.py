"""Subscriptions and alerts: stored as said, run at their time, delivered once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from insight.compile.permissions import Viewer, parse_viewer
from insight.engine import Insight
from insight.interpretation import SHANGHAI
from insight.records import live
from insight.records.importing import import_csv
from insight.records.store import Store
from insight.subscriptions import Scheduler, next_time


@pytest.fixture
def own(tmp_path: Path, csv_file: Path, now: datetime) -> Iterator[Insight]:
    opened = Store(str(tmp_path / "own.duckdb"))
    import_csv(opened, csv_file, now)
    yield Insight(opened)
    opened.close()


DIRECTOR = Viewer("director", subject="director-1")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"freq": "daily", "time": "08:00"}, "2026-11-23T08:00"),
        ({"freq": "daily", "time": "10:30"}, "2026-11-22T10:30"),
        ({"freq": "weekly", "weekday": [1], "time": "09:00"}, "2026-11-23T09:00"),
        ({"freq": "workday", "time": "17:00"}, "2026-11-23T17:00"),
        ({"freq": "monthly", "monthday": [1]}, "2026-12-01T08:00"),
        ({"freq": "monthly", "monthday": [31]}, "2026-11-30T08:00"),
        ({"freq": "hourly"}, "2026-11-22T10:00"),
        ({"freq": "every", "minutes": 5}, "2026-11-22T09:05"),
    ],
)
def test_the_next_time_of_a_schedule(schedule: dict[str, object], expected: str, now: datetime) -> None:
    assert next_time(schedule, now) == datetime.fromisoformat(expected).replace(tzinfo=SHANGHAI)


def test_a_subscription_is_stored_as_said_and_delivered_anew_each_day(own: Insight, now: datetime) -> None:
    answer = own.ask("每天早上八点把昨天的门诊量发给我", DIRECTOR, now)
    assert answer["status"] == "answered"
    assert (
        answer["subscription"]["schedule"]["freq"] == "daily"
        and answer["subscription"]["when"] == "每天 08:00"
    )
    scheduler = Scheduler(own, own.subscriptions)
    assert scheduler.work(now + timedelta(hours=1)) == 0
    assert scheduler.work(now.replace(day=23, hour=8)) == 1
    assert scheduler.work(now.replace(day=23, hour=9)) == 0
    (message,) = own.subscriptions.inbox("director-1")
    assert message["answer"]["interpretation"]["time"]["start"] == "2026-11-22T00:00:00+08:00"
    assert own.subscriptions.inbox("somebody-else") == []


def test_a_conversation_can_be_subscribed_to(own: Insight, now: datetime) -> None:
    own.ask("昨天各科室候诊时间", DIRECTOR, now, "s")
    own.ask("只看本部", DIRECTOR, now, "s")
    answer = own.ask("每周一上午九点发给我", DIRECTOR, now, "s")
    assert answer["subscription"]["questions"] == ["昨天各科室候诊时间", "只看本部"]
    Scheduler(own, own.subscriptions).work(now.replace(day=23, hour=9))
    (message,) = own.subscriptions.inbox("director-1")
    assert message["answer"]["interpretation"]["filters"] == {"campus": ["本部"]}


def test_an_alert_is_delivered_when_the_limit_is_crossed_and_once_a_day(own: Insight, now: datetime) -> None:
    answer = own.ask("候诊超过40分钟提醒我", DIRECTOR, now)
    assert answer["subscription"]["kind"] == "alert" and answer["interpretation"]["having"] == {
        "op": ">",
        "value": 40.0,
    }
    scheduler = Scheduler(own, own.subscriptions)
    assert scheduler.work(now + timedelta(minutes=6)) == 0
    visit = {
        "department": "内科", "campus": "本部", "status": "in_progress", "appointment_start": "2026-11-22T08:00:00",
        "checked_in_at": "2026-11-22T08:00:00", "consult_start": "2026-11-22T08:50:00",
    }  # fmt: skip
    live.apply(
        own.store, [{"id": 1, "event_id": "e1", "type": "visit.updated", "subject": "N1", "data": visit}], now
    )
    assert scheduler.work(now + timedelta(minutes=12)) == 1
    assert scheduler.work(now + timedelta(minutes=18)) == 0
    assert own.subscriptions.inbox("director-1")[0]["answer"]["rows"][0]["campus"] == "本部"


def test_subscriptions_are_listed_and_cancelled(own: Insight, now: datetime) -> None:
    own.ask("每天早上八点把昨天的门诊量发给我", DIRECTOR, now)
    assert len(own.ask("我的订阅", DIRECTOR, now)["subscriptions"]) == 1
    assert "1" in own.ask("取消订阅", DIRECTOR, now)["answer"]
    assert own.ask("我的订阅", DIRECTOR, now)["subscriptions"] == []


def test_a_head_cannot_subscribe_to_another_department(own: Insight, now: datetime) -> None:
    head = parse_viewer("head:眼科")
    assert own.ask("每天早上八点把内科昨天门诊量发给我", head, now)["status"] == "forbidden"
    assert own.subscriptions.of("head:眼科") == []


def test_the_same_wish_twice_is_one_subscription(own: Insight, now: datetime) -> None:
    for _ in range(2):
        own.ask("每天早上八点把昨天的门诊量发给我", DIRECTOR, now)
    assert len(own.subscriptions.of("director-1")) == 1


def _three(own: Insight, now: datetime) -> None:
    for question in ("每天早上八点把昨天的门诊量发给我", "每周一推送上周收入", "候诊超过40分钟提醒我"):
        own.ask(question, DIRECTOR, now)


def test_one_of_several_is_cancelled_by_its_number(own: Insight, now: datetime) -> None:
    _three(own, now)
    listed = own.ask("我订阅了什么", DIRECTOR, now)
    assert "3 个" in listed["answer"] and "上周收入" in listed["answer"]
    gone = own.ask("取消第二个订阅", DIRECTOR, now)
    assert "已取消 1 个" in gone["answer"] and "上周收入" in gone["answer"]
    assert [k["kind"] for k in own.subscriptions.of("director-1")] == ["subscription", "alert"]


def test_one_is_cancelled_by_what_it_is_about(own: Insight, now: datetime) -> None:
    _three(own, now)
    own.ask("取消收入的订阅", DIRECTOR, now)
    assert len(own.subscriptions.of("director-1")) == 2
    assert not any("收入" in q for k in own.subscriptions.of("director-1") for q in k["questions"])


def test_which_one_is_asked_where_several_may_be_meant(own: Insight, now: datetime) -> None:
    _three(own, now)
    asked = own.ask("取消订阅", DIRECTOR, now)
    assert len(own.subscriptions.of("director-1")) == 3
    assert "取消第1个订阅" in asked["suggestions"] and "取消全部订阅" in asked["suggestions"]
    assert "没有第" in own.ask("取消第九个订阅", DIRECTOR, now)["answer"]
    own.ask("取消全部订阅", DIRECTOR, now)
    assert own.subscriptions.of("director-1") == []


def test_the_only_one_is_cancelled_without_ado(own: Insight, now: datetime) -> None:
    own.ask("每天早上八点把昨天的门诊量发给我", DIRECTOR, now)
    assert "已取消 1 个" in own.ask("取消订阅", DIRECTOR, now)["answer"]


def test_a_delivery_says_what_it_answers(own: Insight, now: datetime) -> None:
    own.ask("每天早上八点把昨天的门诊量发给我", DIRECTOR, now)
    Scheduler(own, own.subscriptions).work(now.replace(day=23, hour=8))
    (message,) = own.subscriptions.inbox("director-1")
    assert message["answer"]["delivery"]["when"] == "每天 08:00"
    assert message["answer"]["delivery"]["questions"] == ["昨天的门诊量"]
