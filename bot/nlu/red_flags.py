"""Emergencies in patients' own words, found deterministically: a table of red flags with negation, before all else.

The table is `nlu_data/red_flags.yml`; it names its sources and asks for a clinician's review. A missed emergency
is worse than a false one: what is doubtful counts as an emergency.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.when import When
from chinese.pinyin import Repairer
from chinese.text import normalise

GAP = 8
_CLAUSE = re.compile(r"[，。；！？,;!?\n]")
# Names of word groups are Chinese, so that {0,6} inside a regular expression is none.
_GROUP = re.compile(r"\{([^{}\d,]+)\}")
_PIECE = re.compile(r"(\{[^{}]+\}|…|![^!{}…]+)")
_AFTER_NOT = "(?:有|什么|任何|出现|感到|感觉|觉得|发生|再|明显|怎么|那么|太|很|过)*"
_BEFORE_WORD = re.compile(rf"(?:不|没有?|别|未|无|并不|不太|也不|没怎么){_AFTER_NOT}$")
# 没有胸痛、气短和出汗: “没有” reaches over what is listed, where the list begins with a complaint.
_COMPLAINT = "疼痛难血热烧麻晕汗吐抽昏闷伤敏喘"


class RedFlagsError(Exception):
    """The table of red flags cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class RedFlag:
    """What was found: the flag's id, its Chinese name, the words of the sentence that raised it."""

    id: str
    name: str
    text: str


@dataclass(frozen=True)
class _Pattern:
    """`parts` must all stand in the sentence, none of `without`; `settled` where an old state is no emergency."""

    flag: str
    name: str
    parts: tuple[re.Pattern[str], ...]
    without: tuple[re.Pattern[str], ...]
    settled: bool


class RedFlags:
    """A compiled table; `find` on a sentence."""

    def __init__(self, table: dict[str, Any], source: str = "red_flags.yml") -> None:
        self._check(table, source)
        words = {
            name: sorted(map(str, found), key=len, reverse=True) for name, found in table["words"].items()
        }
        self._patterns = [
            _pattern(flag, pattern, words, source) for flag in table["flags"] for pattern in flag["patterns"]
        ]
        masks = sorted(map(str, table.get("mask", [])), key=len, reverse=True)
        self._mask = re.compile("|".join(_source(m, words, source, "mask") for m in masks) or "(?!)")
        negations = "|".join(map(re.escape, sorted(table.get("negation", []), key=len, reverse=True)))
        self._negated = re.compile(rf"(?:{negations}){_AFTER_NOT}$" if negations else "(?!)")
        self._listed = re.compile(
            rf"(?:没有|无|否认|未见|并无){_AFTER_NOT}(?=[^、]{{0,8}}[{_COMPLAINT}])(?:[^、和或及跟与]{{1,8}}[、和或及跟与])+"
            "(?:也?没有|无)?$"
        )
        self._when = When(
            {
                kind: re.compile(
                    "|".join(_source(str(w), words, source, kind) for w in table.get(kind, [])) or "(?!)"
                )
                for kind in When.KINDS
            }
        )
        self._sounds = Repairer(map(str, table.get("sounds", [])), map(str, table.get("sounds_kept", [])))

    def find(self, sentence: str) -> RedFlag | None:
        """The first red flag of a sentence that is neither denied nor plainly about the past or about knowledge.

        Where the words as written raise none, they are read again with misheard complaints put right by sound.
        """
        text = normalise(sentence).replace(" ", "")
        found = self._find(text)
        if found:
            return found
        heard = self._sounds.repair(text)
        return self._find(heard.text) if heard.changes else None

    def _find(self, text: str) -> RedFlag | None:
        # What a pattern must not stand beside is looked for in the whole text: 手机黑屏 is masked, yet excludes.
        whole, text = text, self._mask.sub(lambda hit: "＿" * len(hit.group()), text)
        told = self._when.told(text)
        for pattern in self._patterns:
            hits = [
                self._affirmed(part, text, lambda hit, own=pattern: told.is_over(hit, own.settled))
                for part in pattern.parts
            ]
            if all(hits) and not any(part.search(whole) for part in pattern.without):
                found = hits[0]
                return RedFlag(pattern.flag, pattern.name, found.group() if found else "")
        return None

    def _affirmed(self, part: re.Pattern[str], text: str, is_over: Any) -> re.Match[str] | None:
        at = 0
        while hit := part.search(text, at):
            if not self._denied(hit, text) and not is_over(hit):
                return hit
            at = hit.start() + 1
        return None

    def _denied(self, hit: re.Match[str], text: str) -> bool:
        clause = _CLAUSE.split(text[: hit.start()])[-1]
        if self._negated.search(clause) or self._listed.search(clause):
            return True
        return any(gap and _BEFORE_WORD.search(gap) for gap in hit.groups())

    @staticmethod
    def _check(table: Any, source: str) -> None:
        if not isinstance(table, dict) or not isinstance(table.get("words"), dict):
            raise RedFlagsError(f"{source}：缺少 words")
        for flag in table.get("flags") or [{}]:
            missing = [key for key in ("id", "name", "source", "patterns") if not flag.get(key)]
            if missing:
                raise RedFlagsError(f"{source}：flags 里 {flag.get('id', '?')} 缺少 {'、'.join(missing)}")
            if flag["source"] not in table.get("sources", {}):
                raise RedFlagsError(f"{source}：{flag['id']} 的出处 {flag['source']} 不在 sources 里")


