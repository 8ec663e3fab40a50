"""报告查询与解读: which report → its values, what lies outside the reference interval, what the items measure."""

import asyncio
from datetime import timedelta
from functools import lru_cache

import yaml

from actions import cards, people
from actions.base import BaseAction, Json, Services, Turn, choose, option
from actions.words import ago, clock_time, interval, listed, moment
from common.settings import ROOT
from connectors.fhir_client import FhirClient, FhirError
from connectors.resources import extension

DISCLAIMER = "结果仅供参考，不是诊断。请以医生的解释为准。"
SHOWN = 8
BACK = timedelta(days=365)
STATUS = {
    "registered": "还没出结果",
    "partial": "部分结果",
    "preliminary": "初步结果",
    "final": "已出报告",
    "amended": "已更正",
    "corrected": "已更正",
}
FLAGS = {"H": "H", "L": "L", "HH": "HH", "LL": "LL", "A": "A", "AA": "A", "POS": "A"}
SAID = {"H": "偏高", "L": "偏低", "HH": "明显偏高", "LL": "明显偏低", "A": "异常"}


class ChooseReport(BaseAction):
    action = "action_choose_report"
    doing = "查询报告"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        found, missing = await reports(turn, hospital.fhir(turn.caller.token))
        warning = f"{'、'.join(missing)}暂时连不上，以下可能不全。" if missing else ""
        chosen = narrowed(found, turn.frame.values)
        if not chosen:
            turn.say(
                _nothing(turn, warning, bool(found)), buttons=[{"title": "再查一次报告"}] if warning else None
            )
            return turn.end("abandon")
        if len(chosen) == 1 and not warning:
            turn.put(report=_value(chosen[0]))
            return turn.end("next")
        shown = chosen[:SHOWN]
        options = [
            option(f"report-{r['id']}", _title(r, turn), {"report": _value(r)}, _words(r, turn))
            for r in shown
        ]
        items = [
            {
                "payload": choose(f"report-{r['id']}"),
                "title": r["title"] + r["whose"],
                "issued": r["issued"],
                "status": r["status"],
                "status_text": status_text(r, turn),
                "abnormal": r["abnormal"],
            }
            for r in shown
        ]
        ready = sum(r["status"] != "registered" for r in shown)
        turn.say(
            f"{warning}找到 {len(shown)} 份检验单，{f'{ready} 份已经出结果' if ready else '都还没出结果'}。您要看哪一份？",
            card={"type": "reports", "title": "检验报告", "items": items},
        )
        turn.offer(options)


async def reports(turn: Turn, fhir: FhirClient) -> tuple[list[Json], list[str]]:
    """The family's reports of the last year, newest first, and the systems that did not answer."""
    everyone = [(turn.caller.patient, "")] + [
        (d.id, f"（{people.relation_name(d.relation)}）") for d in turn.caller.dependents
    ]
    if said := turn.frame.values.get("person"):
        person, _ = people.resolve(turn.caller, said)
        everyone = [each for each in everyone if person and each[0] == person["id"]]
    since = f"ge{(turn.now - BACK).isoformat()}"
    answers = await asyncio.gather(
        *(fhir.search("DiagnosticReport", patient=f"Patient/{id}", date=since) for id, _ in everyone),
        return_exceptions=True,
    )
    found: list[Json] = []
    missing: list[str] = []
    for answer, (_, whose) in zip(answers, everyone, strict=True):
        if isinstance(answer, BaseException):
            if not isinstance(answer, FhirError) or len(everyone) == 1 or not whose:
                raise answer
            missing.append(f"检验系统{whose}")
            continue
        found += [_report(resource, whose) for resource in answer]
        missing += ["检验系统"] * bool(answer.incomplete)
    return sorted(found, key=lambda r: r["issued"] or r["taken"], reverse=True), list(dict.fromkeys(missing))


