"""P12 files are tried in a process that can be stopped."""

import asyncio
import base64
from dataclasses import replace

import pytest

from ringback.kernel.errors import InvalidRequest, Unavailable
from ringback.kernel.redaction import Secret
from ringback.push.certificates import LIMITS, Certificates
from ringback.push.model import AppleCredentials
from ringback.testing.push import P12_PASSWORD, apns_certificate


def credentials(certificate: str, password: str | None = P12_PASSWORD) -> AppleCredentials:
    return AppleCredentials("phones.p12", Secret(certificate), None if password is None else Secret(password))


async def test_the_right_password_opens_a_file() -> None:
    await Certificates().require_opens(credentials(apns_certificate()))
    await Certificates().require_opens(credentials(apns_certificate("пароль 😀"), "пароль 😀"))


@pytest.mark.parametrize("password", ["wrong", "", None, "a\x00b"])
async def test_no_other_password_does(password: str | None) -> None:
    with pytest.raises(InvalidRequest, match="apnsCertificatePassword opens") as refused:
        await Certificates().require_opens(credentials(apns_certificate(), password))
    assert refused.value.field == "ios.apnsCertificateFileContent"


async def test_what_is_no_p12_file_does_not_open() -> None:
    for content in (b"\x00", b"\x30\x84\xff\xff\xff\xff", b"-----BEGIN CERTIFICATE-----", bytes(65_536)):
        with pytest.raises(InvalidRequest, match="apnsCertificatePassword opens"):
            await Certificates().require_opens(credentials(base64.b64encode(content).decode()))


async def test_a_certificate_without_its_private_key_is_of_no_use() -> None:
    with pytest.raises(InvalidRequest, match="private key") as refused:
        await Certificates().require_opens(credentials(apns_certificate(with_key=False)))
    assert refused.value.field == "ios.apnsCertificateFileContent"


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    slow = credentials(apns_certificate(rounds=6_000_000))
    with pytest.raises(InvalidRequest, match="fewer iterations") as refused:
        await Certificates(replace(LIMITS, processor_seconds=1)).require_opens(slow)
    assert refused.value.field == "ios.apnsCertificateFileContent"


async def test_a_machine_that_is_too_busy_is_not_the_fault_of_the_file() -> None:
    with pytest.raises(Unavailable):
        await Certificates(replace(LIMITS, patience_seconds=0.001)).require_opens(credentials(apns_certificate()))


async def test_only_so_many_wait_for_their_turn() -> None:
    certificates = Certificates()
    wrong = credentials(apns_certificate(), "wrong")
    tried = [certificates.require_opens(wrong) for _ in range(LIMITS.processes + LIMITS.waiting + 1)]
    *waited, last = await asyncio.gather(*tried, return_exceptions=True)
    assert isinstance(last, Unavailable)
    assert all(isinstance(outcome, InvalidRequest) for outcome in waited)
    with pytest.raises(InvalidRequest):
        await certificates.require_opens(wrong)
