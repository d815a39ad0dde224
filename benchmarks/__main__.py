"""Run every budget's benchmark; exit 1 if one fails."""

from benchmarks import adapter_training, help, ingest, opening, search

if __name__ == "__main__":
    # All run, even after one has failed: every line is wanted.
    held = [benchmark.main() for benchmark in (help, opening, search, ingest, adapter_training)]
    raise SystemExit(not all(held))
