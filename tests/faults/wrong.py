"""What the oracle says when a promise does not hold."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One promise that does not hold. `how` is lost, duplicated, stuck, slow or illegal."""

    promise: str
    how: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise} {self.how}: {self.what}"
