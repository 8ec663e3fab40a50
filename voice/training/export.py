"""Trained network → am/final.mdl.

Batch norm is folded into the affine before it, a convolution over frames is an affine over Append(Offset(…)), a
skip is a Sum(…), the normalisation of the input a diagonal affine: vosk needs no other file for the acoustics.
After the posteriors come those of the likeliest initial and of the likeliest final, of which [unk] is made.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from voice.training.kaldi import Component, Writer, write_nnet, write_transition_model
from voice.training.net import STRIDE, Layer, Net
from voice.training.units import Units


class _Graph:
    """Components in a row, each a node of its own."""

    def __init__(self, inputs: int) -> None:
        self.components: list[Component] = []
        self.config = [f"input-node name=input dim={inputs}"]

    def add(self, component: Component, source: str) -> str:
        self.components.append(component)
        name = component.name
        self.config.append(f"component-node name={name} component={name} input={source}")
        return name

    def affine(self, name: str, weights: np.ndarray, bias: np.ndarray, source: str) -> str:
        return self.add(Component(name, "affine", weights=weights, bias=bias), source)

    def pool(self, name: str, first: int, count: int, source: str) -> str:
        """The largest of `count` outputs of the node `source`, from `first` on."""
        self.config.append(
            f"dim-range-node name={name}.of input-node={source} dim-offset={first} dim={count}"
        )
        return self.add(Component(name, "MaxpoolingComponent", count), f"{name}.of")

    def layer(self, name: str, layer: Layer, source: str) -> str:
        """The layer with its batch norm folded in."""
        norm = layer.norm
        assert norm.running_var is not None and norm.running_mean is not None
        with torch.no_grad():
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weights = _flat(layer.affine.weight * gain[:, None, None])
            bias = _array((layer.affine.bias - norm.running_mean) * gain + norm.bias)
            if layer.narrow is not None:
                narrow = _flat(layer.narrow.weight)
                source = self.affine(f"{name}.narrow", narrow, np.zeros(len(narrow)), source)
        source = self.affine(f"{name}.affine", weights, bias, source)
        return self.add(Component(f"{name}.relu", "RectifiedLinearComponent", norm.num_features), source)


def _array(value: Tensor) -> np.ndarray:
    return value.detach().double().numpy()


def _flat(weights: Tensor) -> np.ndarray:
    """[out, in, frames] → [out, frames × in], the order of Append."""
    return _array(weights.permute(0, 2, 1).reshape(len(weights), -1))


def _spliced(node: str, offsets: tuple[int, ...]) -> str:
    return "Append(" + ", ".join(f"Offset({node}, {o})" if o else node for o in offsets) + ")"


def write_acoustics(net: Net, units: Units, folder: Path) -> int:
    """Writes final.mdl, and units.txt for who goes on training; returns the bytes of the former."""
    mean, deviation = _array(net.mean), _array(net.deviation)
    graph = _Graph(len(mean))
    node = graph.affine("normalise", np.diag(1 / deviation), -mean / deviation, "input")
    node = graph.layer("first", net.first, _spliced(node, (-2, -1, 0, 1, 2)))
    node = graph.layer("slow", net.slow, _spliced(node, (-1, 0, 1)))
    for number, layer in enumerate(net.deep):
        node = f"Sum({node}, {graph.layer(f'deep{number}', layer, _spliced(node, (-STRIDE, 0, STRIDE)))})"
    node = graph.affine("last", _flat(net.last.weight), _array(net.last.bias), node)
    node = graph.add(Component("posteriors", "LogSoftmaxComponent", net.sizes["outputs"]), node)
    pools = [graph.pool(f"pool{place}", *pool, node) for place, pool in enumerate(units.pools)]
    graph.config.append(f"output-node name=output input=Append({', '.join([node, *pools])}) objective=linear")
    writer = Writer()
    write_transition_model(writer, units.written)
    write_nnet(writer, graph.components, graph.config)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "final.mdl").write_bytes(writer.data)
    (folder / "units.txt").write_text("\n".join(units.inventory) + "\n", encoding="utf-8")
    return len(writer.data)
