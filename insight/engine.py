"""A question in, an answer out: understanding, permissions, the query, the sentence. One object for a process."""

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from insight import catalogue as catalogues
from insight.answer import outcomes, special
from insight.answer.outcomes import Reply, Tell, silent
from insight.answer.sentence import in_words
from insight.catalogue import Catalogue
from insight.compile.permissions import NotAllowed, Viewer, check, default_scope
from insight.errors import BadQuestion
from insight.interpretation import SHANGHAI, Interpretation
from insight.records.store import Store
from insight.subscriptions import Subscriptions
from insight.understand import clarify
from insight.understand.draft import Draft
from insight.understand.engine import SPECIAL, Understander, Understanding
from insight.understand.lexicon import build
from insight.understand.repair import Repairer, phrases_of

log = structlog.get_logger(room="insight")
REMEMBERED = 2000
"""Conversations that are kept in memory; the oldest is forgotten first."""


class Insight:
    """Answers management questions over one store. Safe to use from several threads."""

    def __init__(self, store: Store, catalogue: Catalogue | None = None) -> None:
        self.store = store
        self.catalogue = catalogue or catalogues.get()
        self._understander: tuple[int, Understander] | None = None
        self.subscriptions = Subscriptions(store)
        self._drafts: OrderedDict[tuple[str, str], Draft] = OrderedDict()
        self._questions: OrderedDict[tuple[str, str], list[str]] = OrderedDict()
        self._subjects: dict[tuple[str, str], tuple[tuple[str, Any], ...]] = {}
        self._lock = threading.Lock()

    # -- understanding

    def understander(self) -> Understander:
        """The understander for the values that the records hold now."""
        values = self.store.values()
        known = self._understander
        if known is None or known[0] != id(values):
            lexicon = build(self.catalogue, values)
            made = Understander(self.catalogue, lexicon, Repairer(phrases_of(lexicon)))
            known = self._understander = (id(values), made)
        return known[1]

    def allowed(self, viewer: Viewer) -> tuple[str, ...]:
        role = self.catalogue.roles.get(viewer.role)
        return tuple(key for key in self.catalogue.metrics if role and role.may_ask(key))

    def warm(self) -> None:
        """Read the records' values and build the indexes now rather than in somebody's question."""
        self.understander().repairer.warm()
        self.store.owners()

    def forget(self, viewer: Viewer, session: str) -> None:
        """Ends a conversation's context."""
        with self._lock:
            self._drafts.pop(_key(viewer, session), None)
            self._questions.pop(_key(viewer, session), None)
            self._subjects.pop(_key(viewer, session), None)

    # -- answering

    def ask(
        self,
        question: str,
        viewer: Viewer,
        now: datetime,
        session: str | None = None,
        tell: Tell = silent,
    ) -> dict[str, Any]:
        """The answer of the specification as a dictionary of JSON values.

        `now` is aware, Asia/Shanghai. `tell(stage, text)` hears `understood`, `querying` and `drawing` as they begin.
        Raises BadQuestion for an empty question; every other outcome is an answer.
        """
        if not question.strip():
            raise BadQuestion()
        now = now.astimezone(SHANGHAI)
        role = self.catalogue.roles.get(viewer.role)
        reply = Reply(question, self.catalogue, self.store, viewer, now, tell)
        if role is None:
            return reply.forbidden("您的身份不能查询运营数据。")
        before = self._drafts.get(_key(viewer, session))
        subjects = self._subjects.get(_key(viewer, session), ())
        understood = self.understander().understand(question, now, before, self.allowed(viewer), subjects)
        if understood.status == "refused":
            return reply.refused(understood)
        if understood.status == "clarify":
            return self._clarify(reply, understood, viewer)
        i = understood.interpretation
        assert i is not None
        if i.kind in SPECIAL:
            return special.answer(self, reply, i)
        try:
            i = self._scoped(i, understood, viewer)
        except NotAllowed as refusal:
            return reply.forbidden(refusal.message, i)
        if i.kind in ("subscription", "alert"):
            return special.subscribe(
                self, reply, i, understood, self._questions.get(_key(viewer, session), [])
            )
        tell("understood", in_words(i, self.catalogue))
        tell("querying", "正在查询就诊记录")
        answer = outcomes.answer(reply, i, understood)
        if understood.export:
            earlier = self._questions.get(_key(viewer, session), []) if understood.followed else []
            answer = special.exported(reply, answer, [*earlier, question])
        if session and answer["status"] in ("answered", "no_data"):
            self._remember(_key(viewer, session), understood, question, before is not None, answer)
        return answer

    def _clarify(self, reply: Reply, understood: Understanding, viewer: Viewer) -> dict[str, Any]:
        """Asks back; but what names somebody else's data is forbidden first, whatever was meant."""
        draft = understood.draft
        if draft is not None:
            named = Interpretation(
                filters=dict(draft.values or {}),
                exclude=dict(draft.exclude or {}),
                group_by=tuple(name for name, _ in draft.dims or ()),
                share_of="all" if draft.share_all else "rest",
            )
            try:
                check(named, viewer, self.catalogue, self.store.owners(), understood.whole)
            except NotAllowed as refusal:
                return reply.forbidden(refusal.message)
        options = tuple(o for o in understood.options if self._may_be_asked(o, viewer, reply.now))
        return reply.clarify(replace(understood, options=options))

    def _may_be_asked(self, question: str, viewer: Viewer, now: datetime) -> bool:
        """Whether a question offered to this viewer would not be forbidden: 收入最高的科室 would, to a head."""
        if self.catalogue.roles[viewer.role].rows == "all":
            return True
        meant = self.understander().understand(question, now)
        if meant.interpretation is None:
            return True
        try:
            check(meant.interpretation, viewer, self.catalogue, self.store.owners(), meant.whole)
        except NotAllowed:
            return False
        return True

    def _scoped(self, i: Interpretation, understood: Understanding, viewer: Viewer) -> Interpretation:
        """Permission checks, and the filter of a limited viewer who named none. Raises NotAllowed."""
        role = self.catalogue.roles[viewer.role]
        if understood.own == "own" and role.rows == "all":
            raise NotAllowed("您的身份不属于某个科室，请说明科室名称。", detail="no own department")
        check(i, viewer, self.catalogue, self.store.owners(), understood.whole)
        notes = list(understood.notes)
        for name, values in default_scope(viewer, self.catalogue).items():
            if name not in i.filters and name not in i.group_by:
                i = i.with_(filters={name: values, **i.filters})
                if understood.own is None:
                    notes.append(f"按您的权限只看{values[0]}")
        return i.with_(notes=(*i.notes, *notes))

    def _remember(
        self,
        key: tuple[str, str],
        understood: Understanding,
        question: str,
        followed: bool,
        answer: dict[str, Any],
    ) -> None:
        """Keeps the draft for the next question, and the questions that led to it for a subscription."""
        with self._lock:
            if understood.draft is not None:
                self._drafts[key] = understood.draft
                self._drafts.move_to_end(key)
            earlier = self._questions.get(key, []) if followed and understood.followed else []
            self._questions[key] = [*earlier, question]
            self._subjects[key] = _subjects(answer)
            while len(self._drafts) > REMEMBERED:
                old, _ = self._drafts.popitem(last=False)
                self._questions.pop(old, None)
                self._subjects.pop(old, None)

    def suggestions(self, viewer: Viewer, now: datetime) -> list[str]:
        """Questions to begin with that this viewer may ask."""
        out = []
        for question in clarify.EXAMPLES:
            i = self.understander().understand(question, now).interpretation
            if i is None:
                continue
            try:
                check(i, viewer, self.catalogue, self.store.owners())
            except NotAllowed:
                continue
            out.append(question)
        return out


POINTED_AT = (
    "department",
    "doctor",
    "clinic_room",
    "campus",
    "channel",
    "visit_type",
    "doctor_title",
    "insurance",
)


SEVERAL = 20
"""Things that 这些科室 may stand for."""


def _subjects(answer: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """What an answer was about: the one thing that 这个科 then stands for, and the several of 这三个科室 as a tuple."""
    meant, rows = answer["interpretation"], answer["rows"]
    listed = next((name for name in POINTED_AT if meant["group_by"] == [name]), None)
    single = [(listed, rows[0][listed])] if listed and len(rows) == 1 else []
    single += [(name, v[0]) for name, v in meant["filters"].items() if name in POINTED_AT and len(v) == 1]
    several = []
    if listed and 1 < len(rows) <= SEVERAL:
        several = [(listed, tuple(row[listed] for row in rows if row.get(listed) is not None))]
    return (*single[:1], *several)


def _key(viewer: Viewer, session: str | None) -> tuple[str, str]:
    return (viewer.subject or viewer.describe(), session or "")
