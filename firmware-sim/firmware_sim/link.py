"""How a serial port is set, and who understands whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Parity = Literal["none", "even", "odd"]
PARITIES: tuple[Parity, ...] = ("none", "even", "odd")

FASTEST_SILENCE_S = 0.00175  # Modbus over serial line 1.02, above 19200 baud


@dataclass(frozen=True, slots=True)
class Link:
    """Eight data bits at `baud`. A parity of none at all (`None`): what a pty does not tell, none or even."""

    baud: int
    parity: Parity | None = "none"
    stop_bits: int = 1

    @property
    def char_s(self) -> float:
        """Time of one character on the wire."""
        return (9 + (self.parity in {"even", "odd"}) + self.stop_bits) / self.baud

    @property
    def silence_s(self) -> float:
        """Time without a character that ends a frame."""
        return 3.5 * self.char_s if self.baud <= 19200 else FASTEST_SILENCE_S

    def understands(self, other: Link) -> bool:
        """Whether what `other` sends can be read here. A receiver looks at the first stop bit only."""
        if self.baud != other.baud:
            return False
        return self.parity == other.parity or (
            None in {self.parity, other.parity} and "odd" not in {self.parity, other.parity}
        )

    def heard_per_char(self, sender: Link) -> float:
        """How many characters this port believes to hear while another speed's sends one: at most one a falling edge."""
        return min(5.0, self.baud / sender.baud)

    def __str__(self) -> str:
        letter = {"none": "N", "even": "E", "odd": "O", None: "?"}[self.parity]
        return f"{self.baud} 8{letter}{self.stop_bits}"
