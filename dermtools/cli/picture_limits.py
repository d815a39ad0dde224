"""The options of every command that opens pictures: how much one may take."""

from __future__ import annotations

import functools
import inspect
import os
from typing import Annotated, Any

import typer

from dermtools.cli.option_groups import Command, taking
from dermtools.images.limits import BYTES_VARIABLE, MEMORY_VARIABLE, PIXELS_VARIABLE, SECONDS_VARIABLE

_OPTIONS = {
    "max_pixels": (PIXELS_VARIABLE, "Refuse a picture with more pixels; by default 100 million, 60 million in a chat."),
    "max_image_bytes": (BYTES_VARIABLE, "Refuse a larger picture file; by default 64 MiB, 32 MiB in a chat."),
    "max_decoding_seconds": (SECONDS_VARIABLE, "Give up a chat's or client's picture after so long; by default 5 s."),
    "max_decoding_bytes": (MEMORY_VARIABLE, "Memory to decode a chat's or client's picture; by default 440 million."),
}


def with_picture_limits(command: Command) -> Command:
    """The command with `--max-pixels` and the others, put into the environment, where pictures are opened."""

    @functools.wraps(command)
    def limited(**given: Any) -> None:
        for name, (variable, _) in _OPTIONS.items():
            if (value := given.pop(name)) is not None:
                os.environ[variable] = str(value)
        command(**given)

    signature = inspect.signature(command, eval_str=True)
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[int | None, typer.Option(min=1, metavar="N", envvar=variable, help=about)],
        )
        for name, (variable, about) in _OPTIONS.items()
    ]
    return taking(limited, [*signature.parameters.values(), *added])
