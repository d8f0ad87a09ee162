"""OpenSSL's own commands, as manuals and answers on the Web have them."""

import pathlib

from .recipe import NAME, Recipe, v1, v3

REQ_X509 = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid", "basicConstraints=critical,CA:TRUE")
SAN = f"subjectAltName=DNS:{NAME}"
_MAN = "OpenSSL 3.0 manual, openssl-req(1)"
_SIGN = "OpenSSL 3.0 manual, openssl-x509(1)"
_ROOT = v3("CN=Example CA", *REQ_X509)


def self_signed(*options, key="rsa2048"):
    """openssl req -x509, with a key that was made before."""
    def run(shop):
        shop.run("openssl", "req", "-x509", "-sha256", "-days", "365", "-key", shop.key("server.key", key), "-out",
                 "server.pem", "-subj", f"/CN={NAME}", *options)
        return shop.certificates("server.pem")

    return run


def make_ca(shop, *options):
    shop.run("openssl", "req", "-x509", "-new", "-sha256", "-days", "3650", "-key",
             shop.key("ca.key", owner="ca"), "-out", "ca.pem", "-subj", "/CN=Example CA", *options)


def signed(extensions="", *options, subject=f"/CN={NAME}", request=()):
    """openssl req -new and openssl x509 -req -CA, for those who have a CA by openssl req -x509."""
    def run(shop):
        make_ca(shop)
        shop.run("openssl", "req", "-new", "-key", shop.key("server.key"), "-out", "server.csr", "-subj", subject,
                 *request)
        more = ["-extfile", shop.write("server.ext", extensions)] if extensions else []
        shop.run("openssl", "x509", "-req", "-sha256", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                 "-CAcreateserial", "-days", "365", "-out", "server.pem", *more, *options)
        return shop.certificates("server.pem", "ca.pem")

    return run


def signed_by_itself(shop):
    shop.run("openssl", "req", "-new", "-key", shop.key("server.key"), "-out", "server.csr", "-subj", f"/CN={NAME}")
    shop.run("openssl", "x509", "-req", "-sha256", "-days", "365", "-in", "server.csr", "-signkey", "server.key",
             "-out", "server.pem")
    return shop.certificates("server.pem")


def localhost(shop):
    config = shop.write("localhost.cnf", "[dn]\nCN=localhost\n[req]\ndistinguished_name=dn\n[EXT]\n"
                        "subjectAltName=DNS:localhost\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")
    shop.run("openssl", "req", "-x509", "-out", "localhost.crt", "-key", shop.key("localhost.key"), "-sha256", "-subj",
             "/CN=localhost", "-extensions", "EXT", "-config", config)
    return shop.certificates("localhost.crt")


def by_openssl_ca(copies=False):
    """openssl ca in its demoCA, with Debian's openssl.cnf."""
    def run(shop):
        demo = shop.folder / "demoCA"
        (demo / "newcerts").mkdir(parents=True)
        (demo / "index.txt").touch()
        (demo / "serial").write_text("01\n")
        text = pathlib.Path("/etc/ssl/openssl.cnf").read_text()
        if copies:
            text = text.replace("# copy_extensions = copy", "copy_extensions = copy")
        config = shop.write("openssl.cnf", text)
        make_ca(shop, "-subj", "/C=AU/ST=Some-State/O=Example/CN=Example CA")
        shop.run("openssl", "req", "-new", "-key", shop.key("server.key"), "-out", "server.csr", "-subj",
                 f"/C=AU/ST=Some-State/O=Example/CN={NAME}", *(["-addext", SAN] if copies else []))
        shop.run("openssl", "ca", "-batch", "-config", config, "-cert", "ca.pem", "-keyfile", "ca.key", "-in",
                 "server.csr", "-out", "server.pem", "-notext")
        return shop.certificates("server.pem", "ca.pem")

    return run


