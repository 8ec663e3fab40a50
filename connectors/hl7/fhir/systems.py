"""Code systems: what v2 calls them → the URI that FHIR knows, and the value maps between v2 tables and FHIR codes."""

import re
from urllib.parse import quote

from connectors.resources import ID_CARD_SYSTEM, INSURANCE_CARD_SYSTEM, MRN_SYSTEM, WECHAT_SYSTEM

V2 = "http://terminology.hl7.org/CodeSystem/v2-"
V3 = "http://terminology.hl7.org/CodeSystem/v3-"
CORE = "http://terminology.hl7.org/CodeSystem/"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
IDENTIFIER_TYPE = f"{V2}0203"

_CODE_SYSTEMS = {
    "LN": LOINC,
    "LOINC": LOINC,
    "SCT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "SNOMED-CT": "http://snomed.info/sct",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICD9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "C4": "http://www.ama-assn.org/go/cpt",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "MVX": "http://hl7.org/fhir/sid/mvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "UCUM": UCUM,
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "ISO3166_1": "urn:iso:std:iso:3166",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
    "99HIS": "urn:menzhen:code:HIS",
}
_TABLE = re.compile(r"HL7(?:NULL)?-?(\d{4,5})")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_AUTHORITIES = {
    "HIS": MRN_SYSTEM,
    "PRC": ID_CARD_SYSTEM,
    "WECHAT": WECHAT_SYSTEM,
    "YB": INSURANCE_CARD_SYSTEM,
    "USSSA": "http://hl7.org/fhir/sid/us-ssn",
}

GENDER = {"M": "male", "F": "female", "O": "other", "A": "other", "N": "other", "男": "male", "女": "female"}
ENCOUNTER_CLASS = {
    "E": ("EMER", "emergency"),
    "I": ("IMP", "inpatient encounter"),
    "O": ("AMB", "ambulatory"),
    "P": ("PRENC", "pre-admission"),
    "R": ("AMB", "ambulatory"),
    "B": ("IMP", "inpatient encounter"),
    "H": ("HH", "home health"),
    "V": ("VR", "virtual"),
}
ENCOUNTER_STATUS = {
    "A01": "in-progress",
    "A02": "in-progress",
    "A03": "finished",
    "A04": "in-progress",
    "A05": "planned",
    "A11": "cancelled",
    "A13": "in-progress",
    "A14": "planned",
    "A15": "in-progress",
    "A16": "in-progress",
    "A25": "in-progress",
    "A26": "in-progress",
    "A27": "cancelled",
    "A38": "cancelled",
}
"""Trigger of an ADT → status. With others a visit that has ended is finished, one before admission planned."""
APPOINTMENT_STATUS = {
    "S12": "booked",
    "S13": "booked",
    "S14": "booked",
    "S15": "cancelled",
    "S16": "cancelled",
    "S17": "entered-in-error",
    "S26": "noshow",
}
FILLER_STATUS = {
    "BOOKED": "booked",
    "PENDING": "pending",
    "HELD": "pending",
    "WAITLIST": "waitlist",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
    "RELEASED": "cancelled",
    "DELETED": "entered-in-error",
    "DC": "cancelled",
    "DISCONTINUED": "cancelled",
    "COMPLETE": "fulfilled",
    "FULFILLED": "fulfilled",
    "STARTED": "arrived",
    "ARRIVED": "arrived",
    "NOSHOW": "noshow",
    "OVERBOOK": "booked",
}
REPORT_STATUS = {
    "O": "registered",
    "I": "registered",
    "S": "registered",
    "A": "partial",
    "P": "preliminary",
    "R": "preliminary",
    "F": "final",
    "C": "corrected",
    "M": "amended",
    "X": "cancelled",
}
OBSERVATION_STATUS = {
    "F": "final",
    "P": "preliminary",
    "C": "corrected",
    "A": "amended",
    "I": "registered",
    "R": "preliminary",
    "S": "preliminary",
    "X": "cancelled",
    "D": "entered-in-error",
    "W": "entered-in-error",
    "U": "final",
    "B": "final",
    "V": "final",
}
ORDER_STATUS = {
    "CA": "revoked",
    "OC": "revoked",
    "CR": "revoked",
    "DC": "revoked",
    "HD": "on-hold",
    "CM": "completed",
    "ER": "entered-in-error",
    "RP": "revoked",
}
PRIORITY = {"S": "stat", "A": "asap", "R": "routine", "T": "urgent", "STAT": "stat", "ROUTINE": "routine"}
INTERPRETATION = {
    "H": "High",
    "L": "Low",
    "HH": "Critical high",
    "LL": "Critical low",
    "N": "Normal",
    "A": "Abnormal",
    "AA": "Critical abnormal",
    "S": "Susceptible",
    "R": "Resistant",
    "I": "Intermediate",
    "POS": "Positive",
    "NEG": "Negative",
    "IND": "Indeterminate",
    "DET": "Detected",
    "ND": "Not detected",
    "<": "Off scale low",
    ">": "Off scale high",
    "U": "Significant change up",
    "D": "Significant change down",
    "B": "Better",
    "W": "Worse",
}
INTERPRETATION_ALIAS = {
    "↑": "H",
    "↓": "L",
    "↑↑": "HH",
    "↓↓": "LL",
    "+": "POS",
    "-": "NEG",
    "高": "H",
    "低": "L",
}
RELATION = {
    "MTH": "MTH",
    "FTH": "FTH",
    "SPO": "SPS",
    "CHD": "CHILD",
    "PAR": "PRN",
    "SIB": "SIB",
    "GRD": "GUARD",
    "GRP": "GRPRN",
    "BRO": "BRO",
    "SIS": "SIS",
    "FND": "FRND",
    "EMC": "C",
}
ALLERGY_CATEGORY = {"DA": "medication", "MA": "medication", "FA": "food", "EA": "environment", "AA": "environment", "PA": "environment", "LA": "environment"}  # fmt: skip
CRITICALITY = {"SV": "high", "MO": "low", "MI": "low", "U": "unable-to-assess"}
SEVERITY = {"SV": "severe", "MO": "moderate", "MI": "mild"}


def code_system(name: str) -> str:
    """The URI of a coding system named in CWE-3 (table 0396); empty where none is named."""
    name = name.strip()
    if not name:
        return ""
    if known := _CODE_SYSTEMS.get(name.upper()):
        return known
    if table := _TABLE.fullmatch(name.upper()):
        return f"{V2}{table[1]}"
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    return f"urn:menzhen:code:{quote(name, safe='-._')}"


def authority(namespace: str, universal: str, kind: str) -> str:
    """The identifier system of an assigning authority (HD): its OID, a known one, or its name; empty if none."""
    if universal and _OID.fullmatch(universal):
        return f"urn:oid:{universal}"
    if known := _AUTHORITIES.get(namespace.strip().upper()):
        return known
    name = namespace.strip() or universal.strip()
    return f"urn:menzhen:identifier:{quote(name, safe='-._')}" if name else ""
