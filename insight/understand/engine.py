"""The way of a question: normalise, find times, cut into words, read, merge with what was said before, finish."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from chinese.text import normalise
from insight.catalogue import Catalogue
from insight.interpretation import Interpretation
from insight.understand import clarify, cutting, ledger, names, refuse
from insight.understand.choosing import Unclear
from insight.understand.cutting import Cut
from insight.understand.draft import WHICH, Draft
from insight.understand.lexicon import Lexicon
from insight.understand.reader import Reader
from insight.understand.repair import Repairer
from insight.understand.scan import Scan, Token
from insight.understand.sense import SPECIAL, Pointless, Sense

LONGEST = 200
"""Characters of a question; longer texts are no questions."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a question was taken to mean, or why it was not."""

    status: Literal["ok", "clarify", "refused"]
    interpretation: Interpretation | None = None
    draft: Draft | None = None
    message: str = ""
    options: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    repairs: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    whole: bool = False
    own: str | None = None
    export: bool = False
    followed: bool = False
    """Whether it leaned on the question before."""
    content: str = ""
    """The question without the words that only say when to send its answer."""
    used: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Understander:
    catalogue: Catalogue
    lexicon: Lexicon
    repairer: Repairer

    def understand(
        self,
        question: str,
        now: datetime,
        before: Draft | None = None,
        allowed: tuple[str, ...] = (),
        subjects: tuple[tuple[str, Any], ...] = (),
    ) -> Understanding:
        """`before`: the draft of the conversation's last answer; `allowed`: metrics to offer in options.

        `subjects`: (dimension, value) that the last answer was about, which 这个科 then stands for; (dimension,
        values) of several, for 这三个科室.
        """
        text = normalise(question, emoji=True).strip()
        if len(text) > LONGEST:
            return Understanding("refused", message=f"问题太长了，请用 {LONGEST} 字以内说明要看什么。")
        refusal = refuse.by_shape(text)
        if refusal:
            return Understanding("refused", message=refusal)
        pieces = self.cut(text, now, before)
        found, times, repairs = pieces.scan, pieces.times, pieces.repairs
        ambiguous = names.several_doctors(text, found, self.lexicon)
        if ambiguous:
            return Understanding(
                "clarify", message=f"有 {len(ambiguous)} 位姓这个的医生，是哪一位？",
                options=tuple(ambiguous[:3]), repairs=repairs,
            )  # fmt: skip
        reader = Reader(text, pieces.tokens, times)
        draft = reader.read()
        unused = tuple(piece for _, _, piece in found.unknown)
        unused += tuple(t.text for t in found.tokens if t.kind == "unclear")
        unused += tuple(t.text for t in ledger.loose(text, reader.tokens))
        outcome = self._judge(text, reader, draft, found, before, unused, allowed)
        if outcome is not None:
            return replace(outcome, repairs=repairs, used=tuple(reader.used))
        followed = before is not None and self._follows(reader, draft)
        notes = [*times.notes]
        sense = Sense(self.catalogue, now, before if followed else None, subjects)
        try:
            draft, i = sense.of(reader, draft, notes)
        except Pointless:
            return Understanding(
                "clarify", draft=draft, message="没有听懂说的是哪一个，请说出名称。", repairs=repairs
            )
        except Unclear as problem:
            return self._unclear(problem, sense.merged(reader, draft), reader, repairs, allowed)
        idle = ledger.idle(text, reader, i, sense, self.lexicon)
        if idle:
            doubt = Unclear(
                "metrics" if draft.metrics else "metric",
                f"没有听懂{ledger.quoted(idle)}在这里的意思，所以先不回答，以免答错",
            )
            asked = self._unclear(doubt, draft, reader, repairs, allowed)
            return replace(asked, unused=tuple(t.text for t in idle))
        return Understanding(
            "ok", i.with_(used=tuple(reader.used)), draft, repairs=repairs, notes=tuple(notes),
            whole=reader.whole, own=reader.own, used=tuple(reader.used), export="export" in reader.flags,
            content=_content(text, reader.tokens), followed=followed,
        )  # fmt: skip

    def _unclear(
        self,
        problem: Unclear,
        draft: Draft,
        reader: Reader,
        repairs: tuple[tuple[str, str], ...],
        allowed: tuple[str, ...],
    ) -> Understanding:
        """What is asked back where a question has no single reading."""
        return Understanding(
            "clarify",
            draft=draft,
            message=problem.message,
            options=tuple(clarify.options(problem.need, draft, self.catalogue, allowed)),
            repairs=repairs,
            whole=reader.whole,
            used=tuple(reader.used),
        )

    def cut(self, text: str, now: datetime, before: Draft | None = None) -> Cut:
        """The words and times of a question; the conversation says which way bare dates are meant."""
        ahead = before is not None and before.kind == "forecast" or refuse.looks_ahead(text)
        ranges = (before.ranges if before else None) or ()
        inside = len(ranges) == 1 and ranges[0].days(now) >= 7
        return cutting.cut(
            text,
            now,
            self.catalogue,
            self.lexicon,
            self.repairer,
            "future" if ahead else "past",
            inside,
            before.bound if before else None,
        )

    def _follows(self, reader: Reader, draft: Draft) -> bool:
        """Whether a question leans on the one before: it says less than a question needs, or says so."""
        if draft.kind in (*SPECIAL, "alert"):
            return False
        complete = bool(
            draft.metrics
            or draft.bound_metric
            or draft.kind in ("bottleneck", "anomaly")
            or draft.rank in ("busy", "idle")
        )
        if reader.follow or not complete:
            return True
        return draft.ranges is None and not draft.now

    def _judge(
        self,
        text: str,
        reader: Reader,
        draft: Draft,
        found: Scan,
        before: Draft | None,
        unused: tuple[str, ...],
        allowed: tuple[str, ...],
    ) -> Understanding | None:
        """Refusals, and words that were not understood; None where the question can be finished."""
        refusal = refuse.by_words(reader, draft)
        if refusal:
            return Understanding("refused", draft=draft, message=refusal, unused=unused)
        if reader.flags & {"others", "other_doctors"} and not draft.exclude:
            doctors = "other_doctors" in reader.flags
            return Understanding(
                "clarify",
                draft=draft.with_(dims=((("doctor" if doctors else "department"), WHICH),)),
                message=f"没有听懂说的是哪些{'医生' if doctors else '科室'}，请说出名称，或说各{'医生' if doctors else '科室'}。",
                whole=not doctors,  # a head may see the other doctors of the department
            )
        said = draft.said()
        if ("export" in reader.flags or reader.whole) and before is not None and not unused:
            return None
        meaningful = set(said) - {"counted", "weak", "together", "vague", "now"}
        if (
            not meaningful
            and not (before and (reader.follow or said))
            and not (said.keys() & {"vague", "weak", "counted"} and not unused)
        ):
            return Understanding("refused", draft=draft, message=refuse.OUT_OF_SCOPE, unused=unused)
        if unused:
            if reader.flags & {"unclear"}:
                pass  # known words that may mean several things are asked back
            elif not meaningful - {"ranges", "compare"} or (
                not draft.metrics
                and not draft.bound_metric
                and not draft.values
                and not draft.dims
                and not draft.rank
                and not draft.kind
            ):
                return Understanding("refused", draft=draft, message=refuse.OUT_OF_SCOPE, unused=unused)
            words = "、".join(f"「{w}」" for w in unused)
            return Understanding(
                "clarify",
                draft=draft,
                message=f"没有听懂{words}，所以先不回答，以免答错。",
                options=tuple(
                    clarify.options(
                        "per_head" if "人均" in unused else "metrics" if draft.metrics else "metric",
                        draft,
                        self.catalogue,
                        allowed,
                    )
                ),
                unused=unused,
            )
        if "nothing_excluded" in reader.flags:
            return Understanding(
                "clarify", draft=draft, message="没有听懂要去掉的是什么。", whole=reader.whole
            )
        if "poor" in reader.flags and draft.kind != "why" and draft.metrics != ("satisfaction",):
            return Understanding(
                "clarify", draft=draft, message="没有听懂「差」在这里指什么。", whole=reader.whole,
                options=tuple(clarify.options("metrics", draft, self.catalogue, allowed)),
            )  # fmt: skip
        if "usual" in reader.flags and draft.kind != "why":
            return Understanding(
                "clarify", draft=draft, message="没有说明“平时”是哪一段时间。", whole=reader.whole,
                options=tuple(clarify.options("compare", draft, self.catalogue, allowed)),
            )  # fmt: skip
        if (
            "which" in reader.flags
            and draft.rank
            and not draft.dims
            and not any(len(values) > 1 for values in (draft.values or {}).values())
            and not (before and self._follows(reader, draft))
        ):
            options = clarify.options("rank_dimension", draft, self.catalogue, allowed)
            return Understanding(
                "clarify",
                draft=draft,
                message="没有说明在什么之间排名",
                whole=reader.whole,
                options=tuple(options),
            )
        if "dangling" in reader.flags:
            return Understanding("clarify", draft=draft, message="没有听懂按什么分开看。", whole=reader.whole)
        if "share_of" in reader.flags:
            return Understanding(
                "clarify", draft=draft, message="没有听懂是谁占谁的比例。", whole=reader.whole,
                options=tuple(clarify.options("metrics", draft, self.catalogue, allowed)),
            )  # fmt: skip
        if "time_unknown" in reader.flags:
            return Understanding(
                "clarify", draft=draft, message="这个时间无法确定：" + "；".join(reader.times.notes)
            )
        return None


def _content(text: str, tokens: tuple[Token, ...]) -> str:
    """What is left of a subscription's sentence when its schedule and its sending are taken away."""
    kept = text
    for token in tokens:
        if token.kind in ("schedule", "subscribe", "follow") or token.text in (
            "把",
            "给我",
            "发",
            "请",
            "帮我",
        ):
            kept = kept[: token.start] + " " * (token.end - token.start) + kept[token.end :]
    return "".join(kept.split()).strip("，,。 ")
