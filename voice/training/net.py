"""The acoustic network: a small time-delay network of low-rank layers, 23 to 27 frames of context, one output each 30 ms."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voice.training.frontend import MEL
from voice.training.units import Units

STRIDE = 3


class Layer(nn.Module):
    """Affine over `width` frames, through a bottleneck where there is one, then batch norm and ReLU."""

    def __init__(
        self, inputs: int, outputs: int, width: int, *, stride: int = 1, bottleneck: int = 0
    ) -> None:
        super().__init__()
        self.narrow = nn.Conv1d(inputs, bottleneck, width, stride=stride, bias=False) if bottleneck else None
        if bottleneck:
            self.affine = nn.Conv1d(bottleneck, outputs, 1)
        else:
            self.affine = nn.Conv1d(inputs, outputs, width, stride=stride)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.affine(x if self.narrow is None else self.narrow(x))))


class Net(nn.Module):
    """`forward`: [batch, CONTEXT + frames + CONTEXT, MEL] → log posteriors [batch, ceil(frames / 3), outputs]."""

    def __init__(self, outputs: int, hidden: int = 256, bottleneck: int = 112, depth: int = 6) -> None:
        super().__init__()
        self.sizes = {"outputs": outputs, "hidden": hidden, "bottleneck": bottleneck, "depth": depth}
        self.register_buffer("mean", torch.zeros(MEL))
        self.register_buffer("deviation", torch.ones(MEL))
        self.first = Layer(MEL, hidden, 5)
        self.slow = Layer(hidden, hidden, 3, stride=STRIDE, bottleneck=bottleneck)
        self.deep = nn.ModuleList(Layer(hidden, hidden, 3, bottleneck=bottleneck) for _ in range(depth))
        self.last = nn.Conv1d(hidden, outputs, 1)
        self.context = 2 + 1 + STRIDE * depth
        """Frames of 10 ms that each side of an output needs."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.slow(self.first(((x - self.mean) / self.deviation).transpose(1, 2)))
        for layer in self.deep:
            y = y[:, :, 1:-1] + F.dropout(layer(y), 0.1, self.training)
        return F.log_softmax(self.last(y).transpose(1, 2).float(), -1)


def save(net: Net, units: Units, path: Path) -> None:
    """The network with its units, for `restore`."""
    torch.save({"state": net.state_dict(), "units": list(units.inventory), "sizes": net.sizes}, path)


def restore(path: Path) -> tuple[Net, Units]:
    """What `save` wrote, ready to be used (not trained)."""
    content = torch.load(path, weights_only=True)
    net = Net(**content["sizes"])
    net.load_state_dict(content["state"])
    return net.eval(), Units(content["units"])
