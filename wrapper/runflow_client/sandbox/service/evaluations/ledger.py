"""The ledger of the account: the balance, the amount reserved for running evaluations, and the charges."""

from decimal import Decimal
from typing import NamedTuple


class Charge(NamedTuple):
    """The charge for one evaluation, in credits."""

    evaluation_id: str
    job_class: str
    amount: Decimal


class Ledger:
    """Reserves the price at submit and charges it at completion; a failed evaluation is free (both inferred)."""

    persistent = ("balance", "charges", "changed", "_reserved")

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        self.charges: list[Charge] = []
        self.changed = 0.0
        self._reserved = Decimal(0)

    def reserve(self, amount: Decimal) -> bool:
        """Reserve the price of an evaluation; return False when the balance does not cover it."""
        if self.balance - self._reserved < amount:
            return False
        self._reserved += amount
        return True

    def charge(self, charge: Charge, at: float) -> None:
        """Charge a reserved amount; the time is that of the sandbox, in seconds."""
        self.changed = max(self.changed, at)
        self._reserved -= charge.amount
        self.balance -= charge.amount
        self.charges.append(charge)

    def release(self, amount: Decimal) -> None:
        """Release a reserved amount."""
        self._reserved -= amount
