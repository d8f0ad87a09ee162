"""Tools that are a small certificate authority: those of Debian are really run."""

from .openssl_command import SAN
from .recipe import NAME, Recipe, v3

_KEYS = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_EASY_RSA = "easy-rsa 3, x509-types"
_EASY_RSA_CA = ("basicConstraints=CA:TRUE", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid,issuer",
                "keyUsage=cRLSign,keyCertSign")
_EASY_RSA_LEAF = ("basicConstraints=CA:FALSE", "subjectKeyIdentifier", "authorityKeyIdentifier=keyid,issuer")
_EASY_RSA_2 = ("basicConstraints=CA:FALSE", "nsCertType=server", "nsComment=Easy-RSA Generated Server Certificate",
               "subjectKeyIdentifier", "authorityKeyIdentifier=keyid,issuer", "extendedKeyUsage=serverAuth",
               "keyUsage=digitalSignature,keyEncipherment")
_EASY_RSA_2_CA = v3("C=US,O=Fort-Funston,CN=Fort-Funston CA", "subjectKeyIdentifier",
                    "authorityKeyIdentifier=keyid,issuer", "basicConstraints=CA:TRUE")
_FOR_SERVERS = ("keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth")


def easy_rsa(*command, name=NAME, algorithm="rsa"):
    def run(shop):
        settings = {"EASYRSA_BATCH": "1", "EASYRSA_PKI": str(shop.folder / "pki"), "EASYRSA_ALGO": algorithm,
                    "EASYRSA_CURVE": "prime256v1"}
        shop.run("easyrsa", "init-pki", **settings)
        shop.run("easyrsa", "build-ca", "nopass", EASYRSA_REQ_CN="Easy-RSA CA", **settings)
        shop.run("easyrsa", *command, "nopass", **settings)
        return shop.certificates(f"pki/issued/{name}.crt", "pki/ca.crt")

    return run


def mkcert(*options, name=NAME):
    def run(shop):
        shop.run("mkcert", "-cert-file", "server.pem", "-key-file", "server.key", *options, name,
                 CAROOT=str(shop.folder))
        return shop.certificates("server.pem", "rootCA.pem")

    return run


def minica(shop):
    shop.run("minica", NAME)
    return shop.certificates(f"{NAME}.crt", "cacert.crt")


def _cfssl(shop, name, *command, given):
    shop.write(f"{name}.json", shop.run("cfssl", *command, "-loglevel=5", "-", given=given))
    shop.run("cfssljson", "-f", f"{name}.json", "-bare", name)


_CSR = '{"CN":"%s",%s"key":{"algo":"ecdsa","size":256}}'
_ETCD = ('{"signing":{"default":{"expiry":"43800h"},"profiles":{"client":{"expiry":"43800h","usages":'
         '["signing","key encipherment","client auth"]},"server":{"expiry":"43800h","usages":'
         '["signing","key encipherment","server auth"]}}}}')


def cfssl(profile="", name=NAME, hosts=f'"hosts":["{NAME}"],'):
    def run(shop):
        _cfssl(shop, "ca", "gencert", "-initca", given=_CSR % ("Example CA", ""))
        profiles = ["-config", shop.write("profiles.json", _ETCD), "-profile", profile] if profile else []
        _cfssl(shop, "server", "gencert", "-ca", "ca.pem", "-ca-key", "ca-key.pem", *profiles, given=_CSR % (name, hosts))
        return shop.certificates("server.pem", "ca.pem")

    return run


def trustme(shop):
    shop.run("/usr/bin/python3", "-m", "trustme", "-i", NAME)
    return shop.certificates("server.pem", "client.pem")


def strongswan(*options):
    def run(shop):
        shop.write("ca.pem", _pem(shop.run("pki", "--self", "--ca", "--in", shop.key("ca.key", owner="ca"), "--type", "rsa",
                                           "--dn", "C=CH, O=strongSwan, CN=strongSwan CA", "--outform", "pem")))
        shop.write("public.pem", shop.run("openssl", "pkey", "-in", shop.key("server.key"), "-pubout"))
        shop.write("server.pem", _pem(shop.run(
            "pki", "--issue", "--in", "public.pem", "--type", "pub", "--cacert", "ca.pem", "--cakey", "ca.key", "--dn",
            f"C=CH, O=strongSwan, CN={NAME}", "--san", NAME, *options, "--outform", "pem")))
        return shop.certificates("server.pem", "ca.pem")

    return run


