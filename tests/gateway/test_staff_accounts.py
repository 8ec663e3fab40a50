"""Staff accounts are a file that a hospital edits: right passwords open, wrong files say what is wrong."""

from pathlib import Path

import pytest
import yaml

from common.errors import SettingsError
from gateway.staff import Staff, check_password, hash_password


def write(path: Path, *rows: dict[str, str]) -> Staff:
    path.write_text(yaml.safe_dump(list(rows), allow_unicode=True))
    return Staff(path)


def account(**values: str) -> dict[str, str]:
    return {
        "username": "li",
        "name": "李主任",
        "role": "director",
        "password": hash_password("right"),
    } | values


def test_the_right_password_opens_and_others_do_not(tmp_path: Path) -> None:
    staff = write(tmp_path / "staff.yml", account())
    assert staff.log_in("li", "right")
    assert staff.log_in("li", "wrong") is None
    assert staff.log_in("nobody", "right") is None


def test_a_password_is_stored_as_a_salted_hash() -> None:
    first, second = hash_password("same"), hash_password("same")
    assert first != second
    assert "same" not in first
    assert check_password("same", first) and check_password("same", second)


def test_a_change_of_the_file_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "staff.yml"
    staff = write(path, account())
    assert staff.find("wang") is None
    write(path, account(), account(username="wang"))
    import os

    os.utime(path, (1, 1))
    assert staff.find("wang")


def test_without_a_file_nobody_logs_in(tmp_path: Path) -> None:
    assert Staff(tmp_path / "none.yml").log_in("li", "right") is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (account(role="boss"), "role"),
        (account(role="head"), "department"),
        (account(password="secret"), "散列"),
        (account(shoe="42"), "shoe"),
    ],
)
def test_a_wrong_account_is_named_with_what_is_wrong(tmp_path: Path, row: dict[str, str], words: str) -> None:
    staff = write(tmp_path / "staff.yml", account(username="ok"), row)
    with pytest.raises(SettingsError) as error:
        staff.find("li")
    assert "第 2 个账号" in error.value.message
    assert words in error.value.message


def test_a_file_that_is_no_yaml_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "staff.yml").write_text("- {username: [")
    with pytest.raises(SettingsError, match="staff"):
        Staff(tmp_path / "staff.yml").find("li")
