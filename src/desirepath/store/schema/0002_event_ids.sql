-- Which record owns an event id: an event sent twice counts once. Kept 8 days, promised 7.
-- The id is a number here, not a UUID, because ClickHouse orders UUIDs by their second half. As
-- numbers, ids that begin with their time (UUIDv7) are neighbours: a third of the disk, and a
-- look-up of new ids touches only the end of the table.
CREATE TABLE IF NOT EXISTS event_ids
(
    project LowCardinality(String),
    id UInt128,
    log_id UUID,
    log_shard UInt16,
    log_offset UInt64 CODEC(Delta, ZSTD(1)),
    day Date
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY id
TTL day + 8
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    auto_statistics_types = '',
    non_replicated_deduplication_window = 0,
    min_rows_to_fsync_after_merge = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    default_compression_codec = 'ZSTD(1)'