def _report(resource: Json, whose: str) -> Json:
    return {
        "id": str(resource["id"]),
        "title": (resource.get("code") or {}).get("text") or "检验报告",
        "code": next((c.get("code", "") for c in (resource.get("code") or {}).get("coding") or ()), ""),
        "status": resource.get("status", ""),
        "issued": resource.get("issued") or "",
        "taken": resource.get("effectiveDateTime") or "",
        "expected": extension(resource, "expected-at") or "",
        "delayed": bool(extension(resource, "delayed")),
        "abnormal": int(extension(resource, "abnormal") or 0),
        "whose": whose,
    }


def _value(report: Json) -> Json:
    return {key: report[key] for key in ("id", "title", "whose", "issued")} | {"name": report["title"]}


def narrowed(found: list[Json], values: Json) -> list[Json]:
    """Those of the named test and day; of a test that was asked for by name the newest, where one is ready."""
    test, date = values.get("lab_test"), values.get("date") or {}
    if test:
        entry = next((t for t in tests() if test in (t["name"], t.get("code"))), {"name": test})
        names = {entry["name"], entry.get("code"), *entry.get("aliases", ())}
        found = [r for r in found if r["code"] in names or any(n and n in r["title"] for n in names)]
    if date.get("start"):
        start, end = interval(date)
        found = [r for r in found if start <= moment(r["issued"] or r["taken"]) < end]
    elif test:
        ready = [r for r in found if r["status"] != "registered"]
        found = (ready or found)[:1] if len({r["whose"] for r in found}) == 1 else found
    return found


@lru_cache
def tests() -> list[Json]:
    """Panels and items of the vocabulary."""
    path = ROOT / "nlu_data" / "vocabulary" / "lab_tests.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["lab_tests"]


def _nothing(turn: Turn, warning: str, others: bool) -> str:
    if warning:
        return f"{warning}眼下没有查到报告，请稍后再查一次。"
    said = turn.frame.raw.get("lab_test") or ""
    person = turn.frame.values.get("person")
    if person and people.resolve(turn.caller, person)[0] is None:
        return f"您的账号下没有绑定{people.relation_name(str(person))}，所以查不到。可以到“就诊人”里添加。"
    if others and said and turn.frame.flow == "report_explain" and (measures := _measures(said)):
        return f"没有查到您的{said}报告。{said}：{measures}结果怎么样，要看报告、问医生。"
    if others:
        return f"没有查到{said or '您说的那天'}的报告。说“我的报告”可以看全部。"
    return "最近一年没有查到您的检验报告。刚抽的血一般要等一两个小时，出来了会通知您。"


def status_text(report: Json, turn: Turn) -> str:
    """已出报告, or when it may be there."""
    if report["status"] != "registered":
        return STATUS.get(report["status"], "")
    if report["delayed"]:
        return "比平时慢，请再等等"
    if report["expected"]:
        when = moment(report["expected"])
        return f"预计 {ago(when, turn.now) if when.date() != turn.now.date() else '今天 ' + clock_time(when)} 出结果"
    return STATUS["registered"]


def _title(report: Json, turn: Turn) -> str:
    when = report["issued"] or report["taken"]
    return f"{report['title']}{report['whose']} {ago(moment(when), turn.now) if when else ''}".strip()


def _words(report: Json, turn: Turn) -> list[str]:
    names = [t["name"] for t in tests() if t.get("code") == report["code"]]
    aliases = [a for t in tests() if t.get("code") == report["code"] for a in t.get("aliases", ())]
    return [report["title"], *names, *aliases, report["whose"].strip("（）")]


