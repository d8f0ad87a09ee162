"""Authorities of organisations and of the Web."""

from .openssl_command import SAN
from .recipe import NAME, Recipe, v3

_KEYS = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_SERVER = "keyUsage=critical,digitalSignature,keyEncipherment"
_LDAP = ("crlDistributionPoints=URI:ldap:///CN=EXAMPLE-DC01-CA%2CCN=DC01%2CCN=CDP?certificateRevocationList",
         "authorityInfoAccess=caIssuers;URI:ldap:///CN=EXAMPLE-DC01-CA%2CCN=AIA?cACertificate")
_AD_CS_ROOT = v3("DC=com,DC=example,CN=example-DC01-CA", "keyUsage=digitalSignature,keyCertSign,cRLSign",
                 "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier", "microsoftCaVersion=integer:0")
_TEMPLATE = ("microsoftCertificateTemplate=hex:3013060d2b060104018237150801020302016402"
             "0104",)
_POLICIES = "microsoftApplicationPolicies=oids:serverAuth clientAuth"
_AD_CS = "Microsoft documentation, AD CS certificate templates"


def ad_cs(id, how, *extensions, subject=f"CN={NAME}", **more):
    return Recipe(id, "Microsoft AD CS", how, _AD_CS, [v3(subject, *_KEYS, *extensions), _AD_CS_ROOT], **more)


_VAULT = "HashiCorp Vault documentation, PKI secrets engine"
_VAULT_KU = "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement"
_VAULT_ROOT = v3("CN=example.com", "keyUsage=critical,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE", *_KEYS,
                 "subjectAltName=DNS:example.com")
_STEP_ROOT = v3("O=Example,CN=Example Root CA", "keyUsage=critical,keyCertSign,cRLSign",
                "basicConstraints=critical,CA:TRUE,pathlen:1", "subjectKeyIdentifier", key="p256")
_STEP_INTERMEDIATE = v3("O=Example,CN=Example Intermediate CA", "keyUsage=critical,keyCertSign,cRLSign",
                        "basicConstraints=critical,CA:TRUE,pathlen:0", *_KEYS, key="p256")
_PROVISIONER = "smallstepProvisioner=hex:3010020101040561646d696e04046b657931"
_WEB_ROOT = v3("C=US,O=Internet Security Research Group,CN=ISRG Root X1", "keyUsage=critical,keyCertSign,cRLSign",
               "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier", key="rsa4096")
_WEB_INTERMEDIATE = ("keyUsage=critical,digitalSignature,keyCertSign,cRLSign", "extendedKeyUsage=clientAuth,serverAuth",
                     "basicConstraints=critical,CA:TRUE,pathlen:0", *_KEYS, "authorityInfoAccess=caIssuers;URI:http://x1.i.lencr.org/",
                     "certificatePolicies=2.23.140.1.2.1", "crlDistributionPoints=URI:http://x1.c.lencr.org/")
_SCTS = "signedCertificateTimestamps=octets:0000"
_WEB_LEAF = ("authorityInfoAccess=caIssuers;URI:http://r10.i.lencr.org/", "certificatePolicies=2.23.140.1.2.1", _SCTS)
_AWS_ROOT = v3("C=US,O=Amazon Web Services Inc.,CN=Amazon RDS eu-central-1 Root CA RSA2048 G1",
               "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier",
               "keyUsage=critical,digitalSignature,keyCertSign,cRLSign")
_AWS_INTERMEDIATE = v3("C=US,O=Amazon Web Services Inc.,CN=Amazon RDS eu-central-1 Subordinate CA RSA2048 G1.A.3",
                       "basicConstraints=critical,CA:TRUE,pathlen:0", *_KEYS,
                       "keyUsage=critical,digitalSignature,keyCertSign,cRLSign")
_DIGICERT = v3("C=US,O=DigiCert Inc,OU=www.digicert.com,CN=DigiCert Global Root G2", "basicConstraints=critical,CA:TRUE",
               "keyUsage=critical,digitalSignature,keyCertSign,cRLSign", "subjectKeyIdentifier")
_MICROSOFT = v3("C=US,O=Microsoft Corporation,CN=Microsoft Azure RSA TLS Issuing CA 03",
                "basicConstraints=critical,CA:TRUE,pathlen:0", *_KEYS, "keyUsage=critical,digitalSignature,keyCertSign,cRLSign",
                "extendedKeyUsage=serverAuth,clientAuth", "certificatePolicies=2.23.140.1.2.1,2.23.140.1.2.2",
                "crlDistributionPoints=URI:http://crl3.digicert.com/DigiCertGlobalRootG2.crl", key="rsa4096", digest="sha384")

