"""Identity documents and telephone numbers: check, read, find in a sentence, mask.

The resident identity number is GB 11643: seventeen digits and a check character, weights and letters as in
that standard. Nothing here is logged; what leaves this module for a screen goes through the `mask_` functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from chinese.numbers import spoken_to_digits
from chinese.text import fold

Sex = Literal["male", "female"]

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_LETTERS = "10X98765432"
# The first two digits: provinces, Hong Kong, Macao, Taiwan (81–83 on residence permits, 71 Taiwan).
PROVINCES = frozenset(
    [
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
        91,
    ]
)

MESSAGES = {
    "id_length": "身份证号应为18位，请核对后重新输入",
    "id_characters": "身份证号只能是数字，最后一位可以是X",
    "id_region": "身份证号的前两位不是有效的地区代码",
    "id_birth_date": "身份证号里的出生日期不正确",
    "id_future_birth": "身份证号里的出生日期晚于今天",
    "id_checksum": "身份证号的最后一位校验不通过，可能输错了数字",
    "phone_length": "手机号应为11位数字",
    "phone_prefix": "手机号应以13至19开头",
    "document_form": "证件号码的格式不正确，请核对后重新输入",
    "document_type": "不支持这种证件",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a number is not accepted: a stable code and the Chinese sentence for the person."""

    code: str

    @property
    def message(self) -> str:
        return MESSAGES[self.code]


@dataclass(frozen=True, slots=True)
class Found:
    """A number found in a sentence: its canonical form, and where it stood (character offsets)."""

    value: str
    text: str
    begin: int
    finish: int


def clean(number: str) -> str:
    """Half-width, upper case, spoken digits as digits, without blanks, dots and dashes."""
    return spoken_to_digits(fold(number).strip())


def check_character(first17: str) -> str:
    """The eighteenth character for seventeen digits."""
    return CHECK_LETTERS[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]


def check_id_number(number: str, today: date | None = None) -> Problem | None:
    """None where the resident identity number is right, else the first thing that is wrong with it.

    `today`: births after it are refused; without it that is not looked at.
    """
    value = clean(number)
    if len(value) != 18:
        return Problem("id_length")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return Problem("id_characters")
    if int(value[:2]) not in PROVINCES:
        return Problem("id_region")
    born = birth_date(value)
    if born is None:
        return Problem("id_birth_date")
    if today is not None and born > today:
        return Problem("id_future_birth")
    if check_character(value[:17]) != value[17]:
        return Problem("id_checksum")
    return None


def is_id_number(number: str) -> bool:
    """Whether the number has the right form, a real date and the right check character."""
    return check_id_number(number) is None


def birth_date(number: str) -> date | None:
    """The birth date within an identity number, also where its check character is wrong."""
    value = clean(number)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return None
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return None
    return born if born.year >= 1850 else None


def sex_of(number: str) -> Sex | None:
    """Odd seventeenth digit: male."""
    value = clean(number)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return None
    return "male" if int(value[16]) % 2 else "female"


