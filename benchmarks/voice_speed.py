"""Speech: real-time factor, delay of the final text, people at once, memory and load time of the voice process."""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks._voice_rows import Printer, Row
from common import settings
from tests.support.processes import Stack, stack
from tests.voice.sounds import packets, quiet, say
from tests.voice.talker import Line, Talker
from voice import models
from voice.expect import FREE, Expectation, phrases
from voice.hospital import Hospital
from voice.recognise.model import Model
from voice.recognise.session import Recogniser

PACKET = 0.1
# What is asked, and what people answer: a booking from its first question to its last.
TURNS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("神经内科", {"kinds": ["department"]}),
    ("明天上午", {"kinds": ["date_time"]}),
    (
        "第二个",
        {"kinds": ["choice", "date_time"], "options": [{"id": str(n), "title": "王医生"} for n in range(4)]},
    ),
    ("是的", {"kinds": ["yes_no"]}),
    ("我想看皮肤科", {"kinds": ["department"]}),
    ("后天下午三点", {"kinds": ["date_time"]}),
    ("再说一遍", {"kinds": ["yes_no", "choice"]}),
    ("取消", {"kinds": ["person"]}),
)
AT_ONCE = (20, 30, 40, 60, 80, 120)
STEP_SECONDS = 8.0
MANY = 20
"""People at once whose memory is told."""
EXPECTED = "two minutes"
# Falling behind: an answer to a packet or a final text that comes later than this, for one in twenty.
LATE_MS = 300.0
LOAD = """
import sys, time
from pathlib import Path
from voice.recognise.model import Model
began = time.perf_counter()
Model.load(Path(sys.argv[1]))
print(time.perf_counter() - began)
"""


def rows(
    model: str | None = None,
    *,
    at_once: Sequence[int] = AT_ONCE,
    step_seconds: float = STEP_SECONDS,
    rounds: int = 3,
) -> Iterator[Row]:
    """Figures of this machine, each as soon as it is there. `model`: a name or folder in place of the set one;
    `rounds`: how often each sentence is said for the delays."""
    chosen = settings.get().model_copy(update={"voice_model": model} if model else {})
    folder = models.find(chosen)
    for (text, _), after in product(TURNS, (0.0, 0.2, 0.4)):
        # Made once, before anything is measured.
        say(text, after=after)
    # What else the machine was doing: with more than a core's work beside it the delays say little.
    busy = round(os.getloadavg()[0], 1)
    yield {
        "key": "load",
        "set": f"loading {folder.name}",
        "seconds": load_seconds(folder),
        "load_average": busy,
    }
    yield {"key": "one_stream", "set": "one stream, × real time", **real_time(folder)}
    with tempfile.TemporaryDirectory() as directory:
        values: dict[str, Any] = {"voice_model": str(folder.resolve()), "voice_sessions": max(at_once) + 1}
        with stack(["voice"], Path(directory), **values) as running:
            talker = Talker(running.settings.voice_url, running.service_token())
            idle = memory(running)
            yield {"key": "delay", "set": "end of speech → final text", **asyncio.run(delays(talker, rounds))}
            streams = 0
            for count in at_once:
                step = asyncio.run(together(talker, count, step_seconds))
                kept_up = max(step["answer_p95_ms"], step["final_p95_ms"]) <= LATE_MS
                yield {"key": "step", "set": f"{count} at once", **step, "kept_up": kept_up}
                if count == MANY:
                    used = memory(running)
                    yield {"key": "memory", "set": "memory", "idle_mb": idle, f"streams_{MANY}_mb": used}
                if not kept_up:
                    break
                streams = count
            yield {"key": "at_once", "set": "people at once in real time", "streams": streams}


def load_seconds(folder: Path, tries: int = 3) -> float:
    """In a process of its own each time; the median."""
    took = [
        float(subprocess.check_output([sys.executable, "-c", LOAD, str(folder)], cwd=settings.ROOT))
        for _ in range(tries)
    ]
    return round(statistics.median(took), 3)


