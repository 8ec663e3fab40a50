"""`./menzhen new`: what comes out is complete, fits the rest, and overwrites nothing."""

import shutil
from pathlib import Path

import pytest
import yaml

from cli.output import CommandError
from cli.scaffold import new_skill
from common.settings import ROOT
from insight import catalogue


def test_a_skill_has_all_its_parts(tmp_path: Path) -> None:
    written = {str(p.relative_to(tmp_path)) for p in new_skill("exam_booking", "检查预约", tmp_path)}
    assert written >= {
        "nlu_data/exam_booking.yml",
        "bot/domain/exam_booking.yml",
        "bot/flows/exam_booking.yml",
        "actions/exam_booking.py",
    }
    flow = yaml.safe_load((tmp_path / "bot/flows/exam_booking.yml").read_text())
    domain = yaml.safe_load((tmp_path / "bot/domain/exam_booking.yml").read_text())
    assert flow["run"] in domain["actions"]
    assert flow["start"] == domain["intents"] == ["exam_booking"]
    compile((tmp_path / "actions/exam_booking.py").read_text(), "exam_booking.py", "exec")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new_skill("exam_booking", "检查预约", tmp_path)
    with pytest.raises(CommandError, match="没有覆盖"):
        new_skill("exam_booking", "检查预约", tmp_path)


def test_a_metric_is_an_entry_that_the_catalogue_accepts(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.yml"
    shutil.copy(ROOT / "insight" / "catalogue.yml", path)
    catalogue.add_metric(path, "night_visits", "夜间门诊量")
    assert catalogue.load(path).metrics["night_visits"].name == "夜间门诊量"
    with pytest.raises(catalogue.CatalogueError):
        catalogue.add_metric(path, "night_visits", "夜间门诊量")
