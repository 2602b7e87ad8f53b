"""A name server for tests: answers A, AAAA and SRV questions by UDP from a table; other names are none."""

import ast
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Any

KINDS = {1: "A", 28: "AAAA", 33: "SRV"}


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def data(kind: str, value: Any) -> bytes:
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    priority, weight, port, target = value
    return struct.pack("!3H", priority, weight, port) + name(target)


def name_of(question: bytes) -> str:
    """What a question is about."""
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode())
        at += question[at] + 1
    return ".".join(labels)


def answer(question: bytes, records: Mapping[str, Any]) -> bytes:
    asked = name_of(question)
    at = 12 + len(name(asked)) - 1
    number = struct.unpack_from("!H", question, at + 1)[0]
    kind = KINDS.get(number, "")
    found = [data(kind, value) for value in records.get(f"{asked} {kind}", [])]
    known = any(key.split()[0] == asked for key in records)
    flags = 0x8580 if known else 0x8583
    head = question[:2] + struct.pack("!5H", flags, 1, len(found), 0, 0)
    rows = [b"\xc0\x0c" + struct.pack("!HHIH", number, 1, 1, len(row)) + row for row in found]
    return head + question[12 : at + 5] + b"".join(rows)


def serve(address: str, records: Mapping[str, Any]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.bind((address, 53))
        print("ready", flush=True)
        while True:
            question, peer = asked.recvfrom(2000)
            asked.sendto(answer(question, records), peer)


if __name__ == "__main__":
    serve(sys.argv[1], ast.literal_eval(sys.argv[2]))
