# What handlers of the benches do with the payload of a record.
import json
import time


def decode(data):
    if not isinstance(json.loads(data)["total"], int):
        raise ValueError("an order without a total")


def block(data):
    time.sleep(0.00025)


WORKS = {"ignore": None, "decode": decode, "block": block}
