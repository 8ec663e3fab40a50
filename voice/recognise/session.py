"""One person's speech: sound in, utterances out. Used by one thread at a time; any thread may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
import vosk

from voice.errors import BadMessage
from voice.recognise.confidence import readings
from voice.recognise.grammar import UNKNOWN, Grammar
from voice.recognise.limits import MAX_RATE, MIN_RATE
from voice.recognise.model import Model
from voice.recognise.silence import End, Rules, Silence
from voice.repair import Hypothesis

ALTERNATIVES = 5
_STEP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was recognised: readings best first (`[unk]` among their words, times from the utterance's start, confidence
    0–1), `start` and `seconds` of the session's sound, why it ended, and what was allowed. `held`: nothing else could be
    heard; a model of one static graph hears anything."""

    hypotheses: tuple[Hypothesis, ...]
    start: float
    seconds: float
    end: End
    grammar: Grammar | None = None
    held: bool = True

    @property
    def text(self) -> str:
        """The best reading as Vosk writes it: words apart, `[unk]` among them."""
        return self.hypotheses[0].text if self.hypotheses else ""


class Recogniser:
    """A session over one model. Feed it sound; it says when an utterance is over.

    Vosk ends the process where a grammar is changed while it decodes, or where two threads use one recogniser; this
    class is the only one that touches it.
    """

    def __init__(
        self,
        model: Model,
        rate: int = 16_000,
        *,
        alternatives: int = ALTERNATIVES,
        rules: Rules | None = None,
    ) -> None:
        if not MIN_RATE <= rate <= MAX_RATE:
            raise BadMessage(f"采样率要在 {MIN_RATE} 到 {MAX_RATE} 之间。", detail=f"rate {rate}")
        self.rate = rate
        self._model = model
        self._rules = rules or Rules()
        self._vosk = vosk.KaldiRecognizer(model.vosk, float(rate))
        self._vosk.SetWords(True)
        # From several alternatives come both the n-best list and the words' confidence; see confidence.py.
        self._vosk.SetMaxAlternatives(max(alternatives, ALTERNATIVES))
        self._grammar: Grammar | None = None
        self._silence = Silence(rate, self._rules)
        self._odd = b""
        self._pcm = bytearray()
        self._before = 0
        self._decoded = 0
        self._text = ""

    @property
    def restricted(self) -> bool:
        """Whether a list of phrases is listened for."""
        return self._grammar is not None

    def renew(self, alternatives: int = ALTERNATIVES) -> None:
        """For another person, between utterances: nothing of the one before is left but what Vosk knows of its graph."""
        assert not self._pcm, "somebody is speaking"
        self._vosk.SetMaxAlternatives(max(alternatives, ALTERNATIVES))
        self._silence = Silence(self.rate, self._rules)
        self._odd, self._before = b"", 0

    @property
    def partial(self) -> str:
        """What was said so far, as people read it."""
        return "".join(self._text.replace(UNKNOWN, "").split())

    @property
    def seconds(self) -> float:
        """Sound of the utterance that is under way."""
        return len(self._pcm) / 2 / self.rate

    def hold(self, held: bool) -> None:
        """Whether a button is held, so that silence ends nothing; may change while somebody speaks."""
        self._silence.held = held

    def listen_for(self, phrases: Iterable[str]) -> Grammar | None:
        """Restrict what is heard to these phrases; none: the whole model. Where somebody is already speaking, what was
        said is heard again under the new restriction. Raises BadMessage."""
        grammar = self._model.grammars.of(phrases)
        if grammar is self._grammar:
            return grammar
        if not self._model.takes_grammar:
            self._grammar = grammar
            return grammar
        if self._pcm:
            self._vosk.Reset()
        self._vosk.SetGrammar(grammar.json if grammar else "[]")
        self._grammar = grammar
        if self._pcm:
            self._decode(bytes(self._pcm))
        return grammar

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Takes 16-bit little-endian mono sound of any length (half a sample waits for its other half) and returns the
        utterances that ended in it, usually none."""
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % 2
        self._odd = pcm[whole:]
        ended: list[Utterance] = []
        step = round(self.rate * _STEP_SECONDS) * 2
        for place in range(0, whole, step):
            part = pcm[place : min(place + step, whole)]
            self._pcm += part
            self._decode(part)
            self._silence.feed(part)
            end = self._silence.ended(self._text)
            if end:
                ended.append(self.finish(end))
        return ended

    def finish(self, end: End = "eof") -> Utterance:
        """The utterance as it is now; what comes next is a new one."""
        self._odd = b"" if end == "eof" else self._odd
        found: dict[str, object] = orjson.loads(self._vosk.FinalResult()) if self._pcm else {}
        start, seconds = self._before / self.rate, self.seconds
        self._before += len(self._pcm) // 2
        # Vosk counts the seconds of all that it was fed, replays too.
        offset = (self._decoded - len(self._pcm) // 2) / self.rate
        self._pcm.clear()
        self._silence.start()
        self._text = ""
        return Utterance(
            readings(found, offset, seconds), start, seconds, end, self._grammar, self._model.takes_grammar
        )

    def _decode(self, pcm: bytes) -> None:
        self._decoded += len(pcm) // 2
        # Its own idea of an end does not matter: it goes on where it is not asked for a result.
        self._vosk.AcceptWaveform(pcm)
        if self._silence.rules.ends:
            self._text = str(orjson.loads(self._vosk.PartialResult()).get("partial", ""))
