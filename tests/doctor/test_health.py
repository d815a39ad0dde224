"""The health of real case bases: sound, empty, damaged, read only, open to others, on a full disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from dermtools.cases import CaseStore, StoredCase, load_source
from dermtools.cases.store import UNFINISHED
from dermtools.doctor.health import LOOKED_AT, bytes_in_words, findings, health
from dermtools.embedding import GivenVectors
from dermtools.retrieval import CaseBase

DAMAGED = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("health") / "casebase"
    CaseBase.create(path, embedder="descriptor").add(load_source("sample"))
    return path


@pytest.fixture
def base(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "casebase")


def test_a_sound_case_base(base: Path) -> None:
    case_base = CaseBase.open(base)
    found = health(base)
    assert list(findings(found)) == []
    assert (found.cases, found.groups, found.version) == (len(case_base), 60, case_base.version)
    assert (found.embedder, found.embedder_problem, found.open_to) == ("descriptor", None, "its owner")
    assert 0 < found.looked_at <= LOOKED_AT
    assert found.size is not None
    assert found.size >= sum(path.stat().st_size for path in base.rglob("*.lance"))


def test_the_index_is_there_after_a_search_and_gone_with_the_next_version(base: Path) -> None:
    shutil.rmtree(base / "cache", ignore_errors=True)
    assert not health(base).has_index
    case_base = CaseBase.open(base)
    case_base.search(case_id=case_base.columns.case_ids[0], k=1)
    assert health(base).has_index
    case_base.delete(case_base.columns.case_ids[:1])
    assert not health(base).has_index


def test_an_empty_one_and_one_that_is_none(tmp_path: Path) -> None:
    empty = CaseBase.create(tmp_path / "empty", embedder="descriptor").path
    (advice,) = findings(health(empty))
    assert (advice.what, advice.serious) == ("the case base is empty", False)
    (finding,) = findings(health(tmp_path))
    assert finding.serious
    assert "has no manifest.json" in finding.remedy


def test_pictures_that_cannot_be_decoded_and_an_embedder_that_is_not_there(base: Path) -> None:
    (base / "manifest.json").write_text(
        (base / "manifest.json").read_text(encoding="utf-8").replace('"embedder": "descriptor"', '"embedder": "gone"'),
        encoding="utf-8",
    )
    store = CaseStore.open(base)
    rows = store.rows(store.columns().case_ids[:: len(store) // DAMAGED])
    store.update([StoredCase(row.case, "0" * 64, row.vector, b"no JPEG", row.width, row.height) for row in rows])
    found = health(base)
    assert found.unreadable
    assert set(found.unreadable) <= {row.case.case_id for row in rows}
    embedder, pictures = findings(found)
    assert (embedder.what, embedder.serious, pictures.serious) == ("the embedder descriptor does not load", True, True)
    assert "unknown embedder 'gone'" in embedder.remedy
    assert pictures.remedy.startswith("dermtools check ")


@pytest.mark.skipif(os.name == "nt", reason="modes do not say on Windows")
def test_who_may_enter_and_a_deletion_that_was_cut_off(base: Path) -> None:
    base.chmod(0o755)
    (base / UNFINISHED).touch()
    deletion, others = findings(health(base))
    assert (deletion.what, deletion.serious) == ("a deletion was cut off", True)
    assert (others.remedy, others.serious) == (f"chmod -R go= {base} closes it to all but its owner", False)
    base.chmod(0o770)
    assert health(base).open_to == "its owner and group"


def test_a_disk_that_is_nearly_full_is_told(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.disk_usage(base)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real._replace(free=5_000_000))
    (advice,) = findings(health(base))
    assert (advice.serious, advice.what.split(" are ")[0]) == (False, "5 MB")


@pytest.mark.parametrize(("count", "words"), [(999, "999 bytes"), (8_170_000, "8.17 MB"), (44 * 10**9, "44 GB")])
def test_bytes_in_words(count: int, words: str) -> None:
    assert bytes_in_words(count) == words


def test_a_case_base_on_an_object_store_is_as_well_as_one_in_a_folder(address: str) -> None:
    CaseBase.create(address, embedder="descriptor")
    found = health(Path(address))
    assert (found.path, found.problem, found.embedder_problem) == (address, None, None)
    assert (found.cases, found.is_deletion_unfinished, found.size) == (0, False, None)


def test_vectors_that_were_given_and_a_damaged_index(tmp_path: Path) -> None:
    path = tmp_path / "given"
    vectors = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    rows = [{"case_id": f"c{n}", "group_id": f"p{n}", "split": "train", "diagnosis": "ab"[n % 2]} for n in range(6)]
    CaseBase.create(path, embedder=GivenVectors("m", 4, normalized=False)).add(rows, vectors=vectors)
    found = health(path)
    assert (found.can_embed, found.embedder_problem, found.looked_at, found.is_index_damaged) == (False, None, 0, False)
    (path / "cache").mkdir(exist_ok=True)
    (path / "cache" / "tuned.json").write_text("{", encoding="utf-8")
    (finding,) = findings(health(path))
    assert (finding.what, finding.serious) == ("the index is damaged, so searches are exact", False)
    assert health(path).problem is None
