"""Which partition a key leads to: murmur2, as in Kafka's own clients. Pure."""

from __future__ import annotations

_SEED, _FACTOR = 0x9747B28C, 0x5BD1E995
_32_BITS = 0xFFFFFFFF


def partition_of(key: bytes, num_partitions: int) -> int:
    """The partition of a key, by the default partitioner of the Java client."""
    return (murmur2(key) & 0x7FFFFFFF) % num_partitions


def murmur2(data: bytes) -> int:
    """MurmurHash2 of 32 bits, unsigned, with Kafka's seed."""
    hashed = (_SEED ^ len(data)) & _32_BITS
    whole = len(data) & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _FACTOR & _32_BITS
        word = (word ^ word >> 24) * _FACTOR & _32_BITS
        hashed = (hashed * _FACTOR & _32_BITS) ^ word
    if whole < len(data):
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _32_BITS
    hashed = (hashed ^ hashed >> 13) * _FACTOR & _32_BITS
    return hashed ^ hashed >> 15
