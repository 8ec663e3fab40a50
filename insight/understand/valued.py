"""The values that a question names, and whether they are meant or left out: 除了儿科, 儿科以外."""

import re
from typing import TYPE_CHECKING, Any

from insight.understand.scan import LIGHT, Token

if TYPE_CHECKING:
    from insight.understand.reader import Reader

_COUNTS = re.compile("多少|(?:哪个|谁|哪边|哪类|的|更|人)[多少]|[多少]还是")
"""Where people are counted: 初诊患者和复诊患者哪个多."""


def read_values(reader: "Reader") -> None:
    """Values, and whether they are meant or excluded: 除了儿科, 儿科以外."""
    included: dict[str, tuple[Any, ...]] = {}
    excluded: dict[str, tuple[Any, ...]] = {}
    leaving, last, before_share, without = False, "", None, 0
    group: list[Token] = []
    tokens = [t for t in reader.tokens if t.kind not in LIGHT]
    for place, token in enumerate(tokens):
        kind = token.kind
        objects = _objects(tokens, place) if kind == "exclude_before" else []
        if objects:
            without += 1
            _leave_out(reader, objects, included, excluded)
            leaving, group = False, []
        elif kind == "exclude_before":
            leaving, group = True, []
            without += 1
        elif kind == "value":
            target = excluded if leaving else included
            if (
                before_share
                and not leaving
                and included.get(token.dimension) not in (None, members_of(token))
            ):
                reader.flags.add("share_of")  # 内科占内外科的比例
            members = members_of(token)
            target[token.dimension] = (*target.get(token.dimension, ()), *members)
            if len(members) > 1:
                reader.out["together"] = True
            reader.use(token, f"{'不含' if leaving else ''}{token.dimension}={'、'.join(map(str, members))}")
            group.append(token)
            if token.dimension == "channel":
                hint(reader, token)
            if not leaving:
                last = token.dimension
            if token.text.endswith(("患者", "病人", "人", "者")) and _COUNTS.search(reader.text):
                reader.out.setdefault("counted", "patients")
        elif kind == "time_filter" and not leaving:
            last = "time"
        elif kind in ("workday", "restday"):
            last = last if leaving else "time"
            if leaving:
                group.append(token)
            reader.out["exclude_day_kind" if leaving else "day_kind"] = kind
            reader.use(token, "只看工作日" if kind == "workday" else "只看休息日")
        elif kind == "time_filter" and leaving:
            reader.flags.add("exclude_" + str(token.value))
            group.append(token)  # 不算周末上月门诊量: the month is not left out as well
        elif kind == "time" and leaving and (not group or tokens[place - 1].kind == "both"):
            reader.left_out.add(token.value)
            group.append(token)
        elif kind == "exclude_after":
            if not leaving:
                for other in (t for t in group if t.kind == "value"):
                    included[other.dimension] = tuple(
                        v for v in included.get(other.dimension, ()) if v not in members_of(other)
                    )
                    excluded[other.dimension] = (*excluded.get(other.dimension, ()), *members_of(other))
            leaving, group = False, []
        elif kind == "share" and token.text == "占" or kind == "share_all":
            before_share = before_share or last
            leaving, group = False, []
        elif kind != "both":
            leaving, group = False, []
    included = {name: tuple(dict.fromkeys(v)) for name, v in included.items() if v}
    if included:
        reader.out["values"] = included
    if included or last == "time":
        reader.out["share_dim"] = before_share or last or None
    if excluded:
        reader.out["exclude"] = excluded
    elif without and not (
        reader.left_out
        or reader.out.get("exclude_day_kind")
        or any(flag.startswith("exclude_") for flag in reader.flags)
    ):
        reader.flags.add("nothing_excluded")


def hint(reader: "Reader", token: Token) -> None:
    """窗口挂号, 挂号渠道, 预约方式: the noun inside says what is counted where no metric is named."""
    if "挂" in token.text:
        reader.out.setdefault("weak", "registrations")
    elif "约" in token.text:
        reader.out.setdefault("weak", "bookings_made")


LEFT_OUT = ("value", "time_filter", "time", "workday", "restday")
"""Kinds of words that can be left out: 儿科, 周末, 国庆, 工作日."""


def _objects(tokens: list[Token], place: int) -> list[Token]:
    """What a verb of leaving out stands behind: 儿科和骨科 in 儿科和骨科去掉; nothing where its object follows it."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if after is not None and after.kind in (*LEFT_OUT, "each", "dimension"):
        return []
    found: list[Token] = []
    at = place - 1
    while at >= 0 and tokens[at].kind in LEFT_OUT:
        found.insert(0, tokens[at])
        joined = at >= 2 and tokens[at - 1].kind == "both"
        at -= 2 if joined else len(tokens)
    return found


def _leave_out(
    reader: "Reader",
    objects: list[Token],
    included: dict[str, tuple[Any, ...]],
    excluded: dict[str, tuple[Any, ...]],
) -> None:
    for token in objects:
        if token.kind == "value":
            name, members = token.dimension, members_of(token)
            included[name] = tuple(v for v in included.get(name, ()) if v not in members)
            excluded[name] = (*excluded.get(name, ()), *members)
        elif token.kind == "time_filter":
            reader.flags.add("exclude_" + str(token.value))
        elif token.kind == "time":
            reader.left_out.add(token.value)
        else:
            reader.out.pop("day_kind", None)
            reader.out["exclude_day_kind"] = token.kind


def members_of(token: Token) -> tuple[Any, ...]:
    """The values that a word stands for: one, or those of a group (中青年)."""
    return token.value if isinstance(token.value, tuple) else (token.value,)
