"""The FHIR R4 API over the hospital's systems: routing, search, ids, access, audit, events."""
