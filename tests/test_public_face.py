"""What `import dermtools` and its rooms offer: every name is imported when used, completes, and hides no module."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import dermtools
from tests.support.paths import ROOT

FACE = ["CaseBase", "DermToolkit", "Prediction", "Query", "chain_for", "create_derm_agent", "evaluate"]
FACE += ["load_embedder", "load_source", "method"]

PACKAGES = sorted(["dermtools", *(m.name for m in pkgutil.walk_packages(dermtools.__path__, "dermtools.") if m.ispkg)])

SCRIPT = """
from dermtools import CaseBase, DermToolkit, Prediction, Query, __version__
from dermtools import chain_for, create_derm_agent, evaluate, load_embedder, load_source, method

version: str = __version__
case_base: CaseBase = CaseBase.open_or_create("cases", embedder=load_embedder("descriptor"))
case_base.add(load_source("sample"))
query: Query = case_base.query("photo.jpg")
prediction: Prediction = method("knn-vote-15", case_base, "location", where="age >= 40").predict(query)
prompted: Prediction = method("rag-5", case_base, "location", model="openai:gpt-4.1").predict(query)
chained: Prediction = chain_for("rag-5", model="openai:gpt-4.1", case_base=case_base, task="location").invoke(query)
done = evaluate(case_base, "location", [method("majority", case_base, "location")], "run")
headline: str = done.results.headline
tools = [tool.name for tool in DermToolkit.over(case_base).get_tools()]
text: str = create_derm_agent("openai:gpt-4.1", case_base).ask("Where is this?", ["photo.jpg"]).text
"""


def test_the_face_is_what_a_user_needs() -> None:
    assert sorted(dermtools.__all__) == FACE


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_that_a_package_lists_can_be_imported_and_completes(package: str) -> None:
    module = importlib.import_module(package)
    listed = getattr(module, "__all__", [])
    assert [name for name in listed if not hasattr(module, name)] == []
    assert set(listed) <= set(dir(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_hides_a_module(package: str) -> None:
    module = importlib.import_module(package)
    inside = {found.name for found in pkgutil.iter_modules(module.__path__)}
    assert inside & set(getattr(module, "__all__", [])) == set()
    assert [name for name in inside if not inspect.ismodule(importlib.import_module(f"{package}.{name}"))] == []


def test_importing_the_package_loads_none_of_it() -> None:
    heavy = ("numpy", "pydantic", "torch", "langchain_core")
    code = f"import sys, dermtools; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout.strip() == "[]"


def test_a_users_script_is_typed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"), "script.py"],
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
