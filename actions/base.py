"""The base of every action: catches everything, keeps the deadline, and never leaves a person without an answer."""

import asyncio
import time
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.clients import Services, services
from actions.problems import DOWN, Unavailable, sentence
from actions.turn import Frame, Json, Turn, choose, option
from common import logs
from common.errors import MenzhenError
from common.settings import get

__all__ = ["BaseAction", "Frame", "Json", "Services", "Turn", "choose", "option"]
LOG = logs.logger("actions")
SHARE = 0.6
"""Of the time for a whole reply, how much one action may take: a turn may run two."""
RETRY_BUTTONS = [{"title": "再试一次"}, {"title": "转人工"}]
UNSURE = "抱歉，系统没有及时答复，还不确定{doing}办成了没有。请再试一次，我会接着办，不会重复办。"
LOST = "抱歉，我这边出了点问题，刚才的事情没有办成。请稍后再试，或者转人工。"


class BaseAction(Action):
    """Subclasses give `action`, say in `doing` what they do (for people, when it fails), and write `answer`."""

    action: ClassVar[str]
    doing: ClassVar[str] = ""
    writes: ClassVar[bool] = False
    """Whether it changes something: without an answer in time nobody knows whether that was done."""
    silent: ClassVar[bool] = False
    """Whether saying nothing is a valid answer (the action only sets values)."""

    def name(self) -> str:
        return self.action

    async def answer(self, turn: Turn, hospital: Services) -> None:
        """Say something on `turn` and signal how it ended. May raise any MenzhenError."""
        raise NotImplementedError

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
    ) -> list[dict[str, Any]]:
        began = time.monotonic()
        turn = Turn(tracker)
        try:
            async with asyncio.timeout(get().reply_deadline * SHARE):
                await self.answer(turn, services())
        except TimeoutError:
            self._failed(turn, Unavailable(code="BACKEND_TIMEOUT", detail="deadline of the action"))
        except MenzhenError as error:
            self._failed(turn, error)
        except Exception as error:
            LOG.exception("action failed", action=self.action, error=type(error).__name__)
            self._failed(turn, None)
        if not turn.messages and not self._may_be_silent(turn):
            LOG.error("action said nothing", action=self.action)
            self._failed(turn, None)
        for message in turn.messages:
            _utter(dispatcher, message)
        LOG.info(
            "action",
            action=self.action,
            outcome=turn.signal.get("outcome"),
            seconds=round(time.monotonic() - began, 3),
        )
        return turn.events()

    def _may_be_silent(self, turn: Turn) -> bool:
        # An event may have nothing to say that the person does not know.
        return (
            self.silent or bool(turn.event) or turn.signal.get("outcome") == "next" or "start" in turn.signal
        )

    def _failed(self, turn: Turn, error: MenzhenError | None) -> None:
        """What was not done is said; half of an answer is not shown, values set so far are dropped."""
        if error is not None:
            LOG.warning("not done", action=self.action, code=error.code, detail=error.detail)
        turn.messages.clear()
        state = turn.signal.get("state")
        turn.signal = {"state": state} if state is not None else {}
        in_flow = bool(turn.frame.flow)
        text = LOST if error is None else sentence(error, self.doing)
        if self.writes and error is not None and error.code == "BACKEND_TIMEOUT":
            text = UNSURE.format(doing=self.doing)
        can_retry = error is None or error.code in DOWN
        # Inside a flow the engine offers to try again or a person; outside nobody else would.
        turn.say(text, buttons=RETRY_BUTTONS if can_retry and not in_flow else None)
        turn.end("failed" if can_retry else "abandon")


def _utter(dispatcher: CollectingDispatcher, message: Json) -> None:
    card = message["card"]
    dispatcher.utter_message(
        text=message["text"] or None,
        buttons=message["buttons"] or None,
        json_message={"card": card} if card else None,
    )
