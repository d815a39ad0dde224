from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.evaluation.running.records import Record, RecordLog, RunError, as_lines, read_records
from dermtools.prediction import Exemplar, Outcome, Prediction, TokenUsage

texts = st.text(max_size=20)
predictions = st.builds(
    Prediction,
    method=texts,
    task=texts,
    label=texts,
    probabilities=st.none() | st.dictionaries(texts, st.floats(0, 1), max_size=3),
    exemplars=st.lists(
        st.builds(
            Exemplar,
            case_id=texts,
            group_id=texts,
            labels=st.lists(texts, max_size=2).map(tuple),
            distance=st.none() | st.floats(0, 9),
        ),
        max_size=2,
    ).map(tuple),
    raw=st.none() | texts,
    usage=st.none() | st.builds(TokenUsage, input_tokens=st.integers(0, 99)),
)
records = st.builds(
    Record,
    arm=texts,
    case_id=texts,
    group_id=texts,
    truth=st.lists(texts, max_size=2).map(tuple),
    prediction=predictions,
    latency_s=st.floats(0, 100),
    price_usd=st.none() | st.floats(0, 1),
)


def _record(case_id: str) -> Record:
    prediction = Prediction(method="m", task="t", outcome=Outcome.INVALID, raw="line one\nline two\u2028three")
    return Record(arm="m", case_id=case_id, group_id="g", truth=("é",), prediction=prediction, latency_s=0.1)


@given(st.lists(records, max_size=4))
@settings(deadline=None, max_examples=50)
def test_what_is_written_is_read_again(tmp_path_factory, found):
    path = tmp_path_factory.mktemp("log") / "predictions.jsonl"
    with RecordLog(path) as log:
        log.append(found)
    assert read_records(path)[0] == found


def test_a_file_torn_at_any_byte_keeps_its_whole_lines_and_is_resumed(tmp_path):
    whole = tmp_path / "whole.jsonl"
    whole.write_text(as_lines([_record("a"), _record("b")]), encoding="utf-8")
    content = whole.read_bytes()
    torn = tmp_path / "torn.jsonl"
    for length in [*range(0, len(content), 9), len(content) - 1, len(content)]:
        torn.write_bytes(content[:length])
        kept = content[:length].count(b"\n")
        assert len(read_records(torn)[0]) == kept
        with RecordLog(torn) as log:
            log.append([_record("c")])
        assert [record.case_id for record in read_records(torn)[0]] == [*["a", "b"][:kept], "c"]


def test_a_torn_line_longer_than_what_is_read_at_once_is_cut(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(as_lines([_record("a")]), encoding="utf-8")
    with path.open("ab") as file:
        file.write(b"x" * 200_000)
    with RecordLog(path):
        assert [record.case_id for record in read_records(path)[0]] == ["a"]
    assert path.read_bytes().endswith(b"}\n")


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(as_lines([_record("a"), _record("b")]), encoding="utf-8")
    path.write_bytes(path.read_bytes().replace(b'"case_id":"a"', b'"case_id":1'))
    with pytest.raises(RunError, match=r"predictions.jsonl line 1 is damaged"):
        read_records(path)


def test_an_absent_file_holds_no_record(tmp_path):
    assert read_records(tmp_path / "predictions.jsonl") == ([], 0)
