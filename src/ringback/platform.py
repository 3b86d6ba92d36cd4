"""The parts of a node that need only its data: opened alike by `serve` and by the offline commands."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ringback.accounts import Accounts, Authentication
from ringback.accounts.passwords import Passwords
from ringback.accounts.provisioning import Provisioning
from ringback.captures import Captures
from ringback.captures.store import storage_used as captures_size
from ringback.identities import Identities, Revocations, TokenVerifier
from ringback.identities.tokens import TokenSigner
from ringback.kernel.clock import Clock, SystemClock
from ringback.kernel.errors import RingbackError
from ringback.kernel.ids import Ids, RandomIds, new_slug
from ringback.kernel.redaction import Secret
from ringback.links import CallLinks
from ringback.links.configurations import LinkConfigurations
from ringback.links.images import LinkImages
from ringback.links.images.store import storage_used as link_images_size
from ringback.links.subdomains import Subdomains
from ringback.push import Certificates, PushConfigurations
from ringback.quarantine.pictures import Pictures
from ringback.recordings import Recordings
from ringback.settings import KEY_FILE, SECRET_KEY_LENGTH, Settings
from ringback.storage import Connection, Database
from ringback.storage.audit import AuditLog
from ringback.storage.blob_store import open_blob_store
from ringback.storage.blobs import Blobs
from ringback.storage.encryption import Encryption


class SecretKeyUnusable(RingbackError):
    """The installation's secret key cannot be used."""

    code = "SECRET_KEY_UNUSABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The parts of one node. Further parts become further fields, made in `open_platform`."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    audit: AuditLog
    encryption: Encryption
    blobs: Blobs
    captures: Captures
    accounts: Accounts
    authentication: Authentication
    provisioning: Provisioning
    identities: Identities
    tokens: TokenVerifier
    revocations: Revocations
    push_configurations: PushConfigurations
    recordings: Recordings
    links: CallLinks
    link_configurations: LinkConfigurations
    link_images: LinkImages
    subdomains: Subdomains


@asynccontextmanager
async def open_platform(
    settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None
) -> AsyncIterator[Platform]:
    """The parts on an existing or new data directory, with the schema of this release. Starts no server.

    Raises `SchemaTooNew`, `SecretKeyUnusable` and `StorageUnusable`.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret_key = load_secret_key(settings)
    async with wired(settings, secret_key, clock or SystemClock(), ids or RandomIds()) as platform:
        await asyncio.to_thread(platform.database.migrate)
        yield platform


@asynccontextmanager
async def wired(settings: Settings, secret_key: Secret, clock: Clock, ids: Ids) -> AsyncIterator[Platform]:
    database = Database(settings.database_url, clock)
    passwords = Passwords(clock)
    authentication = Authentication(database, clock, passwords)
    revocations = Revocations()
    tokens = TokenVerifier(secret_key, revocations)
    audit = AuditLog(secret_key, clock)
    encryption = Encryption(secret_key)
    pictures = Pictures()
    most_bytes = settings.storage_bytes_per_account
    try:
        blobs = Blobs(open_blob_store(settings.storage_url), database, clock)
        yield Platform(
            settings=settings,
            clock=clock,
            ids=ids,
            database=database,
            audit=audit,
            encryption=encryption,
            blobs=blobs,
            captures=Captures(database, blobs, pictures, clock, ids, files_size, most_bytes),
            accounts=Accounts(database, clock, ids, audit, passwords, authentication),
            authentication=authentication,
            provisioning=Provisioning(database, audit),
            identities=Identities(database, clock, ids, audit, TokenSigner(secret_key), tokens, revocations),
            tokens=tokens,
            revocations=revocations,
            push_configurations=PushConfigurations(database, clock, ids, audit, encryption, Certificates()),
            recordings=Recordings(database, audit, files_size),
            links=CallLinks(database, clock, partial(new_slug, settings.link_slug_length), audit, passwords),
            link_configurations=LinkConfigurations(database, clock, ids, audit, encryption),
            link_images=LinkImages(database, blobs, pictures, clock, ids, audit, files_size, most_bytes),
            subdomains=Subdomains(database, clock, ids, audit),
        )
    finally:
        await database.close()
        passwords.close()


def files_size(connection: Connection, account_id: str) -> int:
    """Bytes that all files of an account take."""
    return captures_size(connection, account_id) + link_images_size(connection, account_id)


def load_secret_key(settings: Settings) -> Secret:
    """The installation's secret key: from the settings, else from the data directory, where it is made when missing.

    Raises `SecretKeyUnusable` when the file does not hold a key.
    """
    if settings.secret_key is not None:
        return Secret(settings.secret_key.get_secret_value())
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(SECRET_KEY_LENGTH))
    key = path.read_text("utf-8", errors="replace").strip()
    if len(key) < SECRET_KEY_LENGTH:
        raise SecretKeyUnusable(f"{path} does not hold a secret key of {SECRET_KEY_LENGTH} characters or more.")
    return Secret(key)


def _write_once(path: Path, content: str) -> None:
    """Make `path`, whole or not at all; when another process is faster, its file stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # tokens signed with a key that a power cut forgets would all turn invalid
    finally:
        os.close(directory)