def _pattern(flag: dict[str, Any], pattern: str, words: dict[str, list[str]], source: str) -> _Pattern:
    parts = [part.strip() for part in pattern.split(" & ")]
    wanted = [_compile(part, words, source, flag["id"]) for part in parts if not part.startswith("!")]
    without = [_compile(part[1:], words, source, flag["id"]) for part in parts if part.startswith("!")]
    if not wanted:
        raise RedFlagsError(f"{source}：{flag['id']} 的 {pattern!r} 只有“没有”的部分")
    return _Pattern(flag["id"], flag["name"], tuple(wanted), tuple(without), bool(flag.get("settled", False)))


def _compile(pattern: str, words: dict[str, list[str]], source: str, flag: str) -> re.Pattern[str]:
    return re.compile(_source(pattern, words, source, flag))


def _source(pattern: str, words: dict[str, list[str]], source: str, where: str) -> str:
    """The regular expression of one pattern of the table."""
    unknown = [name for name in _GROUP.findall(pattern) if name not in words]
    if unknown or not pattern:
        raise RedFlagsError(f"{source}：{where} 引用了没有的词组 {'、'.join(unknown) or '（空）'}")
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        written = _GROUP.sub(lambda group: _any_of(words[group.group(1)]), pattern[1:-1])
        try:
            re.compile(written)
        except re.error as error:
            raise RedFlagsError(f"{source}：{where} 的 {pattern} 写得不对：{error}") from error
        return written
    pieces: list[str] = []
    for piece in _PIECE.split(pattern):
        if piece == "…":
            pieces.append(f"([^。！？；\\n]{{0,{GAP}}}?)")
        elif piece.startswith("{"):
            pieces.append(_any_of(words[piece[1:-1]]))
        elif piece.startswith("!"):
            pieces.append(f"(?!{re.escape(piece[1:])})")
        else:
            pieces.append(re.escape(piece))
    return "".join(pieces)


def _any_of(words: list[str]) -> str:
    return "(?:" + "|".join(map(re.escape, words)) + ")"


def load(path: Path) -> RedFlags:
    """The table of a file. Raises RedFlagsError."""
    try:
        table = yaml.load(
            path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except (OSError, yaml.YAMLError) as error:
        raise RedFlagsError(f"急症表 {path} 读不了：{error}") from error
    return RedFlags(table, path.name)
