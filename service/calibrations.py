"""Where calibrations and recipes lie under the data folder.

    DATA/calibrations/<camera>/<version>.npz    immutable, a new version each time
    DATA/recipes/<name>.toml                    rolls keep the text they were opened with

Nothing here writes them.
"""

from pathlib import Path

from inspection.calibration import Calibration
from inspection.errors import RecipeError
from inspection.recipe import Recipe, default_recipe, parse_recipe


def calibration_folder(data_dir: Path, camera_id: str) -> Path:
    """Return the folder of a camera's calibrations."""
    return data_dir / "calibrations" / camera_id


def newest_calibration(data_dir: Path, camera_id: str) -> int | None:
    """Return the newest version of a camera's calibration, None where there is none."""
    files = calibration_folder(data_dir, camera_id).glob("*.npz")
    return max((int(file.stem) for file in files if file.stem.isdecimal()), default=None)


def load_calibration(data_dir: Path, camera_id: str, version: int) -> Calibration:
    """Read one version of a camera's calibration.

    Raises
    ------
    CalibrationError
        It is missing or damaged.
    """
    return Calibration.load(calibration_folder(data_dir, camera_id) / f"{version}.npz")


def recipe_file(data_dir: Path, name: str) -> Path:
    """Return where a recipe's file lies, if it has one."""
    return data_dir / "recipes" / f"{name}.toml"


def recipe_text(data_dir: Path, name: str) -> str | None:
    """Return a recipe's text, None where it is the built-in default.

    Raises
    ------
    RecipeError
        There is no such recipe, or it cannot be read.
    """
    path = recipe_file(data_dir, name)
    if name == default_recipe().name and not path.exists():
        return None
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise RecipeError(f"expected a recipe at {path}, got {problem}: put it there or name another") from problem


def recipe_from(text: str | None, name: str) -> Recipe:
    """Parse a recipe's text; None gives the built-in default.

    Raises
    ------
    RecipeError
        It cannot be judged by.
    """
    return default_recipe() if text is None else parse_recipe(text, f"recipe {name}")
