"""The catalogue is edited by a hospital: a new metric works at once, a mistake is named."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from insight import catalogue as catalogues
from insight.compile.permissions import parse_viewer
from insight.engine import Insight
from insight.errors import CatalogueError
from insight.records.store import Store


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copy(catalogues.PATH, tmp_path / "catalogue.yml"))


def edited(path: Path, *keys: str, value: object) -> Path:
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    place = raw
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("keys", "value", "named"),
    [
        (("metrics", "visits", "unit"), "patient", "metrics.visits.unit"),
        (("metrics", "visits", "value"), {"sum": "salary"}, "metrics.visits.value"),
        (("metrics", "visits", "words"), ["收入"], "收入"),
        (("metrics", "visits", "value"), {"count": True, "sum": "fee_total"}, "visits"),
        (("stages", "wait", "metric"), "visits", "wait"),
        (("roles", "finance", "metrics"), ["profit"], "profit"),
        (("metrics", "visits", "of"), {"colour": ["red"]}, "metrics.visits.of"),
        (("age_bands",), {}, "age_bands"),
    ],
)
def test_a_mistake_is_named(copy: Path, keys: tuple[str, ...], value: object, named: str) -> None:
    with pytest.raises(CatalogueError) as problem:
        catalogues.load(edited(copy, *keys, value=value))
    assert named in problem.value.message


def test_a_file_that_is_no_yaml_is_said(copy: Path) -> None:
    copy.write_text("metrics: [", encoding="utf-8")
    with pytest.raises(CatalogueError, match="catalogue"):
        catalogues.load(copy)


def test_a_new_metric_can_be_asked_for_without_code(copy: Path, store: Store, now: datetime) -> None:
    edited(copy, "metrics", "long_stays", value={
        "name": "检查收入", "unit": "yuan", "good": "none", "definition": "检查费合计", "of": {"status": ["completed"]},
        "value": {"sum": "fee_exam"}, "scale": 0.01,
    })  # fmt: skip
    answer = Insight(store, catalogues.load(copy)).ask("上周各科室检查收入", parse_viewer("director"), now)
    assert answer["status"] == "answered" and answer["interpretation"]["metric"] == "long_stays"


def test_the_skeleton_of_a_metric_is_added_once(copy: Path) -> None:
    catalogues.add_metric(copy, "my_metric", "我的指标")
    assert catalogues.load(copy).metrics["my_metric"].name == "我的指标"
    assert "# 维度" in copy.read_text(encoding="utf-8")
    with pytest.raises(CatalogueError):
        catalogues.add_metric(copy, "my_metric", "另一个")
