"""The composition root of a serving node: with `platform`, the only one that knows, starts and stops every part."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, FastAPI
from sqlalchemy import Connection, text

from ringback import __version__
from ringback.accounts import FirstStart
from ringback.accounts.api import api_key_routes, auth_routes
from ringback.accounts.provisioning.api import provisioning_routes
from ringback.calls import CallHistory, CallJobs, CallService
from ringback.calls.commands import Command
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.history.api import call_history_routes
from ringback.calls.store import CALLS
from ringback.calls.store import figures as call_figures
from ringback.captures.api import capture_routes
from ringback.conferences import ConferenceService
from ringback.conferences.store import CONFERENCES, room_names
from ringback.conferences.store import figures as conference_figures
from ringback.identities.activity import ActivityJournal, UserActivity
from ringback.identities.activity.api import user_activity_routes
from ringback.identities.api import demo_token_routes, token_routes
from ringback.identities.jobs import RevocationWatch
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import Unavailable
from ringback.kernel.figures import Figure
from ringback.kernel.ids import RandomIds
from ringback.kernel.redaction import Secret
from ringback.links.api import link_routes
from ringback.links.configurations.api import configuration_routes
from ringback.links.images.api import image_routes
from ringback.links.subdomains.api import subdomain_routes
from ringback.media.addresses import announced_addresses
from ringback.media.api import operator_routes
from ringback.media.engine import MediaEngine
from ringback.media.inspection import Inspection
from ringback.media.sockets import socket_directory
from ringback.media.status import WorkerState
from ringback.media.supervisor import WorkerConfig, WorkerSupervisor, worker_program
from ringback.platform import Platform, load_secret_key, open_platform, wired
from ringback.push.api import push_configuration_routes
from ringback.recordings.api import recording_routes
from ringback.settings import Settings
from ringback.signaling.api import Signaling
from ringback.signaling.hub import Hub
from ringback.signaling.relay import TextRelay
from ringback.signaling.service import SignalingService
from ringback.signaling.turn import TurnServers
from ringback.storage import DataDirectoryLock, outbox
from ringback.storage.dispatcher import Dispatcher
from ringback.storage.epochs import next_epoch
from ringback.storage.mailboxes import Mailboxes
from ringback.storage.receipts import ReceiptStore
from ringback.web import Scheme
from ringback.web.assembly import assemble
from ringback.web.certificates import load_certificate, self_signed_certificate
from ringback.web.connections import BoundedHttp
from ringback.web.health import Check
from ringback.web.idempotency import Idempotency
from ringback.web.limits import Limit, RateLimits
from ringback.web.listening import listening
from ringback.web.metrics import Source
from ringback.web.operations import Gate
from ringback.web.operators import OperatorsOnly

WEBSOCKET_LIMIT: Final = 128 * 1024
"""Bytes of one WebSocket message (protocol/signaling, MESSAGE_TOO_LARGE)."""

GRACE_SECONDS: Final = 10
"""How long requests and WebSockets may take to end when the server stops."""

SHOWCASE: Final = "/app/showcase"
"""The page that `/` leads to while the demo is on."""

STRICT_TRANSPORT: Final = ("Strict-Transport-Security", f"max-age={365 * 24 * 3600}")
"""Browsers that have once been here over HTTPS never again speak plain HTTP with this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """Calls and rooms, from the sockets of the SDKs to the media workers."""

    mailboxes: Mailboxes
    dispatcher: Dispatcher
    jobs: CallJobs
    hub: Hub
    relay: TextRelay
    journal: ActivityJournal
    signaling: Signaling
    revocations: RevocationWatch


def wire_conversations(platform: Platform, engine: MediaEngine) -> Conversations:
    """Connect the parts; nothing runs yet. `jobs` is the listener of `engine`."""
    database, clock, ids = platform.database, platform.clock, platform.ids
    mailboxes = Mailboxes(database, clock, (CALLS, DIALOGS, CONFERENCES), Command, lambda: dispatcher.hint())
    ring_timeout = timedelta(seconds=platform.settings.ring_timeout_seconds)
    calls = CallService(database, mailboxes, engine, clock, ids, ring_timeout)
    journal = ActivityJournal(database, clock, timedelta(days=platform.settings.user_activity_days))
    conferences = ConferenceService(mailboxes, engine, ids, platform.settings.room_participants)
    relay = TextRelay(clock)
    service = SignalingService(calls, conferences, relay, clock)
    hub = Hub(database, calls, service, clock, ids, journal, relay)
    dispatcher = Dispatcher(database, outbox.SIGNALING, hub.deliver)
    jobs = CallJobs(database, mailboxes, ids)
    jobs.attach(engine, hub, audience=hub)
    platform.revocations.attach(hub)
    turn = TurnServers(platform.settings.turn_urls, platform.settings.turn_secret)
    return Conversations(
        mailboxes=mailboxes,
        dispatcher=dispatcher,
        jobs=jobs,
        hub=hub,
        relay=relay,
        journal=journal,
        signaling=Signaling(hub, platform.tokens, turn, clock),
        revocations=RevocationWatch(database, platform.revocations, clock),
    )


