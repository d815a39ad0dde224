"""The count of what a vote-first agent spares: of cases and requests that are known beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import vote_first
from dermtools.retrieval import CaseBase


def test_without_the_data_it_says_that_it_skips(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["vote_first", str(tmp_path / "records.csv")])
    vote_first.main()
    assert capsys.readouterr().out.startswith(f"skipped: no table at {tmp_path / 'records.csv'}")


def test_it_counts_what_agents_that_do_as_told_would_send(
    case_base: CaseBase, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = [case_base.query(case_id=f"drawn_p03_{number}") for number in (1, 2)]
    votes = vote_first.method(vote_first.VOTE, case_base, "location").predict_many(queries)
    unsure = sum(round(vote.confidence or 0, 3) < vote_first.threshold() for vote in votes)
    vote_first.print_sent(case_base, "location", queries, "gpt-4.1")
    always, first = (line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("| agent-"))
    assert [cell.strip() for cell in always[2:5]] == ["4", "2", "10"]
    assert [cell.strip() for cell in first[2:5]] == [str(4 + unsure), str(unsure), str(5 * unsure)]


def test_the_share_that_counts_as_certain_is_the_policys() -> None:
    assert vote_first.threshold() == 0.5
    assert vote_first.threshold() in vote_first.SHARES
