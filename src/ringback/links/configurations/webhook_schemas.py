"""Webhooks of link configurations, in the bodies of requests and answers (contract §8)."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ringback.kernel.redaction import Secret
from ringback.links.configurations.model import (
    CREDENTIAL_LENGTH,
    MASK,
    URL_LENGTH,
    BasicSecurity,
    HmacAlgorithm,
    HmacSecurity,
    Webhook,
)
from ringback.web import RequestModel, ResponseModel, SecretText, Text


def _secret(secret: Secret) -> Secret:
    if not 0 < len(secret.reveal()) <= CREDENTIAL_LENGTH:
        raise ValueError(f"must have 1 to {CREDENTIAL_LENGTH} characters")
    if secret == Secret(MASK):
        raise ValueError("is what is shown in the place of the secret: send the secret, or leave securityConfig out")
    return secret


WebhookSecret = Annotated[SecretText, AfterValidator(_secret), Field(examples=["correct horse battery staple"])]


class BasicSecurityBody(RequestModel):
    type: Literal["BASIC"]
    username: Annotated[Text, Field(min_length=1, max_length=CREDENTIAL_LENGTH)]
    password: WebhookSecret
    """Stored encrypted, and never told."""

    def applied(self) -> tuple[BasicSecurity, Secret]:
        return BasicSecurity(self.username), self.password


class HmacSecurityBody(RequestModel):
    type: Literal["HMAC"]
    secret_key: WebhookSecret
    """Stored encrypted, and never told."""

    algorithm: HmacAlgorithm

    def applied(self) -> tuple[HmacSecurity, Secret]:
        return HmacSecurity(self.algorithm), self.secret_key


class BasicSecurityAnswer(ResponseModel):
    type: Literal["BASIC"] = "BASIC"
    username: str
    password: str
    """Never told."""


class HmacSecurityAnswer(ResponseModel):
    type: Literal["HMAC"] = "HMAC"
    secret_key: str
    """Never told."""

    algorithm: HmacAlgorithm


SecurityBody = Annotated[BasicSecurityBody | HmacSecurityBody, Field(discriminator="type")]
SecurityAnswer = Annotated[BasicSecurityAnswer | HmacSecurityAnswer, Field(discriminator="type")]


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        known = False
    if not known or parts.username is not None or not text.isascii() or " " in text:
        raise ValueError("must be the URL of a host, like https://example.org/links")
    return text


class WebhookBody(RequestModel):
    url: Annotated[
        Text, Field(max_length=URL_LENGTH, examples=["https://example.org/links"]), AfterValidator(_web_address)
    ]
    """Where it shall be told what became of a link's call. It is kept; nothing is sent yet."""

    security_config: SecurityBody | None = None
    """How the receiver knows who sends."""

    def applied_to(self, base: Webhook | None) -> Webhook:
        before = None if base is None else base.security
        return Webhook(self.url, before if self.security_config is None else self.security_config.applied()[0])


class WebhookAnswer(ResponseModel):
    url: str
    security_config: SecurityAnswer | None = None

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookAnswer":
        security: BasicSecurityAnswer | HmacSecurityAnswer | None = None
        match webhook.security:
            case BasicSecurity(username=username):
                security = BasicSecurityAnswer(username=username, password=MASK)
            case HmacSecurity(algorithm=algorithm):
                security = HmacSecurityAnswer(secret_key=MASK, algorithm=algorithm)
        return cls(url=webhook.url, security_config=security)
