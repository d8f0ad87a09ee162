"""`listen: systemd:NAME`: persona serves sockets that systemd has made."""

from harness import process
from harness.activation import free, refused, started
from harness.certificates import Pki
from harness.persona import cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, text, wait_refusing


def gateway(case, pki):
    return tls_gateway(case, pki.server_context())


@case("TCP and Unix sockets, two of one name, and those who came before it ran")
def served(case):
    pki = Pki(case)
    first, second, entrance = free(case), free(case), case.folder / "pg.sock"
    persona, early = started(case, config(pki, gateway=gateway(case, pki), listen=["systemd:pg", "systemd:local"]),
                             [text(first), entrance, text(second)], ["pg", "local", "pg"], first)
    equal(sorted(line["address"] for line in persona.listening()),
          sorted([text(first), text(second), f"unix:{entrance}"]), "where it says that it listens")
    expect_echo(early)
    expect_echo(connect(second))
    expect_echo(connect(entrance))
    early.close()
    persona.stop()
    check(entrance.exists(), "the file of systemd's socket was removed")


@case("IPv4 clients of a socket for both families are known by their address")
def both_families(case):
    pki = Pki(case)
    where = free(case)
    content = config(pki, gateway=gateway(case, pki), listen="systemd:pg", unsafe_listen=True,
                     access={"allow": "127.0.0.1/32"})
    persona, early = started(case, content, [f"[::]:{where[1]}"], ["pg"], where)
    expect_echo(early)
    line = persona.wait_log("connection open")
    check(line["client"].startswith("127.0.0.1:"), "who the client is", line)


@case("the endpoint for administrators")
def administrators(case):
    pki = Pki(case)
    where, admin = free(case), free(case)
    content = config(pki, gateway=gateway(case, pki), listen="systemd:pg", admin={"listen": "systemd:admin"})
    _, early = started(case, content, [text(where), text(admin)], ["pg", "admin"], where)
    expect_echo(early)
    answer = process.run("curl", "--silent", "--max-time", "10", f"http://{text(admin)}/readyz")
    check("ready" in answer, "what it answers", answer)


@case("a name that was not passed is an error with those that were")
def wrong_name(case):
    where = free(case)
    content = config(Pki(case), gateway="127.0.0.1:1", listen="systemd:pg")
    refused(case, content, [text(where)], ["postgres"], where, "systemd:pg: systemd has passed no socket of this name",
            "there is postgres", "FileDescriptorName=")


@case("without systemd there is nothing to serve")
def nothing_passed(case):
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1", listen="systemd:pg"))
    output = cli("run", "--config", path, expect=2)
    check("systemd:pg: systemd has passed no socket of this name" in output, "what it says", output)


@case("what others can reach needs unsafe_listen, as anything else that is listened on")
def exposed(case):
    pki = Pki(case)
    where = free(case, "0.0.0.0")
    knock = ("127.0.0.1", where[1])
    content = config(pki, gateway=gateway(case, pki), listen="systemd:pg")
    refused(case, content, [text(where)], ["pg"], knock, f"systemd:pg is {text(where)}, which lets other machines in",
            "ListenStream=127.0.0.1:")
    local, admin = free(case), free(case, "0.0.0.0")
    refused(case, config(pki, gateway=gateway(case, pki), listen="systemd:pg", admin={"listen": "systemd:admin"}),
            [text(local), text(admin)], ["pg", "admin"], local,
            f"admin.listen: systemd:admin is {text(admin)}, which lets other machines read the state",
            f"ListenStream=127.0.0.1:{admin[1]}", "or set admin.unsafe_listen: true")


@case("users are known on a Unix socket only")
def users(case):
    where = free(case)
    content = config(Pki(case), gateway="127.0.0.1:1", listen="systemd:pg", access={"allow_users": ["root"]})
    refused(case, content, [text(where)], ["pg"], where, f"systemd:pg is {text(where)}", "only on a Unix socket")


@case("what nobody listens on is told and closed")
def unused(case):
    pki = Pki(case)
    where, other = free(case), free(case)
    persona, early = started(case, config(pki, gateway=gateway(case, pki), listen="systemd:pg"),
                             [text(where), text(other)], ["pg", "web"], where)
    expect_echo(early)
    persona.wait_log('systemd has passed a socket as "web", and no `listen` names that: closed; write listen: '
                     "systemd:web to use it", level="warn")
    wait_refusing(other)


@case("check says what it cannot know")
def checked(case):
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1", listen="systemd:pg"))
    check("systemd:pg, where systemd decides" in cli("check", "--config", path), "what check says")
    check("systemd decides" in cli("doctor", "--config", path, expect=1), "what doctor says")
    check("a socket that systemd passes" in cli("ready", "--config", path, expect=1), "what ready says")


main()
