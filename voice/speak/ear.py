"""Replies for the ear: short, read right, discreet where others listen. An emergency is said in full."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chinese.aloud import aloud
from common import clock, logs
from voice.speak import cards
from voice.speak.cards import Ear
from voice.speak.discretion import REPORT_ON_SCREEN, URGENT_ON_SCREEN, about_results, discreet, names_of

LOG = logs.logger("voice.ear")
Message = Mapping[str, Any]
MOST_TEXT = 90
"""Characters of running text in a reply, twenty seconds; what is offered or asked comes on top."""
FEW_WORDS = 45
"""Up to here a reply leaves room for naming the buttons."""
MORE = "看更多"
LOOK = "请看屏幕。"
MORE_ON_SCREEN = "详细内容请看屏幕。"
_LISTS = frozenset({"options", "slots", "confirm", "appointments", "reports", "triage"})
"""Cards that say themselves what can be answered."""

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
# 明天（11月24日 周二）: whoever listens knows which day tomorrow is.
_NEAR_DAY = re.compile(r"(今天|明天|后天)（\d+月\d+日 周.）")
_WARNING = re.compile(r"120|急诊|请问[^。]{0,6}医生|就医|不是诊断|非诊断")
_POINTED = re.compile(
    r"点一个，或者说|点一个科室就可以|，没问题就点确认|，可以点下面继续付款|(?<=[。，])点下面[^。]*"
)


def for_the_ear(messages: Sequence[Message], *, public: bool, now: datetime | None = None) -> str:
    """What is said of a reply's messages, in words and without digits; empty where there is nothing to say.

    `public`: others may hear; then neither results nor identity nor names are said, but that they are on the screen.
    `now` is the clinic's time, by which 今天 and 明天 are said.
    """
    ear = Ear(public, now or clock.now())
    alarms = [message for message in messages if _type(message) == "emergency"]
    if alarms:
        return aloud("".join(_alarm(message, ear) for message in alarms))
    if public and any(_type(message) == "report" for message in messages):
        return aloud(_reports_aside(messages))
    names = names_of(messages) if public else frozenset()
    pairs = [(_text(message, ear), _card(message, ear)) for message in messages]
    if public:
        pairs = [(discreet(text, names), discreet(shown, names)) for text, shown in pairs]
    kept = _short([sentence for text, _ in pairs for sentence in text])
    said = [sentence for text, shown in pairs for sentence in (*(s for s in text if s in kept), *shown)]
    if MORE_ON_SCREEN in kept:
        said.append(MORE_ON_SCREEN)
    spoken = "".join(dict.fromkeys(said))
    if len(spoken) <= FEW_WORDS and not any(_type(message) in _LISTS for message in messages):
        spoken += _buttons(messages, spoken, public)
    return aloud(spoken)


def _type(message: Message) -> str:
    return str((message.get("card") or {}).get("type") or "")


def _alarm(message: Message, ear: Ear) -> str:
    """All of it; what the sentence says already (the number to call) is not said again."""
    text = str(message.get("text") or "")
    phone = str(message["card"].get("phone") or "120")
    told = [s for s in cards.say(message["card"], ear) if not (phone in text and phone in s)]
    return _closed(text) + "".join(_closed(sentence) for sentence in told)


def _reports_aside(messages: Sequence[Message]) -> str:
    """A report where others listen: nothing of it, but whether it must be looked at now."""
    flags = {row.get("flag") for m in messages for row in (m.get("card") or {}).get("rows") or ()}
    urgent = bool(flags & {"HH", "LL"}) or any("尽快" in str(m.get("text") or "") for m in messages)
    return URGENT_ON_SCREEN if urgent else REPORT_ON_SCREEN


def _text(message: Message, ear: Ear) -> list[str]:
    if ear.public and _type(message) == "insight":
        return []
    text = _POINTED.sub(_say_instead, _NEAR_DAY.sub(r"\1", str(message.get("text") or "")))
    # Lines with a point are tables in words: for the eye.
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("·", "-", "•"))]
    sentences = [_closed(part) for line in lines for part in _SENTENCE.findall(line) if part.strip()]
    return [*sentences, MORE_ON_SCREEN] if len(lines) < len(text.splitlines()) else sentences


def _say_instead(hit: re.Match[str]) -> str:
    return "可以说" if hit[0].startswith("点一个，") else "说科室的名字就可以" if "科室" in hit[0] else ""


def _card(message: Message, ear: Ear) -> list[str]:
    card = message.get("card")
    if not card:
        return []
    more = any(MORE in str(button.get("title")) for button in message.get("buttons") or ())
    try:
        said = cards.say(card, replace(ear, more=more))
    except (KeyError, TypeError, ValueError) as error:
        # A card that lacks something is still shown; the reply is not kept back for it.
        LOG.warning("card cannot be said", card=_type(message), error=type(error).__name__)
        said = [LOOK]
    text = str(message.get("text") or "")
    closed = [_closed(_NEAR_DAY.sub(r"\1", sentence)) for sentence in said]
    return [sentence for sentence in closed if sentence and sentence.rstrip("。") not in text]


def _closed(sentence: str) -> str:
    """Ending in a full stop: what follows a colon is on the screen."""
    bare = sentence.strip().rstrip("：:，,、；;")
    return bare if not bare or bare[-1] in "。！？!?" else bare + "。"


def _short(sentences: list[str]) -> list[str]:
    """As many whole sentences as fit, the question at the end, which is what is to be answered, and every warning."""
    if sum(map(len, sentences)) <= MOST_TEXT:
        return sentences
    asked = [sentences[-1]] if len(sentences) > 1 and sentences[-1][-1] in "？?" else []
    room = MOST_TEXT - sum(map(len, asked))
    kept: list[str] = []
    full = False
    for sentence in sentences[: len(sentences) - len(asked)]:
        full = full or bool(kept) and sum(map(len, kept)) + len(sentence) > room
        if not full or _WARNING.search(sentence):
            kept.append(sentence)
    return [*kept, *asked, MORE_ON_SCREEN]


def _buttons(messages: Sequence[Message], spoken: str, public: bool) -> str:
    """可以说“付好了”，或者“算了不挂了”: at most three, none that the sentence names already."""
    titles = [
        str(button.get("title") or "")
        for message in messages
        for button in message.get("buttons") or ()
        if not button.get("url")
    ]
    kept = [
        title
        for title in dict.fromkeys(titles)
        if title and title not in spoken and not (public and (about_results(title) or "查看" in title))
    ][: cards.AT_MOST]
    return f"可以说“{'”，或者“'.join(kept)}”。" if kept else ""
