"""Routes: each parses, calls one use case, answers."""
