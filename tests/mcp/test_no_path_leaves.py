"""Whatever fails, no tool, client or retriever learns where anything lies on the operator's machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from dermtools.adapter.saved import FOLDER
from dermtools.agent import DermToolkit, ImageGrants
from dermtools.cases.sources.sample import load_sample
from dermtools.errors import DermtoolsError
from dermtools.retrieval import CaseBase
from dermtools.retrieval.retriever import SimilarCaseRetriever
from tests.support import tiny_onnx
from tests.support.mcp_processes import http_server, stdio

TELLING = "Praxis Dr. Mueller"

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_case", {"case_id": "nobody"}),
    ("describe_case_base", {}),
    ("describe_case_base", {"task": "nothing"}),
    ("search_similar_cases", {"image": "case:drawn_p01_1", "where": "nothing = 1"}),
    ("search_similar_cases", {"image": "/etc/hostname"}),
    ("search_similar_cases", {"image": "missing.png"}),
    ("search_similar_cases", {"image": "no_picture.png"}),
    ("search_similar_cases", {"image": "picture.png"}),
    ("search_similar_cases", {"image": "img_0000"}),
    ("search_similar_cases", {"image": "case:drawn_p01_1"}),
    ("classify_with_adapter", {"image": "case:drawn_p01_1", "task": "location"}),
    ("classify_with_adapter", {"image": "case:drawn_p01_1", "task": "diagnosis"}),
]
URIS = ("dermtools://case-base", "dermtools://cases/nobody", "dermtools://tasks/location/labels/none", "file:///etc/x")


def _encoder(base: Path) -> None:
    (base.parent / "encoder.onnx").unlink()


def _classifier(base: Path) -> None:
    for path in (base / FOLDER).rglob("*.json"):
        path.write_text("no JSON")


def _table(base: Path) -> None:
    for path in (base / "cases.lance").rglob("*.lance"):
        path.write_bytes(b"damaged")


def _manifest(base: Path) -> None:
    (base / "manifest.json").write_text("no JSON")


DAMAGES: list[Callable[[Path], object]] = [_encoder, _classifier, _table, _manifest, shutil.rmtree]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A case base whose encoder, pictures and all lie below a folder with a telling name."""
    from dermtools.adapter import AdapterConfig, save_classifier, train

    place = tmp_path / TELLING
    (place / "pictures").mkdir(parents=True)
    (place / "pictures" / "no_picture.png").write_bytes(b"no picture")
    sample = load_sample(patients=4)
    picture = sample.cases[0].image
    assert isinstance(picture, bytes)
    (place / "pictures" / "picture.png").write_bytes(picture)
    case_base = CaseBase.create(place / "base", embedder=f"onnx:{tiny_onnx.write(place / 'encoder.onnx')}")
    case_base.add(sample)
    save_classifier(case_base.path, train(case_base.store, "location", AdapterConfig(epochs=1)))
    return case_base.path


def test_tools_of_a_toolkit(base: Path) -> None:
    grants = ImageGrants.allow(folders=[base.parent / "pictures"])
    said = []
    toolkit = DermToolkit.over(CaseBase.open(base), grants=grants)
    for damage in (lambda _: None, *DAMAGES):
        damage(base)
        for name, arguments in CALLS:
            call = {"type": "tool_call", "id": "1", "name": name, "args": arguments}
            said.append(str(toolkit.tool(name).invoke(call)))
    assert sum("error" in one for one in said) > len(CALLS)
    assert [one for one in said if "Mueller" in one or str(base.parent.parent) in one] == []


def test_a_retriever(base: Path) -> None:
    said = []
    retriever = SimilarCaseRetriever(case_base=CaseBase.open(base), allow=(base.parent / "pictures",))
    for damage in (lambda _: None, *DAMAGES):
        damage(base)
        for asked in ("case:nobody", "no_picture.png", "picture.png", "words", "case:drawn_p01_1"):
            try:
                retriever.invoke(asked)
            except DermtoolsError as error:
                said.append(f"{error!r} {error.__cause__!r}")
    assert len(said) > len(DAMAGES)
    assert [one for one in said if "Mueller" in one] == []


async def _failures(client: Client, base: Path) -> list[str]:
    """All that a client is told, by a server that everything is taken from step by step."""
    said = []

    async def keep(request: Any) -> None:
        try:
            said.append((await request).model_dump_json())
        except MCPError as error:
            said.append(str(error.error))

    for damage in (lambda _: None, *DAMAGES):
        damage(base)
        for name, arguments in CALLS:
            await keep(client.call_tool(name, arguments))
        for uri in URIS:
            await keep(client.read_resource(uri))
        await keep(client.list_prompts())
        await keep(client.get_prompt("classify_location", {"image": "picture.png"}))
        await keep(client.get_prompt("nothing", {}))
    return said


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_client_of_the_server(base: Path, tmp_path: Path, transport: str) -> None:
    allowed = ("--allow", str(base.parent / "pictures"))
    if transport == "stdio":
        async with stdio(base, *allowed, errors=tmp_path / "log") as client:
            said = await _failures(client, base)
    else:
        with http_server(base, *allowed) as server:
            async with server.client() as client:
                said = await _failures(client, base)
    assert sum("case base" in one for one in said) > len(DAMAGES)
    assert [one for one in said if "Mueller" in one or str(tmp_path) in one] == []
