"""EfficientNet-Lite0 without its classifier: an RGB picture of 224 x 224 pixels to 1,280 numbers.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019 (arXiv:1905.11946),
in its Lite variant: no squeeze-and-excitation, ReLU6 for Swish. Modules have the names of the published checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 224
DIMENSION = 1280

_STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
_LAST_STAGE = (1, 3, 1, 6, 320)
"""Of every stage: blocks, kernel, stride of its first block, expansion, channels."""

_NORM_AFTER = {
    "_conv_stem": "_bn0",
    "_expand_conv": "_bn0",
    "_depthwise_conv": "_bn1",
    "_project_conv": "_bn2",
    "_conv_head": "_bn1",
}
_NORM_EPSILON = 1e-3


class _Conv(nn.Conv2d):
    """A convolution padded as TensorFlow's SAME pads an even side: a stride of 2 starts with the second row."""

    def __init__(self, inside: int, outside: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inside, outside, kernel, stride, groups=groups)
        before, after = (kernel - stride) // 2, (kernel - stride + 1) // 2
        self._pad = (before, after, before, after)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, self._pad) if any(self._pad) else x)


class _Block(nn.Module):
    """Inverted residual: widen, filter every channel by itself, narrow (Sandler et al. 2018, MobileNetV2)."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self._expand_conv = _Conv(inside, wide) if expansion > 1 else None
        self._depthwise_conv = _Conv(wide, wide, kernel, stride, groups=wide)
        self._project_conv = _Conv(wide, outside)
        self._is_residual = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x if self._expand_conv is None else functional.relu6(self._expand_conv(x))
        y = functional.relu6(self._depthwise_conv(y))
        y = self._project_conv(y)
        return x + y if self._is_residual else y


class EfficientNetLite0(nn.Module):
    """float32 (n, 3, 224, 224), of values (pixel - 127) / 128, to (n, 1280): the mean of the last feature map."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Conv(3, 32, kernel=3, stride=2)
        blocks, channels = [], 32
        for repeats, kernel, stride, expansion, outside in (*_STAGES, _LAST_STAGE):
            for number in range(repeats):
                blocks.append(_Block(channels, outside, kernel, 1 if number else stride, expansion))
                channels = outside
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = _Conv(channels, DIMENSION)

    def forward(self, x: Tensor) -> Tensor:
        x = self._blocks(functional.relu6(self._conv_stem(x)))
        return functional.relu6(self._conv_head(x)).mean(dim=(2, 3))


def from_checkpoint(tensors: Mapping[str, Tensor]) -> EfficientNetLite0:
    """The network with the checkpoint's weights, in evaluation mode; its classifier is left out.

    Batch normalisations are taken into the convolutions before them, which runs several times as fast on a CPU.

    Raises:
        KeyError, RuntimeError: a tensor is missing, or of another shape.
    """
    state: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        place, _, last = name.removesuffix(".weight").rpartition(".")
        if last in _NORM_AFTER:
            norm = f"{place}.{_NORM_AFTER[last]}".lstrip(".")
            gamma, beta, mean, variance = (
                tensors[f"{norm}.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
            )
            factor = gamma / torch.sqrt(variance + _NORM_EPSILON)
            state[name] = (tensor * factor[:, None, None, None]).float()
            state[name.removesuffix("weight") + "bias"] = (beta - mean * factor).float()
    network = EfficientNetLite0()
    network.load_state_dict(state)
    return network.eval()
