"""`medimageinsight`: Microsoft's MedImageInsight behind an Azure AI Foundry or Azure ML online endpoint.

The scoring URI comes from the spec (`medimageinsight:https://.../score`) or from `MI2_MODEL_ENDPOINT`; the
key from `MI2_API_KEY` (or `AZUREML_API_KEY`), never from the spec; without a key an Entra token is asked for.
The endpoint does not say which version of the model it serves: the option `revision` may.

The server resizes to 512 and recompresses as JPEG; the model then sees 480 x 480 without cropping. So each
picture is sent stretched to 512 x 512, as a JPEG of quality 95.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

import numpy as np
from pydantic import Field

import dermtools.embedding.medimageinsight_messages as messages
from dermtools.embedding.base import EmbedderIdentity, PartialEmbeddingError
from dermtools.embedding.endpoint import Endpoint, EndpointError, RetryPolicy, bearer_token, checked_url
from dermtools.embedding.medimageinsight_messages import Result, Row
from dermtools.embedding.self_test import drawn_pictures
from dermtools.embedding.vectors import delivered
from dermtools.errors import EmbeddingError, ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

logger = logging.getLogger(__name__)

URL_VARIABLE = "MI2_MODEL_ENDPOINT"
PUBLISHED_SCALING_FACTOR = 4.51

_SPLIT_ATTEMPTS = 2
"""Tries for each part of a batch that was refused."""

FeatureField = Literal["image_features", "text_features"]
T = TypeVar("T")


class MedImageInsightOptions(RetryPolicy):
    """Options of `medimageinsight`."""

    runtime: ClassVar[frozenset[str]] = frozenset(
        {"batch_size", "max_request_bytes", "concurrency", "attempts", "first_wait", "total", "read_timeout"}
    )

    deployment: str | None = Field(default=None, description="deployment of the endpoint; default: as it routes")
    revision: str = Field(default="unstated", description="version of the model that the endpoint serves")
    batch_size: int = Field(default=16, ge=1, le=64, description="most rows a request")
    max_request_bytes: int = Field(default=8_000_000, ge=1, description="most bytes a request, unless one row has more")
    concurrency: int = Field(default=3, ge=1, description="most requests at once; a default deployment allows 3")


class MedImageInsightEmbedder:
    """Client of a MedImageInsight endpoint. Safe to call from several threads; loading it sends nothing.

    Every vector of every reply is checked; before the first use, one request with two drawn pictures checks the
    rest, and wakes an endpoint that sleeps.
    """

    dimension = messages.DIMENSION
    image_side = messages.SIDE

    def __init__(self, endpoint: Endpoint, options: MedImageInsightOptions, *, spec: str) -> None:
        self.spec = spec
        self._endpoint = endpoint
        self._options = options
        self._scaling_factor = PUBLISHED_SCALING_FACTOR
        self._test_lock = threading.Lock()
        self._tested = False
        self.identity = EmbedderIdentity(
            name="medimageinsight",
            revision=options.revision,
            preprocessing=f"{messages.SIDE}x{messages.SIDE}-stretch-bicubic-jpeg{messages.JPEG_QUALITY}",
            dimension=messages.DIMENSION,
            normalized=True,
        )

    @property
    def receiver(self) -> str:
        return urlsplit(self._endpoint.url).netloc

    @property
    def logit_scale(self) -> float:
        """exp(scaling factor) as the replies tell it; before the first one as published, about 91."""
        return math.exp(self._scaling_factor)

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures: float32, shape (n, 1024), norm 1. Raises as `Embedder.embed_images`."""
        if images:
            self.test_once()
        return self._embed(images, messages.image_row, "image_features")

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32, shape (n, 1024), norm 1. One that is longer than the model reads is logged."""
        for tokens in map(messages.fewest_tokens, texts):
            if tokens > messages.TOKENS:
                logger.warning("a text of %d or more tokens is cut: MedImageInsight reads %d", tokens, messages.TOKENS)
        return self._embed(texts, messages.text_row, "text_features")

    def test_once(self) -> None:
        """Embed two drawn pictures, the first time only; an EmbeddingError unless both work and differ."""
        with self._test_lock:
            if self._tested:
                return
            try:
                first, second = self._embed(drawn_pictures(), messages.image_row, "image_features")
            except PartialEmbeddingError as error:
                raise EmbeddingError(f"medimageinsight failed its self-test: {error}") from error
            if np.linalg.norm(first - second) < 1e-3:
                raise EmbeddingError(
                    "medimageinsight failed its self-test: two different pictures have the same vector"
                )
            self._tested = True

    def _embed(self, items: Sequence[T], encode: Callable[[T], Row], field: FeatureField) -> NDArray[np.float32]:
        size = self._options.batch_size
        batches = [items[start : start + size] for start in range(0, len(items), size)]
        abort = threading.Event()
        with ThreadPoolExecutor(self._options.concurrency) as pool:
            futures = [pool.submit(self._embed_batch, batch, encode, field, abort) for batch in batches]
            try:
                for future in as_completed(futures):
                    future.result()
                results = [result for future in futures for result in future.result()]
            finally:
                abort.set()
                for future in futures:
                    future.cancel()
        reasons = {row: result for row, result in enumerate(results) if isinstance(result, str)}
        rows = [np.full(messages.DIMENSION, np.nan) if isinstance(result, str) else result for result in results]
        return delivered(np.array(rows, np.float32).reshape(-1, messages.DIMENSION), reasons)

    def _embed_batch(
        self, items: Sequence[T], encode: Callable[[T], Row], field: FeatureField, abort: threading.Event
    ) -> list[Result]:
        """A result for every item; what cannot be encoded is not sent."""
        results: dict[int, Result] = {}
        rows: dict[int, Row] = {}
        for place, item in enumerate(items):
            try:
                rows[place] = encode(item)
            except (ImageError, ValueError) as error:
                results[place] = str(error)
        batches = messages.parts(list(rows.values()), self._options.max_request_bytes)
        sent = [result for batch in batches for result in self._send(batch, field, abort, attempts=None)]
        results |= dict(zip(rows, sent, strict=True))
        return [results[place] for place in range(len(items))]

    def _send(
        self, rows: Sequence[Row], field: FeatureField, abort: threading.Event, *, attempts: int | None
    ) -> list[Result]:
        """One request; a refused one is halved until the bad rows stand alone."""
        try:
            reply = self._endpoint.post(messages.request_body(rows), abort=abort, attempts=attempts)
        except EndpointError as error:
            if not error.content_to_blame:
                raise
            if len(rows) == 1:
                return [str(error)]
            halves = rows[: len(rows) // 2], rows[len(rows) // 2 :]
            return [result for half in halves for result in self._send(half, field, abort, attempts=_SPLIT_ATTEMPTS)]
        results, scaling_factor = messages.read_reply(reply, rows=len(rows), field=field)
        if scaling_factor is not None:
            self._scaling_factor = scaling_factor
        return results


def load(rest: str, **options: object) -> MedImageInsightEmbedder:
    """Loader of the kind `medimageinsight`: `rest` is the scoring URI; empty takes `MI2_MODEL_ENDPOINT`.

    An EmbeddingError without a scoring URI that a key may be sent to; otherwise raises as `bearer_token`.
    """
    settings = MedImageInsightOptions.read(options, where="medimageinsight")
    url = rest or os.environ.get(URL_VARIABLE, "")
    if not url:
        raise EmbeddingError(f"medimageinsight: no endpoint; set {URL_VARIABLE} to its scoring URI (https://.../score)")
    endpoint = Endpoint(
        checked_url(url),
        token=bearer_token(url),
        headers={"azureml-model-deployment": settings.deployment} if settings.deployment else {},
        concurrency=settings.concurrency,
        policy=settings,
    )
    spec = MedImageInsightOptions.spec("medimageinsight", rest, settings.model_dump(exclude_unset=True))
    return MedImageInsightEmbedder(endpoint, settings, spec=spec)
