"""`./menzhen hl7`: HL7 v2 messages → FHIR bundles, or what is wrong with them."""

from collections.abc import Sequence

from connectors.hl7.cli import main


def run(argv: Sequence[str]) -> int:
    return main(list(argv))
