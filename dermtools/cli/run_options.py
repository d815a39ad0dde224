"""Options of the commands that leave a run: `evaluate` and `study`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunOption = Annotated[Path, typer.Option("--out", metavar="RUN", help="Folder of the run; an interrupted one goes on.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Ask about so many cases only.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the draw and the intervals.")]
MaxCostOption = Annotated[float | None, typer.Option(metavar="USD", min=0, help="Stop before this would be passed.")]
UnknownPriceOption = Annotated[bool, typer.Option("--accept-unknown-price", help="Go on though a price is unknown.")]
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Calls at a time.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before paid calls are sent.")]
