"""A server in this process, clients of boto3 for it, and botocore's word on what they get."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime
from threading import Thread

import boto3
from botocore.config import Config
from botocore.session import get_session

from iamsim.importers.load import load_worlds
from iamsim.serve.estate import Estate
from iamsim.serve.server import Server

NOW = "2026-12-01T00:00:00Z"
REGION = "eu-west-1"
TYPES = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "timestamp": datetime,
    "blob": bytes,
}


@contextmanager
def serving(*worlds, account=None):
    """A server that answers from worlds."""
    estate = Estate(load_worlds(*map(str, worlds)), NOW, account)
    server = Server(estate)
    server.clients = []
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        for entry in server.clients:
            entry.close()
        server.stop()
        thread.join()


def client(server, service, key="AKIANOBODYLISTSTHIS1"):
    """A client of boto3 that signs with a key."""
    made = boto3.client(
        service,
        endpoint_url=server.address,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key="none",  # noqa: S106 - signatures are not checked
        config=Config(retries={"total_max_attempts": 1}),
    )
    server.clients.append(made)
    return made


def faults_of(service, operation, answer):
    """Where an answer is not what botocore's model says."""
    model = get_session().get_service_model(service).operation_model(operation)
    content = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    if model.output_shape is None:
        return [] if not content else ["an answer where there is none"]
    return list(_faults(model.output_shape, content, operation))


def _faults(shape, value, where):
    kind = TYPES[shape.type_name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{where}: {value!r} is no {shape.type_name}"
    elif shape.type_name == "structure":
        yield from _structure_faults(shape, value, where)
    elif shape.type_name == "list":
        for number, entry in enumerate(value):
            yield from _faults(shape.member, entry, f"{where}[{number}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            yield from _faults(shape.value, member, f"{where}.{name}")
    elif shape.type_name == "string":
        yield from _text_faults(shape, value, where)


def _structure_faults(shape, value, where):
    for name in shape.required_members:
        if name not in value:
            yield f"{where}.{name} is not there"
    for name, member in value.items():
        if name not in shape.members:
            yield f"{where}.{name} is not known"
        elif "PolicyDocument" not in name and name != "Document":  # botocore decodes these
            yield from _faults(shape.members[name], member, f"{where}.{name}")


def _text_faults(shape, value, where):
    if shape.enum and value not in shape.enum:
        yield f"{where}: {value!r} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern") or ".*"
    for java, python in (("\\p{L}", "\\w"), ("\\p{Z}", "\\s"), ("\\p{N}", "0-9")):
        pattern = pattern.replace(java, python)
    if not re.fullmatch(pattern, value, re.DOTALL):
        yield f"{where}: {value!r} does not fit {pattern}"
    if len(value) < shape.metadata.get("min", 0):
        yield f"{where}: {value!r} is too short"
