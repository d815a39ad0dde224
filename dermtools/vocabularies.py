"""How data sets call what dermtools looks at by name: skin tone, body site, sex and age."""

import re
from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "skin type": ("fitzpatrick", "fitspatrick", "skin_tone", "skintone", "skin_type", "skintype", "phototype", "monk"),
    "sex": ("sex", "gender"),
    "age": ("age_norm", "age"),
    "site": ("location", "localization", "localisation", "anatomic_site", "site", "body_part", "bodypart"),
}
"""What is recorded, to the words that name its column."""

_FITZPATRICK = re.compile(r"fit[zs]patrick|skin_?type|phototype", re.IGNORECASE)
_TYPE = re.compile(r"(?:(?:skin\s*)?type|fst|fitzpatrick)?[\s_]*(?:([1-6])(?:\.0)?|(iii|ii|iv|i|vi|v))", re.IGNORECASE)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi")


def records(kind: str, name: str) -> bool:
    """Whether a column of that name records `kind`, one of `COLUMNS`."""
    # Short words such as "age" and "sex" stand inside others ("image", "page"), so they must be words of the name.
    lower = name.lower()
    words = {lower, *re.split(r"[^a-z0-9]+", lower)}
    return any(word in words or (len(word) > 5 and word in lower) for word in COLUMNS[kind])


def is_fitzpatrick(name: str) -> bool:
    """Whether a column of that name holds Fitzpatrick skin types."""
    return _FITZPATRICK.search(name) is not None


def fitzpatrick_type(value: object) -> int | None:
    """Fitzpatrick skin type 1 to 6 (Fitzpatrick 1988), however it is written: `III`, `3.0`, `FST3`, `type 3`.

    None for anything else, such as the -1 and 0 that stand for an unknown type.
    """
    match = _TYPE.fullmatch(str(value).strip())
    if match is None:
        return None
    return int(match[1]) if match[1] else _ROMAN.index(match[2].lower()) + 1


def fitzpatrick_name(column: str, value: object) -> str | None:
    """How people write the Fitzpatrick skin type that a column's value is, `type III`; None for any other value."""
    found = fitzpatrick_type(value) if is_fitzpatrick(column) else None
    return f"type {_ROMAN[found - 1].upper()}" if found else None


def is_dark(value: str) -> bool:
    """Whether a value is Fitzpatrick type V or VI, however it is written."""
    return (fitzpatrick_type(value) or 0) >= 5
