"""All of it together: what is here, how it is, and what to do next."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from dermtools.doctor import health as case_base
from dermtools.doctor import installed
from dermtools.doctor import services as model_services
from dermtools.doctor.finding import Finding
from dermtools.doctor.health import Health
from dermtools.doctor.installed import Extra, Package
from dermtools.doctor.providers import key_variables
from dermtools.doctor.services import Service
from dermtools.version import __version__

MOST_NEXT = 3
_TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


@dataclass(frozen=True)
class Examination:
    """What was found.

    `packages`, `extras` and `services` are what is installed, what could be, and what can be reached; `is_offline`
    says that nothing was asked for over a network; `health` is that of the case base, if one was named.
    """

    packages: tuple[Package, ...]
    extras: tuple[Extra, ...]
    keys: dict[str, bool]
    """Variable to whether it is set; never what it holds."""
    is_traced: bool
    """Whether the environment has LangSmith trace every run."""
    services: tuple[Service, ...]
    is_offline: bool
    health: Health | None

    @property
    def findings(self) -> list[Finding]:
        """What is wrong, or could be better; what does not work first."""
        found = [
            *installed.findings(self.packages),
            *(case_base.findings(self.health) if self.health else ()),
            *model_services.findings(self.services),
        ]
        return sorted(found, key=lambda one: not one.serious)

    @property
    def is_healthy(self) -> bool:
        """Whether all that is set up works."""
        return not any(one.serious for one in self.findings)

    @property
    def next_steps(self) -> list[str]:
        """One to three lines: what to repair, else what to try."""
        steps = [f"{one.what}: {one.remedy}" for one in self.findings]
        if len(steps) > MOST_NEXT:
            more = f"and {len(steps) - MOST_NEXT + 1} more: dermtools doctor --json lists all"
            return [*steps[: MOST_NEXT - 1], more]
        if not any(one.serious for one in self.findings):
            steps.append(self._to_try())
        return steps[:MOST_NEXT]

    def _to_try(self) -> str:
        if self.health is None:
            return "all is well; a case base: dermtools ingest SOURCE my-cases (SOURCE: a table, a folder, or sample)"
        path = quote(self.health.path)
        return f"look at it in the browser: dermtools app {path}; is it sound: dermtools check {path}"

    def to_json(self) -> dict[str, Any]:
        """As `dermtools doctor --json` prints it, see docs/json.md."""
        return {
            "healthy": self.is_healthy,
            "dermtools": __version__,
            "platform": platform.platform(),
            "packages": installed.versions(self.packages),
            "extras": {
                one.name: {"packages": {each.name: each.version for each in one.packages}, "missing": one.missing}
                for one in self.extras
            },
            "keys": self.keys,
            "traced": self.is_traced,
            "services": [asdict(one) for one in self.services],
            "case_base": None if self.health is None else asdict(self.health),
            "findings": [asdict(one) for one in self.findings],
            "next": self.next_steps,
        }


def examine(
    path: Path | None = None, *, offline: bool = False, environment: Mapping[str, str] | None = None
) -> Examination:
    """Look at what is installed and set up here, and at the case base at `path`.

    Asks every service for which the environment holds a key or an address for its list of models, unless `offline`.
    Nothing is paid for, and no case or picture is sent.

    Args:
        path: folder of a case base; its embedder is loaded in a process of its own.
        offline: contact nobody.
        environment: instead of the process's own.
    """
    given = os.environ if environment is None else environment
    return Examination(
        packages=installed.core(),
        extras=installed.extras(),
        keys={name: bool(given.get(name, "").strip()) for name in key_variables()},
        is_traced=any(given.get(name, "").strip().lower() == "true" for name in _TRACING),
        services=tuple(model_services.services(given, contact=not offline)),
        is_offline=offline,
        health=None if path is None else case_base.health(path),
    )
