"""Assistants' own files after the server was written into them: nothing else changed, and the former one kept."""

from __future__ import annotations

import json
import stat
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.errors import DermtoolsError
from dermtools.mcp.installing import install

CASE_BASE = Path("/data/cases")
COMMAND = ["/bin/dermtools", "mcp", "/data/cases"]
ENTRY = {"command": "/bin/dermtools", "args": ["mcp", "/data/cases"]}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a working folder of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CODEX_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_file_is_its_owners_only(home: Path) -> None:
    done = install("cursor", CASE_BASE, COMMAND)
    assert (done.path, done.backup) == (home / ".cursor" / "mcp.json", None)
    assert json.loads(done.path.read_text()) == {"mcpServers": {"dermtools": {"type": "stdio", **ENTRY}}}
    assert stat.S_IMODE(done.path.stat().st_mode) & 0o077 == 0


@given(rest=st.dictionaries(st.text().filter(lambda key: key != "mcpServers"), JSON, max_size=3), other=JSON)
def test_everything_else_in_the_file_stays(rest: dict[str, Any], other: Any) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", folder)
        before = {**rest, "mcpServers": {"other": other}}
        path = put(Path(folder, ".gemini", "settings.json"), json.dumps(before))
        done = install("gemini", CASE_BASE, COMMAND)
        after = json.loads(path.read_text(encoding="utf-8"))
        assert after.pop("mcpServers") == {"other": other, "dermtools": ENTRY}
        assert after == rest
        assert done.backup is not None
        assert json.loads(done.backup.read_text()) == before


def test_a_second_time_changes_nothing_and_keeps_no_copy(home: Path) -> None:
    install("lm-studio", CASE_BASE, COMMAND)
    again = install("lm-studio", CASE_BASE, COMMAND)
    assert again.backup is None
    assert [path.name for path in again.path.parent.iterdir()] == ["mcp.json"]


def test_another_case_base_gets_an_entry_of_its_own(home: Path) -> None:
    install("vscode", CASE_BASE, COMMAND)
    second = install("vscode", Path("/data/naevi"), ["/bin/dermtools", "mcp", "/data/naevi"])
    assert second.name == "dermtools-naevi"
    assert set(json.loads(second.path.read_text())["servers"]) == {"dermtools", "dermtools-naevi"}


def test_what_the_owner_wrote_is_kept_however_fast_one_follows_another(home: Path) -> None:
    own = '{"mcpServers": {}, "mine":   "as I like it"}'
    path = put(home / ".cursor" / "mcp.json", own)
    places = [Path("/data", name) for name in ("naevi", "warts")]
    backups = [install("cursor", place, ["/bin/dermtools", "mcp", str(place)]).backup for place in places]
    assert len({*backups, path, None}) == 4
    assert own in [copy.read_text() for copy in path.parent.glob("*.bak")]


@pytest.mark.parametrize("assistant", ["cursor", "codex"])
def test_what_its_owner_added_to_the_entry_stays(home: Path, assistant: Any) -> None:
    path = install(assistant, CASE_BASE, [*COMMAND, "--links"]).path
    added = 'env = {"KEY" = "k"}' if path.suffix == ".toml" else '"env": {"KEY": "k"}, '
    text = path.read_text()
    path.write_text(text + added if path.suffix == ".toml" else text.replace('"type"', f'{added}"type"'))
    install(assistant, CASE_BASE, COMMAND)
    content = (tomllib if path.suffix == ".toml" else json).loads(path.read_text())
    (entry,) = next(iter(content.values())).values()
    assert (entry["env"], entry["args"]) == ({"KEY": "k"}, ENTRY["args"])


def test_a_file_that_would_mean_something_else_is_left_alone(home: Path) -> None:
    """After dotted keys the library writes the entry's table before `model`, which would then be in it."""
    text = 'mcp_servers.a.command = "a"\nmodel = "m"\n'
    path = put(home / ".codex" / "config.toml", text)
    with pytest.raises(DermtoolsError, match="left alone"):
        install("codex", CASE_BASE, COMMAND)
    assert [one.read_text() for one in path.parent.iterdir()] == [text]


def test_comments_in_toml_stay(home: Path) -> None:
    path = put(home / ".codex" / "config.toml", '# mine\nmodel = "o3" # fast\n\n[mcp_servers.other]\ncommand = "x"\n')
    install("codex", CASE_BASE, COMMAND)
    text = path.read_text()
    assert text.startswith('# mine\nmodel = "o3" # fast\n')
    assert tomllib.loads(text)["mcp_servers"] == {"other": {"command": "x"}, "dermtools": ENTRY}


def test_json_with_comments_is_left_alone(home: Path) -> None:
    path = put(home / ".config" / "zed" / "settings.json", '{\n  // mine\n  "theme": "One"\n}\n')
    with pytest.raises(DermtoolsError, match=r"settings\.json is not plain JSON, perhaps for its comments .* by hand"):
        install("zed", CASE_BASE, COMMAND)
    assert "// mine" in path.read_text()
    assert len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("content", ["[]", '"text"', '{"mcpServers": []}', "{", "nul", '{"a": 1, "a": 2}'])
def test_what_is_no_table_of_servers_is_left_alone(home: Path, content: str) -> None:
    path = put(home / ".cursor" / "mcp.json", content)
    with pytest.raises(DermtoolsError, match=r"mcp\.json"):
        install("cursor", CASE_BASE, COMMAND)
    assert path.read_text() == content


def test_an_empty_file_and_a_byte_order_mark_are_read(home: Path) -> None:
    put(home / ".cursor" / "mcp.json", "\n")
    put(home / ".gemini" / "settings.json", '\ufeff{"theme": "dark"}')
    install("cursor", CASE_BASE, COMMAND)
    done = install("gemini", CASE_BASE, COMMAND)
    assert json.loads(done.path.read_text())["theme"] == "dark"


def test_a_link_stays_a_link_and_the_mode_stays(home: Path) -> None:
    real = put(home / "dotfiles" / "mcp.json", "{}")
    real.chmod(0o640)
    link = home / ".cursor" / "mcp.json"
    link.parent.mkdir()
    link.symlink_to(real)
    install("cursor", CASE_BASE, COMMAND)
    assert link.is_symlink()
    assert "dermtools" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.parametrize("assistant", ["open-webui", "librechat"])
def test_without_a_documented_file_nothing_is_written(home: Path, assistant: Any) -> None:
    with pytest.raises(DermtoolsError, match="no documented file on this machine"):
        install(assistant, CASE_BASE, COMMAND)
    assert list(home.iterdir()) == []
