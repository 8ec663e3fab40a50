"""Who may see which rows and metrics. The roles are data (catalogue.yml); the wording of a question is not."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false

from insight.catalogue import Catalogue
from insight.compile.dimensions import V
from insight.errors import InsightError
from insight.interpretation import Interpretation


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `department` limits a head's and locates a doctor; `doctor` is the doctor's own name."""

    role: str
    department: str = ""
    doctor: str = ""
    subject: str = ""

    def describe(self) -> str:
        return {"head": f"head:{self.department}", "doctor": f"doctor:{self.doctor}"}.get(
            self.role, self.role
        )


def parse_viewer(text: str) -> Viewer:
    """`director`, `head:科室`, `doctor:姓名`, `finance`. Raises ValueError with a Chinese message."""
    role, _, name = text.partition(":")
    if role in ("director", "finance") and not name:
        return Viewer(role, subject=text)
    if role == "head" and name:
        return Viewer(role, department=name, subject=text)
    if role == "doctor" and name:
        return Viewer(role, doctor=name, subject=text)
    raise ValueError(f"角色写法是 director、head:科室、doctor:姓名、finance，不是 {text}")


class NotAllowed(InsightError):
    """What was asked may not be seen by this role. `message` says what."""

    status = 403
    code = "forbidden"
    message = "您没有权限查看这项数据。"


def row_condition(viewer: Viewer, catalogue: Catalogue, c: Any = V) -> list[ColumnElement[bool]]:
    """The rows that this viewer may see: part of every query, whatever was asked.

    `c`: the columns of the records, or of a rollup that has those named in `row_columns`.
    """
    role = catalogue.roles.get(viewer.role)
    if role is None:
        return [false()]
    if role.rows == "all":
        return []
    if role.rows == "department":
        return [c.department == viewer.department] if viewer.department else [false()]
    if not viewer.doctor:
        return [false()]
    own = [c.doctor == viewer.doctor]
    if viewer.department:
        own.append(c.department == viewer.department)
    return [and_(*own)]


def row_columns(viewer: Viewer, catalogue: Catalogue) -> set[str]:
    """The columns that decide what this viewer may see."""
    role = catalogue.roles.get(viewer.role)
    return {"department": {"department"}, "doctor": {"doctor", "department"}}.get(
        role.rows if role else "", set()
    )


Owners = dict[str, dict[str, set[str]]]


def check(
    interpretation: Interpretation,
    viewer: Viewer,
    catalogue: Catalogue,
    owners: Owners,
    whole_hospital: bool = False,
) -> None:
    """Raises NotAllowed where the question reaches beyond what the viewer may see.

    `owners` maps doctors and rooms to their departments; `whole_hospital` is set where the question names the
    hospital as a whole. The compiler limits the rows in any case: this keeps a limit from looking like an answer.
    """
    role = catalogue.roles.get(viewer.role)
    if role is None:
        raise NotAllowed("您的身份不能查询运营数据。", detail=f"role {viewer.role}")
    for part in (*interpretation.also, *([interpretation.within] if interpretation.within else [])):
        check(part, viewer, catalogue, owners, whole_hospital)
    having = [interpretation.having] if interpretation.having else []
    limits = (*interpretation.where, *having, *interpretation.further)
    metrics = [m for m in (interpretation.metric, *(t.metric for t in limits)) if m]
    denied = [catalogue.metrics[m].name for m in metrics if not role.may_ask(m)]
    if denied:
        raise NotAllowed(f"{role.name}不能查看{'、'.join(dict.fromkeys(denied))}。", detail=",".join(metrics))
    if role.rows == "all":
        return
    own = f"{viewer.department}的" if role.rows == "department" else "您本人的"
    if whole_hospital or interpretation.share_of == "all":
        raise NotAllowed(f"您只能查看{own}数据，不能查看全院数据。", detail="whole hospital")
    _check_named(interpretation, viewer, role.rows, owners, own)
    wide = {"department": "科室"} if role.rows == "department" else {"department": "科室", "doctor": "医生"}
    for name, label in wide.items():
        named = interpretation.filters.get(name, ())
        if name in interpretation.group_by and not named:
            raise NotAllowed(f"您只能查看{own}数据，不能按{label}比较。", detail=f"group by {name}")


def _check_named(interpretation: Interpretation, viewer: Viewer, rows: str, owners: Owners, own: str) -> None:
    for values in (interpretation.filters, interpretation.exclude):
        for department in values.get("department", ()):
            if department != viewer.department:
                raise NotAllowed(
                    f"您只能查看{own}数据，不能查看{department}的数据。", detail="other department"
                )
        for name in ("doctor", "clinic_room"):
            for value in values.get(name, ()):
                departments = owners.get(name, {}).get(value, set())
                foreign = (
                    value != viewer.doctor
                    if rows == "doctor" and name == "doctor"
                    else bool(viewer.department) and viewer.department not in departments
                )
                if foreign:
                    raise NotAllowed(f"您只能查看{own}数据，不能查看{value}的数据。", detail=f"other {name}")


def default_scope(viewer: Viewer, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The filters that a limited viewer's question gets when it names none, to be shown with the answer."""
    role = catalogue.roles.get(viewer.role)
    if role is None or role.rows == "all":
        return {}
    if role.rows == "department":
        return {"department": (viewer.department,)}
    return {"doctor": (viewer.doctor,)}
