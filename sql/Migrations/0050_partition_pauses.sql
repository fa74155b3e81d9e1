-- Partitions that a person has paused: no silo takes records of them. Here, because it must hold whichever silo has the partition, and when all of them start anew.
create table if not exists otel.partition_pauses (
    topic     text not null,                         -- Kafka's name: a pause outlives a topic that is made anew
    partition integer not null,
    paused_at timestamptz not null default now(),
    primary key (topic, partition)
);

comment on table otel.partition_pauses is 'Topic-partitions that are not read until a person resumes them';
