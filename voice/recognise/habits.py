"""The environment variables of vosk-server, for those who are used to them; MENZHEN_ settings go before."""

from typing import Annotated

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.errors import SettingsError
from common.settings import Settings
from voice.recognise.limits import MAX_ALTERNATIVES, MAX_RATE, MIN_RATE


class Habits(BaseSettings):
    """VOSK_SAMPLE_RATE (of clients that name none), VOSK_ALTERNATIVES, VOSK_SHOW_WORDS, VOSK_SERVER_PORT,
    VOSK_SERVER_INTERFACE. The path of a model is MENZHEN_VOICE_MODEL."""

    model_config = SettingsConfigDict(env_prefix="VOSK_", extra="ignore")

    sample_rate: Annotated[float, Field(ge=MIN_RATE, le=MAX_RATE)] = 16_000
    alternatives: Annotated[int, Field(ge=0, le=MAX_ALTERNATIVES)] = 0
    show_words: bool = True
    server_port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    server_interface: str | None = None


def read() -> Habits:
    """From the environment. Raises SettingsError naming the variables that make no sense."""
    try:
        return Habits()
    except ValidationError as error:
        names = "、".join(f"VOSK_{str(each['loc'][0]).upper()}" for each in error.errors())
        raise SettingsError(f"环境变量有误：{names}", detail=names) from None


def address(settings: Settings, habits: Habits) -> tuple[str, int]:
    """Host and port to listen on."""
    named = settings.model_fields_set
    host = settings.host if "host" in named else habits.server_interface or settings.host
    port = settings.voice_port if "voice_port" in named else habits.server_port or settings.voice_port
    return host, port
