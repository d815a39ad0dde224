"""How long a service that is busy asks its callers to wait."""

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_MOST = 1e9
"""Seconds; a longer wait can neither be slept nor compared with a date."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply asks to wait: `Retry-After`, a number or an HTTP date; None where it does not say.

    OpenAI's `retry-after-ms`, where it stands beside, is the finer of the two.
    """
    milliseconds, said = headers.get("retry-after-ms"), headers.get("retry-after") or ""
    try:
        seconds = float(said) if milliseconds is None else float(milliseconds) / 1000
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), _MOST)
