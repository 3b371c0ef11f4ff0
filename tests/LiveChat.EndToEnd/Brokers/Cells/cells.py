"""Says every cell of history as python3-cassandra reads it: cells.py HOST PORT KEYSPACE.

A line is a cell: table, keys, column, value and stamp. Numbers are decimal, texts and blobs are in hex. A line that
begins with "!" says what does not fit together.
"""
import collections
import sys
from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster, ExecutionProfile, EXEC_PROFILE_DEFAULT
from cassandra.query import tuple_factory

TABLES = (
    "chat_head", "events", "edits", "reactions", "reaction_changes", "chat_members", "client_keys", "user_chats")
host, port, keyspace = sys.argv[1:]
profile = ExecutionProfile(
    consistency_level=ConsistencyLevel.ALL, request_timeout=60, row_factory=tuple_factory)
cluster = Cluster([host], port=int(port), execution_profiles={EXEC_PROFILE_DEFAULT: profile})
session = cluster.connect(keyspace)
session.default_fetch_size = 1000


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.encode().hex()
    return value.hex() if isinstance(value, bytes) else str(value)


rows = {}
for table in TABLES:
    meta = cluster.metadata.keyspaces[keyspace].tables[table]
    keys = [column.name for column in meta.primary_key]
    cells = [name for name in meta.columns if name not in keys]
    asked = keys + [part for name in cells for part in (name, f"writetime({name})")]
    rows[table] = []
    for row in session.execute(f"SELECT {', '.join(asked)} FROM {table}"):
        key, values = row[:len(keys)], row[len(keys):]
        rows[table].append((dict(zip(keys, key)), dict(zip(cells, values[::2]))))
        for name, value, stamp in zip(cells, values[::2], values[1::2]):
            if value is not None:
                print(table, "/".join(map(text, key)), name, text(value), stamp)

seqs = collections.defaultdict(list)
for key, cells in rows["events"]:
    seqs[key["chat_id"]].append(key["seq"])
    if key["bucket"] != key["seq"] // 4096:
        print(f"! event {key} is in the wrong bucket")
heads = {key["chat_id"]: cells["seq"] for key, cells in rows["chat_head"]}
for chat in sorted(heads.keys() | seqs.keys()):
    if sorted(seqs[chat]) != list(range(1, heads.get(chat, 0) + 1)):
        print(f"! chat {chat} has the head {heads.get(chat)} and the events {sorted(seqs[chat])}")
used = collections.defaultdict(list)
for key, cells in rows["client_keys"]:
    used[key["chat_id"]].append(cells["seq"])
for chat in sorted(heads.keys() | used.keys()):
    if sorted(used[chat]) != sorted(seqs[chat]):
        print(f"! chat {chat} has {len(used[chat])} keys for {len(seqs[chat])} events, or keys of other events")
for table in ("edits", "reactions", "reaction_changes"):
    for key, cells in rows[table]:
        if key["seq"] not in range(1, heads.get(key["chat_id"], 0) + 1):
            print(f"! {table} {key} hang on no event")
print("end")
cluster.shutdown()
