"""A case base on an object store that speaks the protocol of S3."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dermtools.cases import CaseStore, StoredCase
from dermtools.cases import lease as leases
from dermtools.cases.edits import restore
from dermtools.cases.history import history
from dermtools.cases.object_backend import ObjectBackend
from dermtools.cases.store import UNFINISHED
from dermtools.errors import CaseBaseError
from tests.support.faults import FaultyProxy
from tests.support.object_stores import BUCKET, SECRET, ObjectStore
from tests.support.patience import SAFETY_NET
from tests.support.stored_cases import check_holds, grown, new_store, stored


def _pictured(number: int, jpeg: bytes) -> StoredCase:
    return replace(stored(number), jpeg=jpeg)


def _objects(store: ObjectStore, address: str) -> dict[str, bytes]:
    """What lies there, by another client of the protocol."""
    client = store.client()
    prefix = address.removeprefix(f"s3://{BUCKET}/")
    found = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {one["Key"]: client.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}


def test_it_is_written_read_changed_and_undone_as_in_a_folder(address: str, tmp_path: Path) -> None:
    there, here = new_store(address, 3), new_store(tmp_path / "base", 3)
    for store in (there, here):
        store.add([stored(3)])
        store.update([_pictured(1, b"another")])
        assert store.delete(["case0"]) == 1
        edit = grown(store)
        restore(store, edit.before)
        check_holds(CaseStore.open(store.path), [_pictured(1, b"another"), stored(2), stored(3)])
    assert there.manifest.model_copy(update={"created": here.manifest.created}) == here.manifest
    ours, theirs = ([(one.command, one.what, one.cases) for one in history(one).versions] for one in (there, here))
    assert [one for one in ours if "version" not in one[1]] == [one for one in theirs if "version" not in one[1]]
    assert str(there.path) == address


def test_nothing_of_what_was_erased_is_left_there_or_in_the_cache(
    address: str, object_store: ObjectStore, tmp_path: Path
) -> None:
    store = new_store(address, 2)
    store.update([_pictured(0, b"the picture to be erased"), _pictured(1, b"the picture that stays")])
    assert store.jpegs(["case0"]) == {"case0": b"the picture to be erased"}
    assert any(b"to be erased" in content for content in _objects(object_store, address).values())
    store.delete(["case0"])
    left = _objects(object_store, address)
    assert any(b"that stays" in content for content in left.values())
    assert not any(b"to be erased" in content for content in left.values())
    files = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(b"to be erased" in content for content in files)


def test_a_deletion_that_was_killed_is_ended_by_the_next_write(address: str) -> None:
    store = new_store(address, 2)
    with store.write():
        store.backend.write(UNFINISHED, "{}")
    CaseStore.open(address).add([stored(2)])
    assert not store.backend.has(UNFINISHED)


def test_pictures_are_fetched_once_and_only_of_the_version_that_is_read(
    address: str, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_store(address, 3)
    proxy = FaultyProxy(object_store.port)
    with proxy.running():
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        reader = CaseStore.open(address)
        first = reader.jpegs(["case1", "case2"])
        proxy.asked.clear()
        again = CaseStore.open(address)
        again.columns()
        proxy.asked.clear()
        assert again.jpegs(["case2", "case1"]) == first
        assert not any("/data/" in path for _, path in proxy.asked)
        CaseStore.open(address).update([_pictured(1, b"another")])
        assert again.version != reader.table.version
        assert again.jpegs(["case1"]) == {"case1": b"another"}


def test_one_that_is_there_is_not_made_again(address: str) -> None:
    new_store(address, 1)
    with pytest.raises(CaseBaseError, match="exists already"):
        new_store(address, 1)
    check_holds(CaseStore.open(address), [stored(0)])


def test_a_second_writer_is_told_so_at_the_first_sign_of_life(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "BEAT", 0.2)
    one, two = new_store(address, 1), CaseStore.open(address)
    with one.write():
        with pytest.raises(CaseBaseError, match=f"another process is writing {address}"):
            two.add([stored(1)])
        one.add([stored(1)])
    two.add([stored(2)])
    check_holds(CaseStore.open(address), [stored(0), stored(1), stored(2)])


def test_a_writer_that_was_cut_off_cannot_commit_any_more(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "BEAT", 3600.0)  # no sign of life: as in a machine that sleeps
    monkeypatch.setattr(leases, "PATIENCE", 0.5)
    one, two = new_store(address, 1), CaseStore.open(address)
    with one.write():
        two.add([stored(1)])
        for write in (
            lambda: one.add([_pictured(1, b"late")]),
            lambda: one.table.add([_pictured(1, b"late")]),
            lambda: one.update([_pictured(0, b"late")]),
            lambda: one.delete(["case0"]),
            lambda: one.update_manifest(redact=True),
        ):
            with pytest.raises(CaseBaseError, match="meanwhile; run it again"):
                write()
    check_holds(CaseStore.open(address), [stored(0), stored(1)])
    one.add([stored(2)])
    check_holds(CaseStore.open(address), [stored(0), stored(1), stored(2)])


def test_lance_itself_refuses_what_was_begun_before_the_fence(address: str) -> None:
    one, two = new_store(address, 1), CaseStore.open(address)
    two.table.fence()
    with pytest.raises(CaseBaseError, match=f"another writer committed to {address} meanwhile; run it again"):
        one.table.add([stored(1)])
    check_holds(CaseStore.open(address), [stored(0)])


def test_it_refuses_that_however_late_and_a_table_written_anew_too(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT", 3600.0)  # no sign of life: as in a machine that sleeps
    monkeypatch.setattr(leases, "PATIENCE", 0.5)
    one, two = new_store(address, 2), CaseStore.open(address)
    with one.write():
        one.table.hold(None)  # it had asked already whether it may write, and fell asleep while it wrote
        two.add([stored(2)])
        with pytest.raises(CaseBaseError, match="meanwhile; run it again"):
            one.table.delete(["case0"])
        two.purge()  # removes all former versions
        with pytest.raises(CaseBaseError, match="meanwhile; run it again"):
            one.table.add([_pictured(2, b"late")])
    check_holds(CaseStore.open(address), [stored(0), stored(1), stored(2)])
    two.delete(["case0"])
    check_holds(CaseStore.open(address), [stored(1), stored(2)])


def test_of_two_that_begin_at_once_one_writes(address: str) -> None:
    new_store(address, 1)
    stores, start, done = [CaseStore.open(address) for _ in range(2)], threading.Barrier(2), list[str]()

    def write(number: int) -> None:
        start.wait(SAFETY_NET)
        try:
            stores[number].add([stored(1)])
            done.append("written")
        except CaseBaseError as error:
            done.append(str(error))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SAFETY_NET)
    assert done.count("written") == 1
    assert any("another process is writing" in one or "is in" in one for one in done)
    check_holds(CaseStore.open(address), [stored(0), stored(1)])


@pytest.mark.parametrize("fault", ["busy", "busy-after", "cut", "cut-after", "slow"])
def test_a_fault_of_each_kind_neither_loses_nor_doubles(
    address: str, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    proxy = FaultyProxy(object_store.port)
    with proxy.running():
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        store = new_store(address, 1)
        seen = set[tuple[str, str]]()

        def once(method: str, path: str) -> str:
            """Every request that writes goes wrong once."""
            new = method != "GET" and (method, path) not in seen
            seen.add((method, path))
            return fault if new and (fault != "slow" or "_versions" in path) else "pass"

        proxy.rule = once
        store.add([stored(1)])
        store.add([stored(2)])
        if fault == "slow":  # a deletion makes many versions
            proxy.rule = lambda method, path: "pass"
        assert store.delete(["case0"]) == 1
        proxy.rule = lambda method, path: "pass"
        check_holds(CaseStore.open(address), [stored(1), stored(2)])
        assert [one.command for one in history(store).versions] == ["delete"]
    assert len(proxy.faults) > 3


def test_a_store_that_is_away_gone_or_closed_is_one_line_without_secrets(
    address: str, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_store(address, 1)
    proxy = FaultyProxy(object_store.port)
    with proxy.running():
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        proxy.rule = lambda method, path: "busy"
        with pytest.raises(CaseBaseError, match="does not answer, or is overloaded") as away:
            CaseStore.open(address)
    with pytest.raises(CaseBaseError, match="does not answer") as gone:
        CaseStore.open(address)
    monkeypatch.setenv("AWS_ENDPOINT_URL", object_store.endpoint)
    with pytest.raises(CaseBaseError, match="no such bucket") as bucket:
        CaseStore.open("s3://nowhere/base")
    with pytest.raises(CaseBaseError, match="no case base at s3://") as missing:
        CaseStore.open(f"{address}-not")
    for error in (away, gone, bucket, missing):
        assert SECRET not in str(error.value)
        assert "http://" not in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("address", ["az://container/base"])
def test_without_credentials_the_line_says_which_are_missing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_CONNECTION_STRING"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CaseBaseError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        CaseStore.open(address)


def test_a_writer_that_was_killed_is_followed_by_the_next_one(address: str) -> None:
    new_store(address, 1)
    killed = (
        "import os, signal, sys\nfrom dermtools.cases.store import CaseStore\n"
        "from tests.support.stored_cases import stored\n"
        "store = CaseStore.open(sys.argv[1])\n"
        "with store.write():\n    store.add([stored(1)])\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", killed, address], timeout=SAFETY_NET, check=False)
    assert ended.returncode == -9
    store = CaseStore.open(address)
    check_holds(store, [stored(0), stored(1)])
    assert isinstance(store.backend, ObjectBackend)
    assert store.backend.records.get("writer") is not None
    store.add([stored(2)])
    check_holds(CaseStore.open(address), [stored(0), stored(1), stored(2)])
    assert store.backend.records.get("writer") is None
