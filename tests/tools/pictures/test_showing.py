"""Pictures that a result shows: small, clean, and capped in bytes."""

from __future__ import annotations

import io

from PIL import Image

from dermtools.tools import DermContext, Workspace
from dermtools.tools.pictures.showing import MAX_BYTES, small_jpegs


def test_pictures_are_small_and_without_metadata(workspace: Workspace) -> None:
    handles = [f"case:{case_id}" for case_id in workspace.case_base.columns.case_ids[:4]]
    taken, left_out = small_jpegs(workspace, DermContext(), handles)
    assert list(taken) == handles
    assert not left_out
    assert sum(map(len, taken.values())) <= MAX_BYTES
    for jpeg in taken.values():
        with Image.open(io.BytesIO(jpeg)) as image:
            assert max(image.size) <= 384
            assert not image.getexif()


def test_pictures_are_capped_in_bytes(workspace: Workspace) -> None:
    handles = [f"case:{case_id}" for case_id in workspace.case_base.columns.case_ids[:10]]
    taken, left_out = small_jpegs(workspace, DermContext(), handles, max_bytes=60_000)
    assert 0 < sum(map(len, taken.values())) <= 60_000
    assert left_out
    assert {*taken, *left_out} == set(handles)
