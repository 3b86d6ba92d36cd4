"""Argon2 is slow on purpose: who may wait for it, and who need not ask again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from argon2 import PasswordHasher

from ringback.accounts import passwords as passwords_module
from ringback.accounts.passwords import PROVEN_SECONDS, Passwords
from ringback.kernel.errors import Unavailable
from ringback.kernel.redaction import Secret
from ringback.testing.clock import VirtualClock

RIGHT, WRONG = Secret("correct horse battery"), Secret("wrong horse battery")


class CountingHasher(PasswordHasher):
    """Cheap, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
async def passwords(clock: VirtualClock, hasher: CountingHasher) -> AsyncIterator[Passwords]:
    passwords = Passwords(clock, hasher)
    yield passwords
    passwords.close()


async def test_the_right_password_matches_and_no_other(passwords: Passwords) -> None:
    stored = await passwords.hash(RIGHT)
    assert await passwords.matches("zoe", stored, RIGHT)
    assert not await passwords.matches("zoe", stored, WRONG)
    assert not await passwords.matches("zoe", None, RIGHT)
    assert not await passwords.matches("zoe", "not a hash", RIGHT)


async def test_a_proven_password_costs_nothing_for_a_minute(
    passwords: Passwords, hasher: CountingHasher, clock: VirtualClock
) -> None:
    stored = await passwords.hash(RIGHT)
    for _ in range(3):
        assert await passwords.matches("zoe", stored, RIGHT)
        clock.advance(PROVEN_SECONDS / 3)
    assert hasher.verified == 1
    assert await passwords.matches("zoe", stored, RIGHT)
    assert hasher.verified == 2


async def test_a_wrong_password_is_never_taken_for_proven(passwords: Passwords, hasher: CountingHasher) -> None:
    stored = await passwords.hash(RIGHT)
    for _ in range(2):
        assert not await passwords.matches("zoe", stored, WRONG)
        assert not await passwords.matches("nobody", None, RIGHT)
    assert hasher.verified == 4


async def test_a_proven_password_is_not_proven_for_another_hash_or_user(
    passwords: Passwords, hasher: CountingHasher
) -> None:
    stored, changed = await passwords.hash(RIGHT), await passwords.hash(WRONG)
    assert await passwords.matches("zoe", stored, RIGHT)
    assert not await passwords.matches("zoe", changed, RIGHT)
    assert not await passwords.matches("zoe", None, RIGHT)
    assert await passwords.matches("boris", stored, RIGHT)
    assert hasher.verified == 4


@pytest.mark.parametrize("known", [True, False])
async def test_requests_that_come_together_wait_for_one_answer(
    passwords: Passwords, hasher: CountingHasher, known: bool
) -> None:
    stored = await passwords.hash(RIGHT) if known else None
    answers = await asyncio.gather(*(passwords.matches("zoe", stored, RIGHT) for _ in range(100)))
    assert answers == [known] * 100
    assert hasher.verified == 1


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(passwords: Passwords) -> None:
    stored = await passwords.hash(RIGHT)
    first, second = [asyncio.create_task(passwords.matches("zoe", stored, RIGHT)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    assert await second


async def test_the_password_that_was_proven_longest_ago_is_forgotten(
    passwords: Passwords, hasher: CountingHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords_module, "PROVEN_LIMIT", 2)
    stored = await passwords.hash(RIGHT)
    for username in ("anna", "boris", "zoe"):
        await passwords.matches(username, stored, RIGHT)
    before = hasher.verified
    for username in ("zoe", "boris"):
        await passwords.matches(username, stored, RIGHT)
    assert hasher.verified == before
    await passwords.matches("anna", stored, RIGHT)
    assert hasher.verified == before + 1


async def test_too_many_sign_ins_at_once_are_refused(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords_module, "WAITING_LIMIT", -2)
    with pytest.raises(Unavailable):
        await passwords.hash(RIGHT)
    with pytest.raises(Unavailable):
        await passwords.matches("zoe", "a hash", RIGHT)
