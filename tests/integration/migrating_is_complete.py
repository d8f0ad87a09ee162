"""docs/migrating.md names every option that stunnel, HAProxy and nginx themselves know, as far as they can be had of the programs,
and only keys that there are. `--write` puts the table of stunnel's options into it anew, and docs/configuration.md."""

import pathlib
import re
import subprocess
import sys

from harness.persona import cli
from harness.runner import case, check, equal, main, need

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "migrating.md"
TABLE = re.compile(r"(?<=<!-- persona import stunnel --options -->\n).*?(?=<!-- end -->)", re.DOTALL)
# What other modules than those of `stream` and the page's name: not in nginx's library for it.
NGINX = re.compile(rb"(?<![\w$])(?:proxy|ssl|limit_conn|preread|listen|resolver|map_hash|variables_hash|set_real_ip|least|open_log|"
                   rb"access_log|log_format|split_clients|tcp_nodelay)(?:_[a-z_]+)?(?=\0)")
NO_DIRECTIVES = re.compile(r"(proxy_protocol_(addr|port|server_addr|server_port)|proxy_(down|up)stream_buffer|"
                           r"ssl_(alpn_protocol|cipher|client_\w+|curves?|preread_\w+|protocol|session_id|session_reused|server_name|ciphers?))")


def configuration():
    return cli("manual", "persona.yaml", "--markdown")


def keys():
    return set(re.findall(r"^\| `([a-z_.]+)` \|", configuration(), re.MULTILINE))


def section(heading):
    return PAGE.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(heading):
    """First and second cell of each row, as lists of what is in `code`."""
    found = re.findall(r"^\| (`.*?) \| (.*?) \| (.*) \|$", section(heading), re.MULTILINE)
    return [(re.findall(r"`([^`]+)`", theirs), re.findall(r"`([^`]+)`", ours), words) for theirs, ours, words in found]


def named(heading):
    return {option for theirs, _, _ in rows(heading) for option in theirs}


@case("docs/configuration.md is what conf/full.yaml says")
def reference(case):
    equal((DOCS / "configuration.md").read_text(), configuration(), "docs/configuration.md; to make it anew: "
          "migrating_is_complete.py --write")
    check(len(keys()) > 80, "keys", len(keys()))


@case("the table of stunnel's options is that of the program")
def of_stunnel(case):
    equal(TABLE.search(PAGE.read_text())[0], cli("import", "stunnel", "--options"),
          "the table in docs/migrating.md; to make it anew: migrating_is_complete.py --write")


@case("what the page says that is here is a key, and each row says what becomes of it")
def only_keys(case):
    there = keys()
    for heading, least in (("stunnel", 90), ("ghostunnel", 60), ("HAProxy", 100), ("nginx", 70)):
        found = rows(heading)
        check(len(found) >= least, f"rows about {heading}", len(found))
        for theirs, ours, words in found:
            for key in ours:
                check(key in there or any(each.startswith(key + ".") for each in there), f"{heading}: {theirs}: no such key", key)
            check(words.strip(), f"{heading}: {theirs}: nothing is said of it")


@case("every option of HAProxy's for a bind or server line")
def of_haproxy(case):
    said = subprocess.run([need("haproxy"), "-dKcfg", "-c", "-f", "/dev/null"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          timeout=30).stdout.decode()
    options = {words.replace("ssl ", "", 1).split()[0] if words.startswith("ssl ") else words.split()[0]
               for words in re.findall(r"^\t(?:bind <addr>|server <name> <addr>) (\S.*)$", said, re.MULTILINE)}
    check(len(options) > 120, "options that HAProxy prints", len(options))
    equal(options - named("HAProxy"), set(), "options that are not in docs/migrating.md")


@case("every directive of nginx's stream module")
def of_nginx(case):
    libraries = sorted(pathlib.Path("/usr").glob("lib*/nginx/modules/ngx_stream_module.so")) + \
        sorted(pathlib.Path("/usr/share").glob("nginx/modules/ngx_stream_module.so"))
    check(libraries, "nginx's stream module is not there: run scripts/setup --tests")
    words = {word.decode() for word in NGINX.findall(libraries[0].read_bytes())} - {"map_hash", "variables_hash"}
    directives = {word for word in words if not NO_DIRECTIVES.fullmatch(word)} | {"proxy_pass", "proxy_ssl", "ssl_verify_client"}
    check(len(directives) > 60, "directives that were found", sorted(directives))
    equal(directives - named("nginx"), set(), "directives that are not in docs/migrating.md")


def write():
    (DOCS / "configuration.md").write_text(configuration())
    PAGE.write_text(TABLE.sub(lambda _: cli("import", "stunnel", "--options"), PAGE.read_text()))


if sys.argv[1:] == ["--write"]:
    write()
else:
    main()
