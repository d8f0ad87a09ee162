"""What older tools make by default, or what has become of it: nobody may accept these."""

from .openssl_command import SAN
from .recipe import NAME, Recipe, v3

_V3_CA = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid,issuer", "basicConstraints=CA:TRUE")
_ROOT = v3("CN=Example CA", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid", "basicConstraints=critical,CA:TRUE")
_EASY_RSA_2 = ("basicConstraints=CA:FALSE", "nsCertType=server", "nsComment=Easy-RSA Generated Server Certificate",
               "subjectKeyIdentifier", "authorityKeyIdentifier=keyid,issuer", "extendedKeyUsage=serverAuth",
               "keyUsage=digitalSignature,keyEncipherment")

RECIPES = [
    Recipe("old-openssl-098", "OpenSSL 0.9.8", "`x509 -req -CA -extfile`: SHA-1", "OpenSSL 0.9.8 manual, x509(1)",
           [v3(f"CN={NAME}", SAN, digest="sha1"), v3("CN=Example CA", *_V3_CA)], insecure="SHA-1"),
    Recipe("old-openssl-097", "OpenSSL 0.9.7", "the same: MD5", "OpenSSL 0.9.7 manual, x509(1)",
           [v3(f"CN={NAME}", SAN, digest="md5"), v3("CN=Example CA", *_V3_CA)], insecure="MD5"),
    Recipe("old-openssl-1024", "OpenSSL 1.0.0", "`req -x509 -newkey rsa:1024`", "OpenSSL 1.0.0 manual, req(1)",
           [v3(f"CN={NAME}", *_V3_CA, SAN, key="rsa1024")], insecure="RSA 1024"),
    Recipe("old-easy-rsa-1024", "easy-rsa 2.0", "`KEY_SIZE=1024`, SHA-1", "easy-rsa 2.0, vars and openssl.cnf",
           [v3("CN=server", *_EASY_RSA_2, "subjectAltName=DNS:server", key="rsa1024", digest="sha1"),
            v3("CN=Fort-Funston CA", *_V3_CA)], name="server", insecure="RSA 1024 and SHA-1"),
    Recipe("old-expired", "any", "a year and a day ago, for 365 days", "every manual", [
        v3(f"CN={NAME}", SAN, "subjectKeyIdentifier", "authorityKeyIdentifier=keyid", since=-366, until=-1.5), _ROOT],
        insecure="expired"),
    Recipe("old-ca-expired", "any", "the same of the CA's own certificate", "every manual", [
        v3(f"CN={NAME}", SAN, "subjectKeyIdentifier", "authorityKeyIdentifier=keyid"),
        v3("CN=Example CA", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid", "basicConstraints=critical,CA:TRUE",
           since=-366, until=-1.5)], insecure="expired"),
    Recipe("old-other-name", "any", "issued for the host's old name", "every manual", [
        v3("CN=db-old.example.com", "subjectAltName=DNS:db-old.example.com", "subjectKeyIdentifier",
           "authorityKeyIdentifier=keyid"), _ROOT], insecure="another name"),
]
