"""Opaque ids: stable with one key, not to be had without it, and led back by the key file alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.manifest import Manifest
from dermtools.cases.pseudonyms import PseudonymKey, default_key, pseudonymous
from dermtools.errors import CaseBaseError, QueryError

IDENTITY = EmbedderIdentity(name="n", revision="0", preprocessing="none", dimension=2, normalized=False)


def _manifest(pseudonyms: str | None = None) -> Manifest:
    return Manifest(embedder="n", identity=IDENTITY, pseudonyms=pseudonyms)


def _data(*pairs: tuple[str, str]) -> SourceData:
    cases = tuple(SourceCase(Case(case_id=case_id, group_id=group), b"") for case_id, group in pairs)
    return SourceData("a table", (Task(name="diagnosis", question="Which?", labels=("nevus",)),), cases)


HANS = _data(("Mueller_Hans_1", "Mueller, Hans"), ("Mueller_Hans_2", "Mueller, Hans"))


def test_a_pseudonym_is_an_hmac_under_the_secret_of_the_key() -> None:
    key = PseudonymKey()
    digest = hmac.new(bytes.fromhex(key.secret), b"group\0Mueller, Hans", hashlib.sha256).digest()
    assert key.pseudonym("group", "Mueller, Hans") == "g" + base64.b32encode(digest[:10]).decode().lower()
    assert PseudonymKey().pseudonym("group", "Mueller, Hans") != key.pseudonym("group", "Mueller, Hans")


def test_a_persons_name_has_one_pseudonym_however_its_umlaut_is_encoded() -> None:
    key = PseudonymKey()
    assert key.pseudonym("group", "M\u00fcller") == key.pseudonym("group", "Mu\u0308ller")


def test_a_case_and_a_group_of_one_name_are_not_linked() -> None:
    key = PseudonymKey()
    assert key.pseudonym("case", "x")[1:] != key.pseudonym("group", "x")[1:]


def test_the_key_file_leads_back_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    found, fingerprint = pseudonymous(HANS, tmp_path / "key.json", tmp_path / "base", _manifest(), 0)
    assert "Mueller" not in "".join(item.case.model_dump_json() for item in found.cases)
    key = PseudonymKey.open(tmp_path / "key.json")
    assert key.fingerprint == fingerprint
    assert [key.real_case(item.case.case_id) for item in found.cases] == ["Mueller_Hans_1", "Mueller_Hans_2"]
    assert {key.real_group(item.case.group_id) for item in found.cases} == {"Mueller, Hans"}
    assert (tmp_path / "key.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "key.json").read_text())["groups"] == {found.cases[0].case.group_id: "Mueller, Hans"}


def test_another_table_of_the_same_patient_gets_the_same_pseudonym_and_the_key_keeps_both(tmp_path: Path) -> None:
    first, fingerprint = pseudonymous(HANS, tmp_path / "k", tmp_path / "base", _manifest(), 0)
    other = _data(("later", "Mueller, Hans"))
    second, _ = pseudonymous(other, tmp_path / "k", tmp_path / "base", _manifest(fingerprint), 2)
    assert second.cases[0].case.group_id == first.cases[0].case.group_id
    assert sorted(PseudonymKey.open(tmp_path / "k").cases.values()) == ["Mueller_Hans_1", "Mueller_Hans_2", "later"]


def test_a_missing_key_is_refused_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(CaseBaseError, match="name the one of this case base with --key FILE"):
        pseudonymous(HANS, tmp_path / "k", tmp_path / "base", _manifest("abc"), 2)
    assert not (tmp_path / "k").exists()


def test_the_key_of_another_case_base_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    PseudonymKey().write(tmp_path / "k")
    before = (tmp_path / "k").read_bytes()
    with pytest.raises(CaseBaseError, match="is not the key of"):
        pseudonymous(HANS, tmp_path / "k", tmp_path / "base", _manifest("abc"), 2)
    assert (tmp_path / "k").read_bytes() == before


@pytest.mark.parametrize("place", ["base/key.json", "link/key.json", "base/../base/deep/key.json"])
def test_a_key_inside_the_case_base_is_refused_by_any_way_there(tmp_path: Path, place: str) -> None:
    (tmp_path / "base" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "base")
    with pytest.raises(CaseBaseError, match="inside the case base; keep it elsewhere"):
        pseudonymous(HANS, tmp_path / place, tmp_path / "base", _manifest(), 0)


def test_real_ids_and_pseudonyms_do_not_mix(tmp_path: Path) -> None:
    with pytest.raises(CaseBaseError, match="has real ids already"):
        pseudonymous(HANS, tmp_path / "k", tmp_path / "base", _manifest(), 2)
    with pytest.raises(CaseBaseError, match="has pseudonyms: add --pseudonyms"):
        pseudonymous(HANS, None, tmp_path / "base", _manifest("abc"), 2)
    assert pseudonymous(HANS, None, tmp_path / "base", _manifest(), 2) == (HANS, None)


def test_a_patient_is_found_by_the_real_id_whichever_column_it_came_from() -> None:
    key = PseudonymKey()
    data = key.applied(_data(("a", "M\u00fcller"), ("b", "patient_id:M\u00fcller"), ("c", "case:c"), ("d", "other")))
    groups = [item.case.group_id for item in data.cases]
    assert key.groups_of("Mu\u0308ller") == groups[:2]
    assert key.groups_of("c") == groups[2:3]
    assert key.cases_of("d") == [data.cases[3].case.case_id]
    with pytest.raises(QueryError, match="knows no 'nobody'"):
        key.groups_of("nobody")


def test_what_the_key_does_not_know_is_said() -> None:
    with pytest.raises(QueryError, match="does not know 'x'"):
        PseudonymKey().real_group("x")


def test_the_secret_and_the_names_are_in_no_error_and_no_repr(tmp_path: Path) -> None:
    key = PseudonymKey()
    key.applied(HANS)
    assert "Mueller" not in repr(key)
    assert key.secret not in repr(key)
    (tmp_path / "k").write_text(json.dumps({**key.model_dump(), "more": 1}))
    with pytest.raises(CaseBaseError, match="is damaged at more") as caught:
        PseudonymKey.open(tmp_path / "k")
    assert key.secret not in str(caught.value)
    with pytest.raises(ValidationError):
        PseudonymKey(secret="short")


def test_a_key_lies_beside_its_case_base_by_default() -> None:
    assert default_key(Path("/data/base")) == Path("/data/base.key.json")
