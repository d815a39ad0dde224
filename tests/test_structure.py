"""What the design promises of the source tree itself: no circles, short files, tests where one looks for them."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "dermtools"
TESTS = ROOT / "tests"
MOST_LINES = 300

BEYOND_ONE_MODULE = {
    "agent/test_many_agents.py": "agents of several threads over one case base",
    "agent/test_red_team.py": "hostile texts and pictures, through every tool",
    "agent/test_tools_standard.py": "LangChain's own test suite for tools",
    "agent/test_wire_formats.py": "a whole run in each framework over each provider's wire format",
    "app/test_conversation.py": "the page in a conversation, inside a host made of the official package",
    "app/test_red_team.py": "hostile cases, on every view of the page",
    "benchmarks/test_local_model.py": "what the script counts of a local model's calls",
    "benchmarks/test_clustered.py": "drawn vectors, held against real embeddings",
    "benchmarks/test_encoders_table.py": "the ways to get more out of encoders that the benchmark compares",
    "benchmarks/test_published.py": "the published network, which ours is timed against",
    "benchmarks/test_scale_failures.py": "machines that die, as the simulation has them",
    "benchmarks/test_statistics.py": "rates of false verdicts and missed intervals, simulated",
    "benchmarks/test_vote_first.py": "what the benchmark counts, of cases that are known",
    "cli/test_case_base_commands.py": "ingest, info, check and search, as typed in a terminal",
    "cli/test_clinic_exports.py": "exports as clinics write them, ingested by one command",
    "cli/test_extras.py": "commands without the extras that they need, and those that need none",
    "cli/test_object_store_commands.py": "commands over a case base on an object store",
    "cli/test_model_commands.py": "classify, evaluate and study, as typed in a terminal",
    "cli/test_terminal.py": "a newcomer's first ten minutes, in a terminal of 80 columns",
    "cli/test_start.py": "which libraries a command loads",
    "clients/test_table.py": "what real clients are held against, and the page that says how they did",
    "compatibility/test_made_earlier.py": "what an earlier version wrote",
    "compatibility/test_public_names.py": "names that an earlier version offered",
    "docs/test_generated_pages.py": "pages of the site that are made from the code",
    "docs/test_notebook_pages.py": "pages of the site that are made from notebooks",
    "docs/test_navigation.py": "the order of the site's pages",
    "docs/test_pages_run.py": "tutorials, how-tos and explanations, whose commands run",
    "docs/test_reference_pages.py": "what the written pages of reference say, against the code",
    "docs/test_reading_level.py": "how hard tutorials and how-tos are to read",
    "docs/test_terminal_pictures.py": "what commands print, as pictures",
    "docs/test_site.py": "the documentation site, built and opened",
    "distributed/test_three_nodes.py": "ingest, indexing and evaluation over three Ray nodes, one of which dies",
    "evaluation/test_interruption.py": "an evaluation killed and resumed",
    "evaluation/test_notebooks.py": "examples/*.ipynb",
    "fuzz/test_targets.py": "hostile inputs, a few for each way in",
    "images/test_refused.py": "damaged and hostile pictures, in every format",
    "mcp/test_behind_nginx.py": "the server behind a real nginx, as examples/nginx.conf says",
    "mcp/test_bombs.py": "small files that unpack without end, sent to a server",
    "mcp/test_clients.py": "the server, asked by the protocol's own client",
    "mcp/test_inspector.py": "the server, asked by the Inspector",
    "mcp/test_many_processes.py": "several servers behind a real nginx, as examples/team says",
    "mcp/test_no_path_leaves.py": "what fails, through tools, clients and retriever: no path in any of it",
    "mcp/test_published_files.py": "server.json and the plugin",
    "pages/test_app_html.py": "the built page, and what it is built from",
    "pages/test_templates.py": "templates of every room",
    "prompting/test_imports.py": "what importing the parts of the room loads",
    "retrieval/search/test_copies_unmet.py": "edited copies, as searched for and as drawn for exemplars",
    "retrieval/test_photographs.py": "search over real photographs",
    "support/test_provider_servers.py": "the servers that stand for other providers in the journeys",
    "support/test_openai_server.py": "the server that stands for OpenAI's in other tests",
    "test_commands_in_documents.py": "commands and options that documents name",
    "test_container.py": "the container file",
    "test_documents_on_agents.py": "snippets and tables of docs/agents.md, docs/langchain.md and docs/json.md",
    "test_examples.py": "examples/*.py",
    "test_licences.py": "licences of what is installed",
    "test_packaging.py": "the wheel in a clean environment",
    "test_private_attributes.py": "what of a patient table leaves, through every door",
    "test_project_files.py": "documents, workflows and versions beside the code",
    "test_public_face.py": "what the package and its rooms offer",
    "test_readme.py": "the README's commands",
    "test_reproducible.py": "the wheel and the sdist, built twice",
    "test_returned_types.py": "public names of what calls return, in every room",
    "test_structure.py": "this file",
    "test_walks.py": "the walks of docs/design.md",
    "tools/test_writing_at_doors.py": "instructions drawn into pictures, through every door",
    "tools/pictures/test_hostile_references.py": "hostile addresses of pictures, through every door",
}
"""Tests of whole journeys, which have no module of their own, and what they are about."""


def _packages() -> dict[str, Path]:
    """Every package of dermtools, by its dotted name."""
    folders = [path.parent for path in PACKAGE.rglob("__init__.py")]
    return {".".join(folder.relative_to(ROOT).parts): folder for folder in folders}


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _imports(node: ast.AST) -> Iterator[ast.ImportFrom]:
    """`from ... import ...` anywhere below a node, inside functions too, but not for types only."""
    for child in ast.iter_child_nodes(node):
        if _is_for_types_only(child):
            continue
        if isinstance(child, ast.ImportFrom):
            yield child
        yield from _imports(child)


def _offered() -> dict[tuple[str, str], str]:
    """Package and name to the module that defines it, of the names that packages import when they are first used."""
    offered = {}
    for package, folder in _packages().items():
        tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
        for block in filter(_is_for_types_only, tree.body):
            for node in ast.walk(block):
                if isinstance(node, ast.ImportFrom):
                    offered |= {(package, alias.name): str(node.module) for alias in node.names}
    return offered


def _graph() -> dict[str, set[str]]:
    """Module to the modules that it imports at run time; a name imported from a package counts for its own module."""
    found = grimp.build_graph("dermtools", exclude_type_checking_imports=True, cache_dir=None)
    graph = {module: set(found.find_modules_directly_imported_by(module)) for module in found.modules}
    offered = _offered()
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            homes = {offered.get((str(node.module), alias.name)) for alias in node.names}
            graph[module] |= {home for home in homes if home is not None}
    return graph


def test_no_module_imports_itself_by_a_detour() -> None:
    try:
        TopologicalSorter(_graph()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("folder", ["dermtools", "tests", "examples", "benchmarks", "docs"])
def test_every_file_is_short(folder: str) -> None:
    lines = {path: len(path.read_bytes().splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {str(path.relative_to(ROOT)): n for path, n in lines.items() if n >= MOST_LINES} == {}


def _has_its_module(test: Path) -> bool:
    """Whether the same room of `dermtools` has what a test is named after: `x`, or `x` and which part of it."""
    room = PACKAGE / test.parent
    there = {path.stem for path in room.glob("*") if path.suffix in ("", ".py")} if room.is_dir() else set()
    words = test.stem.removeprefix("test_").split("_")
    return any("_".join(words[:count]) in there for count in range(1, len(words) + 1))


def test_the_tests_mirror_the_source() -> None:
    tests = [path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")]
    astray = sorted(str(test) for test in tests if not _has_its_module(test))
    assert astray == sorted(BEYOND_ONE_MODULE)


def test_no_test_imports_from_a_test_or_a_conftest() -> None:
    wrong = re.compile(r"^\s*(?:from|import) +[\w.]*\b(?:conftest|test_\w+)\b.*", re.MULTILINE)
    found = {path: wrong.findall(path.read_text(encoding="utf-8")) for path in TESTS.rglob("*.py")}
    assert {str(path.relative_to(ROOT)): lines for path, lines in found.items() if lines} == {}


def test_nothing_public_is_without_a_test() -> None:
    tested = {
        word
        for path in TESTS.rglob("*.py")
        for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
        if path.name != "test_public_face.py"
    }
    untested = defaultdict(list)
    for package in _packages():
        for name in getattr(importlib.import_module(package), "__all__", ()):
            if name not in tested:
                untested[package].append(name)
    assert untested == {}
