"""The account of the sandbox: a balance, what is set aside for evaluations under way, and what was charged."""

from decimal import Decimal
from typing import NamedTuple


class Charge(NamedTuple):
    """What one evaluation cost, in credits."""

    evaluation_id: str
    job_class: str
    amount: Decimal


class Ledger:
    """Sets the price aside at submit and takes it at completion; a failed evaluation costs nothing (both inferred)."""

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        self.charges: list[Charge] = []
        self.changed = 0.0
        self._set_aside = Decimal(0)

    def set_aside(self, amount: Decimal) -> bool:
        """Set the price of an evaluation aside; false when the balance does not cover it."""
        if self.balance - self._set_aside < amount:
            return False
        self._set_aside += amount
        return True

    def charge(self, charge: Charge, at: float) -> None:
        """Take the amount that was set aside; the time is that of the sandbox, in seconds."""
        self.changed = max(self.changed, at)
        self._set_aside -= charge.amount
        self.balance -= charge.amount
        self.charges.append(charge)

    def release(self, amount: Decimal) -> None:
        """Give back what was set aside."""
        self._set_aside -= amount
