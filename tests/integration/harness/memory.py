"""What is in the memory of a process, for who may look into it."""

import pathlib
import re

from cryptography.hazmat.primitives import serialization

from .runner import check


def regions(pid):
    """The content of all that it can write, a piece each."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if not rights.startswith("rw"):
                continue
            begin, end = int(begin, 16), int(end, 16)
            content = []
            while begin < end:
                try:
                    memory.seek(begin)
                    part = memory.read(min(end - begin, 1 << 24))
                except OSError:
                    break  # what no process may read, [vvar] for example
                content.append(part)
                begin += len(part)
                if not part:
                    break
            yield b"".join(content)


def copies_of_key(pid, credential):
    """How many of its elliptic key: the number, as it is written and as computers keep it, and the text of its file."""
    content = credential.key.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    number = key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")
    text = content.split(b"\n")[1]  # a line of base64 that has some of the number, and none of the public key
    check(len(text) == 64, "a line of the key's file", text)
    found = {"number": 0, "reversed": 0, "text": 0}
    for region in regions(pid):
        found["number"] += region.count(number)
        found["reversed"] += region.count(number[::-1])
        found["text"] += region.count(text)
    return found
