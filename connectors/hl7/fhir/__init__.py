"""HL7 v2 messages of the usual kinds (ADT, SIU, ORU, ORM, OML, DFT, BAR, MDM, VXU, RDE …) as FHIR R4 bundles."""

from connectors.hl7.fhir.convert import convert

__all__ = ["convert"]
