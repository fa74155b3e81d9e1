-- What is durable. These tables are what exactly-once rests on; nothing but the writer changes them.

-- Per service and topic-partition the first offset that is not stored yet. It moves by compare-and-set in the transaction that stores the rows.
-- Fillfactor: a row is updated with every flush; half a page of room keeps the updates HOT. Autovacuum by count: the table is small and busy.
create table if not exists otel.ingest_ledger (
    service_name text not null,
    topic        text not null,
    partition    integer not null,
    next_offset  bigint not null,
    updated_at   timestamptz not null default now(),
    primary key (service_name, topic, partition)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Per topic-partition the offset to resume at: everything before it is stored, whatever its service. Only ever raised.
create table if not exists otel.partition_progress (
    topic       text not null,
    partition   integer not null,
    next_offset bigint not null,
    updated_at  timestamptz not null default now(),
    primary key (topic, partition)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Records that Kafka no longer had when their turn came: [from_offset, to_offset).
create table if not exists otel.offset_gaps (
    id          bigint generated always as identity primary key,
    topic       text not null,
    partition   integer not null,
    from_offset bigint not null,
    to_offset   bigint not null,
    reason      text not null,
    noticed_at  timestamptz not null default now(),
    constraint offset_gaps_once unique (topic, partition, from_offset, to_offset, reason)
);

-- Payloads, and parts of payloads, that cannot be stored. No unique index: a letter is stored once because the ledger moves with it.
create table if not exists otel.dead_letters (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default now(),
    topic       text not null,
    partition   integer not null,
    "offset"    bigint not null,
    item_index  integer,                             -- the item within the record; null: all of it
    record_time timestamptz,                         -- Kafka's timestamp
    signal      text not null,
    reason      text not null,
    sqlstate    text,
    error       text,
    payload     bytea
);
create index if not exists dead_letters_topic_partition_offset_idx on otel.dead_letters (topic, partition, "offset");
create index if not exists dead_letters_at_idx on otel.dead_letters (at);
