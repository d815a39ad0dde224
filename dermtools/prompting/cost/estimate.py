"""What a prompt will cost, before anything is sent. What is not known is said, never guessed."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dermtools.errors import PromptError
from dermtools.images import jpeg_size
from dermtools.prompting.model_names import plain_name, reasons

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

CHARACTERS_PER_TOKEN = 4
"""OpenAI's rule of thumb for English text; exact counting needs each model's own vocabulary."""
TOKENS_PER_MESSAGE = 4
"""Framing of one message: OpenAI cookbook, "How to count tokens with tiktoken"."""

TYPICAL_REASONING = 1_400
"""Output tokens that a reasoning model spends before it answers: public reports on gpt-5. They vary by the effort."""

# OpenAI's rules: "Images and vision: calculating costs" (platform.openai.com/docs/guides/images-vision), read in 2025.
# Pictures are only ever scaled down: billing reports on OpenAI's forum agree with that reading.
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
    return _RULES.get(model) or _RULES.get(plain_name(model))


def _squares(width: int, height: int, scale: float, side: int) -> int:
    """Squares of `side` pixels that a scaled picture covers."""
    # The addend guards against 512.0000000001 becoming two tiles.
    across, down = (math.ceil(max(1, math.floor(length * scale + 1e-6)) / side) for length in (width, height))
    return across * down


@dataclass(frozen=True)
class Picture:
    """A picture as it stands in a message; width and height in pixels."""

    url: str
    detail: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class PromptEstimate:
    """Size, tokens and price of one prompt. None means unknown; `notes` say why.

    `model` is `provider:model`. `messages` and `pictures` are counts, `picture_bytes` and `text_characters` sizes as
    sent; `text_tokens` and `picture_tokens` make up `input_tokens`, `output_tokens` are what the answer is expected
    to take. `input_dollars` and `output_dollars` are US dollars.
    """

    model: str | None
    messages: int
    pictures: int
    picture_bytes: int
    text_characters: int
    text_tokens: int
    picture_tokens: int | None
    input_tokens: int | None
    output_tokens: int
    input_dollars: float | None
    output_dollars: float | None
    notes: tuple[str, ...] = ()

    @property
    def dollars(self) -> float | None:
        """US dollars, in and out together; None where one is unknown."""
        if self.input_dollars is None or self.output_dollars is None:
            return None
        return self.input_dollars + self.output_dollars

    def lines(self) -> list[str]:
        """For a person to read, a fact a line."""
        tokens = "unknown" if self.input_tokens is None else f"about {self.input_tokens:,}"
        price = "unknown" if self.dollars is None else f"about ${self.dollars:.5f}"
        pictures = "unknown" if self.picture_tokens is None else f"{self.picture_tokens:,}"
        return [
            f"{self.messages} messages, {self.pictures} pictures ({self.picture_bytes / 1024:.0f} KiB)",
            f"input tokens: {tokens} (text about {self.text_tokens:,}, pictures {pictures})",
            f"output tokens: about {self.output_tokens:,}",
            f"price on {self.model or 'an unnamed model'}: {price}",
            *self.notes,
        ]


def estimate_prompt(
    messages: Sequence[BaseMessage], model: str | None = None, *, output_tokens: int = 16
) -> PromptEstimate:
    """Estimate what these messages cost on a model.

    Args:
        messages: as they will be sent.
        model: `provider:model` or an OpenAI model's name; None: sizes only.
        output_tokens: what the answer is expected to take; 16 for one label in JSON. Reasoning is added to it.
    """
    parts = [part for message in messages for part in blocks(message)]
    pictures = [part for part in parts if isinstance(part, Picture)]
    provider, name = _split(model)
    rule = image_rule(name) if provider in ("openai", "azure_openai") else None
    notes = [f"text tokens are estimated at {CHARACTERS_PER_TOKEN} characters each"]
    picture_tokens = None if pictures else 0
    if rule is not None:
        picture_tokens = sum(rule.tokens(picture.width, picture.height, picture.detail) for picture in pictures)
    elif pictures and model is not None:
        notes.append(f"how {model} counts pictures is unknown here; see its provider's documentation")
    if model is not None and reasons(name):
        output_tokens += TYPICAL_REASONING
        notes.append(f"{TYPICAL_REASONING:,} of the output tokens are for reasoning; how many it takes varies widely")
    characters = sum(len(part) for part in parts if isinstance(part, str))
    text_tokens = math.ceil(characters / CHARACTERS_PER_TOKEN) + TOKENS_PER_MESSAGE * len(messages)
    input_tokens = None if picture_tokens is None else text_tokens + picture_tokens
    prices = None
    if input_tokens is not None and model is not None:
        prices, note = _prices(provider, name, input_tokens, output_tokens)
        notes.append(note)
    return PromptEstimate(
        model=model,
        messages=len(messages),
        pictures=len(pictures),
        picture_bytes=sum(picture.bytes for picture in pictures),
        text_characters=characters,
        text_tokens=text_tokens,
        picture_tokens=picture_tokens,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        input_dollars=prices[0] if prices else None,
        output_dollars=prices[1] if prices else None,
        notes=tuple(notes),
    )


def price_of(model: str, input_tokens: int, output_tokens: int, cached_input_tokens: int = 0) -> float | None:
    """Dollars for tokens that were counted; None where the price is unknown. Source: `genai-prices`, offline."""
    prices, _ = _prices(*_split(model), input_tokens, output_tokens, cached_input_tokens)
    return sum(prices) if prices else None


def blocks(message: BaseMessage) -> Iterator[str | Picture]:
    """The message's texts and pictures in order; PromptError for a picture that is no base64 `data:` URL."""
    for part in [message.content] if isinstance(message.content, str) else message.content:
        if isinstance(part, str):
            yield part
        elif part.get("type") == "text":
            yield str(part["text"])
        elif part.get("type") == "image_url":
            image = part["image_url"]
            image = {"url": image} if isinstance(image, str) else image
            yield _picture(str(image["url"]), str(image.get("detail", "auto")))


def _picture(url: str, detail: str) -> Picture:
    head, comma, encoded = url.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise PromptError(
            f"a picture in the prompt is not a base64 data URL but {url[:40]!r}; pass it as bytes or a path"
        )
    jpeg = base64.b64decode(encoded)
    return Picture(url, detail, *jpeg_size(jpeg), len(jpeg))


def _split(model: str | None) -> tuple[str, str]:
    provider, colon, name = (model or "").partition(":")
    return (provider, name) if colon else ("openai", provider)


_PRICE_PROVIDERS = {"azure_openai": "azure", "google_genai": "google", "google_vertexai": "google"}


def _prices(
    provider: str, name: str, input_tokens: int, output_tokens: int, cached: int = 0
) -> tuple[tuple[float, float] | None, str]:
    """Dollars for input and output, and where they come from or why there are none."""
    from genai_prices import Usage, __version__, calc_price

    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, cache_read_tokens=cached or None)
    try:
        price = calc_price(usage, model_ref=name, provider_id=_PRICE_PROVIDERS.get(provider, provider))
    except LookupError:
        return None, f"the price of {provider}:{name} is unknown to genai-prices {__version__}"
    prices = (float(price.input_price), float(price.output_price))
    return prices, f"price: genai-prices {__version__}, list price of {price.provider.id}'s {price.model.id}"
