"""Who a patient is, asked of the facade: by WeChat account, identity number, or id."""

from typing import Any

from chinese.names import mask_name
from common import tokens
from common.settings import Settings
from connectors.fhir_client import FhirClient, FhirError
from connectors.resources import bare, extension
from gateway.store import Identity


class Patients:
    """Reads Patient resources with the gateway's own token."""

    def __init__(self, settings: Settings) -> None:
        self.fhir = FhirClient(
            settings.facade_url, lambda: tokens.service("gateway"), deadline=settings.backend_deadline + 1
        )

    async def close(self) -> None:
        await self.fhir.close()

    async def read(self, id: str) -> dict[str, Any] | None:
        """The Patient with this FHIR id. Raises FhirError where the facade does not answer."""
        try:
            return await self.fhir.read("Patient", id)
        except FhirError as error:
            if error.status in (404, 410):
                return None
            raise

    async def by_identifier(self, value: str) -> dict[str, Any] | None:
        """The one Patient with this identifier, whatever its kind; None for none or several."""
        found = await self.fhir.search("Patient", {"identifier": value})
        return found.resources[0] if len(found.resources) == 1 else None

    async def find(self, who: str) -> dict[str, Any] | None:
        """By FHIR id, medical record number, openid, or the short name of a demonstration patient."""
        for value in (who, f"wx-{who}"):
            found = await self.by_identifier(value)
            if found:
                return found
        return await self.read(who)

    @staticmethod
    def name_of(patient: dict[str, Any]) -> str:
        name = (patient.get("name") or [{}])[0]
        return name.get("text") or name.get("family", "") + "".join(name.get("given", []))

    async def identity(self, patient: dict[str, Any]) -> Identity:
        """What the session keeps of a patient: masked name, id, and the family members they may act for."""
        dependents = []
        for contact in patient.get("contact", []):
            other = extension(contact, "patient")
            if not other:
                continue
            coding: dict[str, Any] = next(
                (c for r in contact.get("relationship", []) for c in r.get("coding", [])), {}
            )
            dependents.append(
                (
                    bare(other),
                    coding.get("code", ""),
                    mask_name(self.name_of({"name": [contact.get("name", {})]})),
                )
            )
        return Identity(
            sub=f"patient:{patient['id']}",
            role="patient",
            name=mask_name(self.name_of(patient)),
            patient=patient["id"],
            dependents=tuple(dependents),
        )
