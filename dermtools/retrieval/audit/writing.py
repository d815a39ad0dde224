"""Writing drawn into stored pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from dermtools.cases.store import CaseStore
from dermtools.errors import ImageError
from dermtools.images import open_image
from dermtools.images.limits import STORED
from dermtools.images.writing import read_writing, recogniser
from dermtools.progress import Progress, Silent
from dermtools.retrieval.writing import Writing


def written(store: CaseStore, case_ids: Sequence[str], progress: Progress | None = None) -> Iterator[Writing]:
    """The cases whose stored picture has writing, with what was read; MissingExtraError without the extra `ocr`."""
    recogniser()
    progress = progress or Silent()
    progress.start(len(case_ids), "reading pictures")
    for start in range(0, len(case_ids), 64):
        for case_id, jpeg in store.jpegs(case_ids[start : start + 64]).items():
            with suppress(ImageError):  # told as one that cannot be decoded
                if jpeg and (lines := read_writing(open_image(jpeg, limits=STORED))):
                    yield Writing(case_id=case_id, lines=tuple(line.text for line in lines))
            progress.advance()