@asynccontextmanager
async def conversing(conversations: Conversations, *, workers_stay: bool) -> AsyncIterator[None]:
    """Carry out commands, pass deadlines and deliver events, until this is left.

    The sessions are known already (`Hub.restore`): before a worker reports what concerns them. When this is left, they
    end with the workers, or stay like these for the next process.
    """
    await conversations.jobs.recover()
    await conversations.revocations.look()
    work = [
        asyncio.create_task(conversations.mailboxes.run_deadlines(), name="deadlines"),
        asyncio.create_task(conversations.dispatcher.run(), name="signaling's outbox"),
        asyncio.create_task(conversations.hub.run_graces(), name="sessions that are away"),
        asyncio.create_task(conversations.relay.run_deadlines(), name="texts that nobody confirms"),
        asyncio.create_task(conversations.revocations.run(), name="what others revoke"),
        asyncio.create_task(conversations.journal.run(), name="user activity"),
        asyncio.create_task(conversations.journal.run_forgetting(), name="old user activity"),
    ]
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        if not workers_stay:
            conversations.hub.end_all()
        with contextlib.suppress(Unavailable):  # then the next start will say that they have ended
            await conversations.journal.write()
        await conversations.mailboxes.close()


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Let `work` run until this is left."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def build_app(
    platform: Platform,
    routers: Iterable[APIRouter] = (),
    checks: Mapping[str, Check] | None = None,
    figures: Iterable[Source] = (),
) -> FastAPI:
    """The HTTP and WebSocket application of `platform`, which stays open as long as this is used.

    `routers`, `checks` and `figures` are those of the parts that only a serving node has. Raises `OperationUnknown`.
    """

    async def database_is_writable() -> str:
        await platform.database.write(_touch)
        return "Writable."

    demo = platform.settings.demo
    public = [
        auth_routes(platform.authentication),
        api_key_routes(platform.accounts, platform.clock),
        token_routes(platform.identities),
        user_activity_routes(UserActivity(platform.database)),
        push_configuration_routes(platform.push_configurations),
        provisioning_routes(platform.provisioning),
        capture_routes(platform.captures),
        recording_routes(platform.recordings),
        call_history_routes(CallHistory(platform.database, room_names)),
        link_routes(platform.links, platform.settings.public_url),
        configuration_routes(platform.link_configurations),
        image_routes(platform.link_images),
        subdomain_routes(platform.subdomains),
        *routers,
    ]
    if demo:
        public.append(demo_token_routes(platform.identities, platform.accounts))
    return assemble(
        gate=_gate(platform),
        ids=platform.ids,
        routers=public,
        checks={"database": database_is_writable, **(checks or {})},
        figures=(platform.database.figures, partial(_stored_figures, platform), *figures),
        home=SHOWCASE if demo else None,
        public_url=platform.settings.public_url,
    )


def _gate(platform: Platform) -> Gate:
    return Gate(
        authenticators={
            Scheme.API_KEY: platform.authentication.authenticate_key,
            Scheme.BASIC: platform.authentication.authenticate_user,
            Scheme.IBSSO: platform.authentication.authenticate_ibsso,
            Scheme.OAUTH2: platform.authentication.authenticate_oauth2,
            Scheme.WEBRTC_TOKEN: platform.identities.authenticate_token,
        },
        limits=RateLimits({name: Limit.parse(limit) for name, limit in platform.settings.rate_limits.items()}),
        idempotency=Idempotency(ReceiptStore(platform.database, platform.clock)),
        clock=platform.clock,
    )


async def _stored_figures(platform: Platform) -> list[Figure]:
    now = platform.clock.now()
    return await platform.database.read(
        lambda connection: [
            *outbox.figures(connection, now),
            *call_figures(connection),
            *conference_figures(connection),
        ]
    )


def _touch(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))  # the transaction around it has already taken the write lock


def worker_command(settings: Settings, number: int) -> tuple[str, ...]:
    """The program of one media worker, with its arguments, for those who start it themselves."""
    return worker_program(_worker_config(settings), number)


