"""The record store: SQLite or PostgreSQL, one writer, durable before an answer is sent."""
