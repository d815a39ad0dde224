"""The manifest of a case base: what the data in the folder is, and which code may read it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from pydantic import BaseModel, ConfigDict, Field

from dermtools.addresses import Address
from dermtools.cases.backend import Backend
from dermtools.cases.backends import backend_of
from dermtools.cases.case import SourceData, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.errors import CaseBaseError
from dermtools.images import STORED_SIDE
from dermtools.version import __version__

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"


class SourceNote(BaseModel):
    """A data set that went into the case base, and what must be kept with it: licence, drawn or real.

    `name`, `licence`, `citation` and `url` are as the source gives them; `notes` are facts to keep, one line each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    notes: tuple[str, ...] = ()
    licence: str | None = None
    citation: str | None = None
    url: str | None = None

    @classmethod
    def of(cls, data: SourceData) -> SourceNote:
        """What is to be kept of a source."""
        return cls(name=data.name, notes=data.notes, licence=data.licence, citation=data.citation, url=data.url)


def recall_note(recall: float, low: float, high: float, queries: int) -> str:
    """What a search by an approximate index has to say of itself: its recall and the 95 % interval of that."""
    interval = f"95 % interval {low:.3f} to {high:.3f}"
    return f"approximate, recall {recall:.3f} measured on {queries} queries ({interval})"


class LanceSearch(BaseModel):
    """How Lance's own index of the vectors is searched, and what that was found to find; see `distributed/index.py`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    probes: int = Field(gt=0, description="partitions that are looked through")
    refine: int = Field(gt=0, description="candidates, for each case wanted, that are compared by their exact vectors")
    recall: float = Field(ge=0, le=1, description="share of the 5 nearest cases of other groups that is found")
    low: float = Field(ge=0, le=1, description="of its 95 % interval over groups")
    high: float = Field(ge=0, le=1)
    queries: int = Field(gt=0, description="cases that it was measured on, which did not choose the settings")

    @property
    def note(self) -> str:
        """What a search by it has to say of itself."""
        return recall_note(self.recall, self.low, self.high, self.queries)


class Manifest(BaseModel):
    """Format, embedder and tasks of a case base; `manifest.json` in its folder.

    `format_version` is that of the folder; `identity` what the embedder was when the vectors were made, `tasks` what
    may be predicted, `sources` where cases came from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format_version: int = Field(default=FORMAT_VERSION, ge=1)
    dermtools_version: str = Field(default=__version__, description="the version that created the folder")
    created: str = Field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"), description="UTC, ISO 8601"
    )
    embedder: str = Field(description="spec string that loads the embedder, e.g. `onnx:/models/m.onnx`")
    identity: EmbedderIdentity
    reads_text: bool | None = Field(default=None, description="whether the embedder does; None: an earlier version's")
    tasks: tuple[Task, ...] = ()
    sources: tuple[SourceNote, ...] = ()
    shown: tuple[str, ...] | None = Field(
        default=None,
        description="attributes that may reach a model, a client or a page; null in case bases made before there was "
        "a choice, which show age, sex, site and skin type",
    )
    pseudonyms: str | None = Field(
        default=None, description="fingerprint of the key of its case and group ids; null: they are the source's own"
    )
    redact: bool = Field(default=False, description="writing drawn into pictures is painted over as they come")
    lance_search: LanceSearch | None = Field(
        default=None, description="where search goes through Lance's index; null: by a FAISS index"
    )
    picture_side: int = Field(default=STORED_SIDE, gt=0, description="longest side of stored pictures")
    picture_quality: int = Field(default=90, ge=1, le=100, description="JPEG quality of them")

    def task(self, name: str) -> Task | None:
        """The task of that name, or None."""
        return next((task for task in self.tasks if task.name == name), None)


def read_manifest(folder: Path, backend: Backend | None = None) -> Manifest:
    """The manifest of a case base; a CaseBaseError where it is missing, unreadable, foreign, or of a newer format."""
    backend = backend or backend_of(folder)
    if isinstance(folder, Address):
        missing = f"no case base at {folder}; make one with: dermtools ingest SOURCE {quote(str(folder))}"
    else:
        if not folder.exists():
            raise CaseBaseError(
                f"no case base at {folder}; make one with: dermtools ingest SOURCE {quote(str(folder))}"
            )
        if not folder.is_dir():
            raise CaseBaseError(f"{folder} is a file; give the folder of a case base (dermtools ingest makes one)")
        missing = f"{folder} is not a case base: it has no {MANIFEST_NAME}; make one: dermtools ingest SOURCE FOLDER"
    return backend.read(
        MANIFEST_NAME,
        Manifest,
        newest=FORMAT_VERSION,
        what="the manifest of a case base",
        missing=missing,
        remedy="restore it, or ingest again into a new folder",
    )


def write_manifest(folder: Path, manifest: Manifest, backend: Backend | None = None) -> None:
    """Replace the manifest in one step. Raises a CaseBaseError where the folder or the store cannot be written."""
    (backend or backend_of(folder)).write(MANIFEST_NAME, manifest.model_dump_json(indent=2) + "\n")
