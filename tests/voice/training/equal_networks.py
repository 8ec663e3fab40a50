"""Run by the training environment: am/final.mdl, read back and computed with numpy, against the network itself.

And the network that training goes on from (adopt.py) against the one that was written.
"""

import re
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from voice.training.adopt import adopt, settle
from voice.training.export import write_acoustics
from voice.training.frontend import MEL
from voice.training.net import Net
from voice.training.units import INITIALS, Units


def parsed(data: bytes) -> tuple[list[str], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Config lines, and weights and bias of every affine."""
    body = data[data.index(b"<Nnet3> ") + 8 :]
    config, rest = body[1:].split(b"\n\n", 1)
    affines = {}
    for match in re.finditer(rb"<ComponentName> (\S+) <FixedAffineComponent> <LinearParams> CM2 ", rest):
        at = match.end()
        low, reach, rows, columns = struct.unpack_from("<ffii", rest, at)
        raw = np.frombuffer(rest, "<u2", rows * columns, at + 16).reshape(rows, columns)
        at += 16 + 2 * rows * columns + len(b"<BiasParams> FV ")
        size = struct.unpack_from("<i", rest, at + 1)[0]
        affines[match[1].decode()] = low + reach * raw / 65535, np.frombuffer(rest, "<f4", size, at + 5)
    return config.decode().split("\n"), affines


def computed(
    config: list[str], affines: dict[str, tuple[np.ndarray, np.ndarray]], x: np.ndarray, at: int
) -> np.ndarray:
    """The output at one frame, by following the config lines backwards."""
    inputs = dict(re.findall(r"component-node name=(\S+) component=\S+ input=(.+)", "\n".join(config)))
    memory: dict[tuple[str, int], np.ndarray] = {}

    def value(source: str, time: int) -> np.ndarray:
        source = source.strip()
        if source.startswith(("Append(", "Sum(")):
            parts = [value(part, time) for part in split(source[source.index("(") + 1 : -1])]
            return np.concatenate(parts) if source.startswith("Append") else np.sum(parts, axis=0)
        if source.startswith("Offset("):
            node, offset = split(source[7:-1])
            return value(node, time + int(offset))
        return node_value(source, time)

    def node_value(name: str, time: int) -> np.ndarray:
        if name == "input":
            return x[time]
        if (name, time) not in memory:
            y = value(inputs[name], time)
            if name in affines:
                y = affines[name][0] @ y + affines[name][1]
            elif name.endswith(".relu"):
                y = np.maximum(y, 0)
            else:
                y = y - np.log(np.exp(y - y.max()).sum()) - y.max()
            memory[name, time] = y
        return memory[name, time]

    return node_value("posteriors", at)


def split(text: str) -> list[str]:
    """By commas outside of brackets."""
    depth, parts = 0, [""]
    for one in text:
        depth += (one == "(") - (one == ")")
        if one == "," and not depth:
            parts.append("")
        else:
            parts[-1] += one
    return parts


torch.manual_seed(1)
net = Net(20, hidden=24, bottleneck=12, depth=3)
net.mean.normal_(10, 2)
net.deviation.uniform_(1, 4)
for module in net.modules():
    if isinstance(module, torch.nn.BatchNorm1d):
        module.running_mean.normal_()
        module.running_var.uniform_(0.5, 2)
        module.weight.data.uniform_(0.5, 1.5)
        module.bias.data.normal_()
net.eval()
x = np.random.default_rng(2).normal(10, 4, (2 * net.context + 31, MEL)).astype(np.float32)
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    inventory = (*INITIALS[:4], *(f"u{place}" for place in range(15)))
    write_acoustics(net, Units(inventory), folder / "am")
    config, affines = parsed((folder / "am" / "final.mdl").read_bytes())
    again, units = adopt(folder)
with torch.no_grad():
    expected = net(torch.from_numpy(x)[None])[0].numpy()
for place in range(len(expected)):
    actual = computed(config, affines, x, net.context + 3 * place)
    np.testing.assert_allclose(actual, expected[place], atol=0.02)

assert units.inventory == inventory
speech = torch.from_numpy(x)[None]
with torch.no_grad():
    np.testing.assert_allclose(again(speech)[0].numpy(), expected, atol=0.02)
    settle(again, [speech, speech + 1])
    np.testing.assert_allclose(again(speech)[0].numpy(), expected, atol=0.02)
    # The norms hold what they would see: in training the first step starts from the same network.
    assert again.first.norm.running_var.std() > 0.01
