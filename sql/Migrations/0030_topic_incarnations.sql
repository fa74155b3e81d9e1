-- Offsets name a record only within one topic. When a topic is deleted and made anew, or its log is cut back, offsets start over: from then on the partition's ledger,
-- progress, gaps and dead letters go under another name, <topic>#1, <topic>#2 …, so that new records are not taken for old ones. '#' cannot be in the name of a Kafka topic.
create table if not exists otel.topic_incarnations (
    topic       text not null,                       -- Kafka's name
    partition   integer not null,
    incarnation integer not null,                    -- 0 is stored under the topic's own name
    topic_id    text,                                -- Kafka's id of it; null where the broker tells none
    began_at    timestamptz not null default now(),
    primary key (topic, partition, incarnation)
);
