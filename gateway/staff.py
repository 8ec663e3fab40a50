"""Staff accounts: a YAML file with scrypt hashes, read again whenever it changes. See deploy/staff.example.yml."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from common.errors import SettingsError

ROLES = ("director", "head", "doctor", "finance")
COST = {"n": 2**14, "r": 8, "p": 1}
# Compared against where the user does not exist, so that both cases take the same time.
_NOBODY = "scrypt$" + "00" * 16 + "$" + "00" * 32


@dataclass(frozen=True, slots=True)
class Account:
    """One member of staff. `department` for heads, `doctor` for doctors (the clinic's name of them)."""

    username: str
    name: str
    role: str
    password: str
    department: str = ""
    doctor: str = ""


def hash_password(password: str) -> str:
    """`scrypt$SALT$HASH`, hexadecimal."""
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **COST).hex()}"


def check_password(password: str, stored: str) -> bool:
    _, salt, expected = stored.split("$")
    given = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **COST)
    return hmac.compare_digest(given.hex(), expected)


class Staff:
    """The accounts of one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at = 0.0
        self._accounts: dict[str, Account] = {}

    def find(self, username: str) -> Account | None:
        """The account, from the file as it is now. Raises SettingsError where the file is wrong."""
        changed = self.path.stat().st_mtime if self.path.exists() else 0.0
        if changed != self._read_at:
            self._accounts = {a.username: a for a in self._load()} if changed else {}
            self._read_at = changed
        return self._accounts.get(username)

    def log_in(self, username: str, password: str) -> Account | None:
        """The account if the password is right. Costs the same time for unknown names."""
        account = self.find(username)
        right = check_password(password, account.password if account else _NOBODY)
        return account if account and right else None

    def _load(self) -> list[Account]:
        try:
            rows = yaml.safe_load(self.path.read_text()) or []
            return [self._account(i, row) for i, row in enumerate(rows, 1)]
        except yaml.YAMLError as error:
            raise SettingsError(f"{self.path.name} 不是 YAML：{error}", detail="staff file") from None

    def _account(self, number: int, row: Any) -> Account:
        def wrong(why: str) -> SettingsError:
            return SettingsError(f"{self.path.name} 第 {number} 个账号：{why}", detail="staff file")

        if not isinstance(row, dict):
            raise wrong("要有 username、name、role、password")
        unknown = set(row) - {"username", "name", "role", "password", "department", "doctor"}
        if unknown:
            raise wrong(f"不认识的字段 {'、'.join(sorted(unknown))}")
        if not row.get("username") or row.get("role") not in ROLES:
            raise wrong(f"username 不能空，role 要是 {'、'.join(ROLES)} 之一")
        if row["role"] == "head" and not row.get("department"):
            raise wrong("科主任要写 department")
        if not str(row.get("password", "")).startswith("scrypt$"):
            raise wrong("password 要是 scrypt 散列，不能写明文")
        return Account(**{key: str(value or "") for key, value in row.items()})
