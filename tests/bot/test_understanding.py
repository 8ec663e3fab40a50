"""What a sentence names and means, without Rasa: entities with their values, bare values, two requests."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu import decide, vocabulary
from bot.nlu.entities import Entity, extract
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.understanding import LiveGazetteer
from bot.nlu.words import Splitter
from tests.bot.assistant import PYTHON, ROOT, environment

NOW = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=8)))
DOCTORS = [
    {"code": "D1", "name": "王建国", "department": "0403", "title": "主任医师"},
    {"code": "D2", "name": "王敏", "department": "1300", "title": "主治医师"},
    {"code": "D3", "name": "欧阳雪", "department": "0700", "title": "副主任医师"},
]
DEPARTMENTS = [
    {"code": "0403", "name": "骨科", "aliases": ["骨伤科"]},
    {"code": "1300", "name": "皮肤科"},
    {"code": "0700", "name": "儿科"},
    {"code": "0301", "name": "呼吸内科"},
    {"code": "0302", "name": "消化内科"},
    {"code": "0304", "name": "心血管内科"},
]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    exported = tmp_path_factory.mktemp("vocabulary") / "vocabulary.json"
    exported.write_text(json.dumps({"departments": DEPARTMENTS, "doctors": DOCTORS}))
    return Gazetteer(vocabulary.read(ROOT / "nlu_data" / "vocabulary", exported))


def found(names: Gazetteer, sentence: str) -> dict[str, Entity]:
    return {entity.entity: entity for entity in extract(sentence, names, NOW)}


class TestNames:
    def test_department_by_its_everyday_word(self, names: Gazetteer) -> None:
        assert found(names, "看骨伤科")["department"].value == {"code": "0403", "name": "骨科"}

    def test_doctor_by_surname_in_the_named_department(self, names: Gazetteer) -> None:
        assert found(names, "骨科王医生")["doctor"].value["code"] == "D1"

    def test_several_of_a_surname(self, names: Gazetteer) -> None:
        value = found(names, "王医生哪天出诊")["doctor"].value
        assert value["code"] == "" and [c["code"] for c in value["candidates"]] == ["D1", "D2"]

    def test_double_surname(self, names: Gazetteer) -> None:
        assert found(names, "欧阳主任")["doctor"].value["code"] == "D3"

    def test_nobody_of_that_name(self, names: Gazetteer) -> None:
        assert found(names, "赵医生在吗")["doctor"].value["candidates"] == []

    def test_name_typed_by_its_sound(self, names: Gazetteer) -> None:
        entity = found(names, "挂王建果医生")["doctor"]
        assert entity.value["code"] == "D1" and entity.text == "王建果"

    def test_a_word_that_several_departments_share(self, names: Gazetteer) -> None:
        value = found(names, "挂内科")["department"].value
        assert {c["name"] for c in value["candidates"]} >= {"呼吸内科", "消化内科", "心血管内科"}

    def test_visit_type_person_and_test(self, names: Gazetteer) -> None:
        entities = found(names, "给我妈挂个专家号，顺便看看血常规")
        assert (entities["visit_type"].value, entities["person"].value) == ("EXP", "MTH")
        assert entities["lab_test"].value == "血常规"


class TestValues:
    def test_time_of_the_message(self, names: Gazetteer) -> None:
        value = found(names, "明天上午")["date_time"].value
        assert value["start"] == "2026-11-24T00:00:00+08:00" and value["end"] == "2026-11-24T12:00:00+08:00"

    def test_managers_mean_the_past(self, names: Gazetteer) -> None:
        [entity] = [e for e in extract("周三", names, NOW, "past") if e.entity == "date_time"]
        assert entity.value["start"].startswith("2026-11-18")

    def test_ordinals_from_both_ends(self, names: Gazetteer) -> None:
        assert found(names, "第二个")["ordinal"].value == 2
        assert found(names, "最后一个")["ordinal"].value == -1

    def test_identity_and_phone(self, names: Gazetteer) -> None:
        assert found(names, "手机 138 0013 8000")["phone"].value == "13800138000"

    def test_what_is_denied_is_marked(self, names: Gazetteer) -> None:
        marks = [e.negated for e in extract("不是明天，是后天", names, NOW) if e.entity == "date_time"]
        assert marks == [True, False]


class TestBareValues:
    @pytest.mark.parametrize(
        ("sentence", "intent"),
        [
            ("明天上午吧", "inform"),
            ("骨科", "inform"),
            ("第二个", "choose"),
            ("最早的那个", "choose"),
            ("随便", "skip"),
            ("不对，是后天", "correct"),
            ("换成专家号", "correct"),
            ("我想挂骨科", None),
            ("骨科在几楼", None),
        ],
    )
    def test_only_a_value(self, names: Gazetteer, sentence: str, intent: str | None) -> None:
        assert decide.bare_value(sentence, extract(sentence, names, NOW)) == intent


class TestRobustness:
    @settings(deadline=None)
    @given(st.text(max_size=80))
    def test_any_text_has_entities_in_order_that_do_not_overlap(self, text: str) -> None:
        entities = extract(text, EMPTY, NOW)
        for entity in entities:
            assert text[entity.start : entity.end] == entity.text
        for before, after in zip(entities, entities[1:], strict=False):
            assert before.end <= after.start

    @settings(deadline=None)
    @given(st.text(alphabet="我想挂明天上午骨科的号3：30abc ，。", max_size=40))
    def test_words_cover_the_sentence(self, text: str) -> None:
        words = SPLITTER.words(text)
        assert "".join(word.text for word in words) == "".join(text.split())
        assert all(text[word.start : word.end] == word.text for word in words)


EMPTY = Gazetteer({kind: [] for kind in vocabulary.KINDS})
SPLITTER = Splitter(["骨科", "王医生"])


class TestVocabulary:
    def test_new_names_are_known_without_a_restart(self, tmp_path: Path) -> None:
        exported = tmp_path / "vocabulary.json"
        live = LiveGazetteer(tmp_path / "none", exported)
        assert found(live.current(), "挂中医康复科") == {}
        exported.write_text(json.dumps({"departments": [{"code": "9", "name": "中医康复科"}], "doctors": []}))
        live.refresh()
        assert found(live.current(), "挂中医康复科")["department"].value["code"] == "9"

    def test_a_broken_file_leaves_the_names_as_they_were(self, tmp_path: Path) -> None:
        exported = tmp_path / "vocabulary.json"
        exported.write_text(json.dumps({"departments": [{"code": "9", "name": "康复科"}]}))
        live = LiveGazetteer(tmp_path / "none", exported)
        exported.write_text("{broken")
        live.refresh()
        assert found(live.current(), "挂康复科")["department"].value["code"] == "9"

    def test_an_entry_without_a_name_says_where(self, tmp_path: Path) -> None:
        (tmp_path / "departments.yml").write_text("departments:\n- {aliases: [x]}\n")
        with pytest.raises(vocabulary.VocabularyError, match="departments.yml"):
            vocabulary.read(tmp_path, tmp_path / "none")


def test_parse_from_the_command_line(trained: Path) -> None:
    """Sentences in, JSON lines out, with nothing running."""
    sentences = "我想挂明天上午骨科的号\n胸口压着疼出冷汗\n帮我写首诗\n"
    done = subprocess.run(
        [PYTHON, "-m", "bot.parse", "--json", "--now", "2026-11-23T09:00:00+08:00"],
        cwd=ROOT,
        env=environment(trained),
        input=sentences,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["skill"] for line in lines] == ["book_appointment", "emergency", "out_of_scope"]
    assert {"entity", "text", "value"} == set(lines[0]["entities"][0])
