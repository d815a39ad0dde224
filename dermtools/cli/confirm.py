"""Before paid calls: who receives what, what it costs, and whether it may be sent."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dermtools.cli.models import ModelOptions, connect
from dermtools.cli.output import show
from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.evaluation import Plan


def receivers(models: Sequence[str], reach: ModelOptions) -> Iterator[str]:
    """Who is asked, of models as they were named."""
    return (receiver(model, connect(model, reach, method="the plan")) for model in models)


def confirmed(plan: Plan, asked: Iterable[str], yes: bool) -> bool:
    """Show the plan on standard error, and who is asked where calls are to be made.

    Whether they may be sent; a terminal is asked without `yes`.
    """
    lines = plan.lines()
    if plan.calls:
        lines += [*(f"asks {one}" for one in asked), _sent(plan)]
    show("plan", *(f"  {line}" for line in lines), to_stderr=True)
    if yes or plan.calls == 0:
        return True
    if not sys.stdin.isatty():
        raise QueryError("paid calls need a yes; add --yes, and --max-cost for a ceiling")
    if not typer.confirm(f"Send {plan.calls} calls?", err=True):
        show("Nothing was sent.", to_stderr=True)
        raise typer.Exit(1)
    return True


def receiver(spec: str, model: Any) -> str:
    """The model, and the host that its calls go to where its client says so, whatever the environment set."""
    from urllib.parse import urlsplit

    clients = (getattr(model, name, None) for name in ("root_client", "_client", "client"))
    addresses = (str(getattr(client, "base_url", None) or "") for client in clients)
    host = next((found for address in addresses if (found := urlsplit(address).netloc.rpartition("@")[2])), None)
    provider, _, name = spec.partition(":")
    return f"{name} at {host} ({provider})" if host else f"{name} of {provider}"


def answers_kept(run: Path) -> str:
    """How many answers a run holds, for who stopped it."""
    try:
        count = (run / "predictions.jsonl").read_bytes().count(b"\n")
    except OSError:
        count = 0
    return f"{count} answers are kept in {run}, and none is asked for twice; to go on, run"


def _sent(plan: Plan) -> str:
    shots = [
        (arm.calls, re.fullmatch(r"(?:random|rag.*)-(\d+)|zero-shot", arm.method)) for arm in plan.arms if arm.calls
    ]
    if not all(found for _, found in shots):
        return "sends the pictures of the cases asked about, and what is looked up for them"
    pictures = sum(calls * (1 + int(found[1] or 0)) for calls, found in shots if found)
    return f"sends {pictures:,} pictures: of the cases asked about, and of examples, with the examples' labels"
