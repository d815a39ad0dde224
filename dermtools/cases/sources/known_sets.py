"""Published tables by their columns: ISIC, HAM10000, PAD-UFES-20 and Fitzpatrick17k; what is known of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dermtools.cases.sources import cells
from dermtools.errors import SourceError
from dermtools.text import few, name_key

NO_SUFFIX = ("HAM10000_metadata",)
"""Tables that are published without an extension; they are CSV."""


@dataclass(frozen=True)
class KnownSet:
    """One published table: how it is known, and what is known of it."""

    kind: str
    """Word by which a user names it."""
    name: str
    columns: tuple[str, ...]
    """Columns that only this data set has together."""
    grouped: str
    """What the paper gives to group by, in words."""
    licence: str
    citation: str
    url: str
    image: tuple[str, ...] = ()
    """Columns that name the picture, where they are called as nowhere else."""
    tasks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Task to further names of its column."""
    skin_types: Mapping[str, str] = field(default_factory=dict)
    """Columns of Fitzpatrick skin types to the attributes that they become, 1 to 6."""
    licence_column: str | None = None
    """Where each picture has a licence of its own."""
    attribution_column: str | None = None

    @property
    def keys(self) -> frozenset[str]:
        """Its columns, as names are compared."""
        return frozenset(map(name_key, self.columns))

    @property
    def note(self) -> str:
        """What is to be kept with the data."""
        return f"{self.name}, licence {self.licence}; grouped {self.grouped}"

    @property
    def recognised(self) -> str:
        """Why a table is taken for this set, and how to have it read as any other."""
        return f"recognised as {self.name} by the columns {', '.join(self.columns)}; if it is not: --from table"

    def provenance(self, rows: Iterable[Mapping[str, object]]) -> dict[str, Any]:
        """Licence, citation and address, for `SourceData`; those that each row states are counted."""
        rows = list(rows)
        licences = _counted(rows, self.licence_column)
        credited = _counted(rows, self.attribution_column)
        return {
            "licence": f"{self.licence}: {licences}" if licences else self.licence,
            "citation": f"{self.citation}. Pictures by: {credited}" if credited else self.citation,
            "url": self.url,
        }


ISIC = KnownSet(
    kind="isic",
    name="ISIC archive",
    columns=("isic_id",),
    grouped="by patient, else by lesion",
    licence="by picture",
    citation="International Skin Imaging Collaboration, ISIC Archive",
    url="https://www.isic-archive.com",
    skin_types={"fitzpatrick_skin_type": "fitzpatrick_skin_type"},
    licence_column="copyright_license",
    attribution_column="attribution",
)
ISIC_2019 = KnownSet(
    kind="isic-2019",
    name="ISIC 2019",
    columns=("image", "anatom_site_general", "lesion_id"),
    grouped="by lesion",
    licence="CC BY-NC 4.0",
    citation="Tschandl et al. 2018, Sci. Data 5:180161; Codella et al. 2018, arXiv:1710.05006; "
    "Combalia et al. 2019, arXiv:1908.02288",
    url="https://challenge.isic-archive.com/data/#2019",
)
ISIC_2020 = KnownSet(
    kind="isic-2020",
    name="ISIC 2020",
    columns=("image_name", "patient_id", "anatom_site_general_challenge"),
    grouped="by patient",
    licence="CC BY-NC 4.0",
    citation="Rotemberg et al. 2021, Sci. Data 8:34",
    url="https://doi.org/10.34970/2020-ds01",
)
HAM10000 = KnownSet(
    kind="ham10000",
    name="HAM10000",
    columns=("image_id", "lesion_id", "dx"),
    grouped="by lesion: it names no patients",
    licence="CC BY-NC 4.0",
    citation="Tschandl, Rosendahl, Kittler 2018, Sci. Data 5:180161",
    url="https://doi.org/10.7910/DVN/DBW86T",
)
PAD_UFES_20 = KnownSet(
    kind="pad-ufes-20",
    name="PAD-UFES-20",
    columns=("img_id", "patient_id", "lesion_id", "diagnostic", "region"),
    grouped="by patient",
    licence="CC BY 4.0",
    citation="Pacheco et al. 2020, Data in Brief 32:106221",
    url="https://doi.org/10.17632/zr7vgbcyr2.1",
    tasks={"location": ("region",)},  # elsewhere a region is often a place
    skin_types={"fitspatrick": "fitzpatrick"},
)
FITZPATRICK_17K = KnownSet(
    kind="fitzpatrick17k",
    name="Fitzpatrick17k",
    columns=("md5hash", "fitzpatrick_scale", "nine_partition_label"),
    grouped="by nothing: it names neither patients nor lesions, and holds near-copies, which `dermtools check` finds",
    licence="CC BY-NC-SA 3.0",
    citation="Groh et al. 2021, arXiv:2104.09957; pictures of DermaAmin and Atlas Dermatologico",
    url="https://github.com/mattgroh/fitzpatrick17k",
    image=("md5hash",),
    tasks={"diagnosis": ("label",)},
    skin_types={"fitzpatrick_scale": "fitzpatrick_scale", "fitzpatrick_centaur": "fitzpatrick_centaur"},
)
KNOWN_SETS = (ISIC, ISIC_2019, ISIC_2020, HAM10000, PAD_UFES_20, FITZPATRICK_17K)
KNOWN_KINDS = tuple(known.kind for known in KNOWN_SETS)


def known_set(keys: Set[str]) -> KnownSet | None:
    """The published data set whose columns these are (`name_key` of each); None for any other table."""
    return next((known for known in KNOWN_SETS if known.keys <= keys), None)


def chosen_set(path: Path, columns: Iterable[str], kind: str | None) -> KnownSet | None:
    """The published data set that a table is read as; None for a table like any other.

    By its columns where `kind` is None; else as that word says, with a SourceError where it is no such table.
    """
    keys = set(map(name_key, columns))
    if kind is None:
        return known_set(keys)
    chosen = next((known for known in KNOWN_SETS if known.kind == kind), None)
    if chosen is not None and not chosen.keys <= keys:
        lacks = ", ".join(name for name in chosen.columns if name_key(name) not in keys)
        raise SourceError(f"{path}: not {chosen.name}: it has no column {lacks}; read it as any other: --from table")
    return chosen


def _counted(rows: Iterable[Mapping[str, object]], column: str | None) -> str:
    """Values of a column with their counts, most first; "" where there is none."""
    if column is None:
        return ""
    values = (value for row in rows for name, value in row.items() if name_key(name) == name_key(column))
    counts = Counter(text for value in values if isinstance(value, str) and (text := cells.text(value)))
    return few([f"{value} ({count})" for value, count in counts.most_common()], 12)
