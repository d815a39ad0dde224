"""`file:` URLs and bare base64, as models and assistants write them where a path or a `data:` URL was meant."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.errors import ImageError
from dermtools.retrieval import CaseBase
from dermtools.tools import DermContext, ImageGrants, Workspace
from dermtools.tools.pictures.written_references import check_is_no_base64, path_of_file_url


@pytest.fixture
def granted(tmp_path: Path, drawn_jpeg: bytes) -> Path:
    folder = tmp_path / "my pictures"
    folder.mkdir()
    (folder / "a #1.jpg").write_bytes(drawn_jpeg)
    (tmp_path / "secret.jpg").write_bytes(drawn_jpeg)
    return folder


@pytest.mark.parametrize("start", ["file://", "file://localhost", "FILE://LOCALHOST", "file:"])
def test_a_file_url_is_the_path_that_it_means(case_base: CaseBase, granted: Path, start: str) -> None:
    workspace = Workspace(case_base, grants=ImageGrants.allow(folders=[granted]))
    context = DermContext()
    written = start + str(granted).replace(" ", "%20") + "/a%20%231.jpg"
    assert workspace.query(written, context).name == workspace.query("a #1.jpg", context).name


@pytest.mark.parametrize(
    "written",
    [
        "file://{outside}/secret.jpg",
        "file://{granted}/../secret.jpg",
        "file://{granted}/%2e%2e/secret.jpg",
        "file://{granted}/..%2fsecret.jpg",
        "file://other.example{granted}/a%20%231.jpg",
        "file://127.0.0.1{granted}/a%20%231.jpg",
        "file:///{granted}/a%20%231.jpg",
        "file://{granted}/a%20%231.jpg%00",
        "file://{granted}/a%20%231.jpg?x=1",
        "file://{granted}/a%20%231.jpg#x",
        "file://[{granted}",
        "file:a%20%231.jpg",
    ],
)
def test_a_file_url_reads_nothing_that_its_path_would_not(case_base: CaseBase, granted: Path, written: str) -> None:
    workspace = Workspace(case_base, grants=ImageGrants.allow(folders=[granted]))
    context = DermContext()
    with pytest.raises(ImageError, match="not allowed"):
        workspace.query(written.format(granted=granted, outside=granted.parent), context)
    assert not len(context.images)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_bare_base64_is_told_what_to_give(
    case_base: CaseBase, drawn_jpeg: bytes, encode: Callable[[bytes], bytes]
) -> None:
    text = encode(drawn_jpeg).decode()
    with pytest.raises(ImageError, match="data:image/jpeg;base64,") as caught:
        Workspace(case_base, grants=ImageGrants.allow(data_urls=True)).query(text, DermContext())
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "path", ["/home/derm/pictures/" * 9 + "lesion", "q" * 300, "a_b-c/d" * 30 + ".jpg", "x.jpg", ""]
)
def test_a_long_path_is_not_taken_for_base64(path: str) -> None:
    check_is_no_base64(path)


@given(st.text(max_size=60))
def test_any_file_url_is_a_path_or_is_refused_in_one_line(rest: str) -> None:
    try:
        path, said = path_of_file_url(f"file:{rest}"), ""
    except ImageError as error:
        path, said = "/", str(error)
    assert path.startswith("/")
    assert "\n" not in said
