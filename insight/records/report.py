"""What an import did, for people and as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN_ERRORS = 50


@dataclass
class Report:
    """What an import did. `errors` holds the first of the lines left out: line number (from 1) and reason."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def reject(self, line: int, reason: str) -> None:
        """Counts a line that is left out."""
        self.rejected += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append({"line": line, "reason": reason})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"读入 {self.read:,} 行：新增 {self.inserted:,}，更新 {self.updated:,}，无变化 {self.unchanged:,}，"
            f"文件内重复 {self.repeated:,}，不能用 {self.rejected:,}（用时 {self.seconds:.1f} 秒）"
        ]
        lines += [f"  {reason}：{count:,} 行" for reason, count in self.reasons.items()]
        lines += [f"  注意：{reason}：{count:,} 行" for reason, count in self.warnings.items()]
        lines += [f"  第 {error['line']} 行：{error['reason']}" for error in self.errors]
        return "\n".join(lines)
