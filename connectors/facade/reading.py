"""Read one resource, from the system that knows it, if the bearer may see it."""

from functools import partial
from typing import Any

from connectors.facade import references
from connectors.facade.core import Call, Facade
from connectors.facade.outcome import NotFound
from connectors.facade.systems import System


async def read(facade: Facade, call: Call, type: str, id: str) -> dict[str, Any]:
    """The resource with the facade's ids. Raises NotFound also for what belongs to somebody else."""
    facade.need(call, type, "read")
    return await fetch(facade, call, type, id)


async def fetch(facade: Facade, call: Call, type: str, id: str) -> dict[str, Any]:
    """`read` without asking whether reading is granted: for interactions that look before they act."""
    if type == "Patient":
        call.patients.add(id)
        person = facade.ids.canonical(id)
        if not call.access.all and person not in call.access.own:
            raise NotFound(detail="outside the compartment")
        if person != id:
            return _replaced(id, person)
    for system, business_id in locate(facade, type, id):
        resource = await system.guard.call(partial(system.adapter.read, type, business_id), call.until)
        if resource is None:
            continue
        [found] = await facade.identity.outward(system, [resource], call.until)
        call.access.check_visible(found)
        call.patients.update(references.patients(found))
        return found
    raise NotFound(detail=f"{type}")


def locate(facade: Facade, type: str, id: str) -> list[tuple[System, str]]:
    """The systems that can be asked for this id, each with its own id for it, masters first."""
    keys = [key for key in facade.ids.back(id) if key[1] == type]
    return [
        (system, business_id)
        for system in facade.registry.systems
        if system.serves(type, "read")
        for namespace, _, business_id in keys
        if namespace == facade.registry.namespace(system, type)
    ]


def _replaced(old: str, new: str) -> dict[str, Any]:
    """What is left of a patient who was merged into another."""
    return {
        "resourceType": "Patient",
        "id": old,
        "active": False,
        "link": [{"other": {"reference": f"Patient/{new}"}, "type": "replaced-by"}],
    }
