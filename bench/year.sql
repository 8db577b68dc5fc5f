-- Events number {first} to {first} + {rows} of {total}, spread evenly over the 365 days up to
-- {end} (Unix seconds). The same numbers make the same events, event ids aside.
-- So many visits run side by side that one has an event about every 30 seconds; each has 1 to 8.
INSERT INTO events (
    project, log_id, log_shard, log_offset, surface, type, event_id, time, received_at, expires_at,
    actor, actor_kind, user_id, anonymous_id, session_id, page_url, host, path, title, section,
    referrer, referrer_host, utm_source, utm_medium, utm_campaign, device_type, os, browser,
    ua_device, ua_os, ua_os_version, ua_browser, ua_browser_version, language, country, region,
    city, bot, bot_layer, bot_name, element_key, element_tag, element_text, x, y, viewport_w,
    viewport_h, first_response_ms, error_name, error_message, error_source, error_line, error_col,
    error_stack, error_group, load_ms, dom_content_loaded_ms, properties
)
WITH
    number AS n,
    365 * 86400 / {total:UInt64} AS step, -- seconds from one event to the next
    greatest(1, toUInt64(30 / step)) AS side, -- visits side by side
    intDiv(n, side * 8) * side + n % side AS lane,
    intDiv(n % (side * 8), side) AS place,
    1 + cityHash64(lane, 1) % 8 AS length,
    cityHash64(lane, intDiv(place, length)) AS visit,
    place % length AS nth,
    -- Numbers between 0 and 1; of the visit, and of the event.
    cityHash64(visit, 2) / 18446744073709551616. AS v1,
    cityHash64(visit, 3) / 18446744073709551616. AS v2,
    cityHash64(visit, 4) / 18446744073709551616. AS v3,
    cityHash64(n, 5) / 18446744073709551616. AS e1,
    cityHash64(n, 6) / 18446744073709551616. AS e2,
    cityHash64(n, 7) / 18446744073709551616. AS e3,
    toUInt64({total:UInt64} / 60 * pow(v1, 2)) AS person, -- a few come very often
    multiIf(v2 < 0.6, 'daily', v2 < 0.9, 'anonymous', 'user') AS kind,
    multiIf(
        nth = 0 OR e1 < 0.45, 'page_view', e1 < 0.75, 'click', e1 < 0.9, 'performance',
        e1 < 0.93, 'error', e1 < 0.97, 'add_to_cart', 'sign_up'
    ) AS what,
    toUInt64(2000 * pow(e2, 3)) AS page,
    toUInt64(40 * pow(v3, 2)) AS origin,
    toUInt64(30 * pow(v1, 2)) AS land,
    toUInt64(5 * v3) AS agent,
    toUInt64(300 * pow(e3, 4)) AS fault,
    toDateTime64({end:UInt64}, 3, 'UTC') - toIntervalMillisecond(
        toUInt64(1000 * ({total:UInt64} - n - e3) * step)
    ) AS moment
SELECT
    multiIf(v2 * 10 % 1 < 0.6, 'large', v2 * 10 % 1 < 0.9, 'middle', 'small'),
    toUUID('00000000-0000-4000-8000-000000000001'), 0, n,
    'trackflow', what, generateUUIDv7(), moment, moment + toIntervalMillisecond(120), '2149-01-01',
    multiIf(
        kind = 'daily', lower(hex(sipHash128(visit, 9))), concat(kind, '-', toString(person))
    ),
    kind,
    if(kind = 'user', concat('user-', toString(person)), ''),
    if(kind = 'anonymous', concat('anonymous-', toString(person)), ''),
    lower(hex(sipHash128(visit, 8))),
    concat('https://shop.example/products/', toString(page)), 'shop.example',
    concat('/products/', toString(page)), concat('Product number ', toString(page)),
    ['home', 'products', 'guides', 'help', 'account'][page % 5 + 1],
    if(nth = 0 AND origin > 8, concat('https://site-', toString(origin), '.example/'), ''),
    if(nth = 0 AND origin > 8, concat('site-', toString(origin), '.example'), ''),
    if(nth = 0 AND origin > 30, ['newsletter', 'ads', 'social'][origin % 3 + 1], ''),
    if(nth = 0 AND origin > 30, ['email', 'cpc', 'post'][origin % 3 + 1], ''),
    if(nth = 0 AND origin > 30, concat('campaign-', toString(origin)), ''),
    ['desktop', 'mobile', 'mobile', 'desktop', 'tablet'][agent + 1],
    ['Windows', 'iOS', 'Android', 'Mac OS X', 'Android'][agent + 1],
    ['Chrome', 'Mobile Safari', 'Chrome Mobile', 'Firefox', 'Samsung Internet'][agent + 1],
    ['desktop', 'mobile', 'mobile', 'desktop', 'tablet'][agent + 1],
    ['Windows', 'iOS', 'Android', 'Mac OS X', 'Android'][agent + 1],
    ['10', '18.5', '15', '10.15', '14'][agent + 1],
    ['Chrome', 'Mobile Safari', 'Chrome Mobile', 'Firefox', 'Samsung Internet'][agent + 1],
    concat(toString(130 + toUInt64(v1 * 12)), '.0'),
    ['de-DE', 'en-US', 'fr-FR', 'en-GB'][land % 4 + 1],
    concat(char(65 + land % 26), char(65 + land * 7 % 26)), '', concat('City ', toString(land * 8)),
    v3 < 0.08, if(v3 < 0.08, 'agent', ''), if(v3 < 0.08, 'Examplebot', ''),
    if(what = 'click', concat('button.key-', toString(page % 40)), ''),
    if(what = 'click', 'BUTTON', ''),
    if(what = 'click', concat('Button ', toString(page % 40)), ''),
    if(what = 'click', toInt32(1400 * e3), NULL), if(what = 'click', toInt32(3000 * e2), NULL),
    1440, 900,
    if(what = 'click', toUInt32(40 / (0.05 + e3)), NULL),
    if(what = 'error', 'TypeError', ''),
    if(what = 'error', concat('undefined is not an object: number ', toString(fault)), ''),
    if(what = 'error', 'https://shop.example/app.js', ''),
    if(what = 'error', 10 + fault, NULL), if(what = 'error', 7, NULL),
    if(what = 'error',
       repeat(concat('at render (https://shop.example/app.js:', toString(fault), ':7)\n'), 8), ''),
    if(what = 'error', lower(hex(sipHash64(fault))), ''),
    -- Two rolls together: a long tail, as load times have.
    if(what = 'performance', round(300 + 900 * e2 / (1.05 - e3)), NULL),
    if(what = 'performance', round(150 + 400 * e2 / (1.05 - e3)), NULL),
    if(what = 'page_view', concat('{"title":"Product number ', toString(page), '"}'), '')
FROM numbers({first:UInt64}, {rows:UInt64})
SETTINGS
    max_block_size = 20000, min_insert_block_size_rows = 200000, min_insert_block_size_bytes = 0,
    async_insert = 0, insert_deduplicate = 0
