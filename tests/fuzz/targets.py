"""What takes input from outside, each with a function that takes it and strategies that make it.

A function lets nothing out but what it promises: a value, or a DermtoolsError of one bounded line.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from dermtools.cases.sources.load import load_source
from dermtools.cases.sources.sample import load_sample
from dermtools.errors import DermtoolsError
from dermtools.images import open_image
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.tools import call_tool
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.replies import read_reply
from dermtools.prompting.asking.written_calls import written_calls
from dermtools.prompting.files.library import read_prompt
from dermtools.prompting.files.schema import OutputField
from dermtools.retrieval import CaseBase
from dermtools.retrieval.search.fields import Fields
from dermtools.retrieval.search.where import matching_rows
from dermtools.tools import CATALOG, ImageGrants
from tests.fuzz import seeds
from tests.fuzz.mutation import mutated, values

LONGEST_LINE = 10_000
"""Characters of an error, lists of names in it included."""


class Target(NamedTuple):
    """Something that takes input from outside."""

    inputs: Callable[[], st.SearchStrategy[Any]]
    take: Callable[[Any], object]

    def holds(self, given: Any) -> None:
        """Take one input; anything but a value or one line of a DermtoolsError comes out as it is."""
        try:
            self.take(given)
            told = ""
        except DermtoolsError as error:
            told = str(error)
        assert "\n" not in told, f"an error of several lines: {told[:1000]}"
        assert len(told) <= LONGEST_LINE, f"an error of {len(told)} characters: {told[:1000]}"


@functools.cache
def _folder() -> Path:
    kept = tempfile.TemporaryDirectory(prefix="dermtools-fuzz-")
    _KEPT.append(kept)
    return Path(kept.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Held until the process ends."""


@functools.cache
def _served() -> ServedCaseBase:
    case_base = CaseBase.create(_folder() / "casebase", embedder="descriptor")
    case_base.add(load_sample(patients=6))
    return ServedCaseBase(case_base.path, grants=ImageGrants.allow(folders=[_folder()], data_urls=True))


@functools.cache
def _fields() -> Fields:
    case_base = _served().call(lambda workspace: workspace.case_base)
    return Fields(case_base.columns, case_base.tasks)


LABELS = ("face", "foot", "upper back")
LABEL_SET = LabelSet(LABELS)
OUTPUT = {"label": OutputField(type="label", description="x"), "why": OutputField(type="text", description="x")}
OFFERED = {name: spec.arguments.model_json_schema() for name, spec in CATALOG.items()}


def _where(condition: str) -> object:
    return matching_rows(condition, _fields())


def _reply(text: str) -> object:
    return read_reply(AIMessage(text), OUTPUT, LABEL_SET)


def _call(text: str) -> object:
    return written_calls(text, OFFERED)


def _prompt(text: str) -> object:
    path = _folder() / "prompt.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return read_prompt(path)


def _table(given: tuple[str, bytes]) -> object:
    path = _folder() / f"table{given[0]}"
    path.write_bytes(given[1])
    return load_source(path)


@functools.cache
def _exported() -> dict[str, bytes]:
    """Files of a small export."""
    folder = _folder() / "exported"
    _served().call(lambda workspace: workspace.case_base.export(folder, "csv", where="age > 60", pictures=False))
    return {name: (folder / name).read_bytes() for name in ("dermtools.json", "cases.csv")}


def _exports() -> st.SearchStrategy[tuple[str, bytes]]:
    return st.one_of(
        *(
            st.tuples(st.just(name), mutated([content], seeds.TABLE_WORDS, length=100_000))
            for name, content in _exported().items()
        )
    )


def _export(given: tuple[str, bytes]) -> object:
    folder = _folder() / "export"
    folder.mkdir(exist_ok=True)
    for name, content in (_exported() | dict([given])).items():
        (folder / name).write_bytes(content)
    return load_source(folder)


def _arguments(given: tuple[str, Any]) -> object:
    name, arguments = given
    result = call_tool(_served(), name, arguments)
    assert sum(len(getattr(block, "text", "")) for block in result.content) < 20_000
    return result


def _tables() -> st.SearchStrategy[tuple[str, bytes]]:
    return st.one_of(
        *(
            st.tuples(st.just(suffix), mutated(found, seeds.TABLE_WORDS, length=100_000))
            for suffix, found in seeds.tables().items()
        )
    )


def _calls() -> st.SearchStrategy[tuple[str, Any]]:
    names = {key for schema in OFFERED.values() for key in schema["properties"]}
    given = st.dictionaries(
        st.sampled_from(sorted(names)) | st.text(max_size=5),
        values(seeds.ARGUMENT_WORDS) | mutated(seeds.WHERE, seeds.WHERE_WORDS) | mutated(seeds.URLS, seeds.URL_WORDS),
    )
    return st.tuples(st.sampled_from(sorted({*OFFERED} - {"run_prompt"})), given)


TARGETS: dict[str, Target] = {
    "where": Target(lambda: mutated(seeds.WHERE, seeds.WHERE_WORDS, length=4000), _where),
    "replies": Target(lambda: mutated(seeds.REPLIES, seeds.REPLY_WORDS), _reply),
    "written-calls": Target(lambda: mutated(seeds.CALLS, seeds.REPLY_WORDS), _call),
    "prompts": Target(lambda: mutated(seeds.prompts(), seeds.YAML_WORDS), _prompt),
    "tables": Target(_tables, _table),
    "exports": Target(_exports, _export),
    "data-urls": Target(lambda: mutated(seeds.URLS, seeds.URL_WORDS, length=100_000), open_image),
    "arguments": Target(_calls, _arguments),
    "pictures": Target(lambda: mutated(seeds.pictures(), seeds.PICTURE_WORDS, length=100_000), open_image),
}
