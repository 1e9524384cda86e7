"""Who gets an execution environment, and who is throttled."""

from __future__ import annotations

from pytest_lambda_modes.model import limits

RESERVED_EXHAUSTED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_EXHAUSTED = "ConcurrentInvocationLimitExceeded"


class ScalingRate:
    """A function may add so many environments at once, and then as many again over each 10 seconds. (SYNC-16)

    AWS documents the amount, not the accounting; a bucket that refills evenly is inferred.
    """

    __slots__ = ("_filled_at", "_left", "per_period")

    PERIOD = limits.SCALING_INTERVAL

    def __init__(self, per_period: int) -> None:
        self.per_period = per_period
        self._left = per_period * self.PERIOD
        self._filled_at = 0

    def take(self, now: int) -> bool:
        """Use up one new environment if there is one to be had."""
        full = self.per_period * self.PERIOD
        self._left = min(full, self._left + (now - self._filled_at) * self.per_period)
        self._filled_at = now
        if self._left < self.PERIOD:
            return False
        self._left -= self.PERIOD
        return True


class AccountConcurrency:
    """The account's concurrent executions, shared by every function that has none reserved."""

    __slots__ = ("in_use", "limit", "reserved", "scaling_rate")

    def __init__(
        self,
        limit: int = limits.ACCOUNT_CONCURRENCY,
        scaling_rate: int = limits.SCALING_STEP,
    ) -> None:
        self.limit = limit
        self.scaling_rate = scaling_rate
        self.reserved = 0
        self.in_use = 0


class FunctionConcurrency:
    """One function's share: its own reserved number, or what is left of the account's."""

    __slots__ = ("account", "in_use", "reserved", "scaling")

    def __init__(self, account: AccountConcurrency, reserved: int | None) -> None:
        self.account = account
        self.in_use = 0
        self.reserved: int | None = None
        self.scaling = ScalingRate(account.scaling_rate)
        self.reserve(reserved)

    def reserve(self, reserved: int | None) -> None:
        """Change the reserved number; what runs at the moment goes on. None gives it back to the account."""
        self._move_use(-self.in_use)
        self.account.reserved += (reserved or 0) - (self.reserved or 0)
        self.reserved = reserved
        self._move_use(self.in_use)

    def _move_use(self, by: int) -> None:
        if self.reserved is None:
            self.account.in_use += by

    def acquire(self, now: int, *, new_environment: bool) -> str | None:
        """Take one execution. The `Reason` of the throttle when there is none to be had. (SYNC-15)"""
        if self.reserved is not None:
            if self.in_use >= self.reserved:
                return RESERVED_EXHAUSTED
        elif self.account.in_use >= self.account.limit - self.account.reserved:
            return ACCOUNT_EXHAUSTED
        if new_environment and not self.scaling.take(now):
            return ACCOUNT_EXHAUSTED
        self.in_use += 1
        if self.reserved is None:
            self.account.in_use += 1
        return None

    def release(self) -> None:
        self.in_use -= 1
        if self.reserved is None:
            self.account.in_use -= 1
