from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer.testing import CliRunner

from dermtools.cli.option_groups import with_groups


@dataclass(frozen=True)
class Reach:
    address: Annotated[str | None, typer.Option("--address", help="Where it is.")] = None
    words: Annotated[list[str] | None, typer.Option("--word")] = None
    kept: Path | None = None


def _ask(name: str, reach: Reach = Reach(), loud: bool = False) -> None:
    """Ask somebody."""
    typer.echo(f"{name} {reach} {loud}")


APP = typer.Typer()
APP.command()(with_groups(_ask))


def test_a_group_is_typed_as_the_options_of_its_fields_and_taken_as_one() -> None:
    typed = ["me", "--address", "here", "--word", "a", "--word", "b", "--loud"]
    assert CliRunner().invoke(APP, typed).output.strip() == f"me {Reach('here', ['a', 'b'])} True"
    assert CliRunner().invoke(APP, ["me"]).output.strip() == f"me {Reach()} False"


def test_a_field_without_an_option_is_none() -> None:
    said = CliRunner().invoke(APP, ["--help"]).output
    assert "Where it is." in said
    assert "kept" not in said
