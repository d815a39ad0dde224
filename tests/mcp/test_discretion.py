"""What neither a log nor a client is told."""

from __future__ import annotations

import base64
import io
import logging
import shutil
from pathlib import Path

import httpx
import pytest

from dermtools.images import data_url
from dermtools.mcp.discretion import DiscreetFormatter, Discretion
from dermtools.mcp.http import TOKEN_VARIABLE
from dermtools.retrieval import CaseBase
from tests.support.mcp_processes import PATIENCE, RawStdio, http_server
from tests.support.mcp_requests import modern_call

TOKEN = "a-token-of-the-tests-0123456789"
NAMED = "/srv/Hans Mueller/case base"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"no case base at {NAMED}; ingest one", "no case base at case base; ingest one"),
        (f"{NAMED}/cases/manifest.json cannot be read", "case base/cases/manifest.json cannot be read"),
        ("cannot open /home/doe/.cache/model.onnx: no such file", "cannot open model.onnx: no such file"),
        ("[Errno 2] No such file: '/home/john doe/x y.jpg'", "[Errno 2] No such file: 'x y.jpg'"),
        ('File "/usr/lib/python3/PIL/Image.py", line 7, in open', 'File "Image.py", line 7, in open'),
        ("cannot open C:\\Users\\doe\\x.jpg now", "cannot open x.jpg now"),
        ("cannot open 'C:\\Users\\john doe\\x.jpg'", "cannot open 'x.jpg'"),
        ("authorization: Bearer abc.def-123", "authorization: Bearer ..."),
        (f"token={TOKEN}", "token=..."),
        ("listening on http://127.0.0.1:8765/mcp", "listening on http://127.0.0.1:8765/mcp"),
        ("tools/call failed: dermtools://cases/a/picture", "tools/call failed: dermtools://cases/a/picture"),
        ("use text/plain, and/or 1/2", "use text/plain, and/or 1/2"),
    ],
)
def test_paths_and_tokens_go_and_the_rest_stays(text: str, told: str) -> None:
    assert Discretion([NAMED], TOKEN)(text) == told


def test_bytes_of_a_picture_go_however_they_are_written(drawn_jpeg: bytes) -> None:
    for text in (data_url(drawn_jpeg), str({"data": drawn_jpeg}), str({"data": data_url(drawn_jpeg)})):
        told = Discretion([])(f"before {text} after")
        assert len(told) < 80
        assert told.startswith("before ")
        assert told.endswith(" after")


def test_a_traceback_in_the_log_is_discreet(tmp_path: Path) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(DiscreetFormatter("%(message)s", Discretion([tmp_path])))
    logger = logging.Logger("discreet")
    logger.addHandler(handler)
    try:
        (tmp_path / "none.jpg").read_bytes()
    except OSError:
        logger.exception("failed")
    assert "FileNotFoundError" in written.getvalue()
    assert "none.jpg" in written.getvalue()
    assert str(tmp_path.parent) not in written.getvalue()
    assert str(Path(__file__).parent) not in written.getvalue()


def test_the_log_of_a_server_does_not_say_where_its_case_base_lay(case_base: CaseBase, tmp_path: Path) -> None:
    path = tmp_path / "Hans Mueller" / "cases"
    shutil.copytree(case_base.path, path)
    server = RawStdio(path)
    try:
        server.initialize()
        shutil.rmtree(path)
        server.ask("tools/list")
        assert server.wait_for_error("no case base at cases")
        assert "Mueller" not in server.errors
    finally:
        server.close()


def test_errors_and_log_repeat_neither_token_nor_picture(case_base: CaseBase, drawn_jpeg: bytes) -> None:
    picture = data_url(drawn_jpeg)
    middle = picture[len(picture) // 2 :][:60]
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    said = ""
    with http_server(case_base.path, **{TOKEN_VARIABLE: TOKEN}) as server:
        for name, arguments in (
            ("search_similar_cases", {"image": picture, "k": picture}),
            ("search_similar_cases", {"image": picture[:-40]}),
            ("search_similar_cases", {"image": f"data:image/jpeg;base64,{base64.b64encode(drawn_jpeg[:99]).decode()}"}),
            ("get_case", {"case_id": picture}),
            (picture, {}),
            ("search_similar_cases", picture),
        ):
            body, headers = modern_call(name, arguments)  # type: ignore[arg-type]
            headers["Mcp-Name"] = name if len(name) < 99 else "other"
            said += httpx.post(server.url, json=body, headers={**headers, **bearer}, timeout=PATIENCE).text
        httpx.post(server.url, headers={"Authorization": f"Bearer {TOKEN}x"}, timeout=PATIENCE)
        server.process.terminate()
        server.process.wait(PATIENCE)
        said += server.log
    assert "isError" in said
    assert "without the right token" in said
    assert middle not in said
    assert TOKEN not in said
    assert str(case_base.path) not in said
