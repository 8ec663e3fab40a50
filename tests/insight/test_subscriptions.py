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
