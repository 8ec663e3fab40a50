"""The head of every message: MSH, MSA and ERR, in the charset and version of the settings."""

from dataclasses import dataclass

from simulator.hospital.hl7 import ENCODING, Message, Value, segment, to_hl7
from simulator.hospital.refusal import Refused

CHARSETS = {"UTF-8": "UNICODE UTF-8", "GB18030": "GB 18030-2000"}
STRUCTURES = {
    "SIU": "SIU_S12",
    "ADT^A04": "ADT_A01",
    "ADT^A08": "ADT_A01",
    "ADT^A28": "ADT_A05",
    "ADT^A40": "ADT_A39",
    "DFT^P03": "DFT_P03",
    "ORU^R01": "ORU_R01",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """`charset` UTF-8 or GB18030, `version` 2.4 or 2.5."""

    charset: str
    version: str

    @property
    def codec(self) -> str:
        return "utf-8" if self.charset == "UTF-8" else "gb18030"

    def head(self, type: str, control_id: str, now: str, receiver: tuple[str, str] = ("", "")) -> str:
        application, facility = receiver if any(receiver) else ("MENZHEN", "FRONTDESK")
        fields: dict[int, Value] = {
            3: "HIS",
            4: "HOSPITAL",
            5: application,
            6: facility,
            7: to_hl7(now),
            9: tuple(type.split("^")),
            10: control_id,
            11: "P",
            12: self.version,
            18: CHARSETS[self.charset],
        }
        # MSH-1 and MSH-2 are the separators themselves.
        return f"MSH{ENCODING}" + segment("", {n - 2: v for n, v in fields.items()})

    def message(self, type: str, control_id: str, now: str, segments: list[str]) -> str:
        """A message of ours, e.g. type `SIU^S12`; the structure is added."""
        structure = STRUCTURES.get(type) or STRUCTURES[type.split("^")[0]]
        return "\r".join([self.head(f"{type}^{structure}", control_id, now), *segments]) + "\r"

    def answer(self, request: Message, type: str, now: str, segments: list[str]) -> str:
        """An `AA` answer of that full type, e.g. `SRR^S01^SRR_S01`."""
        msa = segment("MSA", {1: "AA", 2: request.control_id})
        return "\r".join([self._head_for(request, type, now), msa, *segments]) + "\r"

    def refusal(self, request: Message | None, type: str, now: str, error: Refused, code: str = "AE") -> str:
        """`AE` or `AR` with the ERR segment of the profile."""
        control = request.control_id if request else ""
        msa = segment("MSA", {1: code, 2: control, 3: error.code})
        err = segment(
            "ERR",
            {
                3: ("207", "Application internal error", "HL70357"),
                4: "E",
                5: (error.code, error.message, "99HIS"),
                8: error.message,
            },
        )
        return "\r".join([self._head_for(request, type, now), msa, err]) + "\r"

    def _head_for(self, request: Message | None, type: str, now: str) -> str:
        if request is None:
            return self.head(type, f"R{to_hl7(now)}", now)
        header = request.segments[0]
        return self.head(type, f"R{request.control_id[:60]}", now, (header.get(3), header.get(4)))
