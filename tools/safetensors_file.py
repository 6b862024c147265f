"""Reads safetensors files with numpy alone: header length (8 bytes, little-endian), JSON header, the tensors' bytes."""

import json
from pathlib import Path

import numpy as np

_ELEMENT_TYPES = {"F32": "<f4", "F64": "<f8", "U8": "u1", "I32": "<i4", "I64": "<i8", "U64": "<u8"}


class SafetensorsFile:
    """What a file holds: `metadata` (text to text) and `tensors` (name to read-only array)."""

    def __init__(self, path):
        self.path = Path(path)
        data = self.path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        if len(data) < 8 or length > len(data) - 8:
            raise ValueError(f"{path}: truncated: no complete safetensors header")
        header = json.loads(data[8 : 8 + length])
        self.metadata = header.pop("__metadata__", {})
        self.tensors = {}
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            element = np.dtype(_ELEMENT_TYPES[entry["dtype"]])
            count = int(np.prod(entry["shape"], dtype=np.int64))
            if end > len(data) or end - begin != count * element.itemsize:
                raise ValueError(f"{path}: tensor '{name}': {end - begin} bytes at {begin}, shape {entry['shape']}")
            self.tensors[name] = np.frombuffer(data, element, count, begin).reshape(entry["shape"])

    def __getitem__(self, name):
        if name not in self.tensors:
            raise KeyError(f"{self.path}: tensor '{name}' is missing")
        return self.tensors[name]
