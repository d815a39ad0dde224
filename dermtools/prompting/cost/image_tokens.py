"""What a picture costs in tokens, by the rules that OpenAI documents for its models.

Source: OpenAI, "Images and vision: calculating costs" (platform.openai.com/docs/guides/images-vision), read in
2025. Pictures are only ever scaled down: billing reports on OpenAI's forum agree with that reading.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

PATCH = 32
MAX_PATCHES = 1536
TILE = 512


@dataclass(frozen=True)
class TileRule:
    """A fixed cost, and with high detail one more cost for every 512-pixel tile."""

    base: int
    tile: int

    def tokens(self, width: int, height: int, detail: str) -> int:
        """Tokens of one picture of this size in pixels; detail `auto` is counted as `high`, the more expensive one."""
        if detail == "low":
            return self.base
        scale = min(1.0, 2048 / max(width, height))
        scale *= min(1.0, 768 / (min(width, height) * scale))
        return self.base + self.tile * _squares(width, height, scale, TILE)


@dataclass(frozen=True)
class PatchRule:
    """One token for every 32-pixel patch, at most 1536 patches, times the model's factor. Ignores `detail`."""

    factor: float

    def tokens(self, width: int, height: int, detail: str) -> int:
        """Tokens of one picture of this size in pixels."""
        patches = _squares(width, height, 1.0, PATCH)
        if patches > MAX_PATCHES:
            scale = math.sqrt(MAX_PATCHES * PATCH**2 / (width * height))
            across, down = width * scale / PATCH, height * scale / PATCH
            scale *= min(math.floor(across) / across, math.floor(down) / down)
            patches = min(MAX_PATCHES, _squares(width, height, scale, PATCH))
        return math.ceil(patches * self.factor)


ImageRule = TileRule | PatchRule

_RULES: dict[str, ImageRule] = {
    **dict.fromkeys(("gpt-4o", "gpt-4.1", "gpt-4.5-preview"), TileRule(85, 170)),
    **dict.fromkeys(("gpt-5", "gpt-5-chat-latest"), TileRule(70, 140)),
    **dict.fromkeys(("o1", "o1-pro", "o3"), TileRule(75, 150)),
    "gpt-4o-mini": TileRule(2833, 5667),
    "computer-use-preview": TileRule(65, 129),
    "gpt-4.1-mini": PatchRule(1.62),
    "gpt-4.1-nano": PatchRule(2.46),
    "gpt-5-mini": PatchRule(1.62),
    "gpt-5-nano": PatchRule(2.46),
    "o4-mini": PatchRule(1.72),
}


def image_rule(model: str) -> ImageRule | None:
    """The rule of a model, named exactly or with its date; None where OpenAI's page does not name it."""
    return _RULES.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model))


def _squares(width: int, height: int, scale: float, side: int) -> int:
    """Squares of `side` pixels that a scaled picture covers."""
    # The addend guards against 512.0000000001 becoming two tiles.
    across, down = (math.ceil(max(1, math.floor(length * scale + 1e-6)) / side) for length in (width, height))
    return across * down
