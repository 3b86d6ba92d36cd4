"""Numbers the starts of a control plane, so that media workers obey the latest one only."""

from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, insert, update

from ringback.storage.schema import metadata

NODE: Final = "local"
"""The only node there is, until several share a database."""

nodes = Table("nodes", metadata, Column("name", String(64), primary_key=True), Column("epoch", Integer, nullable=False))


def next_epoch(connection: Connection) -> int:
    """A number higher than at every earlier start."""
    mine = nodes.c.name == NODE
    if connection.execute(update(nodes).where(mine).values(epoch=nodes.c.epoch + 1)).rowcount == 0:
        connection.execute(insert(nodes).values(name=NODE, epoch=1))
    return int(connection.execute(nodes.select().where(mine)).one().epoch)
