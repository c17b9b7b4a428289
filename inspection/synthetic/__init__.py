"""Synthetic webs: endless electrode frames with known truth, for tests, training, benchmarks and the demo."""
