"""What the tools work on: the case base, what may be read beside it, and the model that prompts go to."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError, TrainingError
from dermtools.folders import refuse
from dermtools.handles import CASE_PREFIX, IMAGE_PREFIX
from dermtools.hidden_paths import places
from dermtools.images import ImageLimits
from dermtools.images.kinds import OnWriting
from dermtools.images.text_guard import text_guard
from dermtools.prediction import Method, Query
from dermtools.prompting.files.library import PromptLibrary
from dermtools.retrieval.case_base import CaseBase
from dermtools.retrieval.queries import with_vector
from dermtools.stops import check_stop
from dermtools.text import one_line
from dermtools.tools.context import DermContext
from dermtools.tools.pictures.fetching import PictureFetcher
from dermtools.tools.pictures.grants import ImageGrants
from dermtools.tools.pictures.image_store import KEPT_SIDE, HeldImage
from dermtools.tools.pictures.threads import PicturesInMemory, ThreadPictures
from dermtools.tools.pictures.written_references import check_is_no_base64, path_of_file_url
from dermtools.tools.schemas import Offer

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from dermtools.adapter import TrainedClassifier
    from dermtools.adapter.kinds import Kind
    from dermtools.cases import Case

MAX_REFERENCE = 4096
"""Characters of a path, URL or handle."""
NO_GRANTS = ImageGrants()

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")


class Workspace:
    """Shared by all tools and runs over one case base. Safe for threads.

    `in_memory` are the pictures of conversations that no store keeps.

    Args:
        case_base: the cases.
        grants: what may be read beside handles; nothing by default.
        vision_model: for `run_prompt`; without one, it says that there is none.
        library: prompt files; the built-in ones by default.
        fetcher: fetches granted URLs; made from the grants by default.
        check_text: `refuse` or `flag` pictures with writing drawn in, those of cases apart; not looked for by default,
            since it takes half a second of processor time a picture.
        picture_store: where pictures of conversations are kept that no `DermContext` has; by default in the store of
            their graph, else in memory.
    """

    def __init__(
        self,
        case_base: CaseBase,
        *,
        grants: ImageGrants = NO_GRANTS,
        vision_model: BaseChatModel | None = None,
        library: PromptLibrary | None = None,
        fetcher: PictureFetcher | None = None,
        check_text: OnWriting | None = None,
        picture_store: ThreadPictures | None = None,
    ) -> None:
        self.case_base = case_base
        self.picture_store = picture_store
        self.in_memory = PicturesInMemory()
        self.grants = grants
        self.vision_model = vision_model
        self.library = library or PromptLibrary()
        self._fetcher = fetcher or PictureFetcher(grants.hosts)
        self._guard = text_guard(check_text)
        self._classifiers: dict[tuple[str, Kind], tuple[int, TrainedClassifier]] = {}
        self._fusions: dict[tuple[str, bool], tuple[int, TrainedClassifier, Method]] = {}
        self._lock = threading.Lock()

    @property
    def offer(self) -> Offer:
        """What the tools offer over this case base."""
        tasks = tuple(task.name for task in self.case_base.tasks)
        return Offer(tasks, self.grants, with_model=self.vision_model is not None)

    @property
    def known_paths(self) -> dict[str | Path, str]:
        """Places on this machine that an error may name, and the words that a model reads instead."""
        roots = [root for grant in self.grants.folders for root in (grant.named, grant.root)]
        embedder = self.case_base.store.manifest.embedder
        return places(self.case_base.path, embedder, granted=roots, prompts=self.library.folders)

    def query(self, reference: str, context: DermContext) -> Query:
        """The picture that a reference means, as a query whose `name` is its handle.

        Args:
            reference: `img_...`, `case:ID`; where granted a path, URL or `data:` URL, which then gets a handle.
            context: of the run.

        Raises:
            ImageError: nothing that may be read, or it cannot be.
            QueryError: there is no such case.
        """
        if reference.startswith(IMAGE_PREFIX):
            return self._held(context.images.get(reference), context)
        if reference.startswith(CASE_PREFIX):
            case = self.case(reference, context)
            return replace(self.case_base.query(case_id=case.case_id), name=CASE_PREFIX + case.case_id)
        return self._held(self._read(reference, context), context)

    def handle(self, reference: str, context: DermContext) -> str:
        """The handle of the picture that a reference means, which is read but not embedded; raises as `query`."""
        if reference.startswith(IMAGE_PREFIX):
            return context.images.get(reference).handle
        if reference.startswith(CASE_PREFIX):
            return CASE_PREFIX + self.case(reference, context).case_id
        return self._read(reference, context).handle

    def remark(self, reference: str, context: DermContext) -> str:
        """What to tell beside a picture that is not a case's; "" for nothing, as always without `check_text`.

        Raises:
            WritingError: the picture has writing drawn in, and is refused for it.
            ImageError: there is no such picture.
        """
        return self.query(reference, context).remark if self._guard else ""

    def case(self, reference: str, context: DermContext) -> Case:
        """A case by `case:ID` or its bare id.

        Raises:
            QueryError: there is no such case, or this run may not see it.
        """
        case_id = reference.removeprefix(CASE_PREFIX)
        case, snapshot = self.case_base.case(case_id), self.case_base.snapshot
        if not all(snapshot.matching(condition)[snapshot.row(case_id)] for condition in context.conditions):
            raise QueryError(f"case {case_id!r} is not open to this run; use cases that a search found")
        return case

    def classifier(self, task: str, kind: Kind) -> TrainedClassifier:
        """A trained classifier of the case base, read again when it has been trained again.

        Raises:
            TrainingError: there is none, or it does not fit.
        """
        from dermtools.adapter import load_classifier
        from dermtools.adapter.saved import RECORD_NAME, classifier_folder

        path = classifier_folder(self.case_base.store.own_folder, task, kind) / RECORD_NAME
        try:
            written = path.stat().st_mtime_ns
        except OSError:
            raise TrainingError(
                f"no {kind} is trained for task {task!r}; the operator can: dermtools train CASEBASE --task {task}"
            ) from None
        with self._lock:
            known = self._classifiers.get((task, kind))
            if known is None or known[0] != written:
                known = self._classifiers[task, kind] = written, load_classifier(self.case_base.store, task, kind)
            return known[1]

    def fusion(self, task: str, *, abstain: bool = False) -> Method:
        """The fusion, fitted once for each training and version of the case base: the validation cases take their time.

        Raises:
            TrainingError: its adapter is not trained, or it cannot abstain.
        """
        from dermtools.methods import method

        adapter, version = self.classifier(task, "adapter"), self.case_base.version
        known = self._fusions.get((task, abstain))
        if known is None or known[0] != version or known[1] is not adapter:
            options: dict[str, Any] = {"abstain": True} if abstain else {}
            known = version, adapter, method("fusion", self.case_base, task, **options)
            self._fusions[task, abstain] = known
        return known[2]

    def _held(self, held: HeldImage, context: DermContext) -> Query:
        resolve = partial(self._resolved, limits=context.images.limits)
        return context.images.query(held.handle, str(self.case_base.identity), resolve)

    def _resolved(self, held: HeldImage, limits: ImageLimits) -> Query:
        source, remark = held.source, ""
        check_stop()
        if self._guard is not None:
            seen = (source.image or held.jpeg) if isinstance(source, Query) else source
            remark = self._guard.remark(seen, limits)
            check_stop()
        if isinstance(held.source, Query):
            query = held.source if held.source.vector is not None else with_vector(held.source, self.case_base.embedder)
        else:
            query = self.case_base.query(held.source, group_id=held.group_id, limits=limits)
            query = replace(query, content_hash=held.content_hash or query.content_hash)
        image = query.image
        if image is not None and max(image.size) > KEPT_SIDE:
            image = image.copy()
            image.thumbnail((KEPT_SIDE, KEPT_SIDE))
        return replace(query, name=held.handle, image=image, remark=remark)

    def _read(self, reference: str, context: DermContext) -> HeldImage:
        if reference[:5].lower() == "data:":
            if not self.grants.data_urls:
                raise refuse("a data: URL in a tool's arguments")
            return context.images.add(reference, name="data URL")
        check_is_no_base64(reference)
        if len(reference) > MAX_REFERENCE or not reference.strip():
            raise refuse("an empty or overlong reference")
        scheme = _SCHEME.match(reference)
        if scheme is not None and scheme[1].lower() == "file":
            reference, scheme = path_of_file_url(reference), None
        if scheme is None:
            # In quotes, since an error repeats it, and whoever sent the file chose it.
            name = repr(one_line(re.split(r"[/\\]", reference)[-1], 60))
            return context.images.add(self.grants.read_file(reference), name=name)
        if scheme[1].lower() not in ("http", "https"):
            raise refuse(f"the scheme {scheme[1][:20]}:")
        return context.images.add(self._fetcher.fetch(reference), name="fetched picture")
