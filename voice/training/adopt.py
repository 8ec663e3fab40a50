"""A model folder → the network that it was written from, to go on training where no `.pt` was kept.

The batch norms are folded into the affines there. They come back as norms that change nothing: `settle` sets their
statistics to those of some speech, and gain and shift so that the output stays the same. Then training can go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from common.errors import MenzhenError
from voice.training.kaldi import read_affines
from voice.training.net import Layer, Net
from voice.training.units import Units


class AdoptError(MenzhenError):
    code = "voice_model_adopt"
    message = "这个模型不能接着训练。"


def adopt(model: Path) -> tuple[Net, Units]:
    """The network of `model`/am/final.mdl with its units. Raises AdoptError where it is not one of ours."""
    listing, acoustics = model / "am" / "units.txt", model / "am" / "final.mdl"
    if not listing.is_file() or not acoustics.is_file():
        raise AdoptError(f"{model} 里没有 am/units.txt 和 am/final.mdl。")
    units = Units(listing.read_text(encoding="utf-8").split())
    affines = read_affines(acoustics.read_bytes())
    try:
        sizes = {
            "hidden": len(affines["first.affine"][0]),
            "bottleneck": len(affines["slow.narrow"][0]),
            "depth": sum(name.startswith("deep") and name.endswith(".narrow") for name in affines),
        }
        net = Net(units.outputs, **sizes)
        scale, shift = affines["normalise"]
        net.deviation[:] = torch.from_numpy(1 / np.diag(scale).copy())
        net.mean[:] = -torch.from_numpy(shift.copy()) * net.deviation
        layers = {"first": net.first, "slow": net.slow} | {f"deep{n}": one for n, one in enumerate(net.deep)}
        for name, layer in layers.items():
            _fill(layer.affine, *affines[f"{name}.affine"])
            if layer.narrow is not None:
                _fill(layer.narrow, affines[f"{name}.narrow"][0])
        _fill(net.last, *affines["last"])
    except (KeyError, RuntimeError) as error:
        raise AdoptError(f"{acoustics} 的结构不是这里的网络。", detail=str(error)) from error
    return net.eval(), units


def _fill(convolution: nn.Conv1d, weights: np.ndarray, bias: np.ndarray | None = None) -> None:
    """[out, frames × in], the order of Append, into [out, in, frames]."""
    outputs, inputs, width = convolution.weight.shape
    taken = torch.from_numpy(weights.astype(np.float32)).reshape(outputs, width, inputs).permute(0, 2, 1)
    with torch.no_grad():
        convolution.weight.copy_(taken)
        if convolution.bias is not None and bias is not None:
            convolution.bias.copy_(torch.from_numpy(bias.astype(np.float32)))


def settle(net: Net, speech: Sequence[Tensor]) -> None:
    """Gives each norm the statistics of `speech` ([batch, frames, MEL] each), the output unchanged."""
    sums: dict[nn.BatchNorm1d, list[Tensor]] = {}

    def heard(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm1d)
        sums.setdefault(norm, []).append(inputs[0].transpose(1, 2).reshape(-1, norm.num_features))

    layers = [module for module in net.modules() if isinstance(module, Layer)]
    hooks = [layer.norm.register_forward_pre_hook(heard) for layer in layers]
    net.eval()
    with torch.no_grad():
        for batch in speech:
            net(batch)
        for norm, parts in sums.items():
            values = torch.cat(parts)
            mean, variance = values.mean(0), values.var(0) + 1e-6
            assert norm.running_mean is not None and norm.running_var is not None
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            shift = norm.bias - norm.running_mean * gain
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
            norm.weight.copy_(gain * torch.sqrt(variance + norm.eps))
            norm.bias.copy_(shift + mean * gain)
    for hook in hooks:
        hook.remove()
