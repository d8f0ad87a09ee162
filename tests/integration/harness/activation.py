"""What starts persona at the first connection, with sockets that it has made: systemd-socket-activate."""

from . import process
from .persona import BINARY, Persona, environment, write_config
from .runner import check, equal, need
from .sockets import connect, reserve_port


def _activate(sockets, names):
    # It passes on no other variables than those that are named.
    variables = [f"--setenv={name}" for name in environment() if name.startswith(("PERSONA_", "ASAN_", "UBSAN_", "LSAN_"))]
    return [need("systemd-socket-activate"), *variables, *(f"--listen={each}" for each in sockets),
            f"--fdname={':'.join(names)}"]


def free(case, host="127.0.0.1"):
    """An address that nobody else takes meanwhile."""
    holder, (_, port) = reserve_port()
    case.defer(holder.close)
    return host, port


def started(case, content, sockets, names, knock):
    """persona, which the connection to `knock` has started; and that connection."""
    persona = Persona(case, content, prefix=_activate(sockets, names), is_ready=False)
    for index in range(len(sockets)):
        persona.wait_line(f" as {index + 3}.")
    early = connect(knock)
    persona.wait_log("ready")
    return persona, early


def refused(case, content, sockets, names, knock, *words):
    """persona does not start, with exit code 2 and these words."""
    path = write_config(case, content)
    run = process.Process(case, *_activate(sockets, names), BINARY, "run", "--config", path, env=environment())
    for index in range(len(sockets)):
        run.wait_line(f" as {index + 3}.")
    with connect(knock):
        equal(run.wait(60), 2, f"exit code, with {run.tail()}")
    for each in words:
        check(each in run.tail(), f"the sentence does not say {each!r}", run.tail())
