"""`dermtools doctor`: whether all that is set up here works, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.addresses import case_base_place
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import JsonOption

if TYPE_CHECKING:
    from dermtools.doctor import Examination
    from dermtools.doctor.health import Health
    from dermtools.doctor.services import Service

NOT_SHOWN = "; what they hold is not shown"


def doctor(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="CASEBASE", help="Look at this case base, too.", show_default=False, parser=case_base_place
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Contact nobody.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is installed, which services answer, whether a case base is well, and what to do next.

    Services for which a key or an address is set are asked for their list of models, which costs nothing. Exit code 1
    where something that is set up does not work.
    """
    from dermtools.doctor import examine

    found = examine(path, offline=offline)
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)
    if not found.is_healthy:
        raise typer.Exit(1)


def _show(found: Examination) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for head, line in _rows(found):
        grid.add_row(Text(head), Text(line))
    show(grid)


def _rows(found: Examination) -> Iterator[tuple[str, str]]:
    from platform import machine, python_version, system

    from dermtools.doctor.installed import MAIN
    from dermtools.version import __version__

    yield "dermtools", f"{__version__}, Python {python_version()}, {system()} {machine()}"
    versions = {one.name: one.version for one in found.packages}
    shown = [f"{name} {versions[name] or 'of another build'}" for name in MAIN if versions.get(name) is not None]
    if shown:
        yield "packages", ", ".join(shown)
    there = [one.name for one in found.extras if one.is_installed]
    yield "extras", ", ".join(there) or "none"
    lacking = [one for one in found.extras if not one.is_installed]
    if lacking:
        named = "; ".join(f"{one.name} ({', '.join(one.missing) or 'none for this Python'})" for one in lacking)
        yield "", f"not installed: {named}"
        if there_are := [one.name for one in lacking if one.packages]:
            yield "", f"pip install 'dermtools[{','.join(there_are)}]' adds them; none is needed"
    held = [name for name, is_set in found.keys.items() if is_set]
    yield "keys", ", ".join(held) + NOT_SHOWN if held else "none is set; only models of a service need one"
    if found.is_traced:
        yield (
            "",
            "LangSmith is told of every run: texts leave this machine, pictures by handle alone",
        )
    services = [_service(one, found.is_offline) for one in found.services]
    yield from zip(["models", *[""] * len(services)], services or [_no_service(found)], strict=False)
    if found.health is not None:
        lines = list(_health(found.health))
        yield from zip(["case base", *[""] * len(lines)], lines, strict=False)
    steps = found.next_steps
    head = "next" if found.is_healthy else "to repair"
    yield from zip([head, *[""] * len(steps)], steps, strict=False)


def _no_service(found: Examination) -> str:
    return "no service is set up, and none was asked; a local server: --base-url of the commands that ask a model"


def _service(one: Service, is_offline: bool) -> str:
    key = f"key in {one.key}" if one.key else "no key"
    if one.reachable is None:
        return f"{one.provider}: {one.problem or f'{one.host}, {key}; not asked'}"
    if one.problem is not None:
        return f"{one.provider}: {one.problem}"
    said = ["answers"]
    if one.key_accepted:
        said.append("takes the key")
    if one.models is not None:
        said.append(f"lists {one.models} models")
    return f"{one.provider}: {one.host} {', '.join(said)} (sent: {one.asked})"


def _health(found: Health) -> Iterator[str]:
    from dermtools.doctor.health import bytes_in_words

    if found.problem is not None:
        yield f"{found.path}: does not open"
        return
    yield f"{found.path}: {found.cases} cases of {found.groups} groups, version {found.version}"
    loads = "loads and passes its test"
    if found.embedder_problem:
        loads = "does not load"
    elif not found.can_embed:
        loads = "is not here: its vectors were given, and new pictures need --embedder"
    index = "index on disk" if found.has_index else "index not on disk: the next search makes it"
    yield f"embedder {found.embedder} {loads}; {index}"
    readable = found.looked_at - len(found.unreadable)
    seen = f"{readable} of {found.looked_at} looked at can be read (dermtools check looks at all)"
    yield f"pictures: {seen if found.looked_at else 'none is stored'}"
    if found.size is not None and found.free is not None:
        writable = "written" if found.is_writable else "read only"
        room = f"{bytes_in_words(found.size)}, {bytes_in_words(found.free)} free"
        yield f"{room}; can be {writable}, by {found.open_to}"
