"""How classifiers are trained: every setting that is not the data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Balance = Literal["none", "class-weights", "logit-adjustment"]
"""For long-tailed labels: cases weighed by the inverse frequency of their label, or logits shifted by the log prior
during training (Menon et al. 2021, "Long-tail learning via logit adjustment"). Both cost plain accuracy."""

Conv = Literal["channels", "features"]
"""What the adapter's convolutions run along; see `networks.py`."""
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Strict(BaseModel):
    """Base of what is written to disk: frozen, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassifierConfig(Strict):
    """Base of every kind's settings."""

    kind: str
    """Name of the kind, as in `kinds.py`; a subclass has it as a `Literal`, and as the default."""


class AdapterConfig(ClassifierConfig):
    """Training of the adapter network.

    The defaults were chosen on repeated divisions of train and validation cases by patient
    (`benchmarks/methods_table.py --choose`), which tell `features` from `channels` only faintly.

    `conv` is what the convolutions run along, `epochs` the most there are, `weight_decay` AdamW's, `dropout` a share
    in [0, 1), `label_smoothing` the share of truth that is spread over all labels, `balance` what is done for rare
    labels; the same `seed` gives the same weights on the same machine. `kind` tells it from other settings.
    """

    kind: Literal["adapter"] = "adapter"
    conv: Conv = "features"
    epochs: Annotated[int, Field(ge=1)] = 20
    batch_size: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="None: by the number of train cases, 16 to 256; see `batch_and_rate`"
    )
    learning_rate: Positive | None = Field(
        default=None, description="None: 3e-4 at batches of 16, with the square root of the batch size"
    )
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.01
    schedule: Literal["constant", "cosine"] = Field(default="cosine", description="learning rate over all steps")
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    standardise: bool = Field(default=True, description="inputs to mean 0 and deviation 1 of the train cases")
    balance: Balance = "none"
    patience: Annotated[int, Field(ge=1)] | None = Field(
        default=8, description="stop after so many epochs without a better validation; None runs all epochs"
    )
    seed: Seed = 0
    device: str = Field(default="cpu", description="torch device, e.g. `cuda`; `auto` takes a GPU if there is one")

    def batch_and_rate(self, cases: int) -> tuple[int, float]:
        """Batch size and learning rate for this many train cases, where they are left open.

        The batch is the largest power of two from 16 to 256 that still makes 8 steps an epoch: few cases
        need the steps, many need the speed. For AdamW the rate goes with its square root (Malladi et al. 2022).
        """
        batch = self.batch_size or next((size for size in (256, 128, 64, 32) if size * 8 <= cases), 16)
        return batch, self.learning_rate or 3e-4 * (batch / 16) ** 0.5

    @classmethod
    def published(cls, **changes: object) -> AdapterConfig:
        """The publication's settings: AdamW 3e-4, decay 0.01, batch 8, 10 epochs, nothing else.

        The reference code picks its checkpoint on the test set; here it is picked on validation.
        """
        settings: dict[str, object] = {"conv": "channels", "epochs": 10, "batch_size": 8, "learning_rate": 3e-4}
        plain = {"schedule": "constant", "dropout": 0.0, "label_smoothing": 0.0, "standardise": False, "patience": None}
        return cls.model_validate({**settings, **plain, **changes})


class LinearProbeConfig(ClassifierConfig):
    """Training of the linear probe.

    `balance` is what is done for rare labels; `kind` tells it from other settings.
    """

    kind: Literal["linear-probe"] = "linear-probe"
    penalties: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1.0, 10.0, 100.0, 1000.0)
    """L2 strengths to choose from on validation; of the summed loss, weights of standardised inputs."""
    fallback_penalty: Positive = Field(default=100.0, description="used where there is no validation to choose by")
    balance: Balance = "none"
    seed: Seed = Field(default=0, description="changes nothing: the fit is exact")
