"""The case base that a server serves, opened when first needed and again when replaced; pictures of a client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dermtools.addresses import Address, case_base_place
from dermtools.cases.backends import backend_of
from dermtools.cases.case import Task
from dermtools.cases.manifest import MANIFEST_NAME, read_manifest
from dermtools.errors import CaseBaseError, DermtoolsError, QueryError
from dermtools.hidden_paths import places
from dermtools.images.kinds import OnWriting
from dermtools.images.text_guard import text_guard
from dermtools.mcp.discretion import Discretion
from dermtools.prompting.files.library import PromptLibrary
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, ImageGrants, Workspace
from dermtools.tools.pictures.recent_images import RecentImages
from dermtools.tools.schemas import Offer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

T = TypeVar("T")
Stamp = tuple[int, ...]

_TRIES = 2


class ServedCaseBase:
    """What all clients of a server share; arguments as of `serve`. Safe for threads.

    Only the manifest is read at once; the case base and the model are set up when first needed.

    Raises:
        CaseBaseError: there is no case base, or it is foreign or of a newer format.
        PromptError: a prompt folder does not exist.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        grants: ImageGrants,
        model: str | None = None,
        model_options: Mapping[str, Any] | None = None,
        prompts: Iterable[str | Path] = (),
        embedder: str | None = None,
        discretion: Discretion | None = None,
        check_text: OnWriting | None = None,
        links: bool = False,
    ) -> None:
        self.path = case_base_place(path).absolute()
        self._backend = backend_of(self.path)
        self.discreet = discretion or Discretion([self.path])
        """Applied to every error that a client is told."""
        self.links = links
        """Whether results link to their cases: many clients hand a link to their model as a file that it refuses."""
        self.fetches = bool(grants.hosts)
        """Whether pictures may be fetched from somewhere."""
        self.model = model
        self._model_options = dict(model_options or {})
        self.context = DermContext(images=RecentImages())
        """Of the one client over standard input and output; over HTTP each session has its own."""
        self.library = PromptLibrary(*prompts)
        self.grants = grants
        self._embedder = embedder
        self._check_text = check_text
        text_guard(check_text)  # a missing extra is told at the start
        self._lock = threading.Lock()
        self._model_lock = threading.Lock()
        self._opened: tuple[Stamp, Workspace] | None = None
        self._vision_model: BaseChatModel | None = None
        read_manifest(self.path, self._backend)

    @property
    def known_paths(self) -> dict[str | Path, str]:
        """Places on this machine that an error may name, and the words that a client reads instead."""
        opened = self._opened
        own = opened[1].known_paths if opened else {}
        granted = [grant.named for grant in self.grants.folders]
        return own | places(self.path, self._embedder, granted=granted, prompts=self.library.folders)

    def tasks(self) -> tuple[Task, ...]:
        """The case base's tasks, from its manifest alone; CaseBaseError where it cannot be read."""
        return read_manifest(self.path, self._backend).tasks

    def offer(self) -> Offer:
        """What the tools offer, from the manifest and the server's settings alone; raises as `tasks`."""
        return Offer(tuple(task.name for task in self.tasks()), self.grants, with_model=self.model is not None)

    def call(self, action: Callable[[Workspace], T], *, repeatable: bool = True) -> T:
        """What `action` gives for the present case base, never for parts of two.

        Where the case base was replaced meanwhile, a `repeatable` action runs once more.

        Raises:
            CaseBaseError: there is no case base, or it is damaged.
            QueryError: the case base was being replaced all the time.
            DermtoolsError: whatever `action` raises.
        """
        for _ in range(_TRIES if repeatable else 1):
            stamp, workspace = self._current()
            try:
                result = action(workspace)
            except DermtoolsError:
                if self._stamp() == stamp:
                    raise
                continue
            if self._stamp() == stamp:
                return result
        raise QueryError("the case base was replaced while it was read; call again")

    def vision_model(self) -> BaseChatModel | None:
        """The model that prompts go to, set up once; ModelError where it cannot be."""
        if self.model is None:
            return None
        from dermtools.prompting.asking.models import chat_model

        with self._model_lock:
            if self._vision_model is None:
                self._vision_model = chat_model(self.model, **self._model_options)
            return self._vision_model

    def warm(self) -> None:
        """Load what the first call would wait for. Raises as `call` and `vision_model`."""
        self.call(lambda workspace: (len(workspace.case_base), workspace.case_base.embedder))
        self.vision_model()

    def _current(self) -> tuple[Stamp, Workspace]:
        with self._lock:
            stamp = self._stamp()
            if self._opened is None or self._opened[0] != stamp:
                self._opened = None
                case_base = CaseBase.open(self.path, embedder=self._embedder)
                self._opened = (
                    stamp,
                    Workspace(case_base, grants=self.grants, library=self.library, check_text=self._check_text),
                )
            return self._opened

    def _stamp(self) -> Stamp:
        """Tells one folder from another that was put in its place, whatever copied or moved it there."""
        if isinstance(self.path, Address):
            return self._backend.stamp(MANIFEST_NAME)
        try:
            folder, manifest = self.path.stat(), (self.path / MANIFEST_NAME).stat()
        except OSError as error:
            read_manifest(self.path, self._backend)  # says what is missing
            raise CaseBaseError(f"{self.path} cannot be read: {error.strerror}; restore it") from error
        return folder.st_dev, folder.st_ino, manifest.st_ino, manifest.st_ctime_ns, manifest.st_mtime_ns
