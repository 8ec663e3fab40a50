"""Who may do what: SMART scopes by resource and interaction, and the patient's compartment."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from common.errors import Forbidden
from common.tokens import Claims
from connectors.facade.ids import Ids
from connectors.facade.outcome import NotFound
from connectors.facade.references import patients as patients_of

DIRECTORY = frozenset(
    {
        "Organization",
        "Location",
        "HealthcareService",
        "Practitioner",
        "PractitionerRole",
        "Schedule",
        "Slot",
    }
)
"""What belongs to no patient."""

_LETTER = {"create": "c", "read": "r", "update": "u", "delete": "d", "search": "s"}
_CONTEXT = {"patient": "patient", "service": "system"}
_SCOPE = re.compile(r"^(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.([cruds]+)$")
READING_OPERATIONS = frozenset({"$payment"})
OWN_OPERATIONS = frozenset({"$pay", "$payment", "$check-in"})
"""Operations that patients may call on what is theirs; the others move money or tell the HIS that it moved."""


@lru_cache(maxsize=512)
def _granted(scope: str) -> dict[tuple[str, str], frozenset[str]]:
    """(context, resource type or *) → letters of a scope string. Words that are no scopes grant nothing."""
    granted: dict[tuple[str, str], frozenset[str]] = {}
    for word in scope.split():
        if match := _SCOPE.match(word):
            context, type, letters = match.groups()
            granted[context, type] = granted.get((context, type), frozenset()) | frozenset(letters)
    return granted


@dataclass(slots=True)
class Access:
    """What one request's bearer may see."""

    claims: Claims
    own: frozenset[str] = field(default_factory=frozenset)
    """The patient's own id and those of dependents, merged patients followed."""

    @classmethod
    def of(cls, claims: Claims, ids: Ids) -> "Access":
        if claims.role != "patient":
            return cls(claims)
        mine = (claims.patient, *claims.dependents)
        return cls(claims, frozenset(ids.canonical(patient) for patient in mine if patient))

    @property
    def all(self) -> bool:
        """A service sees everything."""
        return self.claims.role == "service"

    def need(self, type: str, interaction: str) -> None:
        """Raises Forbidden unless the token's scopes and role allow this kind of access at all."""
        if interaction.startswith("$"):
            letter = "r" if interaction in READING_OPERATIONS else "u"
            if interaction not in OWN_OPERATIONS and not self.all:
                raise Forbidden(detail=f"operation {interaction} by {self.claims.role}")
        else:
            letter = _LETTER[interaction]
        granted = _granted(self.claims.scope)
        context = _CONTEXT.get(self.claims.role, "user")
        letters = granted.get((context, type), frozenset()) | granted.get((context, "*"), frozenset())
        if letter not in letters:
            raise Forbidden(detail=f"no scope {context}/{type}.{letter}")
        if context == "user" and type not in DIRECTORY:
            raise Forbidden(detail=f"staff reads {type}")
        if type == "AuditEvent" and not self.all:
            raise Forbidden(detail="AuditEvent")

    def visible(self, resource: dict) -> bool:
        """Whether the bearer may see this resource (facade ids inside)."""
        if self.all or resource.get("resourceType") in DIRECTORY:
            return True
        found = patients_of(resource)
        return bool(found) and self.own.issuperset(found)

    def check_visible(self, resource: dict) -> None:
        """Raises NotFound for what belongs to somebody else: whether it exists is nobody's business."""
        if not self.visible(resource):
            raise NotFound(detail="outside the compartment")

    def check_patient(self, patient: str) -> None:
        """Raises Forbidden where a patient asks for somebody else by id."""
        if not self.all and patient not in self.own:
            raise Forbidden("只能查看您本人和您添加的就诊人。", detail="other patient")
