"""The CapabilityStatement: what this facade does, from the systems that it really has."""

from typing import Any

from common.clock import now
from connectors.facade import params
from connectors.facade.core import Facade

_KINDS = {
    params.STRING: "string",
    params.TOKEN: "token",
    params.DATE: "date",
    params.REFERENCE: "reference",
    params.ID: "token",
}
_CODES = {"read": "read", "search": "search-type", "create": "create", "update": "update"}
SOFTWARE = {"name": "门诊通 FHIR 接口", "version": "0.1.0"}


def statement(facade: Facade) -> dict[str, Any]:
    """For `GET /metadata`."""
    types = [type for type in params.SEARCH if type in facade.registry.types() or type == "AuditEvent"]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": now().isoformat(timespec="seconds"),
        "kind": "instance",
        "software": SOFTWARE,
        "implementation": {"description": "医院门诊各系统的统一 FHIR 接口", "url": facade.base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "Bearer 令牌，SMART on FHIR 范围（scope）；每次访问都有 AuditEvent。",
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                },
                "resource": [_resource(facade, type) for type in types],
            }
        ],
    }


def _resource(facade: Facade, type: str) -> dict[str, Any]:
    interactions = {"search"} if type == "AuditEvent" else facade.registry.interactions(type)
    stated: dict[str, Any] = {
        "type": type,
        "interaction": [{"code": code} for name, code in _CODES.items() if name in interactions],
        "versioning": "versioned-update" if "update" in interactions else "no-version",
        "readHistory": False,
        "conditionalCreate": "create" in interactions,
        "conditionalRead": "not-match" if "read" in interactions else "not-supported",
        "searchParam": [
            {"name": name, "type": _KINDS[param.kind]} for name, param in params.SEARCH[type].items()
        ],
    }
    if includes := list(params.INCLUDES.get(type, {})):
        stated["searchInclude"] = includes
    if operations := sorted(name for name in interactions if name.startswith("$")):
        stated["operation"] = [
            {"name": name[1:], "definition": f"urn:menzhen:operation:{type}-{name[1:]}"}
            for name in operations
        ]
    return stated
