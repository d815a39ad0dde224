"""A method's answers for every picture of a folder, as a table: pictures are decoded while others are embedded.

The table names the files as they lie below the folder, since whoever asks wants to know which is which.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.cases.exports.delimited import guarded
from dermtools.cases.sources.pictures import is_picture, visible_files
from dermtools.embedding import open_for_embedding
from dermtools.errors import DermtoolsError, ImageError, QueryError
from dermtools.files import writable, write_whole
from dermtools.images.kinds import FORMATS
from dermtools.prediction import Prediction, Query
from dermtools.progress import Progress, Silent
from dermtools.retrieval.ingest.embed import embedded_pictures
from dermtools.retrieval.ingest.prepare import prepared_ahead
from dermtools.retrieval.ingest.sizes import in_batches
from dermtools.retrieval.queries import picture_query

if TYPE_CHECKING:
    from dermtools.images import ImageLimits
    from dermtools.prediction import Method
    from dermtools.retrieval import CaseBase

COLUMNS = (
    "file", "task", "method", "label", "confidence", "outcome", "reason", "label_set", "probabilities", "exemplars",
)  # fmt: skip
UNREADABLE = "unreadable"
"""The outcome of a picture that could not be opened or embedded; others are those of a prediction."""
AT_ONCE = 64


@dataclass(frozen=True)
class Answer:
    """What a method said of one file; None where it could not be read, and then why."""

    file: str
    """Below the folder, with forward slashes."""
    prediction: Prediction | None
    problem: str = ""


def pictures_of(folder: Path) -> list[Path]:
    """The picture files below a folder, sorted; hidden ones are passed over.

    Raises:
        ImageError: there is none.
        SourceError: a folder cannot be listed.
    """
    found = [file for file in visible_files(folder) if is_picture(file.name)]
    if not found:
        raise ImageError(f"no picture below {folder}; give a folder of {FORMATS} files")
    return found


def classify_folder(
    case_base: CaseBase,
    method: Method,
    folder: Path,
    *,
    batch_size: int = AT_ONCE,
    workers: int = 2,
    progress: Progress | None = None,
    limits: ImageLimits | None = None,
) -> list[Answer]:
    """The method's answer for every picture below a folder, by the files' order.

    The leak guard looks for each picture in the case base; the group of none is known. A picture that cannot be read
    stops no other.

    Args:
        batch_size: pictures that are embedded and predicted together.
        workers: threads that decode meanwhile.
        limits: on one picture; by default those of the environment.

    Raises:
        QueryError: the method asks a service: `evaluate` prices, budgets and resumes such questions.
        EmbeddingError: the embedder fails whatever the picture.
        ImageError, SourceError: as `pictures_of`.
    """
    if method.remote:
        raise QueryError(
            f"{method.name} asks a service for every picture; a folder is for methods that are computed here. To ask "
            "a model about many cases, at a known price: dermtools evaluate"
        )
    files = pictures_of(folder)
    progress = progress or Silent()
    progress.start(len(files), "reading and classifying pictures")
    opened = partial(_opened, case_base, limits)
    answers: list[Answer] = []
    with ThreadPoolExecutor(1, "classify") as pool, closing(prepared_ahead(files, opened, workers=workers)) as queries:
        under_way: Future[list[Answer]] | None = None
        names = (_readable(file.relative_to(folder).as_posix()) for file in files)
        for batch in in_batches(zip(names, queries, strict=True), batch_size, _pixels):
            following = pool.submit(_answered, case_base, method, batch)
            if under_way is not None:
                answers += under_way.result()
            progress.advance(len(batch))
            under_way = following
        answers += under_way.result() if under_way is not None else []
    return answers


def write_answers(answers: Iterable[Answer], file: Path) -> None:
    """Write a CSV with `COLUMNS`, whole or not at all; lists are JSON, and no cell runs in a spreadsheet.

    Raises:
        DermtoolsError: it cannot be written.
    """
    path = writable(file)
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    rows.writerows(map(_row, answers))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, out.getvalue())
    except OSError as error:
        raise DermtoolsError(f"cannot write {path}: {error.strerror}; choose a folder that can be written") from error


Asked = tuple[str, Query | str]
"""A file, and its picture as a query, or why there is none."""


def _opened(case_base: CaseBase, limits: ImageLimits | None, file: Path) -> Query | str:
    try:
        return picture_query(file, None, partial(open_for_embedding, embedder=case_base.embedder), limits)
    except DermtoolsError as error:
        return _readable(str(error).removeprefix(f"{file.name}: "))


def _readable(name: str) -> str:
    """Bytes of a file's name that are no UTF-8, as an old archive leaves them, by their numbers."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _pixels(asked: Asked) -> int:
    query = asked[1]
    return query.image.width * query.image.height if isinstance(query, Query) and query.image is not None else 0


def _answered(case_base: CaseBase, method: Method, batch: Sequence[Asked]) -> list[Answer]:
    problems = {file: query for file, query in batch if isinstance(query, str)}
    queries = {file: query for file, query in batch if isinstance(query, Query)}
    images = [image for query in queries.values() if (image := query.image) is not None]
    vectors, reasons = embedded_pictures(case_base.embedder, images)
    failed = {file: reasons[number] for number, file in enumerate(queries) if number in reasons}
    asked = {
        file: replace(query, vector=vector)
        for (file, query), vector in zip(queries.items(), vectors, strict=True)
        if file not in failed
    }
    said = dict(zip(asked, method.predict_many(list(asked.values())), strict=True))
    return [Answer(file, said.get(file), problems.get(file) or failed.get(file, "")) for file, _ in batch]


def _row(answer: Answer) -> list[str]:
    said = answer.prediction
    if said is None:
        return [guarded(answer.file), "", "", "", "", UNREADABLE, guarded(answer.problem), "", "", ""]
    confidence = "" if said.confidence is None else repr(said.confidence)
    texts = (answer.file, said.task, said.method, said.label)
    lists = (said.label_set, said.probabilities, [exemplar.case_id for exemplar in said.exemplars])
    return [
        *("" if text is None else guarded(text) for text in texts),
        confidence,
        said.outcome.value,
        guarded(said.reason) if said.reason else "",
        *("" if not one else json.dumps(one, ensure_ascii=False) for one in lists),
    ]
