"""Where the platform's truth lives: one database, reached through synchronous functions on a connection.

`Database` runs them, `metadata` names every table, `migrations/` brings a database to this release's schema. Services
pass a `Connection` from one store to the next; what can be done with it, only stores know.
"""

from sqlalchemy import Connection

from ringback.storage.database import Database, DataDirectoryLock, DataDirectoryTaken, SchemaTooNew
from ringback.storage.schema import UtcDateTime, metadata

__all__ = [
    "Connection",
    "DataDirectoryLock",
    "DataDirectoryTaken",
    "Database",
    "SchemaTooNew",
    "UtcDateTime",
    "metadata",
]
