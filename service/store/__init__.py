"""The record store: SQLite in WAL mode, one writer, durable before an answer is sent."""
