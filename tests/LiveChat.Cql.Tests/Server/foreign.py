"""Writes or checks one row of every type with python3-cassandra: foreign.py write|check HOST PORT KEYSPACE."""
import datetime
import ipaddress
import sys
import uuid
from cassandra.cluster import Cluster

verb, host, port, keyspace = sys.argv[1:]
ROW = dict(
    k=1,
    c_ascii="ascii ~",
    c_text="añ€😀",
    c_int=-2147483648,
    c_bigint=9223372036854775807,
    c_smallint=-32768,
    c_tinyint=-128,
    c_boolean=True,
    c_blob=bytes(range(256)),
    c_uuid=uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"),
    c_timeuuid=uuid.UUID("f04e17c0-9b3e-11ee-b9d1-0242ac120002"),
    c_timestamp=datetime.datetime(2026, 11, 24, 12, 34, 56, 789000),
    c_date=datetime.date(1969, 12, 31),
    c_double=-1.5e300,
    c_float=0.25,
    c_inet4="192.0.2.1",
    c_inet6="2001:db8::1",
    c_list=[3, 1, 2],
    c_set={"a", "b"},
    c_map={"x": 1, "y": -1},
    c_tuple=(7, None, "t"),
    c_nested={"k": [1, 2]},
    c_null=None,
    c_tuple4=(1, None, 2, True),
    c_tuple9=(1, 2, 3, 4, 5, 6, 7, None, "nine"),
    c_tuples=[(1, "a"), (2, None)],
    c_keyed={"k": (1, [2, 3])},
)
cluster = Cluster([host], port=int(port))
session = cluster.connect(keyspace)
if verb == "write":
    names = list(ROW)
    insert = session.prepare(f"INSERT INTO every ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})")
    session.execute(insert, [ROW[name] for name in names])
else:
    row = session.execute(session.prepare("SELECT * FROM every WHERE k = ?"), [1]).one()._asdict()
    plain = lambda value: (
        value.date() if hasattr(value, "date") and not isinstance(value, datetime.datetime) and callable(value.date)
        else list(value) if type(value).__name__ in ("list", "ValueSequence") else value)
    for name, expected in ROW.items():
        actual = row[name]
        if name == "c_set":
            actual = set(actual)
        elif name in ("c_map", "c_nested"):
            actual = {key: plain(value) for key, value in dict(actual).items()}
        elif name == "c_keyed":
            actual = {key: (value[0], plain(value[1])) for key, value in dict(actual).items()}
        elif name == "c_date":
            actual = actual.date()
        elif name.startswith("c_inet"):
            actual, expected = ipaddress.ip_address(actual), ipaddress.ip_address(expected)
        if actual != expected:
            sys.exit(f"{name}: {actual!r} is not {expected!r}")
    if set(row) != set(ROW):
        sys.exit(f"columns {set(row) ^ set(ROW)}")
cluster.shutdown()
