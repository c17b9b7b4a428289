"""Settings: one installation's folder, budgets and limits, read from its environment.

Every setting can be given as `COATSIGHT_<NAME>`; an unknown one in code is an error. What belongs to a
product stands in its recipe, what belongs to a camera in its calibration, never here.
"""

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from inspection.errors import InputError
from inspection.frame import FrameLimits
from service.shifts import Shifts, parse_shifts

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Cameras and recipes name folders and files, so their names hold nothing that a path could misread."""


class Settings(BaseSettings):
    """One installation's settings; see each field's description."""

    model_config = SettingsConfigDict(env_prefix="COATSIGHT_", frozen=True, extra="forbid")

    data_dir: Path = Field(Path("data"), description="Everything the station keeps lies in this folder.")
    store_url: SecretStr | None = Field(
        None,
        description="Where records are kept: `postgresql://user:password@host/database`; else a file in the folder.",
    )
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

    shifts: str = Field("06:00 14:00 22:00", description="When shifts begin, by the clock of the plant.")
    time_zone: str = Field("UTC", description="The plant's, by its name in the IANA database, as Europe/Berlin.")

    max_columns: int = Field(32_768, ge=16, le=131_072, description="Widest frame taken, in pixels.")
    max_rows: int = Field(16_384, ge=16, le=131_072, description="Longest frame taken, in lines.")
    max_pixels: int = Field(64 << 20, ge=256, le=1 << 30, description="Largest frame taken, in pixels.")

    session_idle_minutes: int = Field(
        120, ge=1, le=1440, description="A session unused for so long is over; a page that shows the line uses it."
    )
    session_hours: int = Field(12, ge=1, le=168, description="The longest that somebody stays signed in, in hours.")

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
        description="Time to an answer, beside what the network takes; while it is longer, fewer frames are let in.",
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
    keep_passed_pictures_days: float = Field(
        7.0, gt=0, description="How long the picture of a frame that passed is kept, in days; inf keeps it for ever."
    )
    keep_flagged_pictures_days: float = Field(
        30.0,
        gt=0,
        description="How long the picture of a frame that did not pass is kept, in days; inf keeps it for ever.",
    )
    keep_crops_days: float = Field(
        365.0,
        gt=0,
        description="How long the crops of what was found are kept, in days; inf keeps them for ever. "
        "Records (frames, defects, counts) are never removed.",
    )
    keep_free_gib: float = Field(
        2.0,
        ge=0,
        le=100_000,
        description="No picture is written when less disk is free, in GiB: records come first.",
    )
    reserve_mib: int = Field(
        256,
        ge=0,
        le=1 << 20,
        description="Disk set aside for records, in MiB, given up when the disk is full for all others; 0 sets none.",
    )
    previews: int = Field(32, ge=1, le=1024, description="Latest frames whose small picture is kept in memory.")

    measure_input_every_s: float = Field(
        2.0,
        ge=0,
        le=3600,
        description="How often a frame of each camera is measured for the health of lamp and lens, in seconds.",
    )
    alarm_lamp: float = Field(0.7, gt=0, lt=1, description="Lamp level against calibration below which it alarms.")
    alarm_flicker: float = Field(0.02, gt=0, lt=1, description="Spread of the rows' light above which it alarms.")
    alarm_focus: float = Field(
        0.7, gt=0, lt=1, description="Sharpness of lane edges against calibration below which it alarms."
    )
    alarm_flat_field: float = Field(
        0.05, gt=0, lt=1, description="Departure from the calibrated light across the web above which it alarms."
    )
    alarm_noise: float = Field(1.5, gt=1, le=100, description="Noise against calibration above which it alarms.")
    alarm_saturated: float = Field(0.01, gt=0, lt=1, description="Share of pixels at full scale above which it alarms.")

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least grave lines that are logged."
    )
    stop_notice_s: float = Field(
        0.0,
        ge=0,
        le=600,
        description="How long /readyz says that the station stops before it takes no more frames, in seconds.",
    )

    @field_validator("store_url")
    @classmethod
    def _check_store_url(cls, url: SecretStr | None) -> SecretStr | None:
        scheme, found, _ = url.get_secret_value().partition("://") if url else ("postgresql", "://", "")
        if scheme != "postgresql" or not found:
            # Not a ValueError: that would be told with the URL, and its password.
            raise InputError(
                "expected COATSIGHT_STORE_URL to begin with postgresql://, "
                f"got {scheme + found if found else 'no such beginning'}: give one, or none for a file in the folder"
            )
        return url

    @model_validator(mode="after")
    def _check_shifts(self) -> Self:
        parse_shifts(self.shifts, self.time_zone)
        return self

    @property
    def shift_plan(self) -> Shifts:
        """The plant's shifts, by its own clock."""
        return parse_shifts(self.shifts, self.time_zone)

    @property
    def store_address(self) -> str | None:
        """The store's URL, its password included; None for a file in the folder."""
        return (self.store_url.get_secret_value() or None) if self.store_url else None

    @property
    def frame_limits(self) -> FrameLimits:
        """The largest frame that is taken in."""
        return FrameLimits(self.max_columns, self.max_rows, self.max_pixels)

    @property
    def max_body_bytes(self) -> int:
        """The largest body that is taken in: three colours of 16 bits and what a file adds around them."""
        return 6 * self.max_pixels + (1 << 20)