def real_time(folder: Path, rounds: int = 3) -> dict[str, float]:
    """Processor seconds for a second of one person's speech, all of the recogniser's work in it, in packets."""
    model, words = Model.load(folder), Hospital(settings.get()).words()
    found = {}
    for name in ("grammar", "free"):
        recogniser = Recogniser(model)
        began, seconds = time.process_time(), 0.0
        for text, expects in TURNS * rounds:
            clip = say(text)
            recogniser.listen_for(phrases(Expectation.of(expects) if name == "grammar" else FREE, words))
            for packet in packets(clip, PACKET):
                recogniser.feed(packet)
            recogniser.finish()
            seconds += len(clip) / 32_000
        found[name] = round((time.process_time() - began) / seconds, 4)
    return found


async def delays(talker: Talker, rounds: int = 3) -> dict[str, float]:
    """From the end of speech to the final text: where the end is told (push-to-talk), and where silence tells it."""
    told, silent = [], []
    async with talker.line(sample_rate=16_000) as line:
        for text, expects in TURNS * rounds:
            await line.send({"config": {"expects": expects}})
            await in_time(line, say(text, after=0.0))
            began = time.perf_counter()
            await line.ask({"reset": 1})
            told.append(time.perf_counter() - began)
        for text, expects in TURNS:
            await line.send({"config": {"expects": expects}})
            await in_time(line, say(text, after=0.0))
            began = time.perf_counter()
            await in_time(line, quiet(3.0))
            silent.append(time.perf_counter() - began)
            await line.ask({"reset": 1})
    return {
        "told_p50_ms": milliseconds(told, 50),
        "told_p95_ms": milliseconds(told, 95),
        "by_silence_p50_ms": milliseconds(silent, 50),
        "by_silence_p95_ms": milliseconds(silent, 95),
    }


async def in_time(line: Line, pcm: bytes, late: list[float] | None = None) -> bool:
    """Sends the sound as fast as it is spoken, until its end or a final (True); notes each answer's delay after the
    moment at which its packet was due."""
    start = time.perf_counter()
    for number, packet in enumerate(packets(pcm, PACKET), 1):
        due = start + number * PACKET
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        answer = await line.ask(packet)
        if late is not None:
            late.append(time.perf_counter() - due)
        if "heard" in answer:
            return True
    return False


async def together(talker: Talker, count: int, seconds: float) -> dict[str, float]:
    """How late so many people are answered."""
    late, finals = await many(talker, count, seconds)
    return {"answer_p95_ms": milliseconds(late, 95), "final_p95_ms": milliseconds(finals, 95)}


async def many(talker: Talker, count: int, seconds: float) -> tuple[list[float], list[float]]:
    """So many people, each saying something over and over; delays of answers and of finals, in seconds."""
    late: list[float] = []
    finals: list[float] = []
    until = time.perf_counter() + seconds + 1

    async def person(number: int) -> None:
        await asyncio.sleep(number / count)
        async with talker.line(sample_rate=16_000) as line:
            turn = number
            while time.perf_counter() < until:
                text, expects = TURNS[turn % len(TURNS)]
                await line.send({"config": {"expects": expects}})
                await in_time(line, say(text, after=0.2), late)
                began = time.perf_counter()
                await line.ask({"reset": 1})
                finals.append(time.perf_counter() - began)
                turn += 1

    await asyncio.gather(*(person(number) for number in range(count)))
    return late, finals


def memory(running: Stack) -> float:
    """The voice process's resident megabytes."""
    status = Path(f"/proc/{running['voice'].pid}/status").read_text()
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def milliseconds(values: Iterable[float], percent: int) -> float:
    """A percentile of seconds."""
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the figures."""
    arguments = argparse.ArgumentParser(prog="menzhen bench voice_speed", description=__doc__)
    arguments.add_argument("--model", help="a name or folder in place of the model that is set")
    arguments.add_argument("--at-once", type=int, nargs="*", default=list(AT_ONCE), help="numbers of people")
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args(argv)
    printer = Printer(quiet=options.json)
    printer.section("speed", EXPECTED, lambda: rows(options.model, at_once=options.at_once))
    if options.json:
        print(printer.as_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
