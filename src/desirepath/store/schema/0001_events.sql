-- One wide table for every surface. A column that a row does not fill costs next to nothing.
CREATE TABLE IF NOT EXISTS events
(
    -- whose, and which record of the log it came from: exactly once by identity
    project LowCardinality(String),
    log_id UUID,
    log_shard UInt16,
    log_offset UInt64 CODEC(Delta, ZSTD(1)),

    -- what and when
    surface LowCardinality(String),
    type LowCardinality(String),
    event_id UUID,
    event_id_text String,
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    time_original Nullable(DateTime64(3, 'UTC')),
    time_clamped Bool,
    expires_at Date,

    -- who
    actor String,
    actor_kind LowCardinality(String),
    user_id String,
    anonymous_id String,
    session_id String,
    application LowCardinality(String),

    -- where on the site
    page_url String,
    host LowCardinality(String),
    path String,
    title String,
    section LowCardinality(String),
    referrer String,
    referrer_host LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    utm_term LowCardinality(String),
    utm_content LowCardinality(String),

    -- device, as the client says and as the User-Agent header says
    device_type LowCardinality(String),
    os LowCardinality(String),
    browser LowCardinality(String),
    ua_device LowCardinality(String),
    ua_os LowCardinality(String),
    ua_os_version LowCardinality(String),
    ua_browser LowCardinality(String),
    ua_browser_version LowCardinality(String),
    language LowCardinality(String),

    -- place
    ip String,
    country LowCardinality(String),
    region LowCardinality(String),
    city LowCardinality(String),

    -- bots are flagged, explained and kept
    bot Bool,
    bot_layer LowCardinality(String),
    bot_name LowCardinality(String),
    bot_purpose LowCardinality(String),
    bot_pattern LowCardinality(String),

    -- clicks
    element_key String,
    element_type LowCardinality(String),
    element_tag LowCardinality(String),
    element_id String,
    element_text String,
    element_href String,
    element_action LowCardinality(String),
    element_value String,
    x Nullable(Int32),
    y Nullable(Int32),
    screen_x Nullable(Int32),
    screen_y Nullable(Int32),
    element_x Nullable(Int32),
    element_y Nullable(Int32),
    rx Nullable(UInt16),
    ry Nullable(UInt16),
    viewport_w UInt32,
    viewport_h UInt32,
    document_w UInt32,
    document_h UInt32,
    scroll_x UInt32,
    scroll_y UInt32,
    fixed Bool,
    scroll_container String,
    layout_signature LowCardinality(String),
    first_response_ms Nullable(UInt32),
    response_kind LowCardinality(String),
    workflow_id String,
    agent_id String,
    previous_click String,
    time_from_previous Nullable(Float64),

    -- search results, posts, components
    object_id String,
    query String,
    query_id String,
    variant LowCardinality(String),
    rank Nullable(Int32),
    results_count Nullable(Int64),
    response_ms Nullable(Float64),
    source LowCardinality(String),
    component LowCardinality(String),
    duration_ms Nullable(Float64),
    scroll_depth Nullable(Float64),

    -- errors
    error_name LowCardinality(String),
    error_message String,
    error_source String,
    error_line Nullable(Int64),
    error_col Nullable(Int64),
    error_stack String,
    error_group LowCardinality(String),

    -- performance
    load_ms Nullable(Float64),
    dom_content_loaded_ms Nullable(Float64),

    -- access logs
    http_method LowCardinality(String),
    http_status UInt16,

    properties String,
    extra JSON(max_dynamic_paths = 64),

    INDEX idx_tenant_type_time (project, type, time) TYPE minmax,
    INDEX idx_session (session_id) TYPE bloom_filter,
    INDEX idx_user (user_id) TYPE bloom_filter,
    INDEX idx_error_type (type) TYPE set(10),
    INDEX idx_performance (type) TYPE set(10),
    INDEX idx_log (log_offset) TYPE minmax
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (project, type, toStartOfHour(time), session_id, time)
TTL expires_at
SETTINGS
    -- Identity is ours (log_id, log_shard, log_offset): content deduplication drops equal blocks.
    non_replicated_deduplication_window = 0,
    -- A merged part is on disk before the parts it came from are gone.
    min_rows_to_fsync_after_merge = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    default_compression_codec = 'ZSTD(1)',
    -- A part of one event costs by the column: one compressed block for all of them, and no
    -- statistics that nobody asks for (a lone event is visible in 12 ms instead of 17).
    compress_per_column_in_compact_parts = 0,
    -- 1,000 events of 250 distinct keys each made one merge take 27 s and 950 MB with the default
    -- (ClickHouse #108992); so it is 1 s.
    object_shared_data_serialization_version = 'map_with_buckets',
    auto_statistics_types = ''
