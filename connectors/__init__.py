"""The hospital's systems behind one FHIR facade: an adapter folder each, and the facade itself."""
