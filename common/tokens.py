"""Short-lived tokens: who acts, in which role, on whose data. The gateway issues them; facade, journey and insight check."""

import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from common.errors import Forbidden, NotAuthorised
from common.settings import get

ISSUER = "menzhen"
ROLES = ("patient", "director", "head", "doctor", "finance", "service")
PATIENT_SCOPES = (
    "patient/Patient.rs patient/Appointment.crus patient/DiagnosticReport.rs patient/Observation.rs "
    "patient/Invoice.rus patient/ChargeItem.rs patient/Schedule.rs patient/Slot.rs patient/Practitioner.rs "
    "patient/PractitionerRole.rs patient/Organization.rs patient/Location.rs patient/HealthcareService.rs"
)
STAFF_SCOPES = "user/Organization.rs user/Practitioner.rs user/PractitionerRole.rs user/Location.rs user/HealthcareService.rs user/Schedule.rs user/Slot.rs"
SERVICE_SCOPES = "system/*.cruds"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `patient` and `dependents` are FHIR Patient ids of the facade."""

    sub: str
    role: str
    scope: str = ""
    patient: str = ""
    dependents: tuple[str, ...] = ()
    department: str = ""
    doctor: str = ""
    session: str = ""
    expires: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def may_see(self, patient: str) -> bool:
        """Whether this patient's compartment is open to the bearer."""
        return self.role == "service" or patient == self.patient or patient in self.dependents


def _key() -> OctKey:
    return OctKey.import_key(get().key().encode())


def issue(claims: Claims, seconds: int | None = None) -> str:
    """A signed token (JWS, HS256) that is valid for `seconds` from the machine's real time."""
    now = int(time.time())
    body = asdict(claims) | {
        "iss": ISSUER,
        "iat": now,
        "exp": now + (seconds or get().token_seconds),
        "jti": uuid.uuid4().hex,
    }
    del body["expires"]
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, body, _key())


def service(name: str, seconds: int = 300) -> str:
    """A token for one of our own processes, e.g. `service("journey")`."""
    return issue(Claims(sub=f"service:{name}", role="service", scope=SERVICE_SCOPES), seconds)


def verify(token: str) -> Claims:
    """Check signature, issuer and time. Raises NotAuthorised."""
    try:
        decoded = jwt.decode(token, _key(), algorithms=["HS256"])
        jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER}, exp={"essential": True}, sub={"essential": True}
        ).validate(decoded.claims)
    except (JoseError, ValueError) as error:
        raise NotAuthorised(detail=type(error).__name__) from None
    body = decoded.claims
    if body.get("role") not in ROLES:
        raise NotAuthorised(detail="unknown role")
    return Claims(
        sub=body["sub"],
        role=body["role"],
        scope=body.get("scope", ""),
        patient=body.get("patient", ""),
        dependents=tuple(body.get("dependents", ())),
        department=body.get("department", ""),
        doctor=body.get("doctor", ""),
        session=body.get("session", ""),
        expires=body["exp"],
        extra=body.get("extra", {}),
    )


def bearer(header: str | None) -> Claims:
    """The claims of an `Authorization` header. Raises NotAuthorised."""
    kind, _, token = (header or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotAuthorised("请先登录。", detail="no bearer token")
    return verify(token.strip())


def need_role(claims: Claims, *roles: str) -> Claims:
    """Raises Forbidden unless the bearer has one of the roles."""
    if claims.role not in roles:
        raise Forbidden(detail=f"role {claims.role}")
    return claims
