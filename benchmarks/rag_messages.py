"""RAG-5 messages built from a case base: the time, and against reading, encoding and base64-ing the original files."""

from __future__ import annotations

import base64
import io
import itertools
import statistics
import tempfile
from functools import partial
from pathlib import Path

import faiss
from PIL import Image

from benchmarks.synthetic import photograph, random_case_base
from benchmarks.timing import compare, report, seconds
from dermtools import CaseBase
from dermtools.cases import Case, SourceCase, SourceData, Task
from dermtools.prediction import Query
from dermtools.prompting import PromptBuilder, prompt_for
from dermtools.prompting.cost.estimate import estimate_prompt

CASES, DIMENSION = 2_500, 1024
ORIGINALS, SIZE = 8, (4000, 3000)
BUDGET = 0.005


def main() -> bool:
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        holds = _from_case_base(Path(folder) / "casebase")
        _against_originals(Path(folder) / "originals")
    return holds


def _from_case_base(path: Path) -> bool:
    random_case_base(path, cases=CASES, dimension=DIMENSION)
    case_base = CaseBase.open(path)
    builder = prompt_for("rag-5", case_base=case_base, task="location")
    ids = [f"case_{number:06d}" for number in range(0, CASES, 17)]
    queries = [case_base.query(case_id=case_id) for case_id in ids]
    builder.build(queries[0])
    ours = statistics.median(seconds(partial(builder.build, query)) for query in queries)
    by_id = statistics.median(seconds(partial(builder.build, {"case_id": case_id})) for case_id in ids)
    measured = f"{ours * 1e3:.2f} ms for a query, {by_id * 1e3:.2f} ms from a case id, which is read first"
    return report(f"RAG-5 messages, {CASES:,} cases", measured, f"{BUDGET * 1e3:.0f} ms", ours <= BUDGET)


def _against_originals(folder: Path) -> None:
    folder.mkdir()
    files = {
        f"case_{number}": photograph(folder / f"{number}.jpg", seed=number, size=SIZE) for number in range(ORIGINALS)
    }
    task = Task(name="location", question="Which body site is shown?", labels=("arm", "back"))
    cases = tuple(
        SourceCase(Case(case_id=name, group_id=name, split="train", labels={"location": (task.labels[i % 2],)}), file)
        for i, (name, file) in enumerate(files.items())
    )
    case_base = CaseBase.create(folder / "casebase", embedder="descriptor")
    case_base.add(SourceData("originals", (task,), cases))
    builder = prompt_for("rag-5", case_base=case_base, task="location")
    queries = [case_base.query(case_id=name) for name in files]
    turns, plain_turns = itertools.cycle(queries), itertools.cycle(queries)
    result = compare(
        lambda: builder.build(next(turns)), lambda: _plain(builder, next(plain_turns), files), rounds=ORIGINALS
    )
    sent = estimate_prompt(builder.build(queries[0]).messages).picture_bytes
    plain = sum(map(len, _plain(builder, queries[0], files))) * 3 // 4
    print(
        f"       {SIZE[0]} x {SIZE[1]} originals: {result.ours * 1e3:.1f} ms against {result.peer * 1e3:.0f} ms, "
        f"ratio {result.ratio:.4f}; {sent / 1e3:.0f} kB against {plain / 1e6:.1f} MB sent, ratio {sent / plain:.4f}",
        flush=True,
    )


def _plain(builder: PromptBuilder, query: Query, files: dict[str, Path]) -> list[str]:
    """The plain way: search, then open, encode and base64 the original of every example and of the query."""
    shots = builder.selector.select(query)
    encoded = []
    for name in (*(shot.case.case_id for shot in shots), query.name):
        out = io.BytesIO()
        with Image.open(files[name]) as image:
            image.convert("RGB").save(out, "JPEG", quality=90)
        encoded.append(base64.b64encode(out.getvalue()).decode())
    return encoded


if __name__ == "__main__":
    raise SystemExit(not main())
