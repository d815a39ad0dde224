"""Run every budget's benchmark; exit 1 if one fails."""

from benchmarks import (
    adapter_training,
    decoding_apart,
    evaluation_concurrency,
    help,
    ingest,
    many_queries,
    mcp_start,
    opening,
    rag_messages,
    search,
    start,
    vectors,
)

BUDGETS = (
    help,
    start,
    opening,
    decoding_apart,
    search,
    many_queries,
    ingest,
    vectors,
    rag_messages,
    adapter_training,
    mcp_start,
    evaluation_concurrency,
)

if __name__ == "__main__":
    # All run, even after one has failed: every line is printed.
    held = [benchmark.main() for benchmark in BUDGETS]
    raise SystemExit(not all(held))
