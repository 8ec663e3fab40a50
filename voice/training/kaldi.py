"""Kaldi's binary files written without Kaldi: a TransitionModel for CTC units, and an nnet3 network.

Phone 1 is silence; unit u = 1… is four phones, one for each place in a word, so that vosk can tell where words
end. A unit's state 0 emits its output and must be passed, state 1 emits the blank and may be skipped: CTC's rule
as a Kaldi topology. Formats: Kaldi's hmm-topology.cc, transition-model.cc, nnet-nnet.cc, compressed-matrix.cc.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

SILENCE = 1
PLACES = ("begin", "internal", "end", "singleton")
Topology: TypeAlias = list[tuple[int, list[tuple[int, float]]]]
# Entries of (pdf class, [(next state, probability)]); −1: the final state, which emits nothing.
_SILENCE: Topology = [(0, [(0, 0.5), (1, 0.5)]), (-1, [])]
_UNIT: Topology = [(0, [(0, 0.4), (1, 0.3), (2, 0.3)]), (1, [(1, 0.5), (2, 0.5)]), (-1, [])]


def phone(unit: int, place: str) -> int:
    """The phone of a unit (from 1) at a place of a word."""
    return 2 + (unit - 1) * len(PLACES) + PLACES.index(place)


def phones(outputs: int) -> int:
    """How many phones a network with so many outputs (the blank among them) needs."""
    return 1 + len(PLACES) * (outputs - 1)


def _topology(number: int) -> Topology:
    return _SILENCE if number == SILENCE else _UNIT


def _states(outputs: int) -> list[tuple[int, int, int]]:
    """(phone, state, network output) in the order of Kaldi's transition states."""
    found = [(SILENCE, 0, 0)]
    for number in range(2, phones(outputs) + 1):
        found += [(number, 0, (number - 2) // len(PLACES) + 1), (number, 1, 0)]
    return found


def transitions(outputs: int) -> dict[tuple[int, int, int], int]:
    """(phone, state, next state) → transition id, from 1: the input labels of the graph."""
    found: dict[tuple[int, int, int], int] = {}
    for number, state, _ in _states(outputs):
        for following, _ in _topology(number)[state][1]:
            found[number, state, following] = len(found) + 1
    return found


@dataclass
class Writer:
    """Kaldi's basic types in binary."""

    data: bytearray = field(default_factory=lambda: bytearray(b"\0B"))

    def token(self, *names: str) -> None:
        self.data += "".join(name + " " for name in names).encode()

    def integer(self, value: int) -> None:
        self.data += b"\x04" + struct.pack("<i", value)

    def floating(self, value: float) -> None:
        self.data += b"\x04" + struct.pack("<f", value)

    def double(self, value: float) -> None:
        self.data += b"\x08" + struct.pack("<d", value)

    def integers(self, values: Iterable[int]) -> None:
        array = np.fromiter(values, "<i4")
        self.data += b"\x04" + struct.pack("<i", len(array)) + array.tobytes()

    def vector(self, values: Sequence[float] | np.ndarray) -> None:
        array = np.asarray(values, "<f4")
        self.token("FV")
        self.integer(len(array))
        self.data += array.tobytes()

    def matrix(self, values: np.ndarray) -> None:
        """In 16 bits (Kaldi's CompressedMatrix, kTwoByte): half the size, and nothing lost that is heard."""
        array = np.asarray(values, np.float64)
        low = float(array.min())
        reach = float(array.max()) - low or 1.0
        self.token("CM2")
        self.data += struct.pack("<ffii", low, reach, *array.shape)
        self.data += np.clip(np.rint((array - low) / reach * 65535), 0, 65535).astype("<u2").tobytes()


@dataclass(frozen=True)
class Component:
    """One nnet3 component. `weights` [out, in] and `bias` for an affine; `size` for the others (Maxpooling: of its
    input, one number comes out)."""

    name: str
    kind: str
    size: int = 0
    weights: np.ndarray | None = None
    bias: np.ndarray | None = None


def write_transition_model(writer: Writer, outputs: int) -> None:
    """The topology, the states with their outputs, and the transitions' logarithms."""
    count = phones(outputs)
    writer.token("<TransitionModel>", "<Topology>")
    writer.integers(range(1, count + 1))
    writer.integers([-1, 0] + [1] * (count - 1))  # phone → entry below; there is no phone 0
    writer.integer(2)
    for entry in (_SILENCE, _UNIT):
        writer.integer(len(entry))
        for pdf_class, arcs in entry:
            writer.integer(pdf_class)
            writer.integer(len(arcs))
            for following, probability in arcs:
                writer.integer(following)
                writer.floating(probability)
    writer.token("</Topology>", "<Triples>")
    states = _states(outputs)
    writer.integer(len(states))
    for triple in states:
        for value in triple:
            writer.integer(value)
    writer.token("</Triples>", "<LogProbs>")
    logs = [0.0]  # transition ids count from 1
    for number, state, _ in states:
        logs += [float(np.log(probability)) for _, probability in _topology(number)[state][1]]
    writer.vector(logs)
    writer.token("</LogProbs>", "</TransitionModel>")


def write_nnet(writer: Writer, components: Sequence[Component], config: Sequence[str]) -> None:
    """The network: config lines, then the components; contexts are computed by who reads it, CTC has no priors."""
    writer.token("<Nnet3>")
    writer.data += b"\n" + "".join(line + "\n" for line in config).encode() + b"\n"
    writer.token("<NumComponents>")
    writer.integer(len(components))
    for component in components:
        writer.token("<ComponentName>", component.name)
        if component.weights is not None and component.bias is not None:
            writer.token("<FixedAffineComponent>", "<LinearParams>")
            writer.matrix(component.weights)
            writer.token("<BiasParams>")
            writer.vector(component.bias)
            writer.token("</FixedAffineComponent>")
        elif component.kind == "MaxpoolingComponent":
            _write_pooling(writer, component.size)
        else:
            writer.token(f"<{component.kind}>", "<Dim>")
            writer.integer(component.size)
            writer.token("<ValueAvg>")
            writer.vector([])
            writer.token("<DerivAvg>")
            writer.vector([])
            writer.token("<Count>")
            writer.double(0.0)
            writer.token(f"</{component.kind}>")
    writer.token("</Nnet3>", "<LeftContext>")
    writer.integer(0)
    writer.token("<RightContext>")
    writer.integer(0)
    writer.token("<Priors>")
    writer.vector([])


def _write_pooling(writer: Writer, size: int) -> None:
    """The largest of `size` values: a pool as wide as the input."""
    writer.token("<MaxpoolingComponent>")
    pool = {
        "InputXDim": size,
        "InputYDim": 1,
        "InputZDim": 1,
        "PoolXSize": size,
        "PoolYSize": 1,
        "PoolZSize": 1,
    }
    for name, value in {**pool, "PoolXStep": 1, "PoolYStep": 1, "PoolZStep": 1}.items():
        writer.token(f"<{name}>")
        writer.integer(value)
    writer.token("</MaxpoolingComponent>")


_AFFINE = re.compile(rb"<ComponentName> (\S+) <FixedAffineComponent> <LinearParams> CM2 ")


def read_affines(data: bytes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name → weights [out, in] and bias [out] of every affine that `write_nnet` wrote, float32."""
    found = {}
    for match in _AFFINE.finditer(data):
        low, reach, rows, columns = struct.unpack_from("<ffii", data, match.end())
        start = match.end() + 16
        raw = np.frombuffer(data, "<u2", rows * columns, start).reshape(rows, columns)
        bias = start + 2 * rows * columns + len(b"<BiasParams> FV \x04") + 4
        weights = (low + reach * raw.astype(np.float64) / 65535).astype(np.float32)
        found[match[1].decode()] = weights, np.frombuffer(data, "<f4", rows, bias)
    return found
