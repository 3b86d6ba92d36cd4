"""What sessions hear of paused slots and wanted layers."""

from ringback.media.model import Source
from ringback.signaling.hints import ALL_LAYERS, VideoHints
from ringback.signaling.messages import LayersWanted, SlotsPaused


def paused(call: str, *slots: int) -> SlotsPaused:
    return SlotsPaused(call_id=call, slots=slots)


def wanted(call: str, camera: int, screen: int = ALL_LAYERS) -> LayersWanted:
    return LayersWanted(call_id=call, camera=camera, screen=screen)


def test_only_news_are_told() -> None:
    hints = VideoHints()
    assert hints.take("r", {"ann": [4, 0]}, {"ben": {Source.CAMERA: 1}}) == [paused("ann", 0, 4), wanted("ben", 1)]
    assert hints.take("r", {"ann": [0, 4]}, {"ben": {Source.CAMERA: 1}}) == []
    assert hints.take("r", {"ann": [4]}, {"ben": {Source.CAMERA: 1}}) == [paused("ann", 4)]


def test_what_a_worker_does_not_list_any_more_is_over() -> None:
    hints = VideoHints()
    hints.take("r", {"ann": [1]}, {"ann": {Source.CAMERA: 0, Source.SCREEN: 0}})
    assert hints.take("r", {}, {}) == [paused("ann"), wanted("ann", ALL_LAYERS)]
    assert hints.take("r", {}, {}) == []


def test_what_has_never_been_said_of_a_video_is_that_all_of_it_is_wanted() -> None:
    hints = VideoHints()
    assert hints.take("r", {}, {"ann": {Source.SCREEN: 1}}) == [wanted("ann", ALL_LAYERS, 1)]
    assert hints.take("r", {}, {"ann": {Source.SCREEN: 1, Source.CAMERA: ALL_LAYERS}}) == []


def test_who_comes_back_is_told_what_holds() -> None:
    hints = VideoHints()
    hints.take("r", {"ann": [1]}, {"ben": {Source.CAMERA: 2}})
    hints.take("other", {"cat": [2]}, {})
    assert hints.of("ann") == [paused("ann", 1)]
    assert hints.of("ben") == [wanted("ben", 2)]
    assert hints.of("stranger") == []
    hints.forget("r")
    assert hints.of("ann") == []
    assert hints.of("cat") == [paused("cat", 2)]
