"""What the README's figures come from: `python -m benchmarks` runs all, `python -m benchmarks.NAME` one."""