def _worker_config(settings: Settings) -> WorkerConfig:
    return WorkerConfig(
        binary=settings.worker_binary,
        directory=settings.data_dir / "workers",
        addresses=settings.media_addresses or announced_addresses(),
        count=settings.workers,
        first_udp_port=settings.media_udp_port,
        external=settings.workers_external,
        log_level=settings.log_level,
    )


@asynccontextmanager
async def running(platform: Platform) -> AsyncIterator[FastAPI]:
    """What only a serving node has, started around the application that uses it, and stopped in reverse order.

    Requests and WebSockets have ended when this is left.
    """
    supervisor = WorkerSupervisor(
        _worker_config(platform.settings),
        epoch=await platform.database.write(next_epoch),
        build=__version__,
        clock=platform.clock,
        ids=platform.ids,
    )
    conversations = wire_conversations(platform, supervisor)

    async def workers_are_connected() -> str:
        workers = supervisor.status()
        connected = sum(worker.state is WorkerState.CONNECTED for worker in workers)
        if connected == 0:
            raise Unavailable("No media worker is connected.")
        return f"{connected} of {len(workers)} connected."

    packets = socket_directory(platform.settings.data_dir / "workers") / "packets"
    inspection = Inspection(supervisor, packets, platform.clock, platform.ids)
    await conversations.hub.restore()
    await supervisor.start(conversations.jobs)
    try:
        workers_stay = platform.settings.workers_external
        async with (
            conversing(conversations, workers_stay=workers_stay),
            beside(platform.blobs.run(), "files to delete"),
        ):
            yield build_app(
                platform,
                routers=[
                    conversations.signaling.router(),
                    operator_routes(inspection, OperatorsOnly(load_secret_key(platform.settings))),
                ],
                checks={"media workers": workers_are_connected},
                figures=[conversations.hub.figures, supervisor.figures],
            )
    finally:
        await supervisor.stop()


async def openapi_document() -> dict[str, Any]:
    """The description of the public REST API, made without touching any data."""
    settings = Settings(database_url="sqlite://", storage_url="memory://")
    async with wired(settings, Secret(""), SystemClock(), RandomIds()) as platform:
        return build_app(platform).openapi()


def _https(settings: Settings, now: datetime) -> dict[str, Any]:
    """Uvicorn's arguments for HTTPS; none for plain HTTP. Raises `CertificateUnusable`."""
    if settings.tls_self_signed:
        used = self_signed_certificate(settings.data_dir, settings.host_names(), now)
    elif settings.tls_cert and settings.tls_key:
        used = load_certificate(settings.tls_cert, settings.tls_key)
    else:
        return {}
    # On localhost the header would turn every other server of this machine into HTTPS, whatever its port.
    headers = [] if used.self_signed or settings.local else [STRICT_TRANSPORT]
    return {"ssl_certfile": used.certificate_file, "ssl_keyfile": used.key_file, "headers": headers}


async def serve(settings: Settings, announce: Callable[[Settings, FirstStart | None], None]) -> None:
    """Run one node until SIGTERM or Ctrl-C; a second signal does not wait for open connections.

    `announce` is told, once the node can answer, the settings with the port that is really used, and what the first
    start has made. Raises `AddressUnavailable`, `CertificateUnusable`, `DataDirectoryTaken`, `SchemaTooNew`,
    `SecretKeyUnusable`, `StorageUnusable`, and `CancelledError` when SIGTERM comes before that; what has been started
    is stopped then, too.
    """
    starting = asyncio.current_task()
    assert starting is not None
    with listening(settings.host, settings.port) as listener:
        if settings.port == 0:
            settings = Settings(**{**settings.model_dump(exclude_unset=True), "port": listener.getsockname()[1]})
        lock = DataDirectoryLock(settings.data_dir)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)  # until `_Server` takes over
        try:
            https = _https(settings, SystemClock().now())
            async with open_platform(settings) as platform, running(platform) as app:
                chosen = settings.bootstrap_api_key
                first_start = await platform.accounts.bootstrap(Secret(chosen.get_secret_value()) if chosen else None)
                server = _Server(
                    uvicorn.Config(
                        app,
                        http=BoundedHttp,
                        ws="websockets-sansio",
                        ws_max_size=WEBSOCKET_LIMIT,
                        log_config=None,
                        access_log=False,  # it would hold addresses, and query strings with whatever people put there
                        server_header=False,
                        timeout_graceful_shutdown=GRACE_SECONDS,
                        **https,
                    )
                )
                announce(settings, first_start)
                await server.serve(sockets=[listener])
        finally:
            lock.release()


class _Server(uvicorn.Server):
    """Uvicorn raises the signal again when it has stopped, which would end the process before the parts are closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled = (signal.SIGINT, signal.SIGTERM)
        for number in handled:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