def _pem(printed):
    """Without what pki says of its plugins."""
    return printed[printed.index("-----BEGIN"):]


def nss(*options):
    def run(shop):
        (shop.folder / "db").mkdir()
        shop.run("certutil", "-N", "-d", "sql:db", "--empty-password")
        common = ["-S", "-d", "sql:db", "-k", "ec", "-q", "nistp256", "-v", "12", "-z",
                  shop.write("noise", "nothing that is kept secret" * 10)]
        shop.run("certutil", *common, "-n", "ca", "-s", "CN=Example CA", "-x", "-t", "CT,,", "-m", "1")
        shop.run("certutil", *common, "-n", "server", "-s", f"CN={NAME}", "-c", "ca", "-t", ",,", "-m", "2", *options)
        for name in ("server", "ca"):
            shop.write(f"{name}.pem", shop.run("certutil", "-L", "-d", "sql:db", "-n", name, "-a").replace("\r", ""))
        return shop.certificates("server.pem", "ca.pem")

    return run


def sscg(shop):
    shop.run("sscg", "--quiet", "--hostname", NAME, "--cert-file", "server.pem", "--cert-key-file", "server.key",
             "--ca-file", "ca.pem", "--dhparams-named-group", "ffdhe2048")
    return shop.certificates("server.pem", "ca.pem")


_CERTTOOL_CA = 'cn = "Example CA"\nca\ncert_signing_key\n'


def certtool(template, authority=_CERTTOOL_CA):
    def run(shop):
        shop.run("certtool", "--generate-self-signed", "--load-privkey", shop.key("ca.key", owner="ca"), "--template",
                 shop.write("ca.info", authority), "--outfile", "ca.pem")
        shop.run("certtool", "--generate-certificate", "--load-privkey", shop.key("server.key"), "--load-ca-certificate",
                 "ca.pem", "--load-ca-privkey", "ca.key", "--template", shop.write("server.info", template), "--outfile",
                 "server.pem")
        return shop.certificates("server.pem", "ca.pem")

    return run


_GNUTLS_CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier")
_GNUTLS_LEAF = ("basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth",
                "keyUsage=critical,digitalSignature,keyEncipherment", *_KEYS)
_CFSSL_CA = v3("CN=Example CA", "keyUsage=critical,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE",
               "subjectKeyIdentifier", key="p256")
_CFSSL_LEAF = ("keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth,clientAuth",
               "basicConstraints=critical,CA:FALSE", *_KEYS)


def _mkcert_ca(key):
    return v3("O=mkcert development CA,OU=root@host,CN=mkcert root@host", "keyUsage=critical,keyCertSign",
              "basicConstraints=critical,CA:TRUE,pathlen:0", "subjectKeyIdentifier", key=key)


_MKCERT = "O=mkcert development certificate,OU=root@host"

