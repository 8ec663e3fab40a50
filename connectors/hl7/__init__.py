"""HL7 v2 for every adapter that speaks it: messages, character sets, MLLP both ways, and v2 messages as FHIR."""
