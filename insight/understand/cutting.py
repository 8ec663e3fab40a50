"""A question cut into its words: names and numbers first, then times in what is left, then the cheapest cover of all."""

import re
from dataclasses import dataclass
from datetime import datetime

from insight.catalogue import Catalogue
from insight.understand import clarify, courtesy, names
from insight.understand.lexicon import Lexicon, Term
from insight.understand.phrasings import read_phrasings
from insight.understand.quantities import Bound, another_limit, read_quantities
from insight.understand.repair import Repairer
from insight.understand.scan import Scan, Token, scan
from insight.understand.times import Times, read_times

PREFERENCE = ("refuse_write", "metric", "value", "dimension", "which_dimension", "series")
"""Which of several meanings of a word is taken."""
NO_TIMES = ("value", "metric", "workday", "restday", "series", "which_dimension", "daily", "same_period", "yoy", "mom",
            "usual")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cut:
    """`repairs`: (what was said, what it was taken for)."""

    scan: Scan
    times: Times
    repairs: tuple[tuple[str, str], ...] = ()

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Each token with one meaning: metrics before values before dimensions before grammar."""

        def rank(term: Term) -> int:
            return PREFERENCE.index(term.kind) if term.kind in PREFERENCE else len(PREFERENCE)

        return tuple(t.only(min(t.terms, key=rank)) if len(t.terms) > 1 else t for t in self.scan.tokens)


def cut(
    text: str,
    now: datetime,
    catalogue: Catalogue,
    lexicon: Lexicon,
    repairer: Repairer,
    prefer: str,
    inside: bool,
    limit: Bound | None = None,
) -> Cut:
    """`prefer`: whether bare dates are past or future; `inside`: weekdays are days of the range talked about.

    `limit`: the threshold talked about, for which a bare number is another value (40分钟的呢).
    """
    numbers = [*read_quantities(text), *another_limit(text, limit)]
    named = [*names.by_surname(text, lexicon), *clarify.asked_for(text), *read_phrasings(text, catalogue)]
    named += courtesy.read_courtesies(text)
    protected = sorted(
        [*_names(text, lexicon), *courtesy.greetings(text),
         *((t.start, t.end) for t in numbers if t.kind in ("bound", "limit", "quantile", "run"))]
    )  # fmt: skip
    times = read_times(text, now, protected, prefer, inside)
    extra = [*times.tokens, *numbers, *named, *_sending(text, times)]
    found = scan(text, lexicon, extra)
    if not found.unknown:
        return Cut(found, times)
    repaired = repairer.repair(text, found)
    if repaired is None:
        return Cut(found, times)
    places = sorted([*protected, *((t.start, t.end) for t in repaired.tokens)])
    times = read_times(text, now, places, prefer, inside)
    extra = [*times.tokens, *numbers, *named, *_sending(text, times), *repaired.tokens]
    return Cut(scan(text, lexicon, extra), times, repaired.said)


def _sending(text: str, times: Times) -> list[Token]:
    """A bare 发 where a schedule says that something is sent (每月1号发上个月收入)."""
    if not times.recurrence:
        return []
    found = re.finditer(r"(?<![出收取已])发(?![药生现展布])", text)
    return [Token(hit.start(), hit.end(), "发", (Term("subscribe", None, "发"),)) for hit in found]


def _names(text: str, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Spans of values and metrics, which hold no times (周转时间, 1诊室)."""
    lower, spans, place = text.lower(), [], 0
    while place < len(lower):
        ends = [
            end
            for end, terms in lexicon.matches(lower, place)
            if end - place > 1
            and not _part_of_time(lower, place, end)
            and any(t.kind in NO_TIMES for t in terms)
        ]
        if ends:
            spans.append((place, max(ends)))
            place = max(ends)
        else:
            place += 1
    return spans


def _part_of_time(text: str, start: int, end: int) -> bool:
    """每周一, 上月度, 上周几个科室: the word belongs to the time around it."""
    before = text[max(0, start - 1) : start]
    if re.match(r"[周天月]几[个家位名间]", text[start:]) and before in tuple("上本这下今"):
        return True
    if text[start:end].endswith(("周", "星期", "礼拜")) and text[end : end + 1] in tuple(
        "一二三四五六日天末"
    ):
        return True
    if text[start:end].startswith(("周环", "月环", "日环", "年同")) and before in tuple("上本这下今去前昨"):
        return True  # 上周环比
    if text[start:end].endswith(("去年", "上年")) and re.match(
        r"的?(?:\d|[一二三四五六七八九十]+月|[上下]半年|国庆|五一|春节|中秋|端午|清明|元旦|第|今天|昨天)",
        text[end:],
    ):
        return True  # 比去年10月
    return text[start:end] in ("月度", "季度", "年度", "周度") and before in tuple("上本这下今去前一二三四")
