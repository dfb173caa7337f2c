"""The distributions of a network, each once, by number."""

from __future__ import annotations

from cxsim.randomness.distributions import Law


class Distributions:
    """Collects laws and hands out their numbers."""

    def __init__(self) -> None:
        self.numbers: dict[Law, int] = {}

    def number(self, law: Law | None) -> int:
        """The number of a law; -1 for none and for one that never comes."""
        if law is None or law.name == "never":
            return -1
        return self.numbers.setdefault(law, len(self.numbers))
