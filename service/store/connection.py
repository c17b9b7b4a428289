"""The type of what questions are asked on: whoever asks several at once needs its name, and no more of the driver."""

from sqlalchemy import Connection

__all__ = ["Connection"]
