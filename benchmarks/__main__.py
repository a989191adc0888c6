"""`python -m benchmarks` runs the benchmark of generated instances."""

from benchmarks.generated import app

app()
