"""Ways of saying a metric that are more than a word (`phrasings.yml`): 从抽血到拿到报告要多久."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from insight.catalogue import Catalogue
from insight.errors import CatalogueError
from insight.understand.lexicon import Term
from insight.understand.scan import Token

PATH = Path(__file__).with_name("phrasings.yml")


@lru_cache
def patterns(path: Path = PATH) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(metric, pattern). Raises CatalogueError that names the pattern that is wrong."""
    said = ""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        out = []
        for metric, expressions in raw.items():
            for said in expressions:
                out.append((metric, re.compile(said)))
    except re.error as error:
        raise CatalogueError(
            f"说法表 {path.name}：「{said}」不是正确的正则表达式：{error}", detail=said
        ) from error
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise CatalogueError(f"说法表读不了：{path.name}：{error}", detail=str(error)) from error
    return tuple(out)


def read_phrasings(text: str, catalogue: Catalogue) -> list[Token]:
    """Tokens of kind `metric`; a metric that the hospital has taken out of its catalogue has no phrasings."""
    return [
        Token(hit.start(), hit.end(), hit.group(), (Term("metric", metric, hit.group()),))
        for metric, pattern in patterns()
        if metric in catalogue.metrics
        for hit in pattern.finditer(text)
    ]
