"""References that try to read or reach what nobody granted: they open nothing and connect to nothing."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from dermtools.errors import DermtoolsError, ImageError, QueryError
from dermtools.retrieval import CaseBase
from dermtools.tools.context import DermContext
from dermtools.tools.pictures.fetching import PictureFetcher
from dermtools.tools.pictures.grants import HostGrant, ImageGrants
from dermtools.tools.workspace import Workspace
from tests.support.hostile_references import INWARD, LOCAL

SECRET = b"secret: not for anybody"
# Loaded beforehand, so that no file of theirs is opened while a test watches.
LOADED = (httpx.URL("https://ımages.test/"), httpcore.SyncBackend(), "x".encode("idna"))
_watching: list[list[tuple[str, str]]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in ("open", "socket.connect", "socket.sendto", "os.listdir", "subprocess.Popen"):
        what = arguments[1] if event.startswith("socket") else arguments[0]
        _watching[-1].append((event, str(what)))


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Every file that Python opens and every connection that it makes meanwhile, as the interpreter reports them."""
    seen: list[tuple[str, str]] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, drawn_jpeg: bytes) -> Path:
    """A granted folder with a picture and traps, and secrets beside it."""
    root = tmp_path_factory.mktemp("world")
    (root / "secret.jpg").write_bytes(SECRET)
    (root / "granted-not").mkdir()
    (root / "granted-not" / "secret.jpg").write_bytes(SECRET)
    granted = root / "granted"
    (granted / "deep").mkdir(parents=True)
    (granted / "good.jpg").write_bytes(drawn_jpeg)
    (granted / "deep" / "link-inside.jpg").symlink_to("../good.jpg")
    (granted / "link.jpg").symlink_to("../secret.jpg")
    (granted / "absolute-link.jpg").symlink_to(root / "secret.jpg")
    (granted / "chain.jpg").symlink_to("link.jpg")
    (granted / "up").symlink_to("..")
    (granted / "root").symlink_to("/")
    (granted / "loop.jpg").symlink_to("loop.jpg")
    (granted / "passwd.jpg").symlink_to("/etc/passwd")
    (granted / "self.jpg").symlink_to("/proc/self/environ")
    os.mkfifo(granted / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as unix:
        os.chdir(granted)
        try:
            unix.bind("socket.jpg")
        finally:
            os.chdir(Path(__file__).parent)
    return root


def test_there_are_at_least_200_hostile_references() -> None:
    assert len({*LOCAL, *(f"http://{host}/x.jpg" for host in INWARD)}) >= 200


def _hostile(workspace: Workspace, reference: str, allowed: Path) -> None:
    """The reference is refused in one line, and neither a file outside `allowed` is opened nor a connection made."""
    context = DermContext()
    with watched() as seen, pytest.raises((ImageError, QueryError)) as caught:
        workspace.query(reference, context)
    message = str(caught.value)
    assert "\n" not in message
    assert "secret" not in message.replace(reference, "")
    assert not [event for event in seen if event[0] != "open"]
    opened = {what for event, what in seen if event == "open"}
    # Steps from the granted folder down are opened by their bare name.
    assert not [what for what in opened if "/" in what and Path(what) != allowed], opened
    assert not len(context.images)


@pytest.mark.parametrize("reference", LOCAL, ids=ascii)
def test_a_hostile_reference_reads_nothing_and_connects_to_nothing(
    case_base: CaseBase, world: Path, reference: str
) -> None:
    granted = world / "granted"
    grants = ImageGrants.allow(folders=[granted], hosts=["images.test"])
    _hostile(Workspace(case_base, grants=grants), reference, granted)


@pytest.mark.parametrize("reference", [*LOCAL, "good.jpg"], ids=ascii)
def test_without_grants_no_reference_touches_the_file_system(workspace: Workspace, reference: str) -> None:
    context = DermContext()
    with watched() as seen, pytest.raises((ImageError, QueryError)):
        workspace.query(reference, context)
    assert not seen


@pytest.mark.parametrize("host", INWARD)
def test_a_granted_name_that_leads_inward_is_never_connected_to(case_base: CaseBase, host: str, tmp_path: Path) -> None:
    workspace = Workspace(case_base, grants=ImageGrants.allow(hosts=[f"http://{host}", f"http://{host}:8080"]))
    for reference in (f"http://{host}/x.jpg", f"http://{host}:8080/latest/meta-data/"):
        _hostile(workspace, reference, tmp_path)


@pytest.mark.parametrize("host", INWARD)
def test_a_name_that_resolves_inward_is_never_connected_to(case_base: CaseBase, host: str, tmp_path: Path) -> None:
    def resolver(name: str, port: int) -> list[str]:
        assert name == "images.test"
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        return ["93.184.215.14", *(str(entry[4][0]) for entry in found)]

    fetcher = PictureFetcher([HostGrant("images.test")], resolver=resolver)
    _hostile(Workspace(case_base, fetcher=fetcher), "https://images.test/x.jpg", tmp_path)


def test_a_granted_picture_is_read_by_every_honest_path(case_base: CaseBase, world: Path) -> None:
    granted = world / "granted"
    workspace = Workspace(case_base, grants=ImageGrants.allow(folders=[granted]))
    context = DermContext()
    names = {
        workspace.query(str(reference), context).name
        for reference in ("good.jpg", "./good.jpg", granted / "good.jpg", "deep/link-inside.jpg")
    }
    assert len(names) == len(context.images) == 1
    assert names.pop().startswith("img_")


@pytest.mark.parametrize("text", ["", "https://", "images.test/path", "ftp://images.test", "user@images.test", "a b"])
def test_a_grant_that_names_no_host_is_refused(text: str) -> None:
    with pytest.raises(DermtoolsError, match="names no host"):
        HostGrant.parse(text)


def test_a_folder_that_is_not_there_cannot_be_granted(tmp_path: Path) -> None:
    with pytest.raises(DermtoolsError, match="no folder"):
        ImageGrants.allow(folders=[tmp_path / "missing"])
