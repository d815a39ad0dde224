"""A method from another package, installed beside this one, works wherever a method's name is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dermtools.retrieval import CaseBase
from tests.support.paths import ROOT

MODULE = """
from dermtools.methods import MethodFamily
from dermtools.prediction import Prediction

class Constant:
    name = "toy-constant"
    def __init__(self, task, label):
        self.task, self.label = task, label
    def predict(self, query):
        return Prediction(method=self.name, task=self.task, label=self.label)

def build(case_base, task, *, label=None):
    return Constant(task, label or case_base.task(task).labels[0])

FAMILY = MethodFamily("toy-constant", "baseline", build)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages with the toy, its entry points and one that is broken."""
    folder = tmp_path / "site"
    info = folder / "toy_methods-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "toy_methods.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-methods\nVersion: 1.0\n")
    entries = "toy-constant = toy_methods:FAMILY\ntoy-broken-K = toy_methods:NOTHING\ntoy-other = toy_methods:FAMILY\n"
    (info / "entry_points.txt").write_text(f"[dermtools.methods]\n{entries}")
    return folder


def python(site: Path, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def dermtools(site: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return python(site, "from dermtools.cli import main; main()", *arguments)


def test_classify_takes_it(site: Path, case_base: CaseBase) -> None:
    asked = ("classify", case_base.path, "--case", "drawn_p03_1", "--task", "location", "--json", "--method")
    done = dermtools(site, *asked, "toy-constant")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["method"] == "toy-constant"
    assert "did you mean toy-constant?" in dermtools(site, *asked, "toy-constants").stderr


def test_evaluate_compares_it(site: Path, case_base: CaseBase, tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = ("--task", "location", "--methods", "toy-constant,majority", "--limit", 3, "--out", out)
    done = dermtools(site, "evaluate", case_base.path, *asked)
    assert done.returncode == 0, done.stderr
    assert "toy-constant" in (out / "table.md").read_text()


def test_the_tools_list_and_take_it(site: Path, case_base: CaseBase) -> None:
    script = f"""
from dermtools import CaseBase, DermToolkit
toolkit = DermToolkit.over(CaseBase.open({str(case_base.path)!r}))
print("toy-constant" in toolkit.tool("describe_case_base").invoke({{}}))
asked = {{"image": "case:drawn_p03_1", "task": "location", "kind": "toy-constant"}}
print("toy-constant: " in toolkit.tool("classify_with_adapter").invoke(asked))
"""
    done = python(site, script)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_tool_that_classifies_takes_it(site: Path, case_base: CaseBase) -> None:
    code = """
import sys
from dermtools import CaseBase, DermToolkit
tool = DermToolkit.over(CaseBase.open(sys.argv[1])).tool("classify_with_adapter")
print(tool.invoke({"image": "case:drawn_p03_1", "task": "location", "kind": "toy-constant"}))
"""
    done = python(site, code, case_base.path)
    assert done.returncode == 0, done.stderr
    assert "toy-constant" in done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("toy-broken-3", "method toy-broken-K (toy_methods:NOTHING) cannot be imported: AttributeError"),
        ("toy-other", "method toy-other (toy_methods:FAMILY) is no MethodFamily with this pattern"),
    ],
)
def test_a_broken_package_is_one_line(site: Path, case_base: CaseBase, name: str, said: str) -> None:
    done = dermtools(site, "classify", case_base.path, "--case", "drawn_p03_1", "--task", "location", "--method", name)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
