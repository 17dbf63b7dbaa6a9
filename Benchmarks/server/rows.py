"""The rows that both sides serve: one organisation's tickets and the people who may read them."""

from cluster import Cluster

ORGANIZATION = 1
PASSWORD = "correct horse battery staple"
# Ticket ids begin here, without gaps.
FIRST_TICKET = 1
USERS = 8

# The users' hash is the same as both sides would make themselves: Argon2id, 19 MiB, 2 passes, 1 lane.
FILL = """
INSERT INTO organizations (id, name) VALUES (:organization, 'Benchmark'), (:organization + 1, 'Another');
INSERT INTO users (id, username, email, password_hash)
    SELECT n, 'agent-' || n, 'agent-' || n || '@example.com', :'hash' FROM generate_series(1, :users) AS n;
INSERT INTO memberships (organization_id, user_id, role)
    SELECT :organization, n, 'admin' FROM generate_series(1, :users) AS n;
INSERT INTO teams (organization_id, name) SELECT :organization, t FROM unnest(ARRAY['Billing', 'Technical', 'Accounts', 'Shipping']) AS t;
INSERT INTO index_sources (organization_id, kind, log_floor) SELECT :organization, k, 1 FROM unnest(ARRAY['kb', 'decided']) AS k
    ON CONFLICT DO NOTHING;

-- Subjects of about 60 characters and bodies of about 600, from a fixed vocabulary in an order that only depends on the id.
CREATE TEMPORARY TABLE words AS SELECT * FROM unnest(ARRAY[
    'refund', 'invoice', 'order', 'payment', 'account', 'password', 'delivery', 'parcel', 'address', 'error', 'login', 'update',
    'payout', 'seller', 'question', 'yesterday', 'the', 'has', 'not', 'arrived', 'shows', 'wrong', 'amount', 'please', 'since',
    'customer', 'charged', 'twice', 'system', 'cannot', 'change']) WITH ORDINALITY AS w (word, number);
CREATE FUNCTION pg_temp.sentence(seed bigint, length integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(word, ' ' ORDER BY n) FROM generate_series(1, length) AS n
    JOIN words ON number = 1 + abs(hashint8(seed * 1009 + n)::bigint) % 31 $$;
-- A thousand texts, each with its ticket's number in front: what is compressed and what is not is like in real rows.
CREATE TEMPORARY TABLE texts AS SELECT n AS number, pg_temp.sentence(n, 7) AS subject, pg_temp.sentence(n + 100000, 90) AS body
    FROM generate_series(0, 999) AS n;
SET synchronous_commit = off;
INSERT INTO tickets (id, organization_id, requester_email, subject, body, status, priority, assigned_team, created_at, updated_at)
    SELECT n, :organization, 'person' || n % 5000 || '@example.com', 'Ticket ' || n || ': ' || subject,
           'About number ' || n || ': ' || body,
           (ARRAY['open', 'in_progress', 'resolved'])[1 + n % 3], (ARRAY['low', 'medium', 'high', 'urgent'])[1 + n / 3 % 4],
           (ARRAY['Billing', 'Technical', 'Accounts', 'Shipping', NULL])[1 + n / 7 % 5], made.at, made.at
    FROM generate_series(:first::bigint, :first + :tickets - 1) AS n JOIN texts ON texts.number = n % 1000,
         LATERAL (SELECT timestamptz '2026-01-01' + n * interval '37.000037 seconds' AS at) AS made;
SELECT setval(pg_get_serial_sequence(t, 'id'), :first + :tickets + 1000) FROM unnest(ARRAY['tickets', 'users', 'organizations']) AS t;
"""

# Django's users: the same people and the same hashes behind the name that Django writes before a hash.
PEER = """
CREATE TABLE peer_users AS
    SELECT id, username, email, is_active, last_login_at AS last_login, 'argon2' || password_hash AS password FROM users;
ALTER TABLE peer_users ADD PRIMARY KEY (id), ADD UNIQUE (username);
"""


def fill(cluster: Cluster, tickets: int, password_hash: str) -> None:
    cluster.sql(FILL, organization=ORGANIZATION, users=USERS, hash=password_hash, tickets=tickets, first=FIRST_TICKET)
    cluster.sql(PEER)
    settle(cluster)


def other_priority(ticket: int) -> str:
    """One that the ticket has not got from `fill`."""
    return ("low", "medium", "high", "urgent")[(ticket // 3 + 1) % 4]


# What a bulk load tells the event stream is not what is measured, and a server in operation has told it long ago.
UNTOLD = """
DO $$ BEGIN
    IF to_regclass('stream_events') IS NOT NULL THEN DELETE FROM stream_events WHERE position IS NULL; END IF;
END $$
"""


def settle(cluster: Cluster) -> None:
    """Statistics, visibility map and write-ahead log as in a database that was not filled a moment ago."""
    for statement in (UNTOLD, "VACUUM (ANALYZE)", "CHECKPOINT"):
        cluster.sql(statement)
