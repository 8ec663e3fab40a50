"""A small action server that speaks rasa-sdk's webhook protocol, for the mini skills of `tests/bot/skills`.

What it does can be changed by a test: `Actions.broken` makes an action fail in a given way; `Actions.calls` tells
which actions were run with which frame.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[list[dict[str, Any]], dict[str, Any] | None]

SLOTS = [
    ("s1", "09:00", "王建国", 5000, "EXP"),
    ("s2", "09:30", "李敏", 1000, "GEN"),
    ("s3", "14:00", "王建国", 5000, "EXP"),
    ("s4", "14:30", "李敏", 1500, "GEN"),
]


class Actions:
    """The actions, and what was asked of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.broken: dict[str, str] = {}
        self.booked: list[dict[str, Any]] = []
        self.released: list[str] = []

    def names(self) -> list[str]:
        """The actions that were run, in order."""
        return [name for name, _ in self.calls]

    def run(self, request: dict[str, Any]) -> Answer:
        name = request["next_action"]
        stack = request["tracker"]["slots"].get("flow_stack") or []
        frame = stack[-1] if stack else {}
        self.calls.append((name, frame))
        self.requests.append(request)
        action: Callable[[dict[str, Any], dict[str, Any]], Answer] = getattr(self, name)
        return action(frame, request)

    def action_ask_department(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": "您要挂哪个科？"}], {"outcome": "asked"}

    def action_offer_slots(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        values = frame["values"]
        doctor, kind = values.get("doctor", {}).get("name"), values.get("visit_type")
        start = values["date"]["start"]
        wanted = [
            s for s in SLOTS
            if (not kind or s[4] == kind) and (not doctor or s[2] == doctor)
            and (start[11:13] != "12" or s[1] >= "12:00")
        ]  # fmt: skip
        options = [
            {
                "id": f"{start[:10]}-{id}",
                "title": f"{clock} {doctor}",
                "values": {
                    "appointment_slot": {"id": f"{start[:10]}-{id}", "start": f"{start[:10]}T{clock}:00+08:00",
                                         "doctor": doctor, "fee_fen": fee, "visit_type": kind}
                },
                "words": [clock],
            }
            for id, clock, doctor, fee, kind in wanted
        ]  # fmt: skip
        text = f"{values['department']['name']} {start[:10]} 有这些号："
        return [{"text": text, "custom": {"card": {"type": "slots", "title": text, "slots": []}}}], {
            "outcome": "asked",
            "options": options,
        }

    def action_confirm_booking(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": f"确认挂 {frame['values']['appointment_slot']['id']} 吗？"}], {"outcome": "asked"}

    def action_book_appointment(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        self.booked.append(frame["values"]["appointment_slot"])
        return [{"text": "挂好了"}], {"outcome": "done"}

    def action_release_hold(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        self.released.append(frame["id"])
        return [], {"outcome": "done"}

    def action_show_reports(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": "您的血常规报告出来了"}], {"outcome": "done"}

    def action_offer_appointments(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        options = [
            {"id": "a1", "title": "骨科 王建国", "values": {"appointment": "a1"}, "words": []},
            {"id": "a2", "title": "皮肤科 李敏", "values": {"appointment": "a2"}, "words": []},
        ]
        return [{"text": "您要退哪一个？"}], {"outcome": "asked", "options": options}

    def action_confirm_cancel(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": f"确认退 {frame['values']['appointment']} 吗？"}], {"outcome": "asked"}

    def action_cancel_appointment(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": "退好了"}], {"outcome": "done"}

    def action_hospital_info(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": "停车场在东门"}], {"outcome": "done"}

    def action_handoff(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": "已转给导医台"}], {"outcome": "done"}

    def action_management_question(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        return [{"text": "最快的是 3 诊室"}], {"outcome": "done"}

    def action_pay(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        event = request["tracker"]["latest_message"].get("metadata", {}).get("event")
        if event:
            return [{"text": "缴费成功"}], {"outcome": "done"}
        return [{"text": "请在 15 分钟内支付 50 元"}], {"outcome": "wait", "state": {"payment": "p1"}}

    def action_release_payment(self, frame: dict[str, Any], request: dict[str, Any]) -> Answer:
        self.released.append(frame["state"]["payment"])
        return [], {"outcome": "done"}


class Server:
    """Serves an `Actions` on a free port in a thread."""

    def __init__(self) -> None:
        self.actions = Actions()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, body = outer.answer(request)
                payload = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests need no access log."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/webhook"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def answer(self, request: dict[str, Any]) -> tuple[int, Any]:
        """The webhook's answer, or the failure that a test asked for."""
        # A slow answer belongs to the test that asked for it.
        actions = self.actions
        actions.asked.append(request["next_action"])
        how = actions.broken.get(request["next_action"])
        if how == "error":
            return 500, {"error": "boom"}
        if how == "garbage":
            return 200, b"<html>not json</html>"
        if how == "slow":
            time.sleep(3)
        if how == "failed":
            return 200, {"responses": [], "events": _signal({"outcome": "failed"})}
        if how == "silent":
            return 200, {"responses": [], "events": []}
        responses, signal = actions.run(request)
        return 200, {"responses": responses, "events": _signal(signal) if signal else []}

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def _signal(signal: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"event": "slot", "name": "flow_signal", "value": signal}]
