"""Opaque ids in place of file names and patients' names, and the key file that leads back.

A pseudonym is an HMAC-SHA-256 of the real id under a random secret, cut to 80 bits: the same person has the same one
in every source that is read with the key, and nobody can try names without it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dermtools.addresses import Address
from dermtools.cases.case import Problem, SourceData
from dermtools.cases.groups import GROUP_COLUMNS, given_group, own_group
from dermtools.cases.manifest import Manifest
from dermtools.errors import CaseBaseError, QueryError
from dermtools.files import read_record, writable, write_whole

_FORMAT_VERSION = 1
_BYTES = 10
_PREFIX = {"case": "c", "group": "g"}


class PseudonymKey(BaseModel):
    """The secret, and every pseudonym with its real id; a JSON file that only its owner may read.

    `secret` is what pseudonyms are made with, in hexadecimal; `format_version` is that of the file.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    format_version: int = _FORMAT_VERSION
    secret: str = Field(default_factory=lambda: secrets.token_hex(32), min_length=32, repr=False)
    cases: dict[str, str] = Field(default_factory=dict, repr=False, description="pseudonym to real case id")
    groups: dict[str, str] = Field(default_factory=dict, repr=False, description="pseudonym to real group id")

    @classmethod
    def open(cls, path: Path) -> PseudonymKey:
        """Read a key file; a CaseBaseError where it is missing, damaged or no key file."""
        return read_record(
            path,
            cls,
            newest=_FORMAT_VERSION,
            error=CaseBaseError,
            what="a key file of pseudonyms",
            missing=f"no key file {path}; name the one of this case base with --key FILE, or restore it",
            remedy="restore it from a copy",
        )

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without giving the secret away."""
        return self._digest("fingerprint", "")

    def pseudonym(self, kind: Literal["case", "group"], real: str) -> str:
        """The opaque id that stands for a real case or group id, known or not."""
        return _PREFIX[kind] + self._digest(kind, unicodedata.normalize("NFC", real))

    def real_case(self, pseudonym: str) -> str:
        """The real id of a case; QueryError where the key does not know it."""
        return _known(self.cases, pseudonym)

    def real_group(self, pseudonym: str) -> str:
        """The real id of a group; QueryError where the key does not know it."""
        return _known(self.groups, pseudonym)

    def cases_of(self, real: str) -> list[str]:
        """Pseudonyms of the case with this real id; a QueryError where the key knows none."""
        return _standing_for(self.cases, {real}, real)

    def groups_of(self, real: str) -> list[str]:
        """Pseudonyms of the groups that a patient's real id names, whichever column it came from.

        Raises:
            QueryError: the key knows none.
        """
        columns = {given_group(real, column) for column in GROUP_COLUMNS}
        return _standing_for(self.groups, {given_group(real), own_group(real), real, *columns}, real)

    def applied(self, data: SourceData) -> SourceData:
        """The source with pseudonyms for case and group ids, all entered here.

        Raises:
            CaseBaseError: two real ids would have one pseudonym; does not happen by chance.
        """
        cases = []
        for item in data.cases:
            case_id = self._entered("case", self.cases, item.case.case_id)
            group_id = self._entered("group", self.groups, item.case.group_id)
            cases.append(replace(item, case=item.case.model_copy(update={"case_id": case_id, "group_id": group_id})))
        renamed = {item.case.case_id: new.case.case_id for item, new in zip(data.cases, cases, strict=True)}
        problems = tuple(Problem(renamed.get(found.where, found.where), found.reason) for found in data.problems)
        return replace(data, cases=tuple(cases), problems=problems)

    def write(self, path: Path) -> None:
        """Replace the key file in one step. Raises a CaseBaseError where it cannot be written."""
        try:
            write_whole(path, self.model_dump_json(indent=1) + "\n", mode=0o600)
        except OSError as error:
            raise CaseBaseError(f"key file {path} cannot be written: {error.strerror}; name another place") from error

    @classmethod
    def forget(cls, path: Path, *, cases: Iterable[str], groups: Iterable[str]) -> None:
        """Remove pseudonyms and their real ids from a key file. Raises a CaseBaseError as `open` and `write`."""
        from filelock import FileLock

        with FileLock(path.with_name(f".{path.name}.lock")):
            key = cls.open(path)
            for known, gone in ((key.cases, cases), (key.groups, groups)):
                for pseudonym in gone:
                    known.pop(pseudonym, None)
            key.write(path)

    def _digest(self, kind: str, text: str) -> str:
        digest = hmac.digest(bytes.fromhex(self.secret), f"{kind}\0{text}".encode(), hashlib.sha256)
        return base64.b32encode(digest[:_BYTES]).decode("ascii").lower()

    def _entered(self, kind: Literal["case", "group"], known: dict[str, str], real: str) -> str:
        pseudonym = self.pseudonym(kind, real)
        if unicodedata.normalize("NFC", known.setdefault(pseudonym, real)) != unicodedata.normalize("NFC", real):
            raise CaseBaseError(f"two {kind}s have the pseudonym {pseudonym}; start with another key file")
        return pseudonym


def default_key(case_base: Path) -> Path:
    """Where the key file of a case base lies unless another place is named: beside it."""
    if isinstance(case_base, Address):
        raise CaseBaseError(f"{case_base}: say where the key file of its pseudonyms lies on this machine: --key FILE")
    place = case_base.absolute()
    return place.with_name(f"{place.name}.key.json")


def pseudonymous(
    data: SourceData, key_file: str | Path | None, case_base: Path, manifest: Manifest, cases: int
) -> tuple[SourceData, str | None]:
    """The source with the ids that a case base of `cases` cases takes, and what its manifest says of its key.

    The key file is written first, so that no pseudonym is ever stored without its way back.

    Raises:
        CaseBaseError: the key is missing, another, or inside the case base; or the case base has real ids, or
            pseudonyms and no key was named.
    """
    from filelock import FileLock

    if key_file is None:
        if manifest.pseudonyms is not None:
            raise CaseBaseError(f"{case_base} has pseudonyms: add --pseudonyms, and --key FILE if its key is elsewhere")
        return data, None
    key_file = writable(key_file, error=CaseBaseError)
    if key_file.resolve().is_relative_to(case_base.resolve()):
        raise CaseBaseError(f"key file {key_file} would lie inside the case base; keep it elsewhere: --key FILE")
    if manifest.pseudonyms is None and cases:
        raise CaseBaseError(f"{case_base} has real ids already; make a new case base for pseudonyms")
    with FileLock(key_file.with_name(f".{key_file.name}.lock")):  # several case bases may share a key
        new = manifest.pseudonyms is None and not key_file.exists()
        key = PseudonymKey() if new else PseudonymKey.open(key_file)
        if manifest.pseudonyms not in (None, key.fingerprint):
            raise CaseBaseError(f"{key_file} is not the key of {case_base}; name the one it was made with: --key FILE")
        replaced = key.applied(data)
        key.write(key_file)
    return replaced, key.fingerprint


def _standing_for(ids: dict[str, str], names: set[str], real: str) -> list[str]:
    wanted = {unicodedata.normalize("NFC", name) for name in names}
    found = [pseudonym for pseudonym, name in ids.items() if unicodedata.normalize("NFC", name) in wanted]
    if not found:
        raise QueryError(f"the key file knows no {real!r}; is it written as in the source, and the key the right one?")
    return found


def _known(ids: dict[str, str], pseudonym: str) -> str:
    if pseudonym not in ids:
        raise QueryError(f"the key file does not know {pseudonym!r}; is it the key of this case base?")
    return ids[pseudonym]
