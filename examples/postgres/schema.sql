create table if not exists orders (
  -- shard:sequence:sub-sequence:index: the same whenever the record is handled again
  id        text primary key,
  order_id  text not null,
  customer  text not null,
  total     numeric not null,
  -- how often the same id came with different content, which was not stored
  conflicts integer not null default 0
);
