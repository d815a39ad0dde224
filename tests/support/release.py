"""The release that files beside the code name: the last one, or the one that is being made."""

from __future__ import annotations

import yaml

from tests.support.paths import ROOT

NAMED: str = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]
