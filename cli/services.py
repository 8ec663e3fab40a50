"""The processes of the system: what each is called, how it starts, when it is ready, in what order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.settings import ROOT, Settings

BOT_PYTHON = ROOT / ".venv-bot" / "bin" / "python"
MAIN_PYTHON = ROOT / ".venv" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Service:
    """One process. `after` names those that must be ready before it starts."""

    name: str
    title: str
    command: Sequence[str]
    ready_url: str
    ports: Sequence[int]
    after: Sequence[str] = ()
    seconds: float = 60


def services(settings: Settings) -> list[Service]:
    """All services, in the order in which a person reads them."""
    host = settings.host

    def main(module: str, *arguments: str) -> list[str]:
        return [str(MAIN_PYTHON), "-m", module, *arguments]

    def ready(port: int) -> str:
        return f"http://{host}:{port}/ready"

    s = settings
    return [
        # Rasa takes longest to start, so it waits for nobody.
        Service(
            "bot", "助手 Rasa", [str(BOT_PYTHON), "-m", "bot"], ready(s.bot_port), [s.bot_port], seconds=180
        ),
        Service(
            "hospital",
            "模拟医院 HIS、LIS",
            main("simulator", "hospital"),
            ready(s.hospital_control_port),
            [s.hospital_control_port, s.his_port],
        ),
        Service(
            "cashier",
            "模拟收银台、微信",
            main("simulator", "cashier"),
            ready(s.cashier_port),
            [s.cashier_port],
        ),
        Service(
            "facade",
            "FHIR 接口",
            main("connectors.facade"),
            ready(s.facade_port),
            [s.facade_port, s.facade_mllp_port],
            after=["hospital"],
        ),
        Service(
            "journey",
            "流程与事件",
            main("journey"),
            ready(s.journey_port),
            [s.journey_port],
            after=["facade"],
        ),
        Service("insight", "管理问数", main("insight"), ready(s.insight_port), [s.insight_port]),
        Service("voice", "语音", main("voice"), ready(s.voice_port), [s.voice_port]),
        Service("actions", "技能动作", main("actions"), ready(s.actions_port), [s.actions_port]),
        Service("gateway", "网关", main("gateway"), ready(s.gateway_port), [s.gateway_port]),
    ]


def log_file(settings: Settings, name: str) -> Path:
    """Where a service's output goes."""
    return settings.data_dir / "logs" / f"{name}.log"
