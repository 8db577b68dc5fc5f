-- The events under the column names of the TrackFlow specification, for tools that know it.
CREATE OR REPLACE VIEW trackflow_events AS
SELECT
    event_id,
    type AS event_type,
    time AS timestamp,
    project AS tenant_id,
    session_id,
    nullIf(user_id, '') AS user_id,
    page_url,
    nullIf(referrer, '') AS referrer,
    device_type,
    os,
    browser,
    nullIf(ip, '') AS ip_address,
    nullIf(country, '') AS country,
    nullIf(region, '') AS region,
    nullIf(city, '') AS city,
    properties,
    received_at
FROM events
WHERE surface = 'trackflow' AND expires_at > today()