def age_at(born: date, on: date) -> int:
    """Completed years of life (周岁) on that day; someone born on 29 February turns older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def mask_id_number(number: str) -> str:
    """110101********1234; anything shorter than ten characters is hidden but for its last character."""
    value = clean(number)
    if len(value) < 10:
        return "*" * max(len(value) - 1, 0) + value[-1:]
    return value[:6] + "*" * (len(value) - 10) + value[-4:]


def check_phone(number: str) -> Problem | None:
    """None for a mainland mobile number (a country code +86 or 0086 is allowed)."""
    value = _bare_phone(clean(number))
    if not re.fullmatch(r"[0-9]{11}", value):
        return Problem("phone_length")
    return None if re.match(r"1[3-9]", value) else Problem("phone_prefix")


def is_phone(number: str) -> bool:
    """Whether this is a mainland mobile number."""
    return check_phone(number) is None


def mask_phone(number: str) -> str:
    """138****1234."""
    value = _bare_phone(clean(number))
    return value[:3] + "*" * max(len(value) - 7, 0) + value[-4:] if len(value) > 7 else "*" * len(value)


def _bare_phone(value: str) -> str:
    return re.sub(r"^(?:\+?0{0,2}86)(?=1[0-9]{10}$)", "", value)


# Other documents: what their numbers look like. Only forms are checked; no public check digit exists for them.
DOCUMENTS: dict[str, tuple[str, str]] = {
    "resident_id": ("居民身份证", r"[0-9]{17}[0-9X]"),
    "passport": ("护照", r"(?:[EDSPG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[A-Z]{1,2}[0-9]{6,9}|[0-9]{9})"),
    "officer": ("军官证", r"(?:[\u4e00-\u9fff]{1,4}字?第?[0-9]{4,8}号?|[0-9]{6,9})"),
    "hk_macao_permit": ("港澳居民来往内地通行证", r"[HM](?:[0-9]{8}|[0-9]{10})"),
    "taiwan_permit": ("台湾居民来往大陆通行证", r"(?:[0-9]{8}|[0-9]{10}(?:[A-Z])?)"),
    "household": ("户口簿", r"(?:[0-9]{9}|[0-9]{17}[0-9X])"),
    "birth_certificate": ("出生医学证明", r"[A-Z][0-9]{9}"),
    "foreign_resident": ("外国人永久居留身份证", r"(?:[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X])"),
}
DOCUMENT_NAMES = {
    **{"身份证": "resident_id", "二代证": "resident_id", "港澳台居民居住证": "resident_id"},
    **{"护照": "passport", "军官证": "officer", "士兵证": "officer", "文职证": "officer"},
    **{
        "回乡证": "hk_macao_permit",
        "港澳通行证": "hk_macao_permit",
        "港澳居民来往内地通行证": "hk_macao_permit",
    },
    **{"台胞证": "taiwan_permit", "台湾通行证": "taiwan_permit", "台湾居民来往大陆通行证": "taiwan_permit"},
    **{
        "户口簿": "household",
        "户口本": "household",
        "出生证": "birth_certificate",
        "出生医学证明": "birth_certificate",
    },
    **{"外国人永久居留身份证": "foreign_resident", "绿卡": "foreign_resident"},
}


def document_type(text: str) -> str | None:
    """The kind of document that a sentence names (the longest name wins), as a key of `DOCUMENTS`."""
    folded = fold(text)
    names = [name for name in DOCUMENT_NAMES if name in folded]
    return DOCUMENT_NAMES[max(names, key=len)] if names else None


def check_document(kind: str, number: str, today: date | None = None) -> Problem | None:
    """None where the number has a form that this kind of document can have."""
    if kind == "resident_id":
        return check_id_number(number, today)
    if kind not in DOCUMENTS:
        return Problem("document_type")
    value = re.sub(r"[\s\-]", "", fold(number)).upper()
    return None if re.fullmatch(DOCUMENTS[kind][1], value) else Problem("document_form")


def mask_document(number: str) -> str:
    """First two and last two characters; short numbers keep the last only."""
    value = re.sub(r"\s", "", fold(number)).upper()
    if re.fullmatch(r"[0-9]{17}[0-9X]", value):
        return mask_id_number(value)
    return (
        value[:2] + "*" * (len(value) - 4) + value[-2:]
        if len(value) > 5
        else "*" * (len(value) - 1) + value[-1:]
    )


_DIGIT = "零〇○一二两三四五六七八九幺洞拐0-9"
_RUN = re.compile(
    rf"(?:\+\s?86[ \-]{{0,2}})?[{_DIGIT}](?:[ \-,.、]{{0,2}}[{_DIGIT}]){{8,24}}(?:[ \-]{{0,2}}[XxⅩ])?"
)
_SPOKEN_X = re.compile(r"(?:叉|艾克斯|爱克斯|埃克斯)")


def find_id_number(text: str) -> Found | None:
    """The identity number of a sentence, typed or dictated (幺, 零, blanks, dashes, 叉 for X).

    A number whose check character is right wins; else eighteen characters with a real birth date are
    returned as they are, so that the person can be told what is wrong with them.
    """
    runs = _runs(text)
    for sure in (True, False):
        for value, begin, finish in runs:
            if len(value) != 18:
                continue
            if is_id_number(value) if sure else birth_date(value) is not None:
                return Found(value, text[begin:finish], begin, finish)
    return None


def find_phone(text: str) -> Found | None:
    """The mobile number of a sentence, typed or dictated, with or without +86."""
    for value, begin, finish in _runs(text):
        bare = _bare_phone(value)
        if is_phone(bare):
            return Found(bare, text[begin:finish], begin, finish)
    return None


def _runs(text: str) -> list[tuple[str, int, int]]:
    """Strings of nine and more digits, however they are separated, with their places."""
    folded = _SPOKEN_X.sub(lambda hit: "X".ljust(len(hit[0])), fold(text))
    runs: list[tuple[str, int, int]] = []
    for hit in _RUN.finditer(folded):
        value = re.sub(r"[^0-9X]", "", spoken_to_digits(hit[0]))
        runs.append((value, hit.start(), hit.end()))
    return runs
