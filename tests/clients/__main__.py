"""`python -m tests.clients [NAME...]`: real clients drive the server, each in an environment of its own."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from tests.clients import running, table
from tests.support.openai_requests import OpenAISchemas
from tests.support.paths import real_data


def main() -> int:
    names = sys.argv[1:]
    clients, suites = running.clients(), running.suites()
    if unknown := set(names) - {*clients, *suites}:
        print(f"no client {', '.join(sorted(unknown))}; there are: {', '.join([*clients, *suites])}", file=sys.stderr)
        return 2
    shared = real_data()
    schemas = shared / "reference" / "openai-schemas.json"
    if not schemas.is_file():
        print(f"OpenAI's schemas are not at {schemas}: set DERMTOOLS_TEST_DATA to the folder above", file=sys.stderr)
        return 2
    driven, ran = [], []
    with running.Stage.set(OpenAISchemas(schemas)) as stage:
        asyncio.run(stage.list_tools())
        for name in (one for one in clients if not names or one in names):
            driven += told(running.driven(name, stage))
    for name in (one for one in suites if not names or one in names):
        ran += told(running.ran(name))
    if not names:
        table.write(driven, ran, datetime.now(UTC).date())
    return int(any(one.outcome == "failed" for one in [*driven, *ran]))


def told(outcomes: list[running.Outcome]) -> list[running.Outcome]:
    """The same, printed."""
    for one in outcomes:
        print(f"{one.client:<24} {one.version:<10} {one.step:<26} {one.outcome:<12} {one.why[:600]}", flush=True)
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
