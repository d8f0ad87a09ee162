"""Java's keytool, and what is made with it."""

from .openssl_command import SAN
from .recipe import NAME, Recipe, v3

_KEYTOOL = "Java 17, keytool"
# Most of its time is the virtual machine's start.
_QUICKLY = ("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-Xshare:auto", "-storepass", "changeit")


def _certificate(shop, store):
    shop.run("openssl", "pkcs12", "-in", f"{store}.p12", "-passin", "pass:changeit", "-nokeys", "-out", f"{store}.pem")
    return f"{store}.pem"


def _key_pair(shop, store, name, *options):
    shop.run("keytool", *_QUICKLY, "-genkeypair", "-alias", store, "-keyalg", "EC", "-groupname", "secp256r1", "-dname",
             name, "-validity", "365", "-keystore", f"{store}.p12", *options)


def self_signed(*options):
    def run(shop):
        _key_pair(shop, "db", f"CN={NAME}, O=Example", *options)
        return shop.certificates(_certificate(shop, "db"))

    return run


def issued(authority=(), leaf=()):
    def run(shop):
        _key_pair(shop, "ca", "CN=Java CA", *authority)
        shop.run("openssl", "req", "-new", "-key", shop.key("server.key", "p256"), "-out", "server.csr", "-subj",
                 f"/CN={NAME}")
        shop.run("keytool", *_QUICKLY, "-gencert", "-alias", "ca", "-keystore", "ca.p12", "-infile", "server.csr",
                 "-outfile", "server.pem", "-rfc", "-validity", "365", *leaf)
        return shop.certificates("server.pem", _certificate(shop, "ca"))

    return run


_KEYS = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_JAVA_CA = v3("CN=Java CA", "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier", key="p256")

RECIPES = [
    Recipe("keytool", "keytool", "`-genkeypair`, as the manuals of Tomcat, Cassandra and many others have it", _KEYTOOL, [
        v3(f"O=Example,CN={NAME}", "subjectKeyIdentifier", key="p256")], run=self_signed()),
    Recipe("keytool-san", "keytool", "the same with `-ext san=dns:NAME`", _KEYTOOL, [
        v3(f"O=Example,CN={NAME}", SAN, "subjectKeyIdentifier", key="p256")], run=self_signed("-ext", f"san=dns:{NAME}")),
    Recipe("keytool-gencert", "keytool", "`-gencert -ext san=dns:NAME -ext eku=sa`, the CA with `-ext bc:c`", _KEYTOOL, [
        v3(f"CN={NAME}", SAN, "extendedKeyUsage=serverAuth", *_KEYS, key="p256"), _JAVA_CA],
        run=issued(("-ext", "bc:c"), ("-ext", f"san=dns:{NAME}", "-ext", "eku=sa"))),
    Recipe("keytool-gencert-plain", "keytool", "the same, the CA without `-ext bc:c`: it does not say that it is one",
           _KEYTOOL, [v3(f"CN={NAME}", SAN, *_KEYS, key="p256"),
                      v3("CN=Java CA", "subjectKeyIdentifier", key="p256")],
           run=issued((), ("-ext", f"san=dns:{NAME}"))),
    Recipe("keytool-example", "keytool", "root, intermediate and server of the manual's example, with `-ext san=dns:NAME`",
           "Java 17, keytool, Generate Certificates for a TLS Server", [
               v3(f"CN={NAME}", "keyUsage=critical,digitalSignature,keyEncipherment", SAN, *_KEYS),
               v3("CN=ca", "basicConstraints=CA:TRUE,pathlen:0", *_KEYS), v3("CN=root", "basicConstraints=critical,CA:TRUE",
                                                                    "subjectKeyIdentifier")]),
]
