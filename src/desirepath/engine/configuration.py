"""What ClickHouse is told at its start: two files in the store's folder, written anew each time.

Roles live here because an embedded ClickHouse has no place to keep users made by SQL. Every
connection is the user `default`, which has nothing of its own; it takes one of the two roles.
"""

import os
from pathlib import Path

from desirepath.engine.options import EngineOptions, MiB

CONFIGURATION = "engine.xml"
_USERS = "engine-users.xml"

# Defaults are for servers: 128 threads of input and output where 44 threads in all do, and caches
# of 5 GB. What each is worth stands in docs/decisions/engine-process.md.
_SETTINGS = {
    "max_thread_pool_size": 400,
    "max_io_thread_pool_size": 16,
    "index_mark_cache_size": 8 * MiB,
    "primary_index_cache_size": 32 * MiB,
    "query_condition_cache_size": 8 * MiB,
    "compiled_expression_cache_size": 8 * MiB,
}

_ACCESS = """
<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <roles>
    <loader><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></loader>
    <reader><grants><query>GRANT SELECT, SHOW, dictGet ON *.*</query></grants></reader>
  </roles>
  <users><default>
    <password/>
    <networks><ip>127.0.0.1</ip><ip>::1</ip><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <grants><query>GRANT loader</query><query>GRANT reader</query></grants>
  </default></users>
</clickhouse>
"""


def write(options: EngineOptions) -> None:
    """Write both files; the process's folder must be the store's."""
    values = _SETTINGS | {
        "max_server_memory_usage": options.memory,
        "mark_cache_size": options.mark_cache,
    }
    lines = [f"  <{name}>{value}</{name}>" for name, value in values.items()]
    lines.append(f"  <users_config>{_USERS}</users_config>")
    _write(CONFIGURATION, "\n".join(["<clickhouse>", *lines, "</clickhouse>", ""]))
    _write(_USERS, _ACCESS)


def _write(name: str, text: str) -> None:
    partial = Path(f"{name}.new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(name)
