"""The log in SQLite files on this machine: `claim` and GroupCommit write, SqliteLog reads."""

from desirepath.log.sqlite.appender import SqliteAppender, claim
from desirepath.log.sqlite.group import GroupCommit
from desirepath.log.sqlite.log import SqliteLog

__all__ = ["GroupCommit", "SqliteAppender", "SqliteLog", "claim"]
