"""The store: ClickHouse, embedded or a server, always over its HTTP protocol."""
