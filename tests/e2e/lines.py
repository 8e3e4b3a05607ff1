# SPDX-License-Identifier: GPL-2.0-only
"""Files of lines that somebody may be writing to: what is no whole line yet is not there yet."""

import json


def whole_lines(path):
    if not path.exists():
        return []
    return [line.decode() for line in path.read_bytes().split(b"\n")[:-1]]


def read_lines(path):
    """Of a file of JSON objects, one a line."""
    return [json.loads(line) for line in whole_lines(path)]
