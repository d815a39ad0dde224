"""What the figures of the documents come from: `python -m benchmarks` runs all, `python -m benchmarks.NAME` one."""
