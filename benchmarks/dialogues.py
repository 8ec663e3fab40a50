"""Measures whole conversations: what must hold after each line, by conversation pattern, over the running system.

Starts everything on free ports at the clock of the file and talks as each dialogue's person. A turn is right where
all that it demands holds; after a wrong one the rest of its dialogue is not judged.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli import demo
from common.settings import ROOT
from tests.support.processes import Stack
from tests.support.talk import Person, Reply

DIALOGUES = ROOT / "tests" / "nlu" / "judge" / "dialogues.yml"
SERVICES = ["hospital", "cashier", "facade", "journey", "insight", "actions", "bot", "gateway"]
FIRST_MRN = 100_500
NOON = 12


def several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def cards(reply: Reply) -> list[dict[str, Any]]:
    return [m["card"] for m in reply.messages if m.get("card")]


def words(reply: Reply) -> str:
    """Everything that the person can read: sentences, buttons, cards."""
    return reply.text + json.dumps(reply.messages, ensure_ascii=False)


def slots(reply: Reply) -> list[dict[str, Any]]:
    return [slot for card in cards(reply) if card["type"] == "slots" for slot in card["slots"]]


def departments(reply: Reply) -> str:
    """The departments of what is shown; a confirmation's stands among its lines."""
    shown = [c for c in cards(reply) if c["type"] in ("slots", "schedule", "confirm", "triage", "voucher")]
    return json.dumps(shown, ensure_ascii=False)


def in_part(reply: Reply, part: str) -> bool:
    mornings = [int(slot["start"][11:13]) < NOON for slot in slots(reply)]
    return bool(mornings) and all(morning == (part == "am") for morning in mornings)


CHECKS: dict[str, Callable[[Reply, Any], bool]] = {
    "skill": lambda reply, wanted: reply.skill in several(wanted),
    "card": lambda reply, wanted: any(reply.has_card(type) for type in several(wanted)),
    "card_not": lambda reply, wanted: not any(reply.has_card(type) for type in several(wanted)),
    "says": lambda reply, wanted: any(word in words(reply) for word in wanted),
    "says_not": lambda reply, wanted: not any(word in words(reply) for word in wanted),
    "department": lambda reply, wanted: wanted in departments(reply),
    "date": lambda reply, wanted: bool(slots(reply)) and slots(reply)[0]["start"].startswith(wanted),
    "part": in_part,
}


def failed(turn: dict[str, Any], reply: Reply) -> list[str]:
    """The names of what does not hold. Raises KeyError for a check that does not exist."""
    if reply.frame["type"] == "error" or not reply.messages:
        return ["silent"]
    return [name for name, wanted in turn.items() if name != "say" and not CHECKS[name](reply, wanted)]


def talk(person: Person, dialogue: dict[str, Any]) -> dict[str, Any]:
    """One dialogue up to its first wrong turn."""
    for place, turn in enumerate(dialogue["turns"]):
        reply = person.say(turn["say"])
        if wrong := failed(turn, reply):
            return {
                "right": place,
                "wrong": wrong,
                "say": turn["say"],
                "skill": reply.skill,
                "got": repr(reply),
            }
    return {"right": len(dialogue["turns"]), "wrong": []}


class People:
    """Who a dialogue speaks as; each `fresh` is somebody else."""

    def __init__(self, stack: Stack) -> None:
        body = httpx.get(stack.hospital_url + "/demo", timeout=10).json()
        rows = body["patients"] if isinstance(body, dict) else body
        self._demo = {row["openid"].removeprefix("wx-"): row["mrn"] for row in rows}
        self._next = FIRST_MRN

    def login(self, who: str) -> str:
        if who == "fresh":
            self._next += 1
            return f"patient:{self._next}"
        return f"patient:{self._demo[who]}" if who in self._demo else f"manager:{who}"


def run(script: dict[str, Any], data_dir: Path) -> list[dict[str, Any]]:
    """All dialogues over one system, each in a conversation of its own."""
    stack = Stack(data_dir, start=script["now"], log_ins_per_minute=100_000, messages_per_minute=100_000)
    with stack.active():
        demo.write_staff(stack.settings)
    try:
        stack.start(SERVICES, seconds=180)
        with stack.active():
            asyncio.run(demo.fill(stack.settings))
        people = People(stack)
        results = []
        for dialogue in script["dialogues"]:
            with Person(stack, people.login(dialogue["as"])) as person:
                results.append({**dialogue, **talk(person, dialogue)})
        return results
    finally:
        stack.stop()


def figures(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Dialogues that held to the end, all and by pattern."""
    whole = Counter(result["pattern"] for result in results)
    right = Counter(result["pattern"] for result in results if not result["wrong"])
    return {
        "right": right.total(),
        "of": whole.total(),
        "patterns": {name: {"right": right[name], "of": whole[name]} for name in whole},
        "wrong": [
            {key: result[key] for key in ("pattern", "name", "say", "wrong", "skill", "got")}
            for result in results
            if result["wrong"]
        ],
    }


def show(found: dict[str, Any], quiet: bool) -> None:
    print(f"对话全对  {found['right']} / {found['of']}  {found['right'] / found['of']:.1%}")
    for name, one in found["patterns"].items():
        print(f"  {name:<22}{one['right']:>3} / {one['of']}")
    for one in [] if quiet else found["wrong"]:
        print(f"{one['pattern']} · {one['name']}：{one['say']}")
        print(f"  {'、'.join(one['wrong'])}  {one['skill']}  {one['got'][:400]}")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="menzhen bench dialogues", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DIALOGUES)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="figures without the turns that went wrong")
    options = parser.parse_args(argv)
    script = yaml.safe_load(options.file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="menzhen-dialogues-") as folder:
        found = figures(run(script, Path(folder)))
    if options.json:
        if options.quiet:
            del found["wrong"]
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        show(found, options.quiet)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
