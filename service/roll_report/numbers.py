"""Numbers and moments as people read them."""


def moment(stamp: str) -> str:
    """Write a moment of the store for people: UTC, to the second."""
    return f"{stamp[:19].replace('T', ' ')} UTC" if len(stamp) > 19 else stamp


def spaced(number: float, digits: int = 0) -> str:
    """Write a number with narrow spaces between thousands."""
    return f"{number:,.{digits}f}".replace(",", "\u202f")
