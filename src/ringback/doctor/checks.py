"""Facts in, findings out. Nothing is asked of the machine here."""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from ringback.doctor.facts import (
    ClockFacts,
    DataFacts,
    Facts,
    Listener,
    MediaFacts,
    ProgramFacts,
    ServerFacts,
    StorageFacts,
    TlsFacts,
)
from ringback.doctor.findings import Finding, ok, problem, warning
from ringback.media.addresses import announced, own

EXPIRES_SOON: Final = timedelta(days=14)
"""Certificates that are renewed by a program have been renewed long before."""

RELEASED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that says less has never been set."""

CLOCK_SLACK: Final = 2.0
"""Seconds that two clocks may be apart: HTTP tells whole ones, and asking takes time."""

DISK_LITTLE: Final = 1024**3
DISK_NOTHING: Final = 100 * 1024**2
"""Bytes. SQLite needs room beside the database to finish a transaction."""

FILES_FEW: Final = 8192
FILES_TOO_FEW: Final = 256
"""Open files: each connected SDK takes one; the server itself some dozens."""

RECEIVE_BUFFER: Final = 4 * 1024**2
"""Bytes that a worker asks for: 300 ms of packets at 100 Mbit/s."""

OLDEST_PYTHON: Final = (3, 11)


def examine(facts: Facts) -> list[Finding]:
    """What there is to say, in the order in which one would mend it."""
    return [
        *versions(facts.program, facts.data),
        pages(facts.program),
        port(facts.server),
        *media(facts.media, facts.server.listener is Listener.RINGBACK, facts.local),
        *tls(facts.tls, facts.clock.now),
        *clock(facts.clock, facts.server),
        *data(facts.data),
        storage(facts.storage),
        open_files(facts.program),
    ]


def versions(program: ProgramFacts, data: DataFacts) -> Iterator[Finding]:
    """Python, the media worker, and the schema of what is stored."""
    python = ".".join(map(str, program.python))
    if program.python < OLDEST_PYTHON:
        yield problem("Python", f"Version {python}.", "Ringback needs 3.11 or newer: install it, and Ringback into it.")
    else:
        yield ok("Python", f"Version {python}.")
    again = "Run `make build`." if program.in_checkout else "Install the ringback package again."
    if program.worker_says is None:
        subject, says = "Media worker", f"{program.worker_binary} cannot be run: {program.worker_error}."
        yield problem(subject, says, f"{again} Or set RINGBACK_WORKER_BINARY.")
    elif program.worker_says.rpartition(" ")[2] != program.version:
        says = f"{program.worker_binary} is {program.worker_says}, but this is Ringback {program.version}."
        yield warning("Media worker", says, again)
    else:
        yield ok("Media worker", f"{program.worker_says}, as Ringback.")
    if data.schema is None:
        yield ok("Stored data", "None yet, or not in SQLite.")
    elif data.schema > program.schema:
        says = f"Written by a newer release (schema {data.schema}, this one knows {program.schema})."
        yield problem("Stored data", says, "Install the newer release, or restore a backup from before it.")
    elif data.schema < program.schema:
        says = f"Schema {data.schema}; the next start of this release makes it {program.schema}."
        yield warning("Stored data", says, "Copy the data directory before the start: there is no way back.")
    else:
        yield ok("Stored data", f"Schema {data.schema}, as this release.")


def pages(program: ProgramFacts) -> Finding:
    """The built pages."""
    if program.pages_built:
        return ok("Pages", "Built.")
    again = "Run `make build`." if program.in_checkout else "Install the ringback package again."
    return problem("Pages", "The showcase is not there.", again)


def port(server: ServerFacts) -> Finding:
    """The TCP port of HTTP and signaling."""
    subject = f"TCP port {server.port}"
    match server.listener:
        case Listener.NOBODY:
            return ok(subject, f"Free on {server.host}.")
        case Listener.RINGBACK if server.failing:
            says = f"Ringback answers, but is not ready: {'; '.join(server.failing)}."
            return problem(subject, says, "Its log says why.")
        case Listener.RINGBACK:
            return ok(subject, "Ringback answers, and is ready.")
        case Listener.SOMEBODY_ELSE:
            remedy = f"Stop the other program (`ss -ltnp 'sport = {server.port}'` names it), or choose --port."
            return problem(subject, f"Another program has it on {server.host}.", remedy)
        case Listener.NOT_ALLOWED:
            remedy = "Choose a --port above 1023 and a --host of this machine."
            return problem(subject, f"Cannot listen on {server.host}: {server.refusal}.", remedy)


def media(media: MediaFacts, running: bool, local: bool) -> Iterator[Finding]:
    """Ports, the addresses in ICE candidates, and how much the system keeps while a worker is busy."""
    span = f"{media.ports[0]} to {media.ports[-1]}" if len(media.ports) > 1 else "".join(map(str, media.ports))
    subject = "Media ports" if len(media.ports) != 1 else "Media port"
    if not media.ports:
        yield ok(subject, "Chosen by the system at each start.")
    elif media.taken and running:
        yield ok(subject, f"{span}: in use, as they are while Ringback runs.")
    elif media.taken:
        says = f"{', '.join(map(str, media.taken))} in use, though no server of ours answers."
        remedy = "If it is a worker that was left running, the next start adopts it; else set RINGBACK_MEDIA_UDP_PORT."
        yield warning(subject, says, remedy)
    else:
        yield ok(subject, f"{span}: free. Firewalls have to let UDP through, and TCP for clients that cannot use UDP.")
    yield _announced(media, local)
    if media.receive_buffer_limit is None or media.receive_buffer_limit >= RECEIVE_BUFFER:
        says = "Cannot be read here." if media.receive_buffer_limit is None else "As large as a worker asks for."
        yield ok("UDP buffers", says)
    else:
        says = f"Limited to {media.receive_buffer_limit} bytes: packets are lost while a worker is busy."
        yield warning("UDP buffers", says, f"As root: sysctl -w net.core.rmem_max={RECEIVE_BUFFER}")


def _announced(media: MediaFacts, local: bool) -> Finding:
    subject = "ICE addresses"
    listed = ", ".join(media.addresses)
    parsed = [ipaddress.ip_address(announced(address)) for address in media.addresses]
    if any(address.is_unspecified or address.is_multicast for address in parsed):
        return problem(subject, f"{listed}: clients cannot send there.", "Name real ones in RINGBACK_MEDIA_ADDRESSES.")
    if media.foreign:
        says = f"This machine does not have {', '.join(media.foreign)}: no worker can listen there."
        remedy = (
            "Correct RINGBACK_MEDIA_ADDRESSES; `ip address` lists what there is. "
            f"If a NAT translates it into one of those, give both: {media.foreign[0]}={media.default}"
        )
        return problem(subject, says, remedy)
    if all(address.is_loopback or address.is_link_local for address in parsed):
        says = f"Only {listed}: clients on other machines get no media."
        remedy = "Connect this machine to a network, or name an address of it in RINGBACK_MEDIA_ADDRESSES."
        return (warning if local else problem)(subject, says, remedy)
    told = [
        f"{announced(address)} (arriving at {own(address)}: the NAT has to pass on the media ports, unchanged)"
        if "=" in address
        else address
        for address in media.addresses
    ]
    return ok(subject, f"{', '.join(told)}.")


def tls(tls: TlsFacts, now: datetime) -> Iterator[Finding]:
    """Whether browsers will trust us with cameras."""
    subject = "HTTPS"
    if not tls.wanted:
        if tls.public_https:
            yield ok(subject, f"Left to the proxy at {tls.public_host}.")
        elif tls.cameras_work:
            yield ok(subject, "Not needed on this machine itself.")
        else:
            says = f"Off: browsers refuse cameras and microphones at http://{tls.public_host}."
            remedy = "Use --tls-cert with --tls-key, --tls-self-signed, or a proxy with TLS and RINGBACK_PUBLIC_URL."
            yield warning(subject, says, remedy)
        return
    if tls.error is not None:
        yield problem(subject, tls.error, "Correct RINGBACK_TLS_CERT and RINGBACK_TLS_KEY.")
    elif tls.certificate is None:
        yield ok(subject, "The next start makes a self-signed certificate.")
    else:
        certificate = tls.certificate
        kind = "Self-signed certificate" if certificate.self_signed else "Certificate"
        again = "Start again: that makes a new one." if certificate.self_signed else "Renew it, and start again."
        ends = f"{certificate.ends:%Y-%m-%d}"
        if certificate.ends <= now:
            yield problem(subject, f"{kind} ended on {ends}.", again)
        elif not certificate.covers(tls.public_host):
            remedy = again if certificate.self_signed else "Get one for this name, or correct RINGBACK_PUBLIC_URL."
            yield problem(subject, f"{kind} is not for {tls.public_host}.", remedy)
        elif certificate.ends - now < EXPIRES_SOON:
            yield warning(subject, f"{kind} ends on {ends}.", again)
        else:
            yield ok(subject, f"{kind} for {tls.public_host}, until {ends}.")
    if tls.key_mode is not None and tls.key_mode & 0o077:
        says = f"Others on this machine can read the key (mode {tls.key_mode:03o})."
        yield warning("HTTPS key", says, "chmod 600 the file, and let the user that runs Ringback own it.")


def clock(clock: ClockFacts, server: ServerFacts) -> Iterator[Finding]:
    """Tokens and certificates are worth what the clock is worth."""
    subject = "Clock"
    synchronize = "Let it be synchronized: timedatectl set-ntp true"
    if clock.now < RELEASED:
        yield problem(subject, f"Says {clock.now:%Y-%m-%d}: tokens and certificates will not be valid.", synchronize)
    elif clock.data_written is not None and clock.data_written - clock.now > timedelta(minutes=1):
        says = f"Behind the last change of the database ({clock.data_written:%Y-%m-%d %H:%M} UTC): it was set back."
        yield problem(subject, says, synchronize)
    elif abs(clock.wall_seconds - clock.monotonic_seconds) > CLOCK_SLACK:
        gap = clock.wall_seconds - clock.monotonic_seconds
        yield warning(subject, f"Jumped by {gap:+.0f} s during this examination.", synchronize)
    else:
        yield ok(subject, f"{clock.now:%Y-%m-%d %H:%M} UTC, and steady.")
    if server.date is not None and server.asked_at is not None:
        gap = (server.date - server.asked_at).total_seconds()
        if abs(gap) > CLOCK_SLACK:
            says = f"The running server's is {gap:+.0f} s from ours."
            yield warning("Clock of the server", says, f"{synchronize} (on both machines)")
        else:
            yield ok("Clock of the server", "As ours.")


def data(data: DataFacts) -> Iterator[Finding]:
    """The data directory and the secret key in it."""
    where = str(data.directory)
    free = f"{data.free_bytes / 1024**3:.1f} GiB free"
    room = "Make room, or choose another --data-dir."
    if not data.writable:
        owner = "Give it to the user that runs Ringback, or choose another --data-dir."
        yield problem("Data directory", f"{where} cannot be {'written' if data.exists else 'made'}.", owner)
    elif data.free_bytes < DISK_NOTHING:
        yield problem("Data directory", f"{where}: {free}.", room)
    elif data.free_bytes < DISK_LITTLE:
        yield warning("Data directory", f"{where}: {free}.", room)
    else:
        yield ok("Data directory", f"{where}: {free}.")
    if data.secret_key_set:
        yield ok("Secret key", "From RINGBACK_SECRET_KEY.")
    elif data.secret_key_mode is None:
        yield ok("Secret key", "The first start makes one.")
    elif data.secret_key_mode & 0o077:
        says = f"Others on this machine can read it (mode {data.secret_key_mode:03o}), and make tokens with it."
        remedy = f"chmod 600 {data.secret_key_file}; if somebody did, replace it: that ends all tokens."
        yield problem("Secret key", says, remedy)
    else:
        yield ok("Secret key", "Only its owner can read it.")


def storage(storage: StorageFacts) -> Finding:
    """Where files are kept."""
    if storage.error is None:
        return ok("Storage", f"{storage.url}.")
    remedy = "Correct RINGBACK_STORAGE_URL; a bucket takes its credentials and address from the environment (AWS_…)."
    return problem("Storage", f"Nothing can be written to {storage.url}: {storage.error.rstrip('.')}.", remedy)


def open_files(program: ProgramFacts) -> Finding:
    """How many connections the process may hold."""
    remedy = "In the shell: ulimit -n 65536; under systemd: LimitNOFILE=65536"
    says = f"{program.open_files} allowed; each connected SDK takes one."
    if program.open_files < FILES_TOO_FEW:
        return problem("Open files", says, remedy)
    if program.open_files < FILES_FEW:
        return warning("Open files", says, remedy)
    return ok("Open files", f"{program.open_files} allowed.")
