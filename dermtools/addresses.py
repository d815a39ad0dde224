"""Addresses of case bases on an object store: `s3://BUCKET/NAME`, `gs://BUCKET/NAME`, `az://CONTAINER/NAME`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dermtools.errors import CaseBaseError, DermtoolsError
from dermtools.files import local_path

STORES = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
"""Scheme to the environment variables that let one in."""

_ADDRESS = re.compile(rf"({'|'.join(STORES)}):/{{1,2}}(?=[^/])(.*)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9_=+,.() -]+)+")

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # on 3.11 the base class itself cannot be derived from


class Address(_Path):
    """Where a case base lies on an object store; it has a name and parents as a path has, but is no file here.

    Whatever would open, list or make it as a local file is refused with a CaseBaseError: code that knows nothing of
    object stores says so in one line, before it has done anything.
    """

    __slots__ = ()

    def __str__(self) -> str:
        scheme, _, rest = self.as_posix_plain().partition(":/")
        return f"{scheme}://{rest.lstrip('/')}"

    def as_posix_plain(self) -> str:
        """The parts with slashes between."""
        return super().__str__().replace("\\", "/")

    def as_posix(self) -> str:
        return str(self)

    def __fspath__(self) -> NoReturn:
        raise CaseBaseError(
            f"{self}: that is not offered for a case base on an object store; work on a local copy: dermtools export"
        )

    def absolute(self) -> Address:
        return self

    def resolve(self, strict: bool = False) -> Address:
        return self

    def is_absolute(self) -> bool:
        return True


def case_base_place(given: str | Path, error: type[DermtoolsError] = CaseBaseError) -> Path:
    """Where a case base lies: an `Address`, or the local path.

    Raises:
        DermtoolsError: of the type `error`: an address with credentials or a query in it, neither of which is
            repeated; one without a folder in the bucket; or of another kind of store.
    """
    if isinstance(given, Address):
        return given
    found = _ADDRESS.fullmatch(str(given))
    if found is None or Path(given).exists():
        return local_path(given, error)
    scheme, place = found[1], found[2].rstrip("/")
    if "@" in place or "?" in place or "#" in place or ":" in place:
        raise error(
            f"an address {scheme}:// holds no credentials, port or query: write {scheme}://BUCKET/NAME, and give "
            f"{STORES[scheme]} by the environment"
        )
    if not _PLAIN.fullmatch(place) or ".." in place.split("/"):
        raise error(f"{scheme}://{place}: write {scheme}://BUCKET/NAME, the name of a folder in the bucket")
    return Address(f"{scheme}:/{place}")
