"""A plant's factors: `DATA/factors.toml`, where it is there; else what is built in."""

from collections.abc import Mapping
from pathlib import Path

from inspection.errors import FactorsError
from inspection.roll.factors import DEFAULT, Factors, built_in, parse_factors


def factors_in(data_dir: Path) -> dict[str, Factors]:
    """Read the factors by product.

    Raises
    ------
    FactorsError
        The file cannot be read or counted with.
    """
    path = data_dir / "factors.toml"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return built_in()
    except (OSError, UnicodeDecodeError) as problem:
        raise FactorsError(f"expected factors in UTF-8 text at {path}, got {problem}") from problem
    return parse_factors(text, str(path))


def heading_for(factors: Mapping[str, Factors], product: str | None) -> str:
    """Tell under which heading a product's factors stand."""
    return product if product is not None and product in factors else DEFAULT
