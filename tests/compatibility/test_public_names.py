"""Every name that the rooms offered at commit 005d146 (`__all__` of each) is still importable from its room."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

OFFERED = json.loads((Path(__file__).parent / "public_names.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("room", OFFERED)
def test_what_a_room_offered_it_offers(room: str) -> None:
    module = importlib.import_module(room)
    assert [name for name in OFFERED[room] if not hasattr(module, name)] == []