_USR_CERT = ("basicConstraints=CA:FALSE", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_DEMO = "C=AU,ST=Some-State,O=Example,CN="
_FULL = ("basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid,issuer\n"
         f"keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment\n{SAN}\n")
_TUTORIAL_CA = ("keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_NGUYEN_CA = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_NGUYEN_USES = "keyUsage=critical,digitalSignature,cRLSign,keyCertSign"


def _nguyen(id, how, *more):
    return Recipe(id, "OpenSSL Certificate Authority", how, "Jamie Nguyen, OpenSSL Certificate Authority (2015)", [
        v3(f"C=GB,O=Alice Ltd,CN={NAME}", "basicConstraints=CA:FALSE", "nsCertType=server",
           "nsComment=OpenSSL Generated Server Certificate", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid,issuer",
           "keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth", *more),
        v3("C=GB,O=Alice Ltd,CN=Alice Ltd Intermediate CA", *_NGUYEN_CA, "basicConstraints=critical,CA:TRUE,pathlen:0",
           _NGUYEN_USES, key="rsa4096"),
        v3("C=GB,O=Alice Ltd,CN=Alice Ltd Root CA", *_NGUYEN_CA, "basicConstraints=critical,CA:TRUE", _NGUYEN_USES,
           key="rsa4096")])


RECIPES = [
    Recipe("openssl-req-cn", "OpenSSL 3.0", "`req -x509 -newkey rsa:2048 -nodes -subj /CN=NAME`", _MAN,
           [v3(f"CN={NAME}", *REQ_X509)], run=self_signed()),
    Recipe("openssl-req-san", "OpenSSL 3.0", "the same with `-addext subjectAltName=DNS:NAME`", _MAN,
           [v3(f"CN={NAME}", *REQ_X509, SAN)], run=self_signed("-addext", SAN)),
    Recipe("openssl-req-san-ec", "OpenSSL 3.0", "the same with an EC key", _MAN,
           [v3(f"CN={NAME}", *REQ_X509, SAN, key="p256")], run=self_signed("-addext", SAN, key="p256")),
    Recipe("openssl-req-eku", "OpenSSL 3.0", "the same and `-addext extendedKeyUsage=serverAuth,clientAuth`", _MAN,
           [v3(f"CN={NAME}", *REQ_X509, SAN, "extendedKeyUsage=serverAuth,clientAuth")],
           run=self_signed("-addext", SAN, "-addext", "extendedKeyUsage=serverAuth,clientAuth")),
    Recipe("openssl-req-ku", "OpenSSL 3.0", "the same and `-addext keyUsage=digitalSignature,keyEncipherment`", _MAN,
           [v3(f"CN={NAME}", *REQ_X509, SAN, "extendedKeyUsage=serverAuth,clientAuth",
               "keyUsage=digitalSignature,keyEncipherment")],
           run=self_signed("-addext", SAN, "-addext", "extendedKeyUsage=serverAuth,clientAuth", "-addext",
                           "keyUsage=digitalSignature,keyEncipherment")),
    Recipe("openssl-req-leaf", "OpenSSL 3.0", "the same with `-addext basicConstraints=critical,CA:FALSE`", _MAN,
           [v3(f"CN={NAME}", "basicConstraints=critical,CA:FALSE", SAN, "subjectKeyIdentifier",
               "authorityKeyIdentifier=keyid")],
           run=self_signed("-addext", SAN, "-addext", "basicConstraints=critical,CA:FALSE")),
    Recipe("openssl-localhost", "OpenSSL 3.0", "`req -x509 -extensions EXT -config` with what three lines say",
           "Let's Encrypt, Certificates for localhost",
           [v3("CN=localhost", "subjectAltName=DNS:localhost", "keyUsage=digitalSignature",
               "extendedKeyUsage=serverAuth", "subjectKeyIdentifier")], name="localhost", run=localhost),
    Recipe("openssl-signkey", "OpenSSL 3.0", "`x509 -req -signkey`, without `-extfile`", _SIGN, [v1(f"CN={NAME}")],
           run=signed_by_itself),
    Recipe("openssl-ca-v1", "OpenSSL 3.0", "`x509 -req -CA`, without `-extfile`", _SIGN, [v1(f"CN={NAME}"), _ROOT],
           run=signed()),
    Recipe("openssl-ca-v1-request", "OpenSSL 3.0", "the same; the request has the name, which is not copied", _SIGN,
           [v1(f"CN={NAME}"), _ROOT], run=signed(request=["-addext", SAN])),
    Recipe("openssl-ca-copied", "OpenSSL 3.0", "the same with `-copy_extensions copyall`", _SIGN,
           [v3(f"CN={NAME}", SAN, "subjectKeyIdentifier", "authorityKeyIdentifier=keyid"), _ROOT],
           run=signed("", "-copy_extensions", "copyall", request=["-addext", SAN])),
    Recipe("openssl-ca-san", "OpenSSL 3.0", "`x509 -req -CA -extfile` with a subjectAltName", _SIGN,
           [v3(f"CN={NAME}", SAN, "subjectKeyIdentifier", "authorityKeyIdentifier=keyid"), _ROOT], run=signed(SAN)),
    Recipe("openssl-ca-eku", "OpenSSL 3.0", "the same with an extendedKeyUsage", _SIGN,
           [v3(f"CN={NAME}", SAN, "extendedKeyUsage=serverAuth", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid"),
            _ROOT], run=signed(f"{SAN}\nextendedKeyUsage=serverAuth\n")),
    Recipe("openssl-ca-full", "OpenSSL 3.0", "the same with all that answers on the Web have", _SIGN,
           [v3(f"CN={NAME}", "authorityKeyIdentifier=keyid", "basicConstraints=CA:FALSE",
               "keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment", SAN, "subjectKeyIdentifier"),
            _ROOT], run=signed(_FULL)),
    Recipe("openssl-ca-address", "OpenSSL 3.0", "the same for an address: `subjectAltName=IP:`", _SIGN,
           [v3("CN=192.0.2.5", "subjectAltName=IP:192.0.2.5", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid"),
            _ROOT], name="192.0.2.5", run=signed("subjectAltName=IP:192.0.2.5", subject="/CN=192.0.2.5")),
    Recipe("openssl-ca-address-dns", "OpenSSL 3.0", "the same, and the address is written as a name: `DNS:192.0.2.5`",
           _SIGN, [v3("CN=192.0.2.5", "subjectAltName=DNS:192.0.2.5", "subjectKeyIdentifier",
                      "authorityKeyIdentifier=keyid"), _ROOT],
           name="192.0.2.5", run=signed("subjectAltName=DNS:192.0.2.5", subject="/CN=192.0.2.5")),
    Recipe("openssl-demo-ca", "OpenSSL 3.0", "`openssl ca` with Debian's openssl.cnf", "OpenSSL 3.0 manual, openssl-ca(1)",
           [v3(f"{_DEMO}{NAME}", *_USR_CERT), v3(f"{_DEMO}Example CA", *REQ_X509)], run=by_openssl_ca()),
    Recipe("openssl-demo-ca-copied", "OpenSSL 3.0", "the same with `copy_extensions = copy`",
           "OpenSSL 3.0 manual, openssl-ca(1)",
           [v3(f"{_DEMO}{NAME}", *_USR_CERT, SAN), v3(f"{_DEMO}Example CA", *REQ_X509)], run=by_openssl_ca(copies=True)),
    Recipe("openssl32-ca", "OpenSSL 3.2 and later", "`x509 -req -CA`, without `-extfile`",
           "OpenSSL 3.2 CHANGES: x509 -req makes version 3", [
               v3(f"CN={NAME}", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid"), _ROOT]),
    Recipe("openssl111-req-san", "OpenSSL 1.1.1", "`req -x509 -addext subjectAltName=DNS:NAME`",
           "OpenSSL 1.1.1 manual, req(1)", [v3(f"CN={NAME}", *REQ_X509, SAN)]),
    Recipe("openssl111-ca-v1", "OpenSSL 1.1.1", "`x509 -req -CA`, without `-extfile`", "OpenSSL 1.1.1 manual, x509(1)",
           [v1(f"CN={NAME}"), _ROOT]),
    Recipe("openssl111-ca-san", "OpenSSL 1.1.1", "`x509 -req -CA -extfile` with a subjectAltName: no key identifiers",
           "OpenSSL 1.1.1 manual, x509(1)", [v3(f"CN={NAME}", SAN), _ROOT]),
    Recipe("openssl111-ca-eku", "OpenSSL 1.1.1", "the same with an extendedKeyUsage", "OpenSSL 1.1.1 manual, x509(1)",
           [v3(f"CN={NAME}", SAN, "extendedKeyUsage=serverAuth"), _ROOT]),
    Recipe("openssl111-ca-full", "OpenSSL 1.1.1", "the same with all that answers on the Web have",
           "OpenSSL 1.1.1 manual, x509(1)",
           [v3(f"CN={NAME}", "authorityKeyIdentifier=keyid", "basicConstraints=CA:FALSE",
               "keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment", SAN), _ROOT]),
    Recipe("pki-tutorial", "OpenSSL PKI Tutorial", "Simple PKI: root, signing CA, TLS server",
           "OpenSSL PKI Tutorial, Simple PKI", [
               v3(f"DC=org,DC=simple,O=Simple Inc,CN={NAME}", "keyUsage=critical,digitalSignature,keyEncipherment",
                  "basicConstraints=CA:FALSE", "extendedKeyUsage=serverAuth,clientAuth", "subjectKeyIdentifier",
                  "authorityKeyIdentifier=keyid", SAN),
               v3("DC=org,DC=simple,O=Simple Inc,OU=Simple Signing CA,CN=Simple Signing CA", _TUTORIAL_CA[0],
                  "basicConstraints=critical,CA:TRUE,pathlen:0", *_TUTORIAL_CA[1:]),
               v3("DC=org,DC=simple,O=Simple Inc,OU=Simple Root CA,CN=Simple Root CA", _TUTORIAL_CA[0],
                  "basicConstraints=critical,CA:TRUE", *_TUTORIAL_CA[1:])]),
    _nguyen("nguyen-cn", "root, intermediate, `server_cert`; the name is the common name"),
    _nguyen("nguyen-san", "the same with a subjectAltName", SAN),
]
