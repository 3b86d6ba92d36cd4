"""Who opens sessions too fast is told to come back later; whoever was there before is not held up."""

from ringback.signaling.arrivals import PER_IDENTITY
from tests.integration.signaling.world import Somebody, World


async def is_told_to_come_later(world: World, identity: str) -> None:
    somebody: Somebody = await world.opens_a_socket()
    client = {"name": "test", "version": "1"}
    assert await somebody.fails("hello", token=await world.token(identity), client=client) == "SERVICE_UNAVAILABLE"
    assert await somebody.closed_with() == 1013


async def test_an_identity_that_opens_too_many_sessions_is_let_in_again_a_minute_later(world: World) -> None:
    for _ in range(PER_IDENTITY.requests):
        await (await world.connects("boris")).goes()
    await is_told_to_come_later(world, "boris")
    await world.connects("anna")
    world.clock.advance(PER_IDENTITY.seconds)
    await world.connects("boris")


async def test_sessions_are_resumed_however_many_were_opened(world: World) -> None:
    boris = await world.connects("boris")
    for _ in range(PER_IDENTITY.requests - 1):
        await boris.vanishes()
        assert await boris.comes_back(await world.token("boris"))  # which does not count
    for _ in range(PER_IDENTITY.requests - 1):
        await (await world.connects("boris")).goes()
    await is_told_to_come_later(world, "boris")
    await boris.vanishes()
    assert await boris.comes_back(await world.token("boris"))
