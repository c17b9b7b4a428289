"""Every error the library raises on purpose.

    CoatsightError
    |-- InputError                what was given is wrong; the message says what to do
    |   |-- FrameError            these bytes cannot become a frame
    |   |   |-- UnknownFormat     neither a known pixel format nor a known file type
    |   |   |-- FrameTooLarge     more bytes, rows, columns or pixels than allowed
    |   |   |-- CorruptFrame      truncated, damaged or mislabelled
    |   |   `-- InconsistentFrame width, height, format and body do not fit together
    |   |-- RecipeError           a recipe that cannot be judged by
    |   |-- CalibrationError      frames or a file that give no calibration
    |   `-- FactorsError          factors that no cost or footprint can be told by
    |-- ModelError                a classifier that may not be trusted
    `-- DeadlinePassed            the answer would have come too late

A message has three parts: what was expected, what came, what to do.
"""


class CoatsightError(Exception):
    """Base of all errors raised on purpose."""


class InputError(CoatsightError):
    """What was given is wrong."""


class FrameError(InputError):
    """These bytes cannot become a frame."""


class UnknownFormat(FrameError):
    """Neither a known pixel format nor a known file type."""


class FrameTooLarge(FrameError):
    """More bytes, rows, columns or pixels than the limits allow."""


class CorruptFrame(FrameError):
    """Truncated, damaged or mislabelled bytes."""


class InconsistentFrame(FrameError):
    """Width, height, pixel format and body do not fit together."""


class RecipeError(InputError, ValueError):
    """A recipe that cannot be judged by; what validates settings gathers errors of values, so it is one."""


class CalibrationError(InputError):
    """Frames or a file that give no calibration."""


class FactorsError(InputError):
    """Factors that no cost or footprint can be told by."""


class ModelError(CoatsightError):
    """A classifier that is missing, altered or does not answer as it did when it was shipped."""


class DeadlinePassed(CoatsightError):
    """The answer would have come after the moment it was wanted."""
