"""What every kind of classifier has: a fit, logits, and tensors that restore it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import Field, model_validator

from dermtools.adapter.config import ClassifierConfig, Conv, Strict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = tuple[NDArray[np.float32], NDArray[np.float64]]
    """Embeddings, shape (n, d), and their truth as distributions, shape (n, labels)."""
    Tensors = Mapping[str, NDArray[Any]]

C = TypeVar("C", bound=ClassifierConfig)


@dataclass(frozen=True)
class EpochStats:
    """What is known after an epoch of training; a progress callback receives it."""

    epoch: int
    """From 1."""
    epochs: int
    """Most that there will be."""
    loss: float
    """Mean training loss of the epoch, smoothing and balancing included."""
    validation_loss: float | None
    """Mean cross-entropy; None without cases to choose by."""
    validation_accuracy: float | None
    """Share in [0, 1]; None without cases to choose by."""
    best_epoch: int
    """The epoch whose weights are kept so far."""
    seconds: float
    """Since training began."""


Progress = Callable[[EpochStats], None]
"""What is told of each epoch of a training, as it ends."""


class Architecture(Strict):
    """Shape of the weights."""

    dimension: Annotated[int, Field(ge=1, le=2**20)] = Field(description="of the embeddings")
    labels: Annotated[int, Field(ge=1, le=2**20)]
    conv: Conv | None = Field(default=None, description="of an adapter; None for other kinds")
    hidden: Annotated[int, Field(ge=1, le=2**16)] | None = Field(default=None, description="width of an adapter")

    @model_validator(mode="after")
    def _adapter_has_both(self) -> Architecture:
        if (self.conv is None) != (self.hidden is None):
            raise ValueError("conv and hidden belong together")
        return self


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model and how it came about."""

    model: VectorModel[Any]
    metrics: dict[str, float]
    notes: tuple[str, ...] = ()


class VectorModel(ABC, Generic[C]):
    """Logits of a closed label set from embeddings. Each kind of classifier is a subclass, listed in `kinds.py`."""

    config_class: ClassVar[type[ClassifierConfig]]
    """How it is trained; its `kind` is the name in `kinds.py`."""

    @classmethod
    @abstractmethod
    def fit(
        cls, train: Arrays, config: C, *, validation: Arrays | None = None, progress: Progress | None = None
    ) -> Fitted:
        """Learn from `train`; choose, where there is something to choose, by `validation`.

        Raises:
            TrainingError: the training failed.
        """

    @abstractmethod
    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Shape (n, labels), from embeddings, shape (n, d)."""

    @abstractmethod
    def tensors(self) -> Tensors:
        """The weights by name, as they are saved."""

    @classmethod
    @abstractmethod
    def restore(cls, architecture: Architecture, tensors: Tensors) -> Self:
        """The model that had these tensors, all finite.

        Raises:
            ValueError: they do not fit the architecture; the message completes "the weights ...".
        """

    def shape(self) -> dict[str, Any]:
        """Fields of `Architecture` beside dimension and labels."""
        return {}


def check_tensors(tensors: Tensors, expected: Mapping[str, tuple[tuple[int, ...], str]]) -> None:
    """Hold tensors against the expected shape and type of each. Raises ValueError where one differs."""
    different = sorted(set(tensors) ^ set(expected))
    if different:
        which = "lack" if different[0] in expected else "hold a foreign"
        raise ValueError(f"{which} tensor {different[0]!r}")
    for name, array in tensors.items():
        shape, dtype = expected[name]
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"hold tensor {name!r} as {array.dtype} {array.shape}, should be {dtype} {shape}")