class ShowReport(BaseAction):
    action = "action_show_report"
    doing = "打开报告"

    async def answer(self, turn: Turn, hospital: Services) -> None:
        id, fhir = turn.frame.values["report"]["id"], hospital.fhir(turn.caller.token)
        found = await fhir.search("DiagnosticReport", _id=id, _include="DiagnosticReport:result")
        turn.end("done")
        if not found:
            turn.say("这份报告暂时打不开，请稍后再查一次。")
            return
        report = _report(found[0], turn.frame.values["report"].get("whose", ""))
        if report["status"] == "registered":
            turn.say(f"{report['title']}{report['whose']}：{status_text(report, turn)}，出来了会通知您。")
            return
        rows = [row_of(o) for o in found.included if o.get("resourceType") == "Observation"]
        warning = "有的结果暂时没有取到，以下可能不全。" if found.incomplete else ""
        subject = found[0].get("subject") or {}
        card = {
            "type": "report",
            "title": report["title"],
            "patient": cards.masked(subject.get("display") or "")
            or report["whose"].strip("（）")
            or turn.caller.name,
            "issued": report["issued"],
            "status_text": STATUS.get(report["status"], ""),
            "rows": rows,
            "disclaimer": DISCLAIMER,
        }
        explain = turn.frame.flow == "report_explain"
        turn.say(warning + summary(report, rows), card=card, buttons=_next(explain, rows))
        if explain:
            turn.say(explanation(rows))


def _next(explain: bool, rows: list[Json]) -> list[Json] | None:
    odd = any(row["flag"] for row in rows)
    return [{"title": "这份报告什么意思"}] if odd and not explain else None


def row_of(observation: Json) -> Json:
    """A row of the `report` card."""
    quantity = observation.get("valueQuantity") or {}
    value = f"{quantity.get('comparator', '')}{quantity['value']}" if "value" in quantity else None
    if value is None:
        value = (
            observation.get("valueString") or (observation.get("dataAbsentReason") or {}).get("text") or "—"
        )
    codings = [c for i in observation.get("interpretation") or () for c in i.get("coding") or ()]
    limits = (observation.get("referenceRange") or [{}])[0]
    return {
        "name": (observation.get("code") or {}).get("text") or "",
        "value": value,
        "unit": quantity.get("unit", ""),
        "reference": limits.get("text", ""),
        "flag": FLAGS.get(codings[0].get("code", "") if codings else "", ""),
    }


def summary(report: Json, rows: list[Json]) -> str:
    """One sentence: how many lie outside, and which."""
    odd = [row for row in rows if row["flag"]]
    head = f"{report['title']}{report['whose']}"
    if not rows:
        return f"{head}已经出来了，但没有取到明细，请稍后再看。"
    if any(row["flag"] in ("HH", "LL") for row in rows):
        names = listed(f"{r['name']}{SAID[r['flag']]}" for r in odd if r["flag"] in ("HH", "LL"))
        return f"{head}里，{names}，超出参考范围较多，请尽快联系医生或到医院就诊。"
    if odd:
        names = listed(f"{row['name']}{SAID[row['flag']]}" for row in odd[:4])
        more = f"等 {len(odd)} 项" if len(odd) > 4 else ""
        return f"{head}一共 {len(rows)} 项，{names}{more}，超出参考范围。"
    return f"{head}一共 {len(rows)} 项，都在参考范围内。"


def explanation(rows: list[Json]) -> str:
    """What the items outside their interval measure, in plain words; never what is wrong with the person."""
    odd = [row for row in rows if row["flag"]]
    if not odd:
        return f"各项都在参考范围内。{DISCLAIMER}"
    lines = []
    for row in odd[:8]:
        measures = _measures(row["name"])
        reference = f"（参考范围 {row['reference']}）" if row["reference"] else ""
        lines.append(
            f"· {row['name']} {row['value']}{row['unit']}，{SAID[row['flag']]}{reference}。{measures}"
        )
    return "\n".join([*lines, f"一项超出范围不一定是生病，要结合症状和其他检查看。{DISCLAIMER}"])


def _measures(name: str) -> str:
    for test in tests():
        if test["kind"] == "item" and (name == test["name"] or name in test.get("aliases", ())):
            return test["measures"] + "。"
    for test in tests():
        if test["kind"] == "item" and (test["name"] in name):
            return test["measures"] + "。"
    return ""
