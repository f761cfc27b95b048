-- The triggers of triggers.yaml, each as one query over raw events, as an analyst writes it. DuckDB and ClickHouse take
-- the same text. `events` has the columns id, time, day, event, account, "user", feature, department, value, in order of
-- time. The check is at the end of 2025-12-31; a window of n days begins n - 1 days before.

-- trigger: many-reports-viewed
SELECT account FROM events
WHERE day >= '2025-12-02' AND event = 'report_viewed'
GROUP BY account HAVING count(*) >= 20;

-- trigger: shares-of-two-kinds
SELECT account FROM events
WHERE day >= '2025-12-04' AND event IN ('report_shared', 'dashboard_shared')
GROUP BY account HAVING count(*) >= 5;

-- trigger: a-few-exports
SELECT account FROM events
WHERE day >= '2025-12-18' AND event = 'export_viewed'
GROUP BY account HAVING count(*) BETWEEN 3 AND 10;

-- trigger: large-values
SELECT account FROM events
WHERE day >= '2025-11-02' AND event = 'report_created' AND value >= 250
GROUP BY account HAVING count(*) >= 2;

-- trigger: premium-features
SELECT account FROM events
WHERE day >= '2025-10-03' AND event = 'export_viewed' AND feature LIKE 'premium%'
GROUP BY account HAVING count(*) > 4;

-- trigger: two-departments-only
SELECT account FROM events
WHERE day >= '2025-11-17' AND event = 'template_viewed' AND department IN ('sales', 'marketing')
GROUP BY account HAVING count(*) >= 3;

-- trigger: five-people-on-dashboards
SELECT account FROM events
WHERE day >= '2025-12-04' AND event = 'dashboard_viewed'
GROUP BY account HAVING count(DISTINCT "user") >= 4;

-- trigger: people-behind-paywall
SELECT account FROM events
WHERE day >= '2025-12-18' AND event = 'paywall_viewed'
GROUP BY account HAVING count(DISTINCT "user") >= 2;

-- trigger: people-on-premium
SELECT account FROM events
WHERE day >= '2025-11-02' AND event IN ('report_viewed', 'export_viewed') AND feature = 'premium_sso'
GROUP BY account HAVING count(DISTINCT "user") >= 3;

-- trigger: anybody-this-week
SELECT account FROM events
WHERE day >= '2025-12-25'
GROUP BY account HAVING count(DISTINCT "user") >= 3;

-- trigger: comments-by-several
SELECT account FROM events
WHERE day >= '2025-12-02' AND event = 'comment_viewed'
GROUP BY account HAVING count(*) >= 10 AND count(DISTINCT "user") >= 3;

-- trigger: ten-days-of-reports
SELECT account FROM events
WHERE day >= '2025-12-02' AND event = 'report_viewed'
GROUP BY account HAVING count(DISTINCT day) >= 8;

-- trigger: days-in-a-quarter
SELECT account FROM events
WHERE day >= '2025-10-03'
GROUP BY account HAVING count(DISTINCT day) >= 30;

-- trigger: api-keys-on-days
SELECT account FROM events
WHERE day >= '2025-11-02' AND event = 'api_key_viewed'
GROUP BY account HAVING count(*) >= 8 AND count(DISTINCT day) >= 4;

-- trigger: integrations-days-and-people
SELECT account FROM events
WHERE day >= '2025-10-03' AND event = 'integration_viewed'
GROUP BY account HAVING count(DISTINCT day) >= 5 AND count(DISTINCT "user") >= 3;

-- trigger: features-tried
SELECT account FROM events
WHERE day >= '2025-12-02' AND event IN ('report_viewed', 'dashboard_viewed', 'export_viewed')
GROUP BY account HAVING count(DISTINCT feature) >= 9;

-- trigger: across-departments
SELECT account FROM events
WHERE day >= '2025-12-04' AND event = 'share_link_viewed'
GROUP BY account HAVING count(DISTINCT department) >= 3;

-- trigger: value-of-automations
SELECT account FROM events
WHERE day >= '2025-10-03' AND event = 'automation_viewed'
GROUP BY account HAVING sum(value) >= 1500;

-- trigger: value-in-sales
SELECT account FROM events
WHERE day >= '2025-11-02' AND event = 'report_viewed' AND department = 'sales'
GROUP BY account HAVING sum(value) > 2000.50;

