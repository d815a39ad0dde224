"""A case base as a LangChain retriever: similar cases as documents."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from PIL import Image
from pydantic import ConfigDict, Field, PrivateAttr

from dermtools.errors import QueryError
from dermtools.folders import FolderGrant, NotGrantedError, read_granted
from dermtools.handles import CASE_PREFIX
from dermtools.images import ImageLimits
from dermtools.images.limits import WorkerLimits
from dermtools.prediction import Query
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.documents import neighbor_document
from dermtools.retrieval.search_kwargs import private_errors, search_options
from dermtools.tracing import private_config
from dermtools.tracing.redaction import picture_name

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.runnables import RunnableConfig

Asked = str | Path | bytes | Image.Image
"""`case:ID`, a picture (its path, encoded bytes, a `data:` URL, an open Pillow picture), or a text."""

_WAYS = f"{CASE_PREFIX}ID, a picture (bytes, a data: URL, a Pillow picture), or a path below a folder that allow= names"
_PATH = re.compile(
    r"(~?/|[A-Za-z]:[\\/]|\\\\).*|.*\.(jpe?g|png|webp|avif|jp2|bmp|tiff?|gif|hei[cf]|dcm)", re.I | re.DOTALL
)
"""What its letters alone show to be meant for a picture's path."""


class SimilarCaseRetriever(BaseRetriever):
    """Finds the cases most similar to a case (`case:ID`), a picture, or a text.

    A picture is given as encoded bytes, a `data:` URL, an open Pillow picture, or a path. A path, absolute or relative
    to one of the folders in `allow`, is read only below them; by default none, since a query may come from a language
    model. A text needs an embedder that reads text. The leak guard is always on. Callbacks and traces are told of a
    picture by its handle, size and hash.

        SimilarCaseRetriever(case_base=CaseBase.open("casebase"), k=3).invoke("case:example_1")

    `search_kwargs`, and keywords of a call, are options of `CaseBase.search`; a call's go before, and all conditions
    hold. `where` may name any column, `filter` (also as `{column: value}`) only what is shown.

    `case_base` is searched; `task` is needed for `balanced` alone.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    case_base: CaseBase
    k: int = Field(default=5, description="how many cases; may be given in a call too")
    where: str | None = Field(default=None, description="condition that found cases satisfy")
    max_per_group: int | None = Field(default=None, description="at most so many cases of one group")
    diversity: str | None = Field(default=None, description="`mmr`, or `balanced` over the labels of `task`")
    task: str | None = None
    search_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="options of `CaseBase.search`, and `filter`"
    )
    allow: tuple[Path, ...] = Field(default=(), description="folders below which pictures may be read")

    _grants: tuple[FolderGrant, ...] = PrivateAttr(())

    def model_post_init(self, _: object, /) -> None:
        """Resolve the granted folders; DermtoolsError where one does not exist, or for a bad condition or option."""
        self._grants = tuple(map(FolderGrant, self.allow))
        options = self._options({})  # now, when the operator reads what is wrong, with all columns, and not a model
        for condition in options.get("where", ()):
            self.case_base.snapshot.matching(condition)
        for condition in options.get("where_shown", ()):
            self.case_base.snapshot.matching(condition, self.case_base.attributes.shown)

    def invoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Similar cases, nearest first; QueryError or ImageError where the query is none."""
        return super().invoke(_told(input), private_config(config), asked=input, **kwargs)

    async def ainvoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """As `invoke`, off the event loop."""
        return await super().ainvoke(_told(input), private_config(config), asked=input, **kwargs)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, asked: Asked | None = None, **kwargs: Any
    ) -> list[Document]:
        return self._documents(query if asked is None else asked, kwargs)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, asked: Asked | None = None, **kwargs: Any
    ) -> list[Document]:
        return await asyncio.to_thread(self._documents, query if asked is None else asked, kwargs)

    def _documents(self, asked: Asked, given: Mapping[str, Any]) -> list[Document]:
        with private_errors(self.case_base, self.allow):  # an agent's retriever: a model reads them, and traces do
            options = self._options(given)
            query = self._resolved(str(asked) if isinstance(asked, Path) else asked)
            if (group_id := options.pop("group_id", None)) is not None:
                query = replace(query, group_id=group_id)
            return [neighbor_document(neighbor) for neighbor in self.case_base.search(query=query, **options)]

    def _options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("k", "where", "max_per_group", "diversity", "task")}
        return search_options(own, self.search_kwargs, given)

    def _resolved(self, asked: str | bytes | Image.Image) -> Query:
        if not isinstance(asked, str):
            return self.case_base.query(asked)
        if asked.startswith(CASE_PREFIX):
            return self.case_base.query(case_id=asked.removeprefix(CASE_PREFIX))
        limits = ImageLimits(worker=WorkerLimits())  # words may be anybody's, and so may the picture that they name
        if _is_data_url(asked):
            return self.case_base.query(asked, limits=limits)
        try:
            return self.case_base.query(read_granted(self._grants, asked, limits.max_bytes), limits=limits)
        except NotGrantedError:
            pass  # a text, or a path that it may not read
        is_path = _PATH.fullmatch(asked) is not None
        if self.case_base.reads_text and not is_path:
            return self.case_base.query(text=asked)
        # The same words whether or not a file is there: nobody learns what lies outside the folders.
        why = "no picture that may be read" if is_path else f"{self.case_base.identity.name} reads no text"
        raise QueryError(f"{why}; ask with {_WAYS}")


def _is_data_url(asked: str) -> bool:
    return asked[:5].lower() == "data:"


def _told(asked: Asked) -> str:
    """What callbacks see of a question; a QueryError where it is none."""
    if isinstance(asked, str | Path):
        return picture_name(asked) if isinstance(asked, str) and _is_data_url(asked) else str(asked)
    if not isinstance(asked, bytes | Image.Image):
        raise QueryError(f"what is of the kind {type(asked).__name__} is no query; ask with {_WAYS}")
    return picture_name(asked)