RECIPES = [
    ad_cs("adcs-webserver", "template Web Server, the request has a subjectAltName", *_LDAP, _SERVER,
          "extendedKeyUsage=serverAuth", "microsoftCertificateTemplateName=bmp:WebServer", SAN,
          subject=f"C=DE,O=Example,CN={NAME}"),
    ad_cs("adcs-webserver-cn", "the same by the wizard of IIS, whose request has none", *_LDAP, _SERVER,
          "extendedKeyUsage=serverAuth", "microsoftCertificateTemplateName=bmp:WebServer",
          subject=f"C=DE,O=Example,CN={NAME}"),
    ad_cs("adcs-computer", "template Computer", *_LDAP, _SERVER, "extendedKeyUsage=clientAuth,serverAuth", *_TEMPLATE,
          _POLICIES, SAN),
    ad_cs("adcs-short-cn", "the same; the common name is the NetBIOS name", *_LDAP, _SERVER,
          "extendedKeyUsage=clientAuth,serverAuth", *_TEMPLATE, SAN, subject="CN=DB"),
    ad_cs("adcs-node-cn", "a cluster: the common name is the node's, the subjectAltName the listener's", *_LDAP, _SERVER,
          "extendedKeyUsage=serverAuth", SAN, subject="CN=node1.example.com"),
    ad_cs("adcs-domain-controller", "template Kerberos Authentication: no subject, a critical subjectAltName", *_LDAP,
          _SERVER, "extendedKeyUsage=clientAuth,serverAuth,smartcardLogon,kerberosKdc", *_TEMPLATE, _POLICIES,
          f"subjectAltName=critical,UPN:DC01$@example.com,DNS:{NAME},DNS:example.com", subject=""),
    ad_cs("adcs-critical-eku", "\"Make this extension critical\" is ticked for the application policies", *_LDAP, _SERVER,
          "extendedKeyUsage=critical,serverAuth", SAN),
    ad_cs("adcs-critical-policies", "the same of the template's own extension", *_LDAP, _SERVER,
          "extendedKeyUsage=serverAuth", "microsoftApplicationPolicies=critical,oids:serverAuth", SAN),
    ad_cs("adcs-key-exchange", "\"Allow key exchange only with key encryption\", as for SQL Server", *_LDAP,
          "keyUsage=critical,keyEncipherment,dataEncipherment", "extendedKeyUsage=serverAuth", SAN),
    ad_cs("adcs-user", "template User, for a client", *_LDAP, _SERVER,
          "extendedKeyUsage=encryptingFileSystem,emailProtection,clientAuth", "microsoftCertificateTemplateName=bmp:User",
          "subjectAltName=UPN:app@example.com", subject="DC=com,DC=example,CN=Users,CN=app", role="client"),
    Recipe("vault", "HashiCorp Vault", "`pki/issue/ROLE` with its defaults", _VAULT, [
        v3(f"CN={NAME}", _VAULT_KU, "extendedKeyUsage=serverAuth,clientAuth", *_KEYS, SAN), _VAULT_ROOT]),
    Recipe("vault-intermediate", "HashiCorp Vault", "the same by an intermediate", _VAULT, [
        v3(f"CN={NAME}", _VAULT_KU, "extendedKeyUsage=serverAuth,clientAuth", *_KEYS,
           "authorityInfoAccess=caIssuers;URI:http://vault.example.com/v1/pki/ca",
           "crlDistributionPoints=URI:http://vault.example.com/v1/pki/crl", SAN),
        v3("CN=example.com Intermediate Authority", "keyUsage=critical,keyCertSign,cRLSign",
           "basicConstraints=critical,CA:TRUE", *_KEYS), _VAULT_ROOT]),
    Recipe("step-ca", "smallstep step-ca", "`step ca certificate NAME`", "smallstep documentation, step-ca templates", [
        v3(f"CN={NAME}", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth,clientAuth", *_KEYS, SAN,
           _PROVISIONER, key="p256"), _STEP_INTERMEDIATE, _STEP_ROOT]),
    Recipe("step-self-signed", "smallstep step", "`step certificate create --profile self-signed --subtle`",
           "smallstep documentation, step certificate create", [
               v3(f"CN={NAME}", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth,clientAuth",
                  "subjectKeyIdentifier", SAN, key="p256")]),
    Recipe("caddy", "Caddy", "`tls internal`: no subject", "Caddy documentation, Automatic HTTPS, Local HTTPS", [
        v3("", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth,clientAuth", *_KEYS,
           f"subjectAltName=critical,DNS:{NAME}", key="p256"),
        v3("CN=Caddy Local Authority - ECC Intermediate", "keyUsage=critical,keyCertSign,cRLSign",
           "basicConstraints=critical,CA:TRUE,pathlen:0", *_KEYS, key="p256"),
        v3("CN=Caddy Local Authority - ECC Root", "keyUsage=critical,keyCertSign,cRLSign",
           "basicConstraints=critical,CA:TRUE,pathlen:1", "subjectKeyIdentifier", key="p256")]),
    Recipe("lets-encrypt", "Let's Encrypt", "profile `classic`, RSA", "Let's Encrypt documentation, Profiles", [
        v3(f"CN={NAME}", _SERVER, "extendedKeyUsage=serverAuth,clientAuth", "basicConstraints=critical,CA:FALSE", *_KEYS,
           SAN, *_WEB_LEAF), v3("C=US,O=Let's Encrypt,CN=R10", *_WEB_INTERMEDIATE), _WEB_ROOT]),
    Recipe("lets-encrypt-tlsserver", "Let's Encrypt", "profile `tlsserver`, EC: no subject, no subjectKeyIdentifier",
           "Let's Encrypt documentation, Profiles", [
               v3("", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth",
                  "basicConstraints=critical,CA:FALSE", "authorityKeyIdentifier=keyid", f"subjectAltName=critical,DNS:{NAME}",
                  *_WEB_LEAF, "crlDistributionPoints=URI:http://e7.c.lencr.org/1.crl", key="p256"),
               v3("C=US,O=Let's Encrypt,CN=E7", *_WEB_INTERMEDIATE, key="p384"), _WEB_ROOT]),
    Recipe("aws-private-ca", "AWS Private CA", "template EndEntityCertificate/V1",
           "AWS Private CA documentation, Template definitions", [
               v3(f"CN={NAME}", "basicConstraints=CA:FALSE", *_KEYS, _SERVER, "extendedKeyUsage=serverAuth,clientAuth", SAN),
               v3("O=Example,CN=Example Root", "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier",
                  "keyUsage=critical,digitalSignature,keyCertSign,cRLSign")]),
    Recipe("aws-rds", "Amazon RDS", "an instance's certificate below the region's root of the global bundle",
           "Amazon RDS documentation, Using SSL/TLS; AWS Private CA, EndEntityServerAuthCertificate/V1", [
               v3("C=US,O=Amazon.com,OU=RDS,CN=orders.abc123.eu-central-1.rds.amazonaws.com", "basicConstraints=CA:FALSE",
                  *_KEYS, _SERVER, "extendedKeyUsage=serverAuth",
                  "subjectAltName=DNS:orders.abc123.eu-central-1.rds.amazonaws.com"), _AWS_INTERMEDIATE, _AWS_ROOT],
           name="orders.abc123.eu-central-1.rds.amazonaws.com"),
    Recipe("azure-database", "Azure Database for PostgreSQL", "an instance's certificate below DigiCert Global Root G2",
           "Azure documentation, TLS in Azure Database for PostgreSQL", [
               v3("C=US,ST=WA,L=Redmond,O=Microsoft Corporation,CN=orders.postgres.database.azure.com",
                  _SERVER, "extendedKeyUsage=serverAuth,clientAuth", "basicConstraints=critical,CA:FALSE", *_KEYS,
                  "subjectAltName=DNS:orders.postgres.database.azure.com", "certificatePolicies=2.23.140.1.2.2", _SCTS,
                  digest="sha384"), _MICROSOFT, _DIGICERT], name="orders.postgres.database.azure.com"),
    Recipe("freeipa", "FreeIPA", "profile caIPAserviceCert, by certmonger", "FreeIPA, caIPAserviceCert.cfg", [
        v3(f"O=EXAMPLE.COM,CN={NAME}", "authorityKeyIdentifier=keyid",
           "authorityInfoAccess=OCSP;URI:http://ipa-ca.example.com/ca/ocsp",
           "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment",
           "extendedKeyUsage=serverAuth,clientAuth", "crlDistributionPoints=URI:http://ipa-ca.example.com/ipa/crl/MasterCRL.bin",
           "subjectKeyIdentifier", SAN),
        v3("O=EXAMPLE.COM,CN=Certificate Authority", *_KEYS, "basicConstraints=critical,CA:TRUE",
           "keyUsage=critical,digitalSignature,nonRepudiation,keyCertSign,cRLSign", key="rsa3072")]),
    Recipe("ejbca", "EJBCA", "certificate profile SERVER", "EJBCA documentation, Certificate Profiles", [
        v3(f"CN={NAME},O=Example", "basicConstraints=critical,CA:FALSE", "authorityKeyIdentifier=keyid", SAN,
           "extendedKeyUsage=serverAuth", "subjectKeyIdentifier", _SERVER),
        v3("CN=ManagementCA,O=Example", "basicConstraints=critical,CA:TRUE", *_KEYS,
           "keyUsage=critical,digitalSignature,keyCertSign,cRLSign", key="rsa4096")]),
]
