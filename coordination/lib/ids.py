"""Ids that exist before the row is saved and still land at the end of their index."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, 12 bits of the part of one that passed, then 62 random bits.

    So the ids one process makes are in the order in which it made them (method 3 of the RFC), also within a millisecond.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    passed = nanoseconds * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big")
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80
    value |= 0x7 << 76
    value |= passed << 64
    value |= 0b10 << 62
    value |= random & 0x3FFFFFFFFFFFFFFF
    return uuid.UUID(int=value)
