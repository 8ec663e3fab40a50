"""A trained model, loaded and run with what serving needs. Runs the graph node by node, in this thread: for a dozen small nodes Dask's scheduling costs more than they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import MODEL_ARCHIVE_METADATA_FILE, LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata, ModelStorage

Order = list[tuple[str, GraphNode, list[str]]]


class PlainGraphRunner(GraphRunner):
    """Nodes are made once; the order of execution is worked out once for each set of targets."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._schema = graph_schema
        self._nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        self._orders: dict[tuple[str, ...], Order] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> PlainGraphRunner:
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of the targets. `inputs` stand for nodes that the schema does not have."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        outputs: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, node, needs in self._orders[wanted]:
            outputs[name] = node(*(outputs[need] for need in needs))
        return {name: outputs[name][1] for name in wanted}

    def _order(self, targets: tuple[str, ...]) -> Order:
        """What the targets need, each node after those that it needs itself."""
        order: Order = []
        seen: set[str] = set()

        def visit(name: str) -> None:
            if name in seen or name not in self._nodes:
                return
            seen.add(name)
            needs = list(self._schema.nodes[name].needs.values())
            for need in needs:
                visit(need)
            order.append((name, self._nodes[name], needs))

        for target in targets:
            visit(target)
        return order


class ServingStorage(LocalModelStorage):
    """A trained model for serving: how it was trained is left out, which would load everything training uses."""

    @staticmethod
    def _load_metadata(directory: Path) -> ModelMetadata:
        serialized = json.loads((directory / MODEL_ARCHIVE_METADATA_FILE).read_text(encoding="utf-8"))
        return ModelMetadata.from_dict({**serialized, "train_schema": {"nodes": {}}})
