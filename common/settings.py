"""The one typed place for settings. Each is an environment variable MENZHEN_NAME, or a line in var/settings.env."""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything that differs from one installation to the next. `deploy/settings.example.env` explains each."""

    model_config = SettingsConfigDict(env_prefix="MENZHEN_", extra="ignore")

    data_dir: Path = ROOT / "var"
    host: str = "127.0.0.1"
    clock: str = Field("", description="origin|start|speed of a simulated clock; empty: the machine's")
    secret_key: SecretStr = Field(
        SecretStr(""), description="signs tokens and messages between our processes"
    )
    log_level: str = "INFO"

    gateway_port: int = 8000
    facade_port: int = 8010
    facade_mllp_port: int = 2576
    journey_port: int = 8020
    insight_port: int = 8030
    actions_port: int = 5055
    bot_port: int = 5005
    voice_port: int = 2700

    # The hospital's systems; by default the simulated ones.
    his_host: str = "127.0.0.1"
    his_port: int = 2575
    his_charset: str = Field("UTF-8", description="UTF-8 or GB18030")
    his_version: str = Field("2.4", description="HL7 version sent: 2.4 or 2.5")
    lis_url: str = Field("", description="SQLAlchemy URL of the LIS's views; empty: the simulated one")
    cashier_url: str = "http://127.0.0.1:8092"
    cashier_merchant: str = "M1001"
    cashier_key: SecretStr = Field(SecretStr("simulated-cashier-key"), description="shared with the cashier")
    wechat_url: str = Field("http://127.0.0.1:8092", description="WeChat's API; the simulated platform's")
    wechat_appid: str = "wx-menzhen-demo"
    wechat_secret: SecretStr = SecretStr("simulated-wechat-secret")

    # Speech.
    voice_model: str = Field("menzhen-small", description="a model's name, or the path of its folder")
    voice_sessions: int = Field(24, description="how many people may speak at once")

    kiosk_idle_seconds: float = Field(60, description="after which a kiosk asks whether anybody is there")
    kiosk_pay_seconds: float = Field(
        180, description="the same while a payment is waited for, which is made on the person's own phone"
    )
    kiosk_wipe_seconds: float = Field(25, description="after that question, until all is wiped")

    # The simulated hospital.
    hospital_control_port: int = 8091
    cashier_port: int = 8092
    simulator_seed: int = 7

    # Crash tests only.
    kill_at: str = Field("", description="the named point at which journey kills itself; never set in life")

    # Limits.
    backend_deadline: float = Field(1.5, description="seconds for one call to a hospital system")
    reply_deadline: float = Field(5.0, description="seconds in which the assistant must have answered")
    hold_seconds: int = Field(900, description="how long an unpaid slot is held, in the clinic's time")
    token_seconds: int = 600
    session_seconds: int = 12 * 3600
    log_ins_per_minute: int = 20
    messages_per_minute: int = 90

    def url(self, service: str) -> str:
        """The loopback address of one of our own processes: gateway, facade, journey, insight, actions, bot, voice."""
        return f"http://{self.host}:{getattr(self, service + '_port')}"

    @property
    def facade_url(self) -> str:
        return self.url("facade") + "/fhir/R4"

    @property
    def journey_url(self) -> str:
        return self.url("journey")

    @property
    def insight_url(self) -> str:
        return self.url("insight")

    @property
    def gateway_url(self) -> str:
        return self.url("gateway")

    @property
    def bot_url(self) -> str:
        return self.url("bot")

    @property
    def voice_url(self) -> str:
        return self.url("voice")

    @property
    def lis_database(self) -> str:
        return self.lis_url or f"sqlite:///{self.data_dir}/hospital/lis.db"

    def key(self) -> str:
        """The signing key. Raises SettingsError where none was made yet (`./menzhen up` makes one)."""
        from common.errors import SettingsError

        value = self.secret_key.get_secret_value()
        if value:
            return value
        path = self.data_dir / "secret.key"
        if not path.exists():
            raise SettingsError(f"没有签名密钥：{path}，请先运行 ./menzhen up", detail="no secret key")
        return path.read_text().strip()


@lru_cache
def get() -> Settings:
    """This process's settings: the environment first, then `settings.env` in the data directory."""
    data_dir = Path(os.environ.get("MENZHEN_DATA_DIR", ROOT / "var"))
    return Settings(_env_file=data_dir / "settings.env")  # type: ignore[call-arg]
