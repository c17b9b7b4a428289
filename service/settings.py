"""Settings: one installation's folder, budgets and limits, read from its environment.

Every setting can be given as `COATSIGHT_<NAME>`; an unknown one in code is an error. What belongs to a
product stands in its recipe, what belongs to a camera in its calibration, never here.
"""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from inspection.frame import FrameLimits

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Cameras and recipes name folders and files, so their names hold nothing that a path could misread."""


class Settings(BaseSettings):
    """One installation's settings; see each field's description."""

    model_config = SettingsConfigDict(env_prefix="COATSIGHT_", frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="Everything the station keeps lies in this folder.")
    model: Path | None = Field(None, description="Classifier to use instead of the promoted or the shipped one.")
    default_recipe: str = Field(
        "default", pattern=NAME_PATTERN, description="Recipe by which unknown rolls are opened."
    )
    default_mm_per_px: float = Field(
        0.05, ge=0.0005, le=10, description="Pixel size of cameras without a calibration, in mm."
    )
    require_known_cameras: bool = Field(
        False, description="Refuse cameras that have no calibration folder instead of holding their frames."
    )

    max_columns: int = Field(32_768, ge=16, le=131_072, description="Widest frame taken, in pixels.")
    max_rows: int = Field(16_384, ge=16, le=131_072, description="Longest frame taken, in lines.")
    max_pixels: int = Field(64 << 20, ge=256, le=1 << 30, description="Largest frame taken, in pixels.")

    key_digests: tuple[Annotated[str, Field(pattern="^[0-9a-f]{64}$")], ...] = Field(
        (), description="SHA-256 of each API key in hexadecimal digits; none switches keys off."
    )

    workers: int = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)),
        ge=1,
        le=64,
        description="Processes that inspect frames; one for each core unless told otherwise.",
    )
    queue_frames: int = Field(
        8,
        ge=1,
        le=1024,
        description="Frames of one camera taken in at the same time; more are refused with 503.",
    )
    wanted_ms: int = Field(
        50,
        ge=1,
        le=60_000,
        description="Time from a frame's last byte to its answer; while answers take longer, fewer frames are let in.",
    )
    deadline_ms: int = Field(
        500, ge=1, le=60_000, description="Longest time from a frame's last byte until it is inspected."
    )
    body_timeout_s: float = Field(10.0, gt=0, le=600, description="Longest time for a body to arrive, in seconds.")
    head_timeout_s: float = Field(
        10.0, gt=0, le=600, description="Longest time for a request's head to arrive, in seconds."
    )
    max_connections: int = Field(1024, ge=1, le=100_000, description="Connections that may be open at the same time.")
    max_connections_per_address: int = Field(
        256, ge=1, le=100_000, description="Of these, from one address; the limit of a proxy before the station too."
    )
    keep_alive_s: int = Field(600, ge=1, le=86_400, description="How long an idle connection stays open, in seconds.")

    keep_one_passed_in: int = Field(
        1000,
        ge=0,
        le=1_000_000,
        description="Keep the picture of one in so many frames that passed; 0 keeps none.",
    )
    image_queue_frames: int = Field(
        8, ge=1, le=256, description="Pictures waiting to be written; more are dropped and counted."
    )
    keep_free_gib: float = Field(
        2.0,
        ge=0,
        le=100_000,
        description="No picture is written when less disk is free, in GiB: records come first.",
    )
    previews: int = Field(32, ge=1, le=1024, description="Latest frames whose small picture is kept in memory.")

    @property
    def frame_limits(self) -> FrameLimits:
        """The largest frame that is taken in."""
        return FrameLimits(self.max_columns, self.max_rows, self.max_pixels)

    @property
    def max_body_bytes(self) -> int:
        """The largest body that is taken in: three colours of 16 bits and what a file adds around them."""
        return 6 * self.max_pixels + (1 << 20)
