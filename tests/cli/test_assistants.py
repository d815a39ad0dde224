"""`dermtools mcp --print-config` and `--install`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dermtools.retrieval import CaseBase
from tests.support.command_line import Run


def test_the_block_repeats_the_command_with_absolute_paths(
    run: Run, case_base: CaseBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case_base.path.parent)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "onnx.onnx").touch()
    done = run(
        *("mcp", case_base.path.name, "--allow", ".", "--allow", str(tmp_path), "--check-text", "flag"),
        *("--embedder", "onnx:~/onnx.onnx", "--model", "openai:x", "--base-url", "http://127.0.0.1:9/v1"),
        *("--print-config", "claude-desktop"),
    )
    assert done.code == 0
    args = done.json["mcpServers"]["dermtools"]["args"]
    assert Path(done.json["mcpServers"]["dermtools"]["command"]).is_absolute()
    asked = args[args.index("mcp") :]
    assert asked[1] == str(case_base.path)
    pairs = list(zip(asked[2::2], asked[3::2], strict=True))
    assert sorted(pairs) == sorted(
        [
            ("--allow", str(case_base.path.parent)),
            ("--allow", str(tmp_path)),
            ("--check-text", "flag"),
            ("--embedder", f"onnx:{tmp_path}/onnx.onnx"),
            ("--model", "openai:x"),
            ("--base-url", "http://127.0.0.1:9/v1"),
        ]
    )
    assert "key is not in it" in done.err


def test_install_says_what_it_wrote_and_keeps_the_former_file(
    run: Run, case_base: CaseBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / ".cursor" / "mcp.json"
    place.parent.mkdir()
    place.write_text('{"mcpServers": {}}')
    done = run("mcp", case_base.path, "--print-config", "cursor", "--install")
    assert done.code == 0
    assert str(place) in done.out
    assert "as it was before" in done.out
    assert json.loads(place.read_text())["mcpServers"]["dermtools"]["args"][-1] == str(case_base.path)


def test_an_assistant_that_connects_over_http_gets_the_address(run: Run, case_base: CaseBase) -> None:
    done = run("mcp", case_base.path, "--print-config", "open-webui", "--http", "127.0.0.1:8765")
    assert done.json[0]["url"] == "http://127.0.0.1:8765/mcp"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--install"], "--install goes with --print-config ASSISTANT"),
        (["--print-config", "open-webui"], "Open WebUI connects over HTTP: add e.g. --http"),
        (["--print-config", "cursor", "--http", ":8765"], "Cursor starts the server by itself; leave --http out"),
        (["--print-config", "librechat", "--install"], "LibreChat has no documented file"),
    ],
)
def test_what_does_not_go_together_is_refused(run: Run, case_base: CaseBase, options: list[str], message: str) -> None:
    done = run("mcp", case_base.path, *options)
    assert done.code == 1
    assert message in done.err


def test_a_block_for_no_case_base_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("mcp", tmp_path, "--print-config", "cursor")
    assert done.code == 1
    assert "is not a case base" in done.err
