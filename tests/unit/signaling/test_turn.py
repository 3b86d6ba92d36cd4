"""Credentials for TURN servers."""

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from ringback.signaling.messages import IceServer
from ringback.signaling.turn import TurnServers

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
URLS = ("turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:443?transport=tcp")


def test_credentials_expire_an_hour_after_the_token_and_are_what_coturn_computes() -> None:
    # turnutils_uclient and coturn compute base64(HMAC-SHA1(secret, username)); this one is from openssl.
    servers = TurnServers(URLS, SecretStr("north"))
    assert servers.ice_servers("0b7d9c3e", token_ends=NOW + timedelta(hours=23), now=NOW) == (
        IceServer(urls=URLS, username="1795422600:0b7d9c3e", credential="+1aOM+PXFOw06xJaPl30cWbaAso="),
    )


def test_who_comes_back_with_an_expired_token_has_an_hour() -> None:
    servers = TurnServers(URLS, SecretStr("north"))
    [server] = servers.ice_servers("0b7d9c3e", token_ends=NOW - timedelta(hours=5), now=NOW)
    assert server.username == f"{int((NOW + timedelta(hours=1)).timestamp())}:0b7d9c3e"


def test_without_a_server_there_are_none() -> None:
    assert TurnServers().ice_servers("0b7d9c3e", NOW, NOW) == ()
