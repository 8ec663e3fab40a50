"""What a set of questions came to: totals that can be told without the questions, and the failures in groups."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

VERDICTS = {
    "right": "right",
    "asked": "asked back where an answer was due",
    "refused": "refused, forbidden or said to be empty where something else was due",
    "wrong": "wrong with confidence",
    "leak": "let out what is forbidden",
    "form": "right numbers, but something the specification wants told is not",
}


@dataclass
class Mark:
    ask: str
    verdict: str
    """One of VERDICTS."""
    why: str = ""
    tag: str = ""
    """The kind of question."""
    reason: str = ""
    """What was not right in one word, which says nothing of the question."""
    due: str = "answered"
    got: str = "answered"


@dataclass
class Score:
    marks: list[Mark] = field(default_factory=list)

    def count(self, verdict: str) -> int:
        return sum(m.verdict == verdict for m in self.marks)

    def line(self) -> str:
        parts = [f"{name} {self.count(name)} ({self.count(name) / len(self.marks):.1%})" for name in VERDICTS]
        return f"{len(self.marks)} turns: " + ", ".join(parts)

    def totals(self) -> str:
        """Counts by verdict, kind of question and reason: none of the questions can be told from them."""
        out = [self.line(), "", f"{'kind':14}{'turns':>7}" + "".join(f"{name:>9}" for name in VERDICTS)]
        for tag in dict.fromkeys(m.tag for m in self.marks):
            mine = Counter(m.verdict for m in self.marks if m.tag == tag)
            out.append(f"{tag:14}{mine.total():7}" + "".join(f"{mine[name] or '-':>9}" for name in VERDICTS))
        for verdict in list(VERDICTS)[1:]:
            failed = [m for m in self.marks if m.verdict == verdict]
            if failed:
                kinds = Counter(f"{m.reason}: {m.due} due, {m.got} got" for m in failed)
                out += ["", f"{verdict} {len(failed)}: {VERDICTS[verdict]}"]
                out += [f"  {count:4}  {kind}" for kind, count in kinds.most_common()]
        return "\n".join(out)

    def failures(self) -> str:
        """Every turn that is not right, in groups."""
        out = []
        for verdict in list(VERDICTS)[1:]:
            failed = [m for m in self.marks if m.verdict == verdict]
            if failed:
                out += ["", f"== {verdict} {len(failed)}: {VERDICTS[verdict]}"]
                out += [f"  [{m.tag}] {m.ask}\n      {m.reason}: {m.why}" for m in failed]
        return "\n".join(out)

    def write(self, folder: Path, name: str) -> None:
        """NAME.totals.txt, without questions, and NAME.json, every mark."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.totals.txt").write_text(self.totals() + "\n", encoding="utf-8")
        marks = json.dumps([asdict(m) for m in self.marks], ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(marks + "\n", encoding="utf-8")
