"""`/webrtc/1/settings`: ours, as the contract has no operation for what its recordings are decided by (§2)."""

from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field, StrictBool, StrictInt

from ringback.recordings.model import RETENTION, USUAL_RETENTION, RecordingMode, RecordingSettings
from ringback.recordings.service import Recordings
from ringback.web import Authenticated, Operation, RequestModel, ResponseModel, described

SCOPES: Final = ("webrtc:manage", "webrtc:configuration:manage")


class SettingsUpdate(RequestModel):
    """All of them: none is changed because it was left out."""

    recording: RecordingMode
    """What is recorded."""

    composition: StrictBool
    """Whether the recordings of all calls of a dialog or conference are put together into one file."""

    retention_days: Annotated[StrictInt, Field(ge=RETENTION[0], le=RETENTION[-1], examples=[USUAL_RETENTION])]
    """After how many days a recording is deleted."""

    def chosen(self) -> RecordingSettings:
        return RecordingSettings(
            recording=self.recording, composition=self.composition, retention_days=self.retention_days
        )


class SettingsAnswer(ResponseModel):
    recording: RecordingMode
    """What is recorded."""

    composition: bool
    """Whether the recordings of all calls of a dialog or conference are put together into one file."""

    retention_days: Annotated[int, Field(examples=[USUAL_RETENTION])]
    """After how many days a recording is deleted."""

    storage_used_bytes: Annotated[int, Field(examples=[4_190_208])]
    """How much the account's files take. It cannot be set."""

    @classmethod
    def of(cls, chosen: RecordingSettings, storage_used: int) -> "SettingsAnswer":
        return cls(
            recording=chosen.recording,
            composition=chosen.composition,
            retention_days=chosen.retention_days,
            storage_used_bytes=storage_used,
        )


def recording_routes(recordings: Recordings) -> APIRouter:
    """The operations of this noun."""
    router = APIRouter(prefix="/webrtc/1/settings", tags=["webrtc-calls"], route_class=Operation)

    @router.get("", **described("get-webrtc-settings", scopes=SCOPES, limit="100/second"))
    async def get_settings(principal: Authenticated) -> SettingsAnswer:
        """Get the settings.

        What shall be recorded of the account's calls, how long that is kept, and how much the account's files take. An
        account that has chosen nothing records nothing. (So far, no account does.)
        """
        return SettingsAnswer.of(*await recordings.settings(principal.account_id))

    @router.put("", **described("update-webrtc-settings", scopes=SCOPES, limit="100/second", errors=(400,)))
    async def update_settings(principal: Authenticated, body: SettingsUpdate) -> SettingsAnswer:
        """Change the settings.

        They all take the place of what was chosen before.
        """
        return SettingsAnswer.of(*await recordings.change_settings(principal, body.chosen()))

    return router
