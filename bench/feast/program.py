"""Feast for the comparisons: answers each line of standard input, a JSON request, with one line of JSON.

It stays alive between requests, so that no measurement includes the start of Python and the import of Feast.
"""

import json
import os
import sys
import time
from datetime import datetime

import pyarrow.compute
import pyarrow.parquet
from feast import Entity, FeatureStore, FeatureView, Field, ValueType, types
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource

# Feast prints its progress to standard output, which is for replies.
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

store = FeatureStore(repo_path=".")


def view(entity, name, query, features):
    fields = [Field(name=feature, dtype=getattr(types, dtype)) for feature, dtype in features.items()]
    source = PostgreSQLSource(name=f"{name}_source", query=query, timestamp_field="event_timestamp")
    schema = [Field(name="entity_id", dtype=types.String), *fields]
    return FeatureView(name=name, entities=[entity], schema=schema, source=source)


def apply(views):
    customer = Entity(name="customer", join_keys=["entity_id"], value_type=ValueType.STRING)
    store.apply([customer, *(view(customer, **one) for one in views)])
    return {}


def materialize(views, start, end):
    store.materialize(datetime.fromisoformat(start), datetime.fromisoformat(end), feature_views=views)
    return {}


def historical(entities, features, out=None):
    """The features at the time of each row of a query; also in a Parquet file, if `out` is its path."""
    job = store.get_historical_features(entity_df=entities, features=features, full_feature_names=True)
    table = job.to_arrow()
    if out is not None:
        pyarrow.parquet.write_table(table, out, compression="zstd")
    column = table.column(features[0].replace(":", "__"))
    total = pyarrow.compute.sum(column).as_py()
    return {"rows": table.num_rows, "found": table.num_rows - column.null_count, "sum": total}


def online(features, asked):
    """Milliseconds of each read of a list of entities, and how many values were missing."""
    times, missing = [], 0
    for ids in asked:
        began = time.perf_counter()
        values = store.get_online_features(features=features, entity_rows={"entity_id": ids}).to_dict()
        times.append((time.perf_counter() - began) * 1000)
        missing += sum(value is None for column in values.values() for value in column)
    return {"ms": times, "missing": missing}


HANDLERS = {"apply": apply, "materialize": materialize, "historical": historical, "online": online}

for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = HANDLERS[request.pop("do")](**request)
    except Exception as error:  # the other side reports it
        reply = {"error": f"{type(error).__name__}: {error}"}
    replies.write(json.dumps(reply) + "\n")
    replies.flush()
