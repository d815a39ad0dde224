"""Published tables by their columns: ISIC, HAM10000 and PAD-UFES-20."""

from __future__ import annotations

from collections.abc import Set

PAD_UFES_20 = frozenset({"imgid", "patientid", "lesionid", "diagnostic", "region"})
_SETS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"isicid"}),
        "ISIC archive, https://www.isic-archive.com; licences differ by picture, see its column copyright_license",
    ),
    (
        frozenset({"image", "anatomsitegeneral", "lesionid"}),
        "ISIC 2019, Combalia et al. 2019 and others, licence CC BY-NC 4.0",
    ),
    (
        frozenset({"imagename", "patientid", "anatomsitegeneralchallenge"}),
        "ISIC 2020, Rotemberg et al. 2021, licence CC BY-NC 4.0",
    ),
    (
        frozenset({"imageid", "lesionid", "dx"}),
        "HAM10000, Tschandl et al. 2018, licence CC BY-NC 4.0; it names lesions, not patients",
    ),
    (
        PAD_UFES_20,
        "PAD-UFES-20, Pacheco et al. 2020, licence CC BY 4.0",
    ),
)
"""Keys (`name_key`) of columns that only this data set has together, and what to say of it."""


def known_set(keys: Set[str]) -> str | None:
    """What is to say of the published data set whose columns these are; None for any other table."""
    return next((note for known, note in _SETS if known <= keys), None)
