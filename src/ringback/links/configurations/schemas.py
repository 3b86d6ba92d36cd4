"""Bodies of link configurations (contract §8).

A body says only what shall be different: `applied_to` gives what it makes of a configuration. Of what is asked and
answered alike, the fields stand in one class that both have as their base.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec.structs import asdict, replace
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from ringback.kernel.redaction import Secret
from ringback.links.configurations.model import (
    MESSAGE_LENGTH,
    NAME_LENGTH,
    CallOptions,
    CameraFacingMode,
    Colors,
    Configuration,
    Images,
    InitialOptions,
    LanguageCode,
    Layout,
    Messages,
    Theme,
)
from ringback.links.configurations.webhook_schemas import WebhookAnswer, WebhookBody
from ringback.web import RequestModel, ResponseModel, Text


def _given(body: BaseModel) -> Mapping[str, Any]:
    """What the caller has said, by the names of our fields."""
    return {name: getattr(body, name) for name in body.model_fields_set}


class _Fields(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class InitialOptionsFields(_Fields):
    audio: StrictBool = True
    """The visitor can begin with a microphone."""

    video: StrictBool = True
    """The visitor can begin with a camera."""

    muted: StrictBool = True
    """The visitor can begin muted."""

    settings: StrictBool = True
    """The visitor can choose devices before the call."""

    camera_facing_mode: CameraFacingMode = CameraFacingMode.FRONT
    """Which camera of a phone is used first."""


class InitialOptionsBody(InitialOptionsFields, RequestModel):
    def applied_to(self, base: InitialOptions) -> InitialOptions:
        return replace(base, **_given(self))


class InitialOptionsAnswer(InitialOptionsFields, ResponseModel): ...


class CallOptionsFields(_Fields):
    mute: StrictBool = True
    """The microphone can be switched."""

    screen_share: StrictBool = True
    """The screen can be shared."""

    camera: StrictBool = True
    """The camera can be switched."""

    switch_camera_facing_mode: StrictBool = True
    """On a phone, the other camera can be taken."""

    dial_pad: StrictBool = False
    """Digits can be sent."""

    chat: StrictBool = False
    """Texts can be written, in rooms. Who comes later does not see what was written before."""

    settings: StrictBool = True
    """Devices can be chosen."""

    recording_indicator: StrictBool = False
    """It is shown that the call is recorded."""


class CallOptionsBody(CallOptionsFields, RequestModel):
    def applied_to(self, base: CallOptions) -> CallOptions:
        return replace(base, **_given(self))


class CallOptionsAnswer(CallOptionsFields, ResponseModel): ...


class ImagesFields(_Fields):
    logo_image_id: Text | None = None
    """Of a `LOGO`."""

    background_image_id: Text | None = None
    """Of a `BACKGROUND`."""


class ImagesBody(ImagesFields, RequestModel):
    def applied_to(self, base: Images) -> Images:
        return replace(base, **_given(self))


class ImagesAnswer(ImagesFields, ResponseModel): ...


Message = Annotated[Text, Field(max_length=MESSAGE_LENGTH)]


class MessagesFields(_Fields):
    welcome_text: Message = Messages().welcome_text
    """Before the call."""

    inactive_text: Message = Messages().inactive_text
    """Before the link starts, and outside of its hours and days."""

    expiration_text: Message = Messages().expiration_text
    """After its end, and when it has been used that may be used once."""


class MessagesBody(MessagesFields, RequestModel):
    def applied_to(self, base: Messages) -> Messages:
        return replace(base, **_given(self))


class MessagesAnswer(MessagesFields, ResponseModel): ...


Color = Annotated[StrictStr, Field(pattern="^[0-9A-Fa-f]{6}$")]


class ColorsFields(_Fields):
    primary: Color = Colors().primary
    """Of buttons: red, green and blue in hexadecimal, without `#`."""

    primary_text: Color = Colors().primary_text
    """Of texts."""

    background: Color = Colors().background
    """Of the page, where no image is."""


class ColorsBody(ColorsFields, RequestModel):
    def applied_to(self, base: Colors) -> Colors:
        return replace(base, **_given(self))


class ColorsAnswer(ColorsFields, ResponseModel): ...


class PresetLocalizationBody(RequestModel):
    type: Literal["PRESET"]
    language_code: LanguageCode
    """What the page speaks."""


class BrowserDetectedLocalizationBody(RequestModel):
    type: Literal["BROWSER_DETECTED"]


class PresetLocalizationAnswer(ResponseModel):
    type: Literal["PRESET"] = "PRESET"
    language_code: LanguageCode
    """What the page speaks."""


class BrowserDetectedLocalizationAnswer(ResponseModel):
    type: Literal["BROWSER_DETECTED"] = "BROWSER_DETECTED"


def _by_its_right_name(localization: object) -> object:
    """The documents of the public API also say BROWSER_DETECT (contract §18 no. 9)."""
    if isinstance(localization, dict) and localization.get("type") == "BROWSER_DETECT":
        return {**localization, "type": "BROWSER_DETECTED"}
    return localization


LocalizationBody = Annotated[
    Annotated[PresetLocalizationBody | BrowserDetectedLocalizationBody, Field(discriminator="type")],
    BeforeValidator(_by_its_right_name),
]
LocalizationAnswer = Annotated[
    PresetLocalizationAnswer | BrowserDetectedLocalizationAnswer, Field(discriminator="type")
]


def _each_once(layouts: tuple[Layout, ...]) -> tuple[Layout, ...]:
    if len(set(layouts)) < len(layouts):
        raise ValueError("must name each layout once")
    return layouts


class ThemeBody(RequestModel):
    images: ImagesBody | None = None
    messages: MessagesBody | None = None
    colors: ColorsBody | None = None
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1), AfterValidator(_each_once)] = Theme().layouts
    """The call begins with the first; a single one cannot be changed."""

    localization: LocalizationBody | None = None
    """Without it, the page speaks English."""

    def applied_to(self, base: Theme) -> Theme:
        given: dict[str, Any] = {}
        if self.images is not None:
            given["images"] = self.images.applied_to(base.images)
        if self.messages is not None:
            given["messages"] = self.messages.applied_to(base.messages)
        if self.colors is not None:
            given["colors"] = self.colors.applied_to(base.colors)
        if "layouts" in self.model_fields_set:
            given["layouts"] = self.layouts
        match self.localization:
            case PresetLocalizationBody(language_code=language):
                given["language"] = language
            case BrowserDetectedLocalizationBody():
                given["language"] = None
        return replace(base, **given)


class ThemeAnswer(ResponseModel):
    images: ImagesAnswer
    messages: MessagesAnswer
    colors: ColorsAnswer
    layouts: list[Layout]
    """The call begins with the first; a single one cannot be changed."""

    localization: LocalizationAnswer

    @classmethod
    def of(cls, theme: Theme) -> "ThemeAnswer":
        preset = theme.language and PresetLocalizationAnswer(language_code=theme.language)
        return cls(
            images=ImagesAnswer(**asdict(theme.images)),
            messages=MessagesAnswer(**asdict(theme.messages)),
            colors=ColorsAnswer(**asdict(theme.colors)),
            layouts=list(theme.layouts),
            localization=preset or BrowserDetectedLocalizationAnswer(),
        )


class ConfigurationBody(RequestModel):
    name: Annotated[Text, Field(min_length=1, max_length=NAME_LENGTH, examples=["shop"])]
    """For people; it need not be unique."""

    initial_options: InitialOptionsBody | None = None
    """What the visitor can choose before the call."""

    call_options: CallOptionsBody | None = None
    """What the visitor can do in the call."""

    theme: ThemeBody | None = None
    """How the page looks, and what it says."""

    is_default: StrictBool = False
    """Links that are created without a configuration have this one. The first of an account is it by itself."""

    subdomain_id: Text | None = None
    """Links that are created with this configuration live under that subdomain."""

    webhook: WebhookBody | None = None

    @property
    def secret(self) -> Secret | None:
        """That of the webhook, if there is a new one."""
        security = None if self.webhook is None else self.webhook.security_config
        return None if security is None else security.applied()[1]

    def applied_to(self, base: Configuration) -> Configuration:
        """What this makes of `base`: what is not said stays."""
        given = {name: value for name, value in _given(self).items() if name in ("name", "is_default", "subdomain_id")}
        content = base.content
        if self.initial_options is not None:
            content = replace(content, initial_options=self.initial_options.applied_to(content.initial_options))
        if self.call_options is not None:
            content = replace(content, call_options=self.call_options.applied_to(content.call_options))
        if self.theme is not None:
            content = replace(content, theme=self.theme.applied_to(content.theme))
        if self.webhook is not None:
            content = replace(content, webhook=self.webhook.applied_to(content.webhook))
        return replace(base, content=content, **given)


class ConfigurationAnswer(ResponseModel):
    id: str
    """The platform chose it."""

    name: str
    """For people."""

    is_default: bool
    """Whether links that are created without a configuration have this one."""

    initial_options: InitialOptionsAnswer
    call_options: CallOptionsAnswer
    theme: ThemeAnswer
    subdomain_id: str | None = None
    """Links that are created with this configuration live under that subdomain."""

    webhook: WebhookAnswer | None = None

    @classmethod
    def of(cls, configuration: Configuration) -> "ConfigurationAnswer":
        content = configuration.content
        return cls(
            id=configuration.id,
            name=configuration.name,
            is_default=bool(configuration.is_default),
            initial_options=InitialOptionsAnswer(**asdict(content.initial_options)),
            call_options=CallOptionsAnswer(**asdict(content.call_options)),
            theme=ThemeAnswer.of(content.theme),
            subdomain_id=configuration.subdomain_id,
            webhook=None if content.webhook is None else WebhookAnswer.of(content.webhook),
        )