-- trigger: reports-growing
SELECT account FROM events
WHERE day >= '2025-11-06' AND event = 'report_viewed'
GROUP BY account
HAVING count(*) FILTER (WHERE day < '2025-12-04') >= 5
   AND count(*) FILTER (WHERE day >= '2025-12-04') >= 1.5 * count(*) FILTER (WHERE day < '2025-12-04');

-- trigger: people-growing
SELECT account FROM events
WHERE day >= '2025-11-02'
GROUP BY account
HAVING count(DISTINCT "user") FILTER (WHERE day < '2025-12-02') >= 2
   AND count(DISTINCT "user") FILTER (WHERE day >= '2025-12-02')
       >= 1.5 * count(DISTINCT "user") FILTER (WHERE day < '2025-12-02');

-- trigger: value-growing
SELECT account FROM events
WHERE day >= '2025-10-03' AND event = 'dashboard_viewed'
GROUP BY account
HAVING sum(value) FILTER (WHERE day < '2025-11-17') >= 200
   AND sum(value) FILTER (WHERE day >= '2025-11-17') >= 2 * sum(value) FILTER (WHERE day < '2025-11-17');

-- trigger: usage-falling
SELECT account FROM events
WHERE day >= '2025-11-02'
GROUP BY account
HAVING count(*) FILTER (WHERE day < '2025-12-02') >= 40
   AND count(*) FILTER (WHERE day >= '2025-12-02') <= 0.4 * count(*) FILTER (WHERE day < '2025-12-02');

-- trigger: active-without-invites
SELECT account FROM events
WHERE day >= '2025-11-02'
GROUP BY account
HAVING count(*) >= 60 AND count(*) FILTER (WHERE event IN ('seat_invite_created', 'seat_invite_viewed')) = 0;

-- trigger: quiet-this-fortnight
SELECT account FROM events
WHERE day >= '2025-10-03'
GROUP BY account HAVING count(*) >= 30 AND max(day) < '2025-12-18';

-- trigger: premium-without-paywall
SELECT account FROM events
WHERE day >= '2025-11-02' AND feature IN ('premium_export', 'premium_sso', 'premium_roles')
  AND account NOT IN (SELECT account FROM events WHERE day >= '2025-12-02' AND event = 'paywall_viewed')
GROUP BY account HAVING count(*) >= 15;

-- trigger: any-sharing
SELECT account FROM events
WHERE day >= '2025-12-02' AND event IN ('share_link_created', 'comment_created')
GROUP BY account
HAVING count(*) FILTER (WHERE event = 'share_link_created') >= 4
    OR count(DISTINCT "user") FILTER (WHERE event = 'comment_created') >= 3;

-- trigger: two-signs-of-three
SELECT account FROM events
WHERE day >= '2025-10-03' AND event IN ('api_key_created', 'integration_created', 'automation_created')
GROUP BY account
HAVING (count(*) FILTER (WHERE event = 'api_key_created') >= 3)::INT
     + (count(*) FILTER (WHERE event = 'integration_created') >= 3)::INT
     + (count(DISTINCT day) FILTER (WHERE event = 'automation_created') >= 3)::INT >= 2;

-- trigger: builders-who-do-not-share
SELECT account FROM events
WHERE day >= '2025-12-02'
  AND event IN ('report_created', 'dashboard_created', 'report_shared', 'dashboard_shared')
GROUP BY account
HAVING count(*) FILTER (WHERE event IN ('report_created', 'dashboard_created')) >= 5
   AND count(*) FILTER (WHERE event = 'report_shared') < 2
   AND count(*) FILTER (WHERE event = 'dashboard_shared') < 2;

-- trigger: engineers-at-scale
SELECT account FROM events
WHERE day >= '2025-11-02'
  AND (department = 'engineering' OR event IN ('api_key_viewed', 'audit_viewed'))
GROUP BY account
HAVING count(*) FILTER (WHERE department = 'engineering' AND day >= '2025-12-02') >= 20
   AND count(DISTINCT "user") FILTER (WHERE department = 'engineering' AND day >= '2025-12-02') >= 2
   AND (count(*) FILTER (WHERE event = 'api_key_viewed' AND value >= 10 AND day >= '2025-12-02') >= 3
     OR count(*) FILTER (WHERE event = 'audit_viewed') >= 3);
