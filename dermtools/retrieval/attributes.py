"""Who may see the attributes of a case base."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dermtools.cases.attributes import Audience, resolved, shown_attributes, visible
from dermtools.cases.identifiers import identifying_attributes

if TYPE_CHECKING:
    from dermtools.cases.case import Case
    from dermtools.cases.store import CaseStore


class Attributes:
    """The attributes of a case base, each private or shown; `case_base.attributes`.

    A private attribute filters, makes subgroups and serves evaluation; only a shown one may reach a prompt, a tool's
    result, an MCP client, a retriever's document, a page or a trace. New ones are private. Other processes follow a
    change at their next call.
    """

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    def __repr__(self) -> str:
        return f"Attributes({', '.join(f'{name}: {audience}' for name, audience in self.audiences.items())})"

    @property
    def names(self) -> list[str]:
        """All attributes that a case has, sorted."""
        return sorted(self._store.columns().attributes)

    @property
    def shown(self) -> frozenset[str]:
        """Those that may reach a model, a client or a page."""
        return shown_attributes(self._store.current_manifest(), self._store.columns().attributes)

    @property
    def may_leave(self) -> frozenset[str]:
        """As `shown`, and such as no case has any more: known without reading what cases have."""
        named = self._store.current_manifest().shown
        return self.shown if named is None else frozenset(named)

    @property
    def audiences(self) -> dict[str, Audience]:
        """Name to audience."""
        shown = self.shown
        return {name: "shown" if name in shown else "private" for name in self.names}

    @property
    def chosen(self) -> bool:
        """False in a case base made before there were audiences, until something is shown or hidden."""
        return self._store.current_manifest().shown is not None

    @property
    def identifying(self) -> dict[str, str]:
        """Name to what it looks like, of those that look as if they told who somebody is; see `identifiers`."""
        return identifying_attributes(self._store.columns().attributes)

    def visible(self, case: Case) -> Case:
        """The case as a model, a client or a page may see it."""
        return visible(case, self.shown)

    def named(self, names: Iterable[str]) -> frozenset[str]:
        """Attributes by name; case, blanks, `_` and `-` aside. A QueryError names the nearest of one there is not."""
        return frozenset(resolved(names, self.names, str(self._store.path)))

    def show(self, *names: str) -> None:
        """Let attributes reach models, clients and pages. Raises as `named`."""
        self._set(self.shown | self.named(names))

    def hide(self, *names: str) -> None:
        """Keep attributes on this machine. Raises as `named`."""
        self._set(self.shown - self.named(names))

    def drop(self, *names: str) -> int:
        """Remove attributes from the disk, earlier versions included. Returns how many cases had one."""
        with self._store.write():  # from the first read on: what another process writes meanwhile would be lost
            gone = self.named(names)
            columns = self._store.columns()
            cells = zip(columns.case_ids, *(columns.attributes[name] for name in gone), strict=True)
            rows = self._store.rows([case_id for case_id, *values in cells if any(v is not None for v in values)])
            kept = [replace(row, case=visible(row.case, row.case.attributes.keys() - gone)) for row in rows]
            self._store.update(kept)
            self._set(self.shown - gone)
            self._store.purge("attributes dropped from the disk, and earlier versions with them", "attributes")
        return len(kept)

    def _set(self, shown: Iterable[str]) -> None:
        self._store.update_manifest(shown=tuple(sorted(shown)))
