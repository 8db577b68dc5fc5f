-- Events that were not taken, scrubbed, so that they can be read back for 7 days.
CREATE TABLE IF NOT EXISTS refused
(
    project LowCardinality(String),
    log_id UUID,
    log_shard UInt16,
    log_offset UInt64 CODEC(Delta, ZSTD(1)),
    reason LowCardinality(String),
    field LowCardinality(String),
    message String,
    surface LowCardinality(String),
    event_id_text String,
    position UInt32, -- of the event in its batch, from 0
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    expires_at Date,
    body String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (project, received_at)
TTL expires_at
SETTINGS
    non_replicated_deduplication_window = 0,
    min_rows_to_fsync_after_merge = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    default_compression_codec = 'ZSTD(1)'
