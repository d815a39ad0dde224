"""How data sets call what dermtools looks at by name: skin tone, body site, sex and age."""

import re
from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "skin type": ("fitzpatrick", "skin_tone", "skintone", "skin_type", "skintype", "phototype", "monk"),
    "sex": ("sex", "gender"),
    "age": ("age_norm", "age"),
    "site": ("location", "localization", "localisation", "anatomic_site", "site", "body_part", "bodypart"),
}
"""What is recorded, to the words that name its column."""

_FITZPATRICK = re.compile(r"fitzpatrick|skin_?type|phototype", re.IGNORECASE)
_DARK = re.compile(r"(?:type\s*)?(?:[56](?:\.0)?|vi?)", re.IGNORECASE)


def records(kind: str, name: str) -> bool:
    """Whether a column of that name records `kind`, one of `COLUMNS`."""
    # Short words such as "age" and "sex" stand inside others ("image", "page"), so they must be words of the name.
    lower = name.lower()
    words = {lower, *re.split(r"[^a-z0-9]+", lower)}
    return any(word in words or (len(word) > 5 and word in lower) for word in COLUMNS[kind])


def is_fitzpatrick(name: str) -> bool:
    """Whether a column of that name holds Fitzpatrick skin types."""
    return _FITZPATRICK.search(name) is not None


def is_dark(value: str) -> bool:
    """Whether a value is Fitzpatrick type V or VI, however it is written."""
    return _DARK.fullmatch(value.strip()) is not None
