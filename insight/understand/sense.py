"""What a draft means: with the question before it, with what it points at, and with the defaults applied."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from insight.catalogue import Catalogue
from insight.context import merge, pointed
from insight.interpretation import Interpretation
from insight.understand.draft import Draft
from insight.understand.finish import Finisher
from insight.understand.reader import Reader

SPECIAL = ("suggestions", "definition", "list_subscriptions", "unsubscribe")
"""Kinds whose answer is no number."""


class Pointless(Exception):
    """这个科 stands for nothing: the last answer was about no single department."""


@dataclass(frozen=True, slots=True)
class Sense:
    """`before`: the draft that a follow-up leans on; `subject`: what 这个科 stands for."""

    catalogue: Catalogue
    now: datetime
    before: Draft | None = None
    subject: tuple[str, Any] | None = None

    def merged(self, reader: Reader, draft: Draft) -> Draft:
        """The draft with what it takes over. Raises Pointless."""
        if self.before is not None:
            draft = merge(self.before, draft, reader)
        if draft.pronoun:
            if self.subject is None or draft.pronoun not in ("any", self.subject[0]):
                raise Pointless
            draft = pointed(draft, *self.subject)
        return draft

    def of(self, reader: Reader, draft: Draft, notes: list[str]) -> tuple[Draft, Interpretation]:
        """The whole draft and what it means; `notes` are added to. Raises Unclear or Pointless."""
        draft = self.merged(reader, draft)
        if draft.kind in SPECIAL:
            kind: Any = draft.kind
            return draft, Interpretation(kind=kind, metric=(draft.metrics or (None,))[0])
        i = Finisher(draft, self.catalogue, self.now, notes).finish()
        if not draft.metrics and i.metric:
            draft = draft.with_(metrics=(i.metric,))
        return draft, i
