"""`/webrtc/1/webrtc-push-config` of the public API (contract §3)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, Field

from ringback.accounts.provisioning.model import ID_LENGTH
from ringback.push.model import (
    NAME_LENGTH,
    AppleCredentials,
    FirebaseCredentials,
    PushConfiguration,
    Wanted,
    certificate_from,
    password_from,
    service_account_from,
)
from ringback.push.service import PushConfigurations
from ringback.web import (
    Authenticated,
    Operation,
    PageInfo,
    Paging,
    RequestModel,
    ResponseModel,
    SecretText,
    Text,
    WithPageInfo,
    described,
    paging,
)

Name = Annotated[Text, Field(max_length=NAME_LENGTH)]
Id = Annotated[Text, Path(description="Its id.")]


class IosBody(RequestModel):
    apns_certificate_file_name: Annotated[Name, Field(examples=["voip.p12"])]
    """What the file is called, for people."""

    apns_certificate_file_content: Annotated[
        SecretText, AfterValidator(certificate_from), Field(examples=["MIIKXwIBAzCCChUGCSqGSIb3DQEHAaCC..."])
    ]
    """The P12 file with the certificate and its private key, in Base64."""

    apns_certificate_password: Annotated[SecretText, AfterValidator(password_from)] | None = None
    """What opens the file."""

    def credentials(self) -> AppleCredentials:
        return AppleCredentials(
            self.apns_certificate_file_name, self.apns_certificate_file_content, self.apns_certificate_password
        )


class AndroidBody(RequestModel):
    private_key_json: Annotated[
        SecretText, AfterValidator(service_account_from), Field(examples=['{"type": "service_account", ...}'])
    ]
    """The JSON document of a Firebase service account, as text."""

    def credentials(self) -> FirebaseCredentials:
        return FirebaseCredentials(self.private_key_json)


class PushConfigurationBody(RequestModel):
    name: Name | None = None
    """For people."""

    ios: IosBody | None = None
    """What Apple has to be shown."""

    android: AndroidBody | None = None
    """What Google has to be shown."""

    application_id: Annotated[Text, Field(max_length=ID_LENGTH)] | None = None
    """An application that exists: the configuration is associated with it, as `WEBRTC_PUSH_CONFIG` on `VOICE_VIDEO`."""

    def wanted(self) -> Wanted:
        return Wanted(
            name=self.name,
            ios=None if self.ios is None else self.ios.credentials(),
            android=None if self.android is None else self.android.credentials(),
            application_id=self.application_id,
        )


class PushConfigurationAnswer(ResponseModel):
    id: str
    """The platform chose it."""

    name: str | None = None
    """For people."""

    android_configured: bool
    """Whether Android devices can be woken."""

    ios_configured: bool
    """Whether iOS devices can be woken."""

    application_id: str | None = None
    """The application that the configuration is associated with, if any."""

    @classmethod
    def of(cls, configuration: PushConfiguration) -> "PushConfigurationAnswer":
        return cls(
            id=configuration.id,
            name=configuration.name,
            android_configured=configuration.has_android,
            ios_configured=configuration.has_ios,
            application_id=configuration.application_id,
        )


def push_configuration_routes(configurations: PushConfigurations) -> APIRouter:
    """All six operations."""
    router = APIRouter(prefix="/webrtc/1/webrtc-push-config", tags=["webrtc-calls"], route_class=Operation)

    @router.get("", **_described("get-push-configurations"))
    async def get_push_configurations(
        principal: Authenticated, asked: Annotated[Paging, paging(100)]
    ) -> WithPageInfo[PushConfigurationAnswer]:
        """List the push configurations.

        The newest comes first. Certificates, passwords and keys are never told.
        """
        found, total = await configurations.page(principal.account_id, asked)
        results = [PushConfigurationAnswer.of(each) for each in found]
        return WithPageInfo(results=results, page_info=PageInfo.of(asked, total))

    @router.post("", **_described("save-push-configuration", repeatable=True))
    async def save_push_configuration(principal: Authenticated, body: PushConfigurationBody) -> PushConfigurationAnswer:
        """Create a push configuration.

        At least one of `ios` and `android` is needed. What they hold is tried as far as that is possible without
        sending anything, and stored encrypted.
        """
        return PushConfigurationAnswer.of(await configurations.create(principal, body.wanted()))

    @router.get("/{id}", **_described("get-push-configuration", 404))
    async def get_push_configuration(principal: Authenticated, id: Id) -> PushConfigurationAnswer:
        """Get a push configuration.

        Certificates, passwords and keys are never told.
        """
        return PushConfigurationAnswer.of(await configurations.get(principal.account_id, id))

    @router.put("/{id}", **_described("update-push-configuration", 404))
    async def update_push_configuration(
        principal: Authenticated, id: Id, body: PushConfigurationBody
    ) -> PushConfigurationAnswer:
        """Replace a push configuration.

        What the body lacks is removed, except the association with an application.
        """
        return PushConfigurationAnswer.of(await configurations.replace(principal, id, body.wanted()))

    @router.patch("/{id}", **_described("patch-push-configuration", 404))
    async def patch_push_configuration(
        principal: Authenticated, id: Id, body: PushConfigurationBody
    ) -> PushConfigurationAnswer:
        """Change a push configuration.

        What the body lacks stays as it is. `ios` and `android` are each replaced as a whole.
        """
        return PushConfigurationAnswer.of(await configurations.change(principal, id, body.wanted()))

    @router.delete("/{id}", status_code=204, response_class=Response, **_described("delete-push-configuration", 404))
    async def delete_push_configuration(principal: Authenticated, id: Id) -> None:
        """Delete a push configuration.

        Its association with an application goes as well.
        """
        await configurations.delete(principal, id)

    return router


def _described(operation_id: str, *errors: int, repeatable: bool = False) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("webrtc:manage", "webrtc:configuration:manage"),
        limit="100/second",
        errors=(400, *errors),
        repeatable=repeatable,
    )
