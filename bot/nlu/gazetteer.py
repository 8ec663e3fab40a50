"""Finds the hospital's own names in a sentence and resolves them: 王医生 → the one doctor Wang, 内科 → five departments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bot.nlu.vocabulary import KINDS, Term, Vocabulary
from chinese.pinyin import Repairer

if TYPE_CHECKING:
    from bot.nlu.entities import Entity

_TITLES = "医生|大夫|医师|主任医师|副主任医师|主治医师|主任|副主任|教授|专家|老师|院长"
_TITLE = re.compile(f"(?:{_TITLES})")
# Departments are also named by a shared ending: 内科 where there are 心血管内科, 呼吸内科 …
_GROUP_ENDINGS = ("内科", "外科", "妇产科", "中医科", "儿科", "眼科", "口腔科", "康复科")
# A shorter name sounds like too many other words.
_MIN_REPAIRED = 3
_NO_SURNAME = frozenset("个位名的看找挂约是有女男老各这那哪什么专家全")


class Gazetteer:
    """Compiled from a vocabulary; `find` costs microseconds whatever the number of names."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.terms = vocabulary
        self._by_word: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for kind, terms in vocabulary.items():
            for term in terms:
                for word in term.words:
                    self._by_word[word.lower()].append((KINDS[kind], term))
        self._groups = self._department_groups(vocabulary.get("departments", []))
        words = sorted({*self._by_word, *self._groups}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, words))) if words else None
        self._surnames: dict[str, list[Term]] = defaultdict(list)
        for doctor in vocabulary.get("doctors", []):
            self._surnames[surname(doctor.name)].append(doctor)
        names = sorted(self._surnames, key=len, reverse=True)
        self._surname = re.compile(f"({'|'.join(map(re.escape, names))})(?:{_TITLES})") if names else None
        misheard = [
            word
            for kind in ("doctors", "departments")
            for term in vocabulary.get(kind, [])
            for word in term.words
            if len(word) >= _MIN_REPAIRED
        ]
        self._repairer = Repairer(misheard, protect=self._by_word) if misheard else None

    def words(self) -> set[str]:
        """Every name and everyday word, for the tokenizer's dictionary."""
        return set(self._by_word) | set(self._groups)

    def find(self, sentence: str, folded: str) -> list[Entity]:
        """Every name in the sentence; overlapping ones too. `folded` is the sentence in simplified half-width."""
        from bot.nlu.entities import Entity

        lower = folded.lower()
        found: list[Entity] = []
        for hit in self._hits(lower):
            word = hit.group()
            span = (hit.start(), hit.end() + self._title_after(lower, hit.end(), word))
            for entity, terms in self._meanings(word).items():
                text = sentence[slice(*span)] if entity == "doctor" else sentence[hit.start() : hit.end()]
                end = span[1] if entity == "doctor" else hit.end()
                found.append(Entity(entity, text, self._value(entity, word, terms), hit.start(), end))
        for hit in self._surname.finditer(lower) if self._surname else ():
            doctors = self._surnames[hit.group(1)]
            text = sentence[hit.start() : hit.end()]
            found.append(Entity("doctor", text, self._value("doctor", text, doctors), hit.start(), hit.end()))
        found.extend(self._misheard(sentence, folded, found))
        found.extend(self._unknown_doctors(sentence, folded, found))
        return self._doctors_of_department(found)

    def _misheard(self, sentence: str, folded: str, found: list[Entity]) -> Iterable[Entity]:
        """王建果 where there is a 王建国: names that were misheard or typed by sound."""
        from bot.nlu.entities import Entity

        if self._repairer is None or any(entity.entity in ("doctor", "department") for entity in found):
            return
        for change in self._repairer.repair(folded).changes:
            for entity, terms in self._meanings(change.after.lower()).items():
                text = sentence[change.begin : change.finish]
                yield Entity(
                    entity, text, self._value(entity, change.after, terms), change.begin, change.finish
                )

    def _hits(self, lower: str) -> Iterable[re.Match[str]]:
        """The longest word at every place, so that a name inside another one is not lost to its neighbour."""
        if self._pattern is None:
            return
        at = 0
        while hit := self._pattern.search(lower, at):
            yield hit
            at = hit.start() + 1

    def _meanings(self, word: str) -> dict[str, list[Term]]:
        meanings: dict[str, list[Term]] = defaultdict(list)
        for entity, term in self._by_word.get(word, ()):
            meanings[entity].append(term)
        if "department" not in meanings and word in self._groups:
            meanings["department"] = self._groups[word]
        return meanings

    def _title_after(self, lower: str, at: int, word: str) -> int:
        hit = _TITLE.match(lower, at)
        return len(hit.group()) if hit and "doctor" in self._meanings(word) else 0

    def _value(self, entity: str, word: str, terms: list[Term]) -> Any:
        if entity not in ("department", "doctor"):
            term = terms[0]
            return term.code if entity in ("visit_type", "person", "campus") else term.name
        if len(terms) == 1:
            return _resolved(entity, terms[0])
        if len({term.code for term in terms}) == 1:
            # One doctor who sits in several departments: which one is not said with the name.
            return {key: value for key, value in _resolved(entity, terms[0]).items() if key != "department"}
        return {"code": "", "name": word, "candidates": [_resolved(entity, term) for term in terms]}

    def _department_groups(self, departments: list[Term]) -> dict[str, list[Term]]:
        groups: dict[str, list[Term]] = {}
        for ending in _GROUP_ENDINGS:
            members = [term for term in departments if term.name.endswith(ending)]
            if len(members) > 1 and not any(ending in term.words for term in departments):
                groups[ending] = members
        return groups

    def _unknown_doctors(self, sentence: str, folded: str, found: list[Entity]) -> Iterable[Entity]:
        """欧阳医生 whom the hospital does not have: named, without a code, so that the skill can say so."""
        from bot.nlu.entities import Entity

        taken = [(entity.start, entity.end) for entity in found if entity.entity == "doctor"]
        for hit in re.finditer(f"([\\u4e00-\\u9fff])(?={_TITLES})({_TITLES})", folded):
            if hit.group(1) in _NO_SURNAME or hit.group(2) in ("专家", "老师", "院长"):
                continue
            if hit.group(1) not in _COMMON_SURNAMES:
                continue
            if any(hit.start() < end and hit.end() > start for start, end in taken):
                continue
            text = sentence[hit.start() : hit.end()]
            yield Entity("doctor", text, {"code": "", "name": text, "candidates": []}, hit.start(), hit.end())

    def _doctors_of_department(self, found: list[Entity]) -> list[Entity]:
        """骨科王医生: of several doctors Wang the one of the department that the sentence names."""
        from bot.nlu.entities import Entity

        codes = {e.value["code"] for e in found if e.entity == "department" and e.value["code"]}
        if not codes:
            return found
        narrowed: list[Entity] = []
        for entity in found:
            if entity.entity == "doctor" and entity.value.get("candidates"):
                value = narrow(entity.value, codes)
                entity = Entity("doctor", entity.text, value, entity.start, entity.end)
            narrowed.append(entity)
        return narrowed


def _resolved(entity: str, term: Term) -> dict[str, Any]:
    """The value of an entity: code and name; of a doctor also the department's code and the title."""
    value: dict[str, Any] = {"code": term.code, "name": term.name}
    if entity == "doctor":
        value |= {key: term.more[key] for key in ("department", "title") if term.more.get(key)}
    return value


def narrow(value: dict[str, Any], departments: set[str]) -> dict[str, Any]:
    """Of several doctors those who work in one of these departments; unchanged where none does."""
    kept = [c for c in value.get("candidates") or [] if _department_code(c.get("department")) in departments]
    if len(kept) == 1:
        return kept[0]
    return {**value, "candidates": kept} if kept else value


def _department_code(department: Any) -> str:
    return str(department.get("code", "")) if isinstance(department, dict) else str(department or "")


def surname(name: str) -> str:
    """The surname of a Chinese name: two characters where the first two are a known double surname."""
    return name[:2] if name[:2] in _DOUBLE_SURNAMES else name[:1]


_DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "端木",
        "南宫",
        "长孙",
        "宇文",
    ]
)
_COMMON_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜"
    "倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁"
)