RECIPES = [
    Recipe("easy-rsa", "easy-rsa 3", "`build-server-full NAME`", _EASY_RSA, [
        v3(f"CN={NAME}", *_EASY_RSA_LEAF, "extendedKeyUsage=serverAuth", "keyUsage=digitalSignature,keyEncipherment", SAN),
        v3("CN=Easy-RSA CA", *_EASY_RSA_CA)], run=easy_rsa("build-server-full", NAME)),
    Recipe("easy-rsa-ec", "easy-rsa 3", "the same with `EASYRSA_ALGO=ec`", _EASY_RSA, [
        v3(f"CN={NAME}", *_EASY_RSA_LEAF, "extendedKeyUsage=serverAuth", "keyUsage=digitalSignature,keyEncipherment", SAN,
           key="p256"), v3("CN=Easy-RSA CA", *_EASY_RSA_CA, key="p256")],
           run=easy_rsa("build-server-full", NAME, algorithm="ec")),
    Recipe("easy-rsa-client", "easy-rsa 3", "`build-client-full app` with `EASYRSA_ALGO=ec`, as OpenVPN's clients have it", _EASY_RSA, [
        v3("CN=app", *_EASY_RSA_LEAF, "extendedKeyUsage=clientAuth", "keyUsage=digitalSignature", key="p256"),
        v3("CN=Easy-RSA CA", *_EASY_RSA_CA, key="p256")], role="client",
        run=easy_rsa("build-client-full", "app", name="app", algorithm="ec")),
    Recipe("easy-rsa-2", "easy-rsa 2", "`build-key-server NAME` of 2.2.2; the name is the common name",
           "easy-rsa 2.2.2, openssl-1.0.0.cnf", [v3(f"C=US,O=Fort-Funston,CN={NAME}", *_EASY_RSA_2), _EASY_RSA_2_CA]),
    Recipe("easy-rsa-2-san", "easy-rsa 2", "the same with `KEY_ALTNAMES=DNS:NAME`", "easy-rsa 2.2.2, openssl-1.0.0.cnf", [
        v3(f"C=US,O=Fort-Funston,CN={NAME}", *_EASY_RSA_2, SAN), _EASY_RSA_2_CA]),
    Recipe("mkcert", "mkcert", "`mkcert NAME`", "mkcert, README", [
        v3(_MKCERT, *_FOR_SERVERS, "authorityKeyIdentifier=keyid", SAN), _mkcert_ca("rsa3072")], run=mkcert()),
    Recipe("mkcert-ec", "mkcert", "`mkcert -ecdsa NAME`", "mkcert, README", [
        v3(_MKCERT, "keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth",
           "authorityKeyIdentifier=keyid", SAN, key="p256"), _mkcert_ca("p256")], run=mkcert("-ecdsa")),
    Recipe("mkcert-address", "mkcert", "`mkcert -ecdsa 192.0.2.5`", "mkcert, README", [
        v3(_MKCERT, *_FOR_SERVERS, "authorityKeyIdentifier=keyid", "subjectAltName=IP:192.0.2.5", key="p256"),
        _mkcert_ca("p256")], name="192.0.2.5", run=mkcert("-ecdsa", name="192.0.2.5")),
    Recipe("mkcert-client", "mkcert", "`mkcert -ecdsa -client app.example.com`", "mkcert, README", [
        v3(_MKCERT, "keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=clientAuth,serverAuth",
           "authorityKeyIdentifier=keyid", "subjectAltName=DNS:app.example.com", key="p256"), _mkcert_ca("p256")],
        role="client", run=mkcert("-ecdsa", "-client", name="app.example.com")),
    Recipe("minica", "minica", "`minica NAME`", "minica of Debian, README", [
        v3(f"O=Example Organization,CN={NAME}", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement",
           "extendedKeyUsage=clientAuth,serverAuth", "basicConstraints=critical,CA:FALSE", "authorityKeyIdentifier=keyid",
           SAN), v3("O=Example Organization", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement,keyCertSign",
                    "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier")], run=minica),
    Recipe("cfssl", "cfssl", "`gencert` with its default profile", "cfssl, README", [
        v3(f"CN={NAME}", *_CFSSL_LEAF, SAN, key="p256"), _CFSSL_CA], run=cfssl()),
    Recipe("cfssl-no-hosts", "cfssl", "the same without `hosts`: the name is the common name", "cfssl, README", [
        v3(f"CN={NAME}", *_CFSSL_LEAF, key="p256"), _CFSSL_CA], run=cfssl(hosts="")),
    Recipe("etcd-cfssl", "etcd", "cfssl with the profile `server`", "etcd documentation, Generate self-signed certificates", [
        v3(f"CN={NAME}", "keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth",
           "basicConstraints=critical,CA:FALSE", *_KEYS, SAN, key="p256"), _CFSSL_CA], run=cfssl("server")),
    Recipe("etcd-cfssl-client", "etcd", "cfssl with the profile `client`",
           "etcd documentation, Generate self-signed certificates", [
               v3("CN=client", "keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=clientAuth",
                  "basicConstraints=critical,CA:FALSE", *_KEYS, key="p256"), _CFSSL_CA], role="client",
           run=cfssl("client", name="client", hosts="")),
    Recipe("trustme", "trustme", "`python3 -m trustme -i NAME` of 0.9", "trustme documentation", [
        v3("O=trustme v0.9.0,OU=Testing cert #1", "subjectKeyIdentifier", "basicConstraints=critical,CA:FALSE",
           "authorityKeyIdentifier=keyid", f"subjectAltName=critical,DNS:{NAME}",
           "keyUsage=critical,digitalSignature,keyEncipherment",
           "extendedKeyUsage=critical,clientAuth,serverAuth,codeSigning"),
        v3("O=trustme v0.9.0,OU=Testing CA #1", "subjectKeyIdentifier", "basicConstraints=critical,CA:TRUE,pathlen:9",
           "keyUsage=critical,digitalSignature,keyCertSign,cRLSign")], run=trustme),
    Recipe("strongswan", "strongSwan pki", "`pki --issue --san NAME --flag serverAuth`",
           "strongSwan documentation, pki tool", [
               v3(f"C=CH,O=strongSwan,CN={NAME}", "authorityKeyIdentifier=keyid", SAN, "extendedKeyUsage=serverAuth"),
               v3("C=CH,O=strongSwan,CN=strongSwan CA", "subjectKeyIdentifier", "basicConstraints=critical,CA:TRUE",
                  "keyUsage=critical,keyCertSign,cRLSign")], run=strongswan("--flag", "serverAuth")),
    Recipe("strongswan-plain", "strongSwan pki", "the same without `--flag`", "strongSwan documentation, pki tool", [
        v3(f"C=CH,O=strongSwan,CN={NAME}", "authorityKeyIdentifier=keyid", SAN),
        v3("C=CH,O=strongSwan,CN=strongSwan CA", "subjectKeyIdentifier", "basicConstraints=critical,CA:TRUE",
           "keyUsage=critical,keyCertSign,cRLSign")], run=strongswan()),
    Recipe("nss-certutil", "NSS certutil", "`certutil -S -x` for the CA and `certutil -S -c ca -8 NAME`, no `-2`: the CA does "
           "not say that it is one", "NSS documentation, certutil", [
               v3(f"CN={NAME}", SAN, key="p256"), v3("CN=Example CA", key="p256")], run=nss("-8", NAME)),
    Recipe("certtool", "GnuTLS certtool", "templates of the manual", "GnuTLS manual, certtool examples", [
        v3(f"CN={NAME}", SAN, *_GNUTLS_LEAF), v3("CN=Example CA", *_GNUTLS_CA)],
        run=certtool(f'cn = "{NAME}"\ndns_name = "{NAME}"\ntls_www_server\nsigning_key\nencryption_key\n')),
    Recipe("libvirt", "libvirt", "`certtool` with the documentation's server.info", "libvirt documentation, TLS certificates", [
        v3(f"CN={NAME},O=Name of your organization", SAN + ",IP:192.0.2.10", *_GNUTLS_LEAF),
        v3("CN=Name of your organization", *_GNUTLS_CA)],
        run=certtool('organization = Name of your organization\n' f'cn = {NAME}\ndns_name = {NAME}\n'
                     'ip_address = 192.0.2.10\ntls_www_server\nencryption_key\nsigning_key\n',
                     "cn = Name of your organization\nca\ncert_signing_key\n")),
    Recipe("libvirt-old", "libvirt", "the same before names were in it: the common name alone",
           "libvirt documentation of 1.x, Remote support", [
               v3(f"CN={NAME},O=Name of your organization", *_GNUTLS_LEAF),
               v3("CN=Name of your organization", *_GNUTLS_CA)],
           run=certtool(f'organization = Name of your organization\ncn = {NAME}\ntls_www_server\nencryption_key\n'
                        'signing_key\n', "cn = Name of your organization\nca\ncert_signing_key\n")),
    Recipe("qemu-client", "QEMU", "`certtool` with the documentation's template of a client",
           "QEMU documentation, TLS setup for network services", [
               v3("CN=app,O=Name of your organization", "basicConstraints=critical,CA:FALSE", "extendedKeyUsage=clientAuth",
                  "keyUsage=critical,digitalSignature,keyEncipherment", *_KEYS),
               v3("CN=Name of your organization", *_GNUTLS_CA)], role="client",
           run=certtool("organization = Name of your organization\ncn = app\ntls_www_client\nencryption_key\n"
                        "signing_key\n", "cn = Name of your organization\nca\ncert_signing_key\n")),
    Recipe("sscg", "sscg", "`sscg --hostname NAME`: the CA may issue for that name only", "sscg, README", [
        v3(f"C=US,O=Unspecified,CN={NAME}", "keyUsage=critical,digitalSignature,keyEncipherment",
           "extendedKeyUsage=serverAuth", "basicConstraints=CA:FALSE", SAN, "authorityKeyIdentifier=keyid"),
        v3(f"C=US,O=Unspecified,OU=ca-2944724879755309,CN={NAME}", "basicConstraints=CA:TRUE",
           f"nameConstraints=permitted;DNS:{NAME}", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign", SAN,
           "subjectKeyIdentifier", key="rsa4096")], run=sscg),
]
