"""access.allow_users decides which users may connect to a Unix socket."""

import os
import pwd
import sys

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.process import UNPRIVILEGED, as_root, run
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end

OTHER = 4000000123  # nobody's

# Connects, sends, and prints what came back.
CLIENT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.settimeout(20)
    client.connect(sys.argv[1])
    try:
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        print(client.recv(100).decode())
    except (ConnectionResetError, BrokenPipeError):
        print()
"""


def start(case, pki, users):
    gateway = tls_gateway(case, pki.server_context())
    entrance = case.folder / "entrance"
    persona = Persona(case, config(pki, gateway=gateway, listen=f"unix:{entrance}", access={"allow_users": users}))
    return persona, entrance, gateway


def own_words():
    return f"{pwd.getpwuid(os.geteuid()).pw_name} (uid {os.geteuid()})"


@case("a user who is listed by name or by id comes in")
def allowed(case):
    pki = Pki(case)
    for user in (pwd.getpwuid(os.geteuid()).pw_name, os.geteuid()):
        persona, entrance, _ = start(case, pki, [OTHER, user])
        with connect(entrance) as client:
            expect_echo(client)
        persona.next_close("local_closed")
        persona.stop()


@case("a user who is not listed is turned away before anything is dialled")
def denied(case):
    persona, entrance, gateway = start(case, Pki(case), [OTHER, OTHER + 1])
    with connect(entrance) as client:
        equal(read_to_end(client)[0], b"", "what the client was sent")
    persona.next_close("access_denied",
                       error=f"user {own_words()} is not in access.allow_users ({OTHER}, {OTHER + 1})")
    equal(gateway.accepted, 0, "connections to the gateway")


@case("it is the one who connects that counts, whoever runs persona")
def another(case):
    if not as_root():
        return  # nobody else can be made to connect; the other cases need no rights
    pki = Pki(case)
    for users, answer in (([UNPRIVILEGED], "hello"), (["root"], "")):
        persona, entrance, _ = start(case, pki, users)
        entrance.chmod(0o777)
        printed = run(sys.executable, "-B", "-c", CLIENT, entrance, unprivileged=True)
        equal(printed.strip(), answer, f"what {UNPRIVILEGED} got where {users} may connect")
        persona.next_close("local_closed" if answer else "access_denied")
        with connect(entrance) as client:
            if answer:
                equal(read_to_end(client)[0], b"", "what root was sent, who is no exception")
            else:
                expect_echo(client)
        persona.next_close("access_denied" if answer else "local_closed")
        persona.stop()


@case("on TCP beside it, addresses decide")
def tcp_beside(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, listen=["127.0.0.1:0", f"unix:{case.folder}/entrance"],
                                   access={"allow_users": [OTHER]}))
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")


@case("a user who does not exist is an error in the file")
def unknown(case):
    content = config(Pki(case), gateway="127.0.0.1:1", listen=f"unix:{case.folder}/entrance",
                     access={"allow_users": ["root", "no-such-user"]})
    path = write_config(case, content)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "no-such-user" in text)
    for subcommand in ("check", "run"):
        output = cli(subcommand, "--config", path, expect=2)
        check(f"service.yaml:{line}:" in output and 'there is no user "no-such-user" on this machine' in output,
              "the sentence names the user and the line", output)


main()
