"""The benchmarks: each promise about speed, measured beside its floor and its peers. See docs/explanation/speed.md."""
