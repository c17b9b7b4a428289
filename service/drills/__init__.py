"""Failure drills: do harm to a station, see whether it behaves as it should."""
