"""The hospital's words: departments, doctors, visit types, relations, tests, symptoms; reloaded when a file changes.

Sources, later ones replacing earlier ones kind by kind: `nlu_data/vocabulary/KIND.yml` (edited by people), then
`vocabulary.json` in the data directory (exported from the hospital each night; departments and doctors).
Both hold terms `{code, name, words: [...], ...}`; the JSON file is `{"departments": [...], "doctors": [...]}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# The kind of a term → the name of its entity.
KINDS = {
    "departments": "department",
    "doctors": "doctor",
    "visit_types": "visit_type",
    "persons": "person",
    "lab_tests": "lab_test",
    "exams": "exam",
    "symptoms": "symptom",
    "body_parts": "body_part",
    "drugs": "drug",
    "campuses": "campus",
}
_OTHER_WORDS = ("words", "synonyms", "aliases")


class VocabularyError(Exception):
    """A vocabulary file cannot be read; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Term:
    """One thing that the hospital has a name for. `more` keeps the file's other fields (a doctor's department)."""

    code: str
    name: str
    words: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)


Vocabulary = dict[str, list[Term]]


def read(folder: Path, exported: Path) -> Vocabulary:
    """All terms by kind. Raises VocabularyError. Files that are not there are no error."""
    found: Vocabulary = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.yml")) if folder.is_dir() else []:
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        except (OSError, yaml.YAMLError) as error:
            raise VocabularyError(f"词表 {path} 读不了：{error}") from error
        found.update(_kinds(content, path))
    if exported.exists():
        try:
            content = json.loads(exported.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise VocabularyError(f"词表 {exported} 读不了：{error}") from error
        for kind, terms in _kinds(content, exported).items():
            found[kind] = _with_everyday_words(terms, found[kind])
    return found


def fingerprint(folder: Path, exported: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when a file of the vocabulary does."""
    paths = [*(sorted(folder.glob("*.yml")) if folder.is_dir() else []), exported]
    return tuple((p.name, s.st_mtime_ns, s.st_size) for p in paths if p.exists() for s in [p.stat()])


def _kinds(content: Any, path: Path) -> Vocabulary:
    if isinstance(content, dict) and any(kind in content for kind in KINDS):
        return {kind: _terms(content[kind], path) for kind in KINDS if kind in content}
    if path.stem in KINDS:
        return {path.stem: _terms(content, path)}
    return {}


def _terms(entries: Any, path: Path) -> list[Term]:
    """Terms from a list of `{code, name, words}`, of plain names, or from a mapping `name: [words]`."""
    if isinstance(entries, dict):
        entries = [{"name": name, "words": words} for name, words in entries.items()]
    if not isinstance(entries, list):
        raise VocabularyError(f"词表 {path}：应为一列词条")
    return [_term(entry, path) for entry in entries]


def _term(entry: Any, path: Path) -> Term:
    if isinstance(entry, str):
        return Term(entry, entry, (entry,))
    if not isinstance(entry, dict) or not (entry.get("name") or entry.get("code")):
        raise VocabularyError(f"词表 {path}：词条缺 name：{entry!r}")
    name = str(entry.get("name") or entry["code"])
    words = [str(word) for key in _OTHER_WORDS for word in entry.get(key) or []]
    more = {key: value for key, value in entry.items() if key not in {"code", "name", *_OTHER_WORDS}}
    return Term(str(entry.get("code") or name), name, tuple(dict.fromkeys([name, *words])), more)


def _with_everyday_words(exported: list[Term], edited: list[Term]) -> list[Term]:
    """The hospital's own terms with the everyday words that people wrote for the same name or code."""
    by_name = {term.name: term.words for term in edited}
    by_code = {term.code: term.words for term in edited}
    return [
        Term(
            term.code,
            term.name,
            tuple(dict.fromkeys([*term.words, *by_name.get(term.name, by_code.get(term.code, ()))])),
            term.more,
        )
        for term in exported
    ]


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
