"""What the page works on while the server runs; nothing of it is kept afterwards."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dermtools.app.conversations import Conversations
from dermtools.app.runs import Runs
from dermtools.errors import DermtoolsError, QueryError, StoppedError
from dermtools.images.opening import small_jpeg
from dermtools.prompting.files.library import PromptLibrary
from dermtools.tools import DermContext, Workspace
from dermtools.tools.pictures.recent_images import RecentImages

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.evaluation.reporting.projection import CaseMap
    from dermtools.retrieval import CaseBase


@dataclass(eq=False)
class AppSession:
    """Of one server and the one person before it. Safe for threads.

    Args:
        case_base: what is open; None on first use, until the drawn sample is made.
        model: `provider:model` that prompts and the agent ask; without one, neither is offered.
        model_options: how it is reached and asked: further arguments of `chat_model`.
        library: prompt files.
        runs: a folder of evaluations, or one evaluation; None for none.
    """

    case_base: CaseBase | None = None
    model: str | None = None
    model_options: Mapping[str, Any] = field(default_factory=dict)
    library: PromptLibrary = field(default_factory=PromptLibrary)
    runs: Path | None = None
    context: DermContext = field(default_factory=lambda: DermContext(images=RecentImages(max_pictures=64)))
    """The pictures that the person brought, by handle."""
    maps: dict[tuple[str, int, str], CaseMap] = field(default_factory=dict)
    """Of case bases, by path, version and how they were laid out."""
    conversations: Conversations = field(default_factory=Conversations)
    """Those with the agent."""
    _workspace: Workspace | None = None
    _chat_model: BaseChatModel | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: ExitStack = field(default_factory=ExitStack)
    _ended: bool = False

    def __enter__(self) -> AppSession:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what `new_folder` gave."""
        with self._lock:
            self._ended = True
            self._kept.close()

    def new_folder(self) -> Path:
        """An empty folder that only this user can read, removed when the session ends; a StoppedError afterwards."""
        with self._lock:
            if self._ended:
                raise StoppedError("the server ends; nothing new is begun")
            return Path(self._kept.enter_context(TemporaryDirectory(prefix="dermtools-", ignore_cleanup_errors=True)))

    @cached_property
    def evaluations(self) -> Runs:
        """The runs below `runs`, by name."""
        return Runs(self.runs)

    @property
    def opened(self) -> CaseBase:
        """The case base; a QueryError where none is open yet."""
        return self.workspace.case_base

    @property
    def workspace(self) -> Workspace:
        """Handles to queries, classifiers and prompts over the case base; a QueryError where none is open yet.

        No path and no address is granted: the page names pictures by handle and cases by id.
        """
        with self._lock:
            if self.case_base is None:
                raise QueryError("no case base is open; start with one: dermtools app CASEBASE")
            if self._workspace is None or self._workspace.case_base is not self.case_base:
                self._workspace = Workspace(self.case_base, library=self.library)
            return self._workspace

    def chat_model(self) -> BaseChatModel:
        """The model, set up once.

        Raises:
            QueryError: none was named.
            ModelError: it cannot be set up.
        """
        from dermtools.prompting.asking.models import chat_model

        if self.model is None:
            raise QueryError("this asks a chat model; start with one: dermtools app CASEBASE --model openai:gpt-4.1")
        with self._lock:
            if self._chat_model is None:
                self._chat_model = chat_model(self.model, **self.model_options)
            return self._chat_model

    def warm(self) -> None:
        """Load what the first search would wait for; a problem is told by the search that meets it."""
        if self.case_base is not None:
            with suppress(DermtoolsError):
                for case_id in self.case_base.columns.case_ids[:1]:
                    # Index and leak guard, and a process that decodes pictures; nothing is embedded: that may cost.
                    self.case_base.search(case_id=case_id, k=1)
                    small_jpeg(self.case_base.jpeg(case_id), limits=self.context.images.limits)
                _ = self.case_base.embedder
