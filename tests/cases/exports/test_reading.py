"""The lines of the card that read an export are run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dermtools.cases import Choice, Extract
from dermtools.cases.exports.record import To
from dermtools.cases.exports.writing import write_export
from tests.support.stored_cases import new_store


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_the_lines_of_the_card_read_the_export(to: To, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    store = new_store(tmp_path / "base", 5)
    chosen = Extract(store.path, store.current_manifest(), store.columns(), range(5), Choice(vectors=True))
    write_export(chosen, tmp_path / "out", to)
    monkeypatch.chdir(tmp_path / "out")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", Path("README.md").read_text(encoding="utf-8"), re.DOTALL):
        exec(block, names)
    assert list(names["table"].case_id) == [f"case{n}" for n in range(5)]
    if to == "csv":
        assert names["vectors"].shape == (5, 8)
