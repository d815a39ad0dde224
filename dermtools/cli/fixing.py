"""`dermtools check --fix`: the remedy of each finding, done where a person says so."""

from __future__ import annotations

import operator
import sys
from collections.abc import Sequence
from functools import reduce
from shlex import quote
from typing import TYPE_CHECKING

import typer

from dermtools.cli.interruption import keeping
from dermtools.cli.output import show
from dermtools.errors import QueryError
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.cases.edits import Edit
    from dermtools.cases.store import CaseStore
    from dermtools.retrieval import CheckReport
    from dermtools.retrieval.audit.changes import Change
    from dermtools.retrieval.audit.remedies import Remedy

ANSWERS = {"a": "accept", "s": "skip", "q": "quit"}


def check_fixing(kinds: Sequence[str]) -> None:
    """Before the case base is looked through: a QueryError where nobody can be asked, or must be."""
    from dermtools.retrieval.audit.remedies import UNSEEN

    if wrong := next((kind for kind in kinds if kind not in UNSEEN), None):
        raise QueryError(f"--yes {wrong}: done unasked is only the remedy of these; {instead(wrong, UNSEEN)}")
    if not kinds and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise QueryError(
            "--fix asks about each remedy, in a terminal; elsewhere write a list to work through, --out FILE.csv, "
            "or say which findings are remedied unasked: --yes KIND"
        )


def fix(report: CheckReport, store: CaseStore, kinds: Sequence[str]) -> None:
    """Do the remedies of these kinds of finding, each kind in one go; where none is named, ask about each remedy."""
    from dermtools.retrieval.audit.remedies import remedies

    found = list(remedies(report, store))
    session = _Session(store)
    with keeping(session.kept):
        for kind in dict.fromkeys(kinds):
            changes = [one.change for one in found if one.kind == kind]
            if not changes or not session.make(reduce(operator.add, changes)):
                show(f"{kind}: nothing to do")
        if not kinds:
            session.ask(found)
    show("", *session.told())


class _Session:
    """What was done of the remedies so far."""

    def __init__(self, store: CaseStore) -> None:
        from dermtools.retrieval.audit.changes import Present

        self._store, self._present = store, Present
        self._now = Present(store)
        self._edits: list[Edit] = []
        self._done = self._skipped = 0

    def ask(self, found: Sequence[Remedy]) -> None:
        for place, remedy in enumerate(found, 1):
            offer = remedy.change.offer(self._now)
            if offer is None:
                continue
            show("", f"{place} of {len(found)}, {remedy.kind}: {offer}")
            answer = _answer()
            if answer == "quit":
                return
            if answer == "skip":
                self._skipped += 1
            else:
                self.make(remedy.change)

    def make(self, change: Change) -> bool:
        """Do it, and say so; whether there was something to do."""
        offer = change.offer(self._now)
        if offer is None:
            return False
        edit = change.make(self._now)
        self._done += 1
        if edit is not None and edit.undo is not None:
            self._edits.append(edit)
        show(f"done: {offer if edit is None else edit.what}")
        self._now = self._present(self._store)
        return True

    def kept(self) -> str:
        undo = f" (to undo them: {self._edits[0].undo})" if self._edits else ""
        return f"remedies done: {self._done}{undo}; to go on, run"

    def told(self) -> list[str]:
        lines = [f"remedies done: {self._done}, skipped: {self._skipped}"]
        if self._edits:
            lines.append(f"to undo all of it: {self._edits[0].undo}")
        lines += dict.fromkeys(note for edit in self._edits for note in edit.notes)
        return [*lines, f"look again: dermtools check {quote(str(self._store.path))}"] if self._done else lines


def _answer() -> str:
    """What a person says; Enter alone is no."""
    while True:
        try:
            said = typer.prompt("accept, skip or quit", default="skip").strip().lower()
        except typer.Abort:  # Ctrl-C, and the end of the input
            raise KeyboardInterrupt from None
        for letter, word in ANSWERS.items():
            if said in (letter, word):
                return word
        show("a to accept, s to skip, q to quit")
