"""What `openssl verify` says of a case: told the name and that it is for a server, at the security level 2 that Debian
sets for TLS (no SHA-1, no keys below 112 bits), all certificates checked against CRLs where there are any; and if it
accepts, once more with -x509_strict."""

import ipaddress
import subprocess

FLAGS = "-purpose sslserver -auth_level 2 -verify_hostname or -verify_ip NAME, with CRLs -crl_check_all"


def name_option(name):
    try:
        ipaddress.ip_address(name)
        return "-verify_ip"
    except ValueError:
        return "-verify_hostname"


def _accepts(folder, case, *more):
    asked = ["-purpose", "sslserver", name_option(case.name), case.name] if case.role == "gateway" else ["-purpose", "sslclient"]
    command = ["openssl", "verify", "-no-CAfile", "-no-CApath", "-no-CAstore", *asked, "-auth_level", "2", "-CAfile",
               folder / f"{case.id}.ca", *more]
    if case.serve[1:]:
        command += ["-untrusted", folder / f"{case.id}.untrusted"]
    if case.crls:
        command += ["-crl_check_all", "-CRLfile", folder / f"{case.id}.crl"]
    done = subprocess.run([*command, folder / f"{case.id}.leaf"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    return done.returncode == 0, done.stdout.decode(errors="replace")


def verdict(folder, case):
    """("accepts", "strict" or "refuses", what it printed). The files of the case are in `folder`."""
    accepted, output = _accepts(folder, case)
    if not accepted:
        return "refuses", output
    accepted, output = _accepts(folder, case, "-x509_strict")
    return "accepts" if accepted else "strict", output


def write_files(folder, case):
    """NAME.leaf, .untrusted, .ca, .crl and, for servers, .chain and .key."""
    def write(suffix, things):
        (folder / f"{case.id}.{suffix}").write_text("".join(thing.pem for thing in things))

    write("leaf", case.serve[:1])
    write("untrusted", case.serve[1:])
    write("chain", case.serve)
    write("ca", case.trust)
    if case.crls:
        write("crl", case.crls)
    key = folder / f"{case.id}.key"
    key.touch(0o600)
    key.write_text(case.serve[0].key_pem)
