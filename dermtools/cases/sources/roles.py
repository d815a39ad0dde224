"""Which column of a table plays which role: the user's word first, then the usual names in three languages."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from dermtools.cases.sources.known_sets import KnownSet
from dermtools.errors import SourceError
from dermtools.text import name_key, one_line

IMAGE_IDS = ("image_id", "isic_id", "img_id", "image_name", "bild_id", "bildnummer", "bild_nr", "id_image", "photo_id")
"""Ids that name a picture, so that its file can be found by them. ISIC, HAM10000 and PAD-UFES-20 use the first four."""

DEFAULT_COLUMNS: dict[str, tuple[str, ...]] = {
    "case_id": ("case_id", "image_id", "id", *IMAGE_IDS[1:]),
    "image": (
        "image", "file", "path", "file_name", "image_file", "image_file_name", "image_path", "file_path", "img",
        "img_file", "img_path", "picture", "picture_file", "picture_path", "photo", "photo_file", "photo_path",
        "bild", "bilddatei", "bildname", "bildpfad", "datei", "dateiname", "dateipfad", "foto", "fotodatei",
        "fichier", "nom_fichier", "nom_du_fichier", "fichier_image", "chemin", "chemin_image",
    ),
    "split": ("split", "data_split", "aufteilung", "partition"),
}  # fmt: skip
"""Role to the usual names, the first that is there wins; compared by `name_key`."""

GROUPS: dict[str, tuple[str, ...]] = {
    "group_id": ("group_id",),
    "patient_id": (
        "patient_id", "patient", "patient_no", "patient_nr", "patient_number", "subject_id", "mrn", "patienten_id",
        "patienten_nr", "patientennummer", "pat_id", "pat_no", "pat_nr", "id_patient", "n_patient", "no_patient",
        "num_patient", "numero_patient", "numero_du_patient", "identifiant_patient", "ipp",
    ),
    "encounter_id": (
        "encounter_id", "visit_id", "fall_id", "fall_nr", "fallnummer", "no_sejour", "n_sejour", "numero_sejour",
    ),
    "lesion_id": ("lesion_id", "lesion_nr", "lasion_id", "laesion_id", "id_lesion", "numero_lesion"),
}  # fmt: skip
"""Each of `GROUP_COLUMNS` to the usual names of its column."""

_TASKS: dict[str, tuple[str, ...]] = {
    "location": (
        "location", "localization", "localisation", "lokalisation", "lokalisierung", "anatom_site_general",
        "anatom_site_general_challenge", "anatomic_site", "anatomical_site", "anatomical_location", "body_site",
        "body_location", "body_region", "korperstelle", "koerperstelle", "korperregion", "koerperregion",
        "site_anatomique", "zone_anatomique", "region_anatomique", "localisation_anatomique",
    ),
    "anatomic_location": ("anatomic_location",),
    "anatomic_locations": ("anatomic_locations",),
    "diagnosis": ("diagnosis", "dx", "diagnose", "diagnostic", "diagnosis_1", "iddx_1"),
    "infection": ("infection", "infektion"),
    "label": ("label", "labels"),
}  # fmt: skip
KNOWN_TASKS = tuple(_TASKS)


class Columns:
    """The columns of one table, found by the names that people write."""

    def __init__(self, path: Path | str, names: Sequence[str], known: KnownSet | None = None) -> None:
        self._path = path
        self._names = names
        self._known = known
        self._by_key: dict[str, list[str]] = {}
        for name in names:
            self._by_key.setdefault(name_key(name), []).append(name)
        self.listing = f"the columns are {one_line(', '.join(names), 2000)}"

    def find(self, wanted: str) -> str | None:
        """The column of that very name, else the one that differs in case, blanks, accents, `_`, `-` or dots.

        A SourceError names both where two differ only so.
        """
        if wanted in self._names:
            return wanted
        found = self._by_key.get(name_key(wanted), []) if name_key(wanted) else []
        if len(found) > 1:
            both = " and ".join(map(repr, found))
            raise SourceError(f"{self._path}: {wanted!r} may be column {both}; rename one, or give the very name")
        return next(iter(found), None)

    def get(self, wanted: str) -> str:
        """The column that the user named; a SourceError gives the nearest name."""
        column = self.find(wanted)
        if column is None:
            key, keys = name_key(wanted), [*filter(None, self._by_key)]
            near = [one for one in keys if key and one.startswith(key)] or difflib.get_close_matches(key, keys, n=1)
            nearest = f"; the nearest is {self._by_key[near[0]][0]!r}" if near else ""
            raise SourceError(f"{self._path}: no column {wanted!r}{nearest}; {self.listing}")
        return column

    def usual(self, names: Iterable[str]) -> list[str]:
        """Columns with one of the usual names, in the order of the names, each once."""
        return list(dict.fromkeys(column for name in names if (column := self.find(name))))

    def groups(self, mapped: str | None) -> dict[str, str]:
        """Kind of group (one of `GROUP_COLUMNS`) to its column, the preferred one first; only the mapped one if any."""
        if mapped is not None:
            return {"group_id": self.get(mapped)}
        found = {kind: self.usual(names) for kind, names in GROUPS.items()}
        return {kind: columns[0] for kind, columns in found.items() if columns}

    def task_names(self, task: str) -> tuple[str, ...]:
        """Usual names of a task's column, those of the published data set first."""
        named = self._known.tasks if self._known is not None else {}
        return (*named.get(task, ()), *_TASKS.get(task, ()))

    def tasks(self, requested: Sequence[str], taken: Collection[str | None]) -> dict[str, str]:
        """Task name to column: the requested ones, else the usual ones that play no other role."""
        tasks: dict[str, str] = {}
        if not requested:
            for task in KNOWN_TASKS:
                columns = self.usual(self.task_names(task))
                if columns and columns[0] not in taken and columns[0] not in tasks.values():
                    tasks[task] = columns[0]
            return tasks
        for word in requested:
            column = self.find(word) or next(iter(self.usual(self.task_names(name_key(word)))), None) or self.get(word)
            name = _task_name(word)
            if name is None:
                rule = "a Latin letter, then letters, digits or _"
                raise SourceError(f"{self._path}: column {column!r} gives no task name ({rule}); rename it")
            if name in tasks:
                raise SourceError(f"{self._path}: columns {tasks[name]!r} and {column!r} would both be task {name!r}")
            tasks[name] = column
        return tasks


def column_of_task(task: str, columns: Collection[str]) -> str | None:
    """The column from which `Columns.tasks` would make a task of that name; None where there is none."""
    named = [column for column in columns if task == _task_name(column) or name_key(task) == name_key(column)]
    usual = [column for name in _TASKS.get(task, ()) for column in columns if name_key(name) == name_key(column)]
    return next(iter([*named, *usual]), None)


def wanted_names(columns: Mapping[str, str]) -> frozenset[str]:
    """Keys of the names by which a header is known: those that the picture's column may have."""
    names = [columns["image"]] if "image" in columns else [*DEFAULT_COLUMNS["image"], *IMAGE_IDS]
    return frozenset(filter(None, map(name_key, names)))


def _task_name(word: str) -> str | None:
    """`Körperstelle` gives `Korperstelle`, `Skin Type` gives `Skin_Type`; None where no Latin letter begins it."""
    plain = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    joined = "".join(c if c.isascii() and c.isalnum() else "_" for c in plain if not unicodedata.combining(c))
    name = "_".join(filter(None, joined.split("_")))
    return name if name[:1].isalpha() else None
