-- What a dead letter needs to be tried again, and what became of it. Letters are never deleted: the audit counts them. Dropping one empties it.
alter table otel.dead_letters add column if not exists service_name text;             -- whose batch it came with
alter table otel.dead_letters add column if not exists content_encoding text;         -- of the payload, where a header said it; an item's payload is a message of its own: identity
alter table otel.dead_letters add column if not exists row_layout smallint;           -- the payload is not a message but a row that Postgres refused, of this layout (CopyLayouts)
alter table otel.dead_letters add column if not exists replayed_at timestamptz;       -- its rows are stored since then
alter table otel.dead_letters add column if not exists dropped_at timestamptz;        -- a person has given it up
create index if not exists dead_letters_open_idx on otel.dead_letters (reason, at) where replayed_at is null and dropped_at is null;
