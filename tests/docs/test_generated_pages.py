"""What is public stands in the reference: every command and option, name and tool, with a line on what it is."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import griffe
import pytest
from typer.main import get_command

import dermtools
from dermtools.cli.app import app
from dermtools.tools import CATALOG
from docs.generator import carried, commands, generated, python_names, schemas
from docs.generator.__main__ import lay_out
from docs.generator.fields import FieldDescriptions
from docs.generator.undocumented import silent, undocumented

PAGES = generated.pages()
COMMANDS = get_command(app).commands
NOT_A_ROOM = {"dermtools.cli", "dermtools.cases.sources.sample"}
"""Asked for by their commands, and by a word of `load_source`."""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_page_with_all_that_it_takes(name: str) -> None:
    page = PAGES[f"{commands.FOLDER}/{name}.md"]
    several = getattr(COMMANDS[name], "commands", {"": COMMANDS[name]})
    shown = [one for below in several.values() for one in below.params if not one.hidden]
    missing = [one.opts for one in shown if one.param_type_name == "option" and f"`{one.opts[0]}" not in page]
    assert missing == [["--help"]] * len(missing)
    assert [one.help for one in shown if not one.help] == []


def test_every_room_has_a_page() -> None:
    packages = [found.name for found in pkgutil.walk_packages(dermtools.__path__, "dermtools.") if found.ispkg]
    offering = {name for name in packages if getattr(importlib.import_module(name), "__all__", None)}
    titles = {PAGES[path].splitlines()[0].removeprefix("# ") for path in PAGES if path.startswith(python_names.FOLDER)}
    assert offering - NOT_A_ROOM == titles - {"Python"}


def test_every_public_name_stands_on_one_page() -> None:
    text = "\n".join(page for path, page in PAGES.items() if path.startswith(python_names.FOLDER))
    homes = {home for package in python_names.packages() for home in python_names.names(package).values()}
    assert [home for home in homes if text.splitlines().count(f"::: {home}") != 1] == []


def test_every_public_name_and_member_says_what_it_is() -> None:
    assert undocumented() == []


def test_a_member_that_says_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(
        '''class Made:
    """Has `told` and others.

    Args:
        one, two: given.
    """

    one: int
    two: int
    told: int
    said: int = field(metadata={"doc": "in its value"})
    silent: int

    def told_alone(self): ...

    @property
    def told(self): ...
'''
    )
    extensions = griffe.load_extensions(FieldDescriptions)
    made = griffe.load("made", search_paths=[tmp_path], extensions=extensions)["Made"]
    assert set(silent(made)) == {"made.Made.silent", "made.Made.told_alone", "made.Made.told"}


@pytest.mark.parametrize("name", CATALOG)
def test_a_tool_has_its_arguments(name: str) -> None:
    section = PAGES[schemas.TOOLS].partition(f"## {name}\n")[2].partition("\n## ")[0]
    assert CATALOG[name].description in section
    assert [field for field in CATALOG[name].arguments.model_fields if f"| `{field}` |" not in section] == []


def test_a_link_out_of_docs_leads_to_a_page_or_to_the_repository() -> None:
    text = (
        "[a](../CHANGELOG.md) [b](../examples/nginx.conf) [c](json.md#what-tools-give) [d](https://x.org) [e](../tests)"
    )
    assert carried.with_links("how-to/x.md", "docs/x.md", text) == (
        f"[a](../CHANGELOG.md) [b]({carried.REPOSITORY}/blob/main/examples/nginx.conf) [c](../json.md#what-tools-give) "
        f"[d](https://x.org) [e]({carried.REPOSITORY}/tree/main/tests)"
    )


def test_what_was_laid_out_before_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "gone.md").write_text("gone")
    lay_out(tmp_path)
    laid = {path.relative_to(tmp_path / "docs").as_posix() for path in (tmp_path / "docs").rglob("*.md")}
    written = {path.relative_to(carried.ROOT / "docs").as_posix() for path in (carried.ROOT / "docs").rglob("*.md")}
    assert laid == {*written, *PAGES, *carried.CARRIED}
