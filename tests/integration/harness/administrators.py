"""What administrators ask a persona."""

import urllib.request

from .persona import address_of


def admin_of(persona):
    return address_of(persona.wait_log("answering administrators")["address"])


def get(address, path):
    with urllib.request.urlopen(f"http://{address[0]}:{address[1]}{path}", timeout=10) as answer:
        return answer.read().decode()


def samples(text):
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}
