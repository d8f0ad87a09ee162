"""The identity as one file, PKCS#12 or PEM with certificate and key, proves who we are to real gateways."""

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, cli, config, native, write_config
from harness.runner import case, check, equal, main
from harness.servers import haproxy, openssl_server, unix_server
from harness.sockets import connect, expect_echo, read_exactly


def pkcs12(case, pki, password, *options):
    """By openssl, with the CA's certificate beside the client's."""
    path = case.folder / "client.p12"
    path.touch(0o600)
    process.run("openssl", "pkcs12", "-export", "-in", pki.client.certificate, "-inkey", pki.client.key, "-certfile",
                pki.ca.certificate, "-passout", f"pass:{password}", "-out", path, *options)
    return path


def password_file(case, password):
    path = case.folder / "client.password"
    path.touch(0o600)
    path.write_text(password + "\n")
    return path


def reverses(case, pki, identity, name):
    """openssl s_server that requires a client certificate."""
    gateway = openssl_server(case, pki, "-Verify", "1", "-verify_return_error")
    persona = Persona(case, config(pki, gateway=gateway) | {"identity": identity}, name)
    with connect(persona.address) as client:
        client.sendall(b"hello\n")
        equal(read_exactly(client, 6), b"olleh\n", "the line reversed")
    persona.next_close("local_closed")
    equal([line for line in persona.lines if "correct horse" in line], [], "lines with the password")
    persona.stop()


@case("PKCS#12 with a password, openssl s_server")
def openssl(case):
    pki = Pki(case)
    password = "correct h\u00f6rse"
    for name, options in (("aes", ()), ("3des", ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES",
                                                 "-macalg", "sha1"))):
        identity = {"certificate": str(pkcs12(case, pki, password, *options)),
                    "private_key_password_file": str(password_file(case, password))}
        reverses(case, pki, identity, name)


@case("PKCS#12 without a password, HAProxy")
def through_haproxy(case):
    pki = Pki(case)

    def echo(connection):
        while part := connection.recv(1 << 16):
            connection.sendall(part)

    service, _ = unix_server(case, echo)
    gateway = haproxy(case, pki, service)
    identity = {"certificate": str(pkcs12(case, pki, ""))}
    persona = Persona(case, config(pki, gateway=gateway) | {"identity": identity})
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")


@case("one PEM file with certificate and key")
def combined(case):
    pki = Pki(case)
    reverses(case, pki, {"certificate": str(pki.client.both)}, "combined")


@case("check names what is wrong with a PKCS#12 file")
def wrong_password(case):
    pki = Pki(case)
    bundle = pkcs12(case, pki, "secret")
    content = config(pki, gateway="127.0.0.1:1")
    content["identity"] = {"certificate": str(bundle), "private_key_password_file": str(password_file(case, "public"))}
    output = cli("check", "--config", write_config(case, content), expect=2)
    check(f"the password does not open {native(bundle)}" in output, "the sentence", output)
    equal("secret" in output or "public" in output, False, "a password in the output")


main()
