"""A link configuration. What is said nowhere holds as it stands here: these are the system's defaults (contract §8)."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

NAME_LENGTH: Final = 255
"""Most characters of the name of a configuration."""

MESSAGE_LENGTH: Final = 500
"""Most characters of a text of the theme: what a phone shows without scrolling."""

URL_LENGTH: Final = 2048
"""Most characters of a webhook's URL."""

CREDENTIAL_LENGTH: Final = 255
"""Most characters of a webhook's user name, password or key."""

MASK: Final = "********"
"""What is told in the place of a webhook's secret."""


class CameraFacingMode(StrEnum):
    """Which camera of a phone."""

    FRONT = "FRONT"
    BACK = "BACK"


class Layout(StrEnum):
    """How participants are arranged. SPOTLIGHT comes by itself, and is never configured."""

    GRID = "GRID"
    SOLO = "SOLO"


class LanguageCode(StrEnum):
    """The languages that a configuration can choose."""

    AR_AE = "ar-AE"
    DE_DE = "de-DE"
    EN_US = "en-US"
    ES_LA = "es-LA"
    FR_FR = "fr-FR"
    IT_IT = "it-IT"
    JA_JP = "ja-JP"
    PT_BR = "pt-BR"
    RU_RU = "ru-RU"
    SV_SE = "sv-SE"
    TR_TR = "tr-TR"
    ZH_HANS = "zh-Hans"
    ZH_TW = "zh-TW"


class InitialOptions(Struct, frozen=True):
    """What visitors can choose before the call, and what is chosen for them."""

    audio: bool = True
    video: bool = True
    muted: bool = True
    settings: bool = True
    camera_facing_mode: CameraFacingMode = CameraFacingMode.FRONT


class CallOptions(Struct, frozen=True):
    """What visitors can do in the call."""

    mute: bool = True
    screen_share: bool = True
    camera: bool = True
    switch_camera_facing_mode: bool = True
    dial_pad: bool = False
    chat: bool = False
    settings: bool = True
    recording_indicator: bool = False


class Messages(Struct, frozen=True):
    """The customer's words."""

    welcome_text: str = "Welcome to Call Link."
    inactive_text: str = "This link is not active."
    expiration_text: str = "Link is expired."


class Colors(Struct, frozen=True):
    """Red, green and blue, two hexadecimal digits each."""

    primary: str = "148997"
    primary_text: str = "242424"
    background: str = "F9F9F9"


class Images(Struct, frozen=True):
    """Ids of link images; where there is none, the page shows its own."""

    logo_image_id: str | None = None
    background_image_id: str | None = None


class Theme(Struct, frozen=True):
    """How the page looks, and what it says."""

    images: Images = Images()
    messages: Messages = Messages()
    colors: Colors = Colors()
    layouts: tuple[Layout, ...] = (Layout.GRID,)
    """The call begins with the first; a single one cannot be changed."""
    language: LanguageCode | None = LanguageCode.EN_US
    """None: what the visitor's browser asks for."""


class HmacAlgorithm(StrEnum):
    """How what is sent to a webhook is signed."""

    HMAC_MD5 = "HMAC_MD5"
    HMAC_SHA_1 = "HMAC_SHA_1"
    HMAC_SHA_224 = "HMAC_SHA_224"
    HMAC_SHA_256 = "HMAC_SHA_256"
    HMAC_SHA_384 = "HMAC_SHA_384"
    HMAC_SHA_512 = "HMAC_SHA_512"


class BasicSecurity(Struct, frozen=True, tag_field="type", tag="BASIC"):
    """A user name, and a password that is kept elsewhere, encrypted."""

    username: str


class HmacSecurity(Struct, frozen=True, tag_field="type", tag="HMAC"):
    """A signature, by a key that is kept elsewhere, encrypted."""

    algorithm: HmacAlgorithm


class Webhook(Struct, frozen=True):
    """Where it is told what became of a link's call."""

    url: str
    security: BasicSecurity | HmacSecurity | None = None


class Content(Struct, frozen=True):
    """What a customer chooses freely."""

    initial_options: InitialOptions = InitialOptions()
    call_options: CallOptions = CallOptions()
    theme: Theme = Theme()
    webhook: Webhook | None = None


class Configuration(Struct, frozen=True, kw_only=True):
    """What is told of a link configuration: everything but the secret of its webhook."""

    id: str
    name: str
    is_default: bool | None = None
    """Whether links without a configuration have this one. None: it was not said."""
    subdomain_id: str | None = None
    content: Content = Content()
