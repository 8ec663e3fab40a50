"""The gateway's own memory: sessions, WeChat bindings, conversations, pushes that wait, the place in the event feed."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)

METADATA = MetaData()
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("identity", Text, nullable=False),
    Column("expires", Float, nullable=False),
)
BINDINGS = Table(
    "bindings",
    METADATA,
    Column("openid", String(64), primary_key=True),
    Column("patient", String(64), nullable=False),
)
CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("sub", String(128), nullable=False, index=True),
    Column("identity", Text, nullable=False),
    Column("last", Float, nullable=False),
)
WAITING = Table(
    "waiting_pushes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("frame", Text, nullable=False),
)
CURSORS = Table(
    "cursors",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("after", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is logged in. `patient` and `dependents` are FHIR ids; `name` is masked for patients."""

    sub: str
    role: str
    name: str = ""
    patient: str = ""
    dependents: tuple[tuple[str, str, str], ...] = ()
    department: str = ""
    doctor: str = ""

    def dump(self) -> str:
        return orjson.dumps(self).decode()

    @classmethod
    def load(cls, text: str) -> "Identity":
        values = orjson.loads(text)
        values["dependents"] = tuple(tuple(d) for d in values["dependents"])
        return cls(**values)


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()


class Store:
    """SQLite in WAL mode; every method is one short transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 5})
        event.listen(self.engine, "connect", _pragmas)
        METADATA.create_all(self.engine)

    def open_session(self, identity: Identity, seconds: int) -> str:
        """A new session's secret; only its hash is kept."""
        session = secrets.token_urlsafe(32)
        with self.engine.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires < time.time()))
            connection.execute(
                insert(SESSIONS).values(
                    hash=_hash(session), identity=identity.dump(), expires=time.time() + seconds
                )
            )
        return session

    def session(self, session: str) -> Identity | None:
        query = select(SESSIONS.c.identity).where(
            SESSIONS.c.hash == _hash(session), SESSIONS.c.expires > time.time()
        )
        with self.engine.connect() as connection:
            text = connection.execute(query).scalar_one_or_none()
        return Identity.load(text) if text else None

    def replace_identity(self, session: str, identity: Identity) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                update(SESSIONS).where(SESSIONS.c.hash == _hash(session)).values(identity=identity.dump())
            )

    def close_session(self, session: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == _hash(session)))

    def bind(self, openid: str, patient: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(BINDINGS).where(BINDINGS.c.openid == openid))
            connection.execute(insert(BINDINGS).values(openid=openid, patient=patient))

    def bound(self, openid: str) -> str | None:
        with self.engine.connect() as connection:
            return connection.execute(
                select(BINDINGS.c.patient).where(BINDINGS.c.openid == openid)
            ).scalar_one_or_none()

    def new_conversation(self, identity: Identity) -> str:
        conversation = secrets.token_hex(12)
        with self.engine.begin() as connection:
            connection.execute(
                insert(CONVERSATIONS).values(
                    id=conversation, sub=identity.sub, identity=identity.dump(), last=time.time()
                )
            )
        return conversation

    def conversation(self, conversation: str) -> Identity | None:
        """Whose conversation this is."""
        query = select(CONVERSATIONS.c.identity).where(CONVERSATIONS.c.id == conversation)
        with self.engine.connect() as connection:
            text = connection.execute(query).scalar_one_or_none()
        return Identity.load(text) if text else None

    def forget_conversation(self, conversation: str) -> None:
        """As if it had never been; what waited for it is gone too."""
        with self.engine.begin() as connection:
            connection.execute(delete(WAITING).where(WAITING.c.conversation == conversation))
            connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation))

    def wait_push(
        self, conversation: str, frame: dict[str, Any], taken: tuple[str, int] | None = None
    ) -> None:
        """Keeps a push; `taken` (a feed's name and place) is noted in the same transaction."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(WAITING).values(conversation=conversation, frame=orjson.dumps(frame).decode())
            )
            if taken:
                connection.execute(delete(CURSORS).where(CURSORS.c.name == taken[0]))
                connection.execute(insert(CURSORS).values(name=taken[0], after=taken[1]))

    def take_pushes(self, conversation: str) -> list[dict[str, Any]]:
        """Pushes that came while nobody was there, once."""
        with self.engine.begin() as connection:
            rows = connection.execute(
                delete(WAITING)
                .where(WAITING.c.conversation == conversation)
                .returning(WAITING.c.id, WAITING.c.frame)
            ).all()
        return [orjson.loads(frame) for _, frame in sorted((row.id, row.frame) for row in rows)]

    def cursor(self, name: str) -> int | None:
        with self.engine.connect() as connection:
            return connection.execute(
                select(CURSORS.c.after).where(CURSORS.c.name == name)
            ).scalar_one_or_none()

    def move_cursor(self, name: str, after: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(CURSORS).where(CURSORS.c.name == name))
            connection.execute(insert(CURSORS).values(name=name, after=after))


def _pragmas(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
