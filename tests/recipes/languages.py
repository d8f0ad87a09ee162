"""What programming languages and their libraries make."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from chains.issue import make_key

from .describe import Read
from .openssl_command import SAN
from .recipe import NAME, Recipe, v3

_GO = "Go, crypto/tls/generate_cert.go"
_KU = "keyUsage=critical,digitalSignature,keyEncipherment"
_DOTNET = ".NET documentation, dotnet dev-certs"
_POWERSHELL = "PowerShell documentation, New-SelfSignedCertificate"


def python_cryptography(*extensions):
    """The tutorial of Python's cryptography: self-signed for localhost."""
    def run(_):
        key = make_key("rsa2048", True)
        name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "My Company"),
                          x509.NameAttribute(x509.NameOID.COMMON_NAME, "mysite.com")])
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now)
                   .not_valid_after(now + datetime.timedelta(days=10)))
        for extension, critical in ((x509.SubjectAlternativeName([x509.DNSName("localhost")]), False), *extensions):
            builder = builder.add_extension(extension, critical)
        made = builder.sign(key, hashes.SHA256())
        return [Read(made.public_bytes(serialization.Encoding.PEM).decode())]

    return run


RECIPES = [
    Recipe("go-generate-cert", "Go", "`generate_cert --host NAME`", _GO, [
        v3("O=Acme Co", _KU, "extendedKeyUsage=serverAuth", "basicConstraints=critical,CA:FALSE", SAN)]),
    Recipe("go-generate-cert-ca", "Go", "`generate_cert --ca --ecdsa-curve P256 --host NAME`", _GO, [
        v3("O=Acme Co", "keyUsage=critical,digitalSignature,keyCertSign", "extendedKeyUsage=serverAuth",
           "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier", SAN, key="p256")]),
    Recipe("minio-certgen", "MinIO certgen", "`certgen -host NAME`, an Ed25519 key", "MinIO documentation, certgen", [
        v3("O=Acme Co", "keyUsage=critical,digitalSignature,keyCertSign", "extendedKeyUsage=serverAuth",
           "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier", SAN, key="ed25519")]),
    Recipe("minio-certgen-ecdsa", "MinIO certgen", "`certgen -ecdsa-curve P256 -host NAME`", "MinIO documentation, certgen", [
        v3("O=Acme Co", "keyUsage=critical,digitalSignature,keyCertSign", "extendedKeyUsage=serverAuth",
           "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier", SAN, key="p256")]),
    Recipe("node-selfsigned", "Node.js selfsigned", "`generate()` of 5 and later", "selfsigned of Node.js, README", [
        v3(f"CN={NAME},C=US,ST=Virginia,O=Test", "basicConstraints=critical,CA:FALSE", _KU,
           "extendedKeyUsage=serverAuth,clientAuth", SAN, digest="sha1")]),
    Recipe("node-selfsigned-2", "Node.js selfsigned", "`generate()` of 2: no DNS name", "selfsigned of Node.js, README of 2", [
        v3(f"CN={NAME},C=US,ST=Virginia,O=Test", "basicConstraints=CA:TRUE",
           "keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyCertSign",
           "extendedKeyUsage=serverAuth,clientAuth,codeSigning,timeStamping",
           "subjectAltName=URI:http://example.org/webid#me", digest="sha1")]),
    Recipe("dotnet-dev-certs", ".NET", "`dotnet dev-certs https`: critical extendedKeyUsage and subjectAltName", _DOTNET, [
        v3("CN=localhost", "basicConstraints=critical,CA:FALSE", _KU, "extendedKeyUsage=critical,serverAuth",
           "subjectAltName=critical,DNS:localhost", "aspNetHttps=hex:02")], name="localhost"),
    Recipe("dotnet-dev-certs-31", ".NET", "the same of .NET Core 3.1 and before: no digitalSignature", _DOTNET, [
        v3("CN=localhost", "basicConstraints=critical,CA:FALSE", "keyUsage=critical,keyEncipherment",
           "extendedKeyUsage=critical,serverAuth", "subjectAltName=critical,DNS:localhost", "aspNetHttps=hex:02")],
        name="localhost"),
    Recipe("powershell", "PowerShell", "`New-SelfSignedCertificate -DnsName NAME`", _POWERSHELL, [
        v3(f"CN={NAME}", _KU, "extendedKeyUsage=clientAuth,serverAuth", SAN, "subjectKeyIdentifier")]),
    Recipe("powershell-signer", "PowerShell", "the same with `-Signer`, a root with `-KeyUsage CertSign,CRLSign` and `CA=true`", _POWERSHELL, [
        v3(f"CN={NAME}", _KU, "extendedKeyUsage=clientAuth,serverAuth", SAN, "authorityKeyIdentifier=keyid",
           "subjectKeyIdentifier"),
        v3("CN=Example Root", "keyUsage=critical,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE",
           "subjectKeyIdentifier")]),
    Recipe("python-cryptography", "Python cryptography", "the tutorial's self-signed certificate",
           "cryptography documentation of 3 to 41, X.509 Tutorial", [
               v3("O=My Company,CN=mysite.com", "subjectAltName=DNS:localhost")], name="localhost",
           run=python_cryptography()),
    Recipe("webrick", "Ruby WEBrick", "`SSLCertName`: the name is the common name", "WEBrick documentation, webrick/ssl", [
        v3(f"CN={NAME}", "basicConstraints=CA:FALSE",
           "keyUsage=digitalSignature,keyEncipherment,dataEncipherment,keyAgreement", "subjectKeyIdentifier",
           "extendedKeyUsage=serverAuth", "nsComment=Generated by Ruby/OpenSSL", "authorityKeyIdentifier=keyid,issuer",
           serial=1)]),
]
