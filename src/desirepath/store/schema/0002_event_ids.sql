-- Which record owns an event id: an event sent twice counts once. Kept 8 days, promised 7.
-- A UUID is ordered here as a number because ClickHouse orders UUIDs by their second half, and
-- ids that begin with their time (UUIDv7) are then neighbours: smaller, and found with fewer reads.
CREATE TABLE IF NOT EXISTS event_ids
(
    project LowCardinality(String),
    event_id UUID,
    log_id UUID,
    log_shard UInt16,
    log_offset UInt64 CODEC(Delta, ZSTD(1)),
    day Date
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY toUInt128(event_id)
TTL day + 8
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    non_replicated_deduplication_window = 0,
    min_rows_to_fsync_after_merge = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    default_compression_codec = 'ZSTD(1)'
