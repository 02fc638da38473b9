-- Version 1. Runs in one transaction under the migration lock; the schema akkasse exists and is empty but for the table migrations.

-- One row: what the database was when offsets were last issued, and until when nobody's claims may be swept.
create table akkasse.meta (
    one boolean primary key default true check (one),
    system_identifier bigint not null,
    timeline int not null,
    started_at timestamptz not null,
    -- True once a node appended without waiting for the disk: a restart may then have lost offsets that readers saw.
    asynchronous boolean not null default false,
    seen_at timestamptz not null,
    sweep_after timestamptz not null default '-infinity'
);

create table akkasse.streams (
    id bigint generated always as identity primary key,
    name text collate "C" not null unique,
    epoch text not null,
    base bigint not null default 0,
    head bigint not null default 0,
    -- Oldest retained offset, head + 1 when there is none; the highest trimmed unexpired offset; the highest cleared offset.
    first bigint not null default 1,
    lost bigint not null default 0,
    cleared bigint not null default 0,
    -- Rows up to this offset are deleted.
    swept bigint not null default 0,
    id_base bigint not null,
    bytes bigint not null default 0,
    keys int not null default 0,
    -- False: removed; the row keeps epoch and head for 24 h.
    present boolean not null,
    removed_explicitly boolean not null default false,
    declared boolean not null default false,
    version int not null default 1,
    options text not null,
    max_events bigint not null,
    max_bytes bigint not null,
    max_age bigint not null,
    idle_removal bigint,
    created_at bigint not null,
    changed_at bigint not null,
    oldest_at bigint
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

create table akkasse.events (
    stream bigint not null,
    "offset" bigint not null,
    at bigint not null,
    expiry bigint,
    type text,
    id text,
    -- True when the publisher's id stands in the id line.
    caller_id boolean not null default false,
    key text,
    data bytea not null,
    -- What has no column, in the form of EventExtra: comment, retry, further fields. Null for nothing.
    extra text,
    primary key (stream, "offset")
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.5);

alter table akkasse.events alter column data set storage external;

create index events_caller_id on akkasse.events (stream, id, "offset") where caller_id;

create table akkasse.keys (
    stream bigint not null,
    principal text not null,
    key text not null,
    hash bigint not null,
    epoch text not null,
    "offset" bigint not null,
    has_offset boolean not null,
    until bigint not null,
    primary key (stream, principal, key)
);

create index keys_until on akkasse.keys (until);

create table akkasse.nodes (
    name text collate "C" primary key,
    incarnation uuid not null,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    state text not null,
    address text
) with (fillfactor = 50);

create sequence akkasse.generations;

create table akkasse.claims (
    zone text collate "C" not null,
    client text collate "C" not null,
    generation bigint not null,
    node text not null,
    incarnation uuid not null,
    instance text,
    subject text,
    primary key (client, zone)
);

create index claims_incarnation on akkasse.claims (incarnation);

create table akkasse.refusals (
    zone text not null,
    client text not null,
    instance text not null,
    any_instance boolean not null,
    until bigint not null,
    primary key (zone, client, instance, any_instance)
);

create sequence akkasse.versions;

create table akkasse.kv (
    key text collate "C" primary key,
    value bytea not null,
    version bigint not null,
    until bigint not null
);

create index kv_until on akkasse.kv (until);

-- At most once: a crash of the database empties it, as it would lose what was on its way.
create unlogged table akkasse.inbox (
    seq bigint generated always as identity primary key,
    node text not null,
    sender text not null,
    sender_incarnation uuid not null,
    kind smallint not null,
    correlation bigint not null,
    body bytea not null
);

create index inbox_node on akkasse.inbox (node, seq);

-- Work that one node does for all.
create table akkasse.jobs (
    name text primary key,
    node text not null,
    incarnation uuid not null,
    expires_at timestamptz not null
);

create table akkasse.outbox (
    seq bigint generated always as identity primary key,
    publish_id uuid not null,
    stream text not null,
    type text,
    data bytea not null,
    id text,
    key text,
    ttl_ms bigint,
    at timestamptz not null
);

create table akkasse.outbox_refused (
    publish_id uuid primary key,
    stream text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);

-- The transactional outbox: a row in the caller's own transaction, no lock on the stream. The rules are those of HTTP.
create function akkasse.publish(stream text, type text, data bytea, id text default null, conflate text default null, ttl interval default null)
returns uuid
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    publish_id uuid := gen_random_uuid();
begin
    if stream is null or octet_length(convert_to(stream, 'UTF8')) not between 1 and 256 then
        raise exception 'The name of the stream has % bytes of UTF-8; 1 to 256 are allowed.', coalesce(octet_length(convert_to(stream, 'UTF8')), 0) using errcode = '22023';
    end if;
    if left(stream, 1) = '$' then raise exception 'Names beginning with ''$'' are reserved.' using errcode = '22023'; end if;
    if stream ~ '[\u0001-\u001f\u007f-\u009f]' then raise exception 'The name contains a control character; none is allowed.' using errcode = '22023'; end if;
    if data is null then raise exception 'The data are null; an event without data has no offset and cannot be published here.' using errcode = '22023'; end if;
    if octet_length(data) > 67108864 then raise exception 'The data have % bytes; at most 67108864 are allowed.', octet_length(data) using errcode = '22023'; end if;
    if type ~ '[\r\n]' then raise exception 'The event type contains CR or LF; any other text is allowed.' using errcode = '22023'; end if;
    if left(type, 4) = 'hub.' then raise exception 'Types beginning with ''hub.'' are reserved.' using errcode = '22023'; end if;
    if id is not null and (id = '' or id !~ '^[\u0021-\u007e]([\u0020-\u007e]*[\u0021-\u007e])?$') then
        raise exception 'The id must be printable ASCII without outer spaces.' using errcode = '22023';
    end if;
    if id ~ '^(0|[1-9][0-9]{0,18})-[0-9a-z]{1,16}$' then raise exception 'An id of the form offset-epoch is the hub''s own; choose another form.' using errcode = '22023'; end if;
    if conflate is not null and octet_length(convert_to(conflate, 'UTF8')) not between 1 and 256 then
        raise exception 'The conflation key must be 1 to 256 bytes of UTF-8.' using errcode = '22023';
    end if;
    if ttl is not null and (ttl <= interval '0' or ttl > interval '10000 days') then raise exception 'The ttl must be more than 0 and at most 10000 days.' using errcode = '22023'; end if;
    insert into akkasse.outbox (publish_id, stream, type, data, id, key, ttl_ms, at)
    values (publish_id, stream, nullif(type, ''), data, id, conflate, (extract(epoch from ttl) * 1000)::bigint, clock_timestamp());
    return publish_id;
end $$;

create function akkasse.publish(stream text, type text, data text, id text default null, conflate text default null, ttl interval default null)
returns uuid
language sql security definer
set search_path = pg_catalog, pg_temp
as $$ select akkasse.publish(stream, type, convert_to(data, 'UTF8'), id, conflate, ttl) $$;

revoke all on function akkasse.publish(text, text, bytea, text, text, interval) from public;
revoke all on function akkasse.publish(text, text, text, text, text, interval) from public;
