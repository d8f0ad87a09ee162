"""Databases and brokers: what their manuals say, and what they make by themselves."""

import pathlib

from .openssl_command import REQ_X509, SAN, self_signed, signed
from .recipe import NAME, Recipe, v1, v3
from .workshop import Missing

_PG = "PostgreSQL manual, 18.9.5 Creating Certificates"
_PG_ROOT = v3("CN=root.yourdomain.com", *REQ_X509)
_MYSQL = "MySQL 8.0 manual, 8.3.3.2 Creating SSL Certificates and Keys Using openssl"
_MYSQL_AUTO = "MySQL 8.0 manual, 8.3.3.1 Creating SSL and RSA Certificates and Keys using MySQL"
_KEYS = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_CNF = "/etc/ssl/openssl.cnf"


def _request(shop, name, common_name, owner="leaf"):
    shop.run("openssl", "req", "-new", "-key", shop.key(f"{name}.key", owner=owner), "-out", f"{name}.csr", "-subj",
             f"/CN={common_name}")
    return f"{name}.csr"


def _postgresql_root(shop):
    _request(shop, "root", "root.yourdomain.com", "ca")
    shop.run("openssl", "x509", "-req", "-in", "root.csr", "-text", "-days", "3650", "-extfile", _CNF, "-extensions",
             "v3_ca", "-signkey", "root.key", "-out", "root.crt")


def _postgresql_signed(shop, name, common_name, by):
    shop.run("openssl", "x509", "-req", "-in", _request(shop, name, common_name), "-text", "-days", "365", "-CA",
             f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial", "-out", f"{name}.crt")


def postgresql(common_name):
    def run(shop):
        _postgresql_root(shop)
        _postgresql_signed(shop, "server", common_name, "root")
        return shop.certificates("server.crt", "root.crt")

    return run


def postgresql_intermediate(shop):
    _postgresql_root(shop)
    shop.run("openssl", "x509", "-req", "-in", _request(shop, "intermediate", "intermediate.yourdomain.com", "other ca"),
             "-text", "-days", "1825", "-extfile", _CNF, "-extensions", "v3_ca", "-CA", "root.crt", "-CAkey", "root.key",
             "-CAcreateserial", "-out", "intermediate.crt")
    _postgresql_signed(shop, "server", NAME, "intermediate")
    return shop.certificates("server.crt", "intermediate.crt", "root.crt")


def snakeoil(shop):
    """make-ssl-cert of the package ssl-cert, which fills in its template and gives it to OpenSSL."""
    template = pathlib.Path("/usr/share/ssl-cert/ssleay.cnf")
    if not template.is_file():
        raise Missing("ssl-cert is not installed")
    text = template.read_text().replace("@HostName@", NAME).replace("@SubjectAltName@", f"DNS:{NAME}")
    shop.run("openssl", "req", "-config", shop.write("snakeoil.cnf", text), "-new", "-x509", "-days", "3650", "-sha256",
             "-key", shop.key("snakeoil.key"), "-out", "snakeoil.pem")
    return shop.certificates("snakeoil.pem")


def mysql(common_name):
    def run(shop):
        shop.run("openssl", "req", "-new", "-x509", "-nodes", "-days", "3600", "-key", shop.key("ca-key.pem", owner="ca"),
                 "-out", "ca.pem", "-subj", "/CN=MySQL CA")
        shop.run("openssl", "x509", "-req", "-in", _request(shop, "server", common_name), "-days", "3600", "-CA", "ca.pem",
                 "-CAkey", "ca-key.pem", "-set_serial", "01", "-out", "server-cert.pem")
        return shop.certificates("server-cert.pem", "ca.pem")

    return run


_REDIS = "Redis, utils/gen-test-certs.sh"
_REDIS_CA = v3("O=Redis Test,CN=Certificate Authority", *REQ_X509, key="rsa4096")
_REDIS_TYPED = ("keyUsage=digitalSignature,keyEncipherment", "nsCertType=server")


def redis(extensions=""):
    def run(shop):
        shop.run("openssl", "req", "-x509", "-new", "-nodes", "-sha256", "-key", shop.key("ca.key", "rsa4096", "ca"),
                 "-days", "3650", "-subj", "/O=Redis Test/CN=Certificate Authority", "-out", "ca.crt")
        shop.run("openssl", "req", "-new", "-sha256", "-key", shop.key("redis.key"), "-subj", f"/O=Redis Test/CN={NAME}",
                 "-out", "redis.csr")
        more = ["-extfile", shop.write("openssl.cnf", extensions), "-extensions", "server_cert"] if extensions else []
        shop.run("openssl", "x509", "-req", "-sha256", "-in", "redis.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                 "-CAserial", "ca.txt", "-CAcreateserial", "-days", "365", "-out", "redis.crt", *more)
        return shop.certificates("redis.crt", "ca.crt")

    return run


_SERVER_CERT = "[server_cert]\nkeyUsage = digitalSignature, keyEncipherment\nnsCertType = server\n"
_TLS_GEN_CONFIG = f"""[req]
distinguished_name = dn
x509_extensions = root
[dn]
commonName = hostname
[root]
keyUsage = keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer
basicConstraints = critical,CA:true
[server]
basicConstraints = CA:false
keyUsage = digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:{NAME},DNS:localhost
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid,issuer
[client]
basicConstraints = CA:false
keyUsage = digitalSignature,keyEncipherment
extendedKeyUsage = clientAuth
subjectAltName = DNS:{NAME},DNS:localhost
"""


def tls_gen(kind):
    def run(shop):
        config = shop.write("openssl.cnf", _TLS_GEN_CONFIG)
        shop.run("openssl", "req", "-x509", "-config", config, "-days", "3650", "-key", shop.key("ca.key", owner="ca"),
                 "-out", "ca.pem", "-subj", "/CN=TLSGenSelfSignedtRootCA")
        shop.run("openssl", "req", "-new", "-config", config, "-key", shop.key("key.pem"), "-out", "req.pem", "-subj",
                 f"/CN={NAME}/O={kind}")
        shop.run("openssl", "x509", "-req", "-in", "req.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "1825", "-extfile", config, "-extensions", kind, "-out", "cert.pem")
        return shop.certificates("cert.pem", "ca.pem")

    return run


_TLS_GEN_CA = v3("CN=TLSGenSelfSignedtRootCA", "keyUsage=keyCertSign,cRLSign", *_KEYS, "basicConstraints=critical,CA:TRUE")
_MONGODB_CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", *_KEYS)
_MYSQL_CN = "MySQL_Server_8.0.37_Auto_Generated_{}_Certificate"
_MYSQL_57 = "MySQL_Server_5.7.44_Auto_Generated_{}_Certificate"
_ELASTIC_CA = v3("CN=Elastic Certificate Tool Autogenerated CA", *_KEYS, "basicConstraints=critical,CA:TRUE")
_COCKROACH_CA = v3("O=Cockroach,CN=Cockroach CA", "keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,"
                   "keyCertSign", "basicConstraints=critical,CA:TRUE,pathlen:1", "subjectKeyIdentifier")
_COCKROACH_KU = "keyUsage=critical,digitalSignature,keyEncipherment"
_KAFKA_CA = v3("CN=Kafka-Security-CA", *REQ_X509)
_KAFKA = "Apache Kafka documentation, 7.3 Encryption and Authentication using SSL"
_CLOUD_SQL_CA = v3("dnQualifier=5be3d212-05c2-4ace-9d48-2f56ad2acddd,CN=Google Cloud SQL Server CA,O=Google Inc,C=US",
                   "basicConstraints=critical,CA:TRUE,pathlen:0", serial=0)

RECIPES = [
    Recipe("postgresql-self-signed", "PostgreSQL", "a self-signed certificate", _PG, [v3(f"CN={NAME}", *REQ_X509)],
           run=self_signed("-text")),
    Recipe("postgresql-root", "PostgreSQL", "a root and a server certificate", _PG, [v1(f"CN={NAME}"), _PG_ROOT],
           run=postgresql(NAME)),
    Recipe("postgresql-intermediate", "PostgreSQL", "the same with an intermediate", _PG, [
        v1(f"CN={NAME}"), v3("CN=intermediate.yourdomain.com", *REQ_X509), _PG_ROOT], run=postgresql_intermediate),
    Recipe("postgresql-client", "PostgreSQL", "a client's certificate in the same way", _PG, [v1("CN=dbuser"), _PG_ROOT],
           role="client", run=postgresql("dbuser")),
    Recipe("snakeoil", "Debian's ssl-cert", "`make-ssl-cert`, which PostgreSQL and others use after installation",
           "make-ssl-cert(8)", [v3(f"CN={NAME}", "basicConstraints=CA:FALSE", SAN, *_KEYS[:1])], run=snakeoil),
    Recipe("mysql-auto", "MySQL 8.0", "made when `mysqld` starts first", _MYSQL_AUTO, [
        v3(f"CN={_MYSQL_CN.format('Server')}", "basicConstraints=critical,CA:FALSE", serial=2),
        v3(f"CN={_MYSQL_CN.format('CA')}", "basicConstraints=critical,CA:TRUE", serial=1)]),
    Recipe("mysql-auto-client", "MySQL 8.0", "the client's certificate of the same", _MYSQL_AUTO, [
        v3(f"CN={_MYSQL_CN.format('Client')}", "basicConstraints=critical,CA:FALSE", serial=3),
        v3(f"CN={_MYSQL_CN.format('CA')}", "basicConstraints=critical,CA:TRUE", serial=1)], role="client"),
    Recipe("mysql-ssl-rsa-setup", "MySQL 5.7", "`mysql_ssl_rsa_setup`", "MySQL 5.7 manual, mysql_ssl_rsa_setup", [
        v3(f"CN={_MYSQL_57.format('Server')}", "basicConstraints=CA:FALSE", serial=2),
        v3(f"CN={_MYSQL_57.format('CA')}", "basicConstraints=CA:TRUE", serial=1)]),
    Recipe("mysql-manual", "MySQL 8.0", "the manual's `openssl` commands", _MYSQL, [
        v1(f"CN={NAME}", serial=1), v3("CN=MySQL CA", *REQ_X509)], run=mysql(NAME)),
    Recipe("mysql-manual-client", "MySQL 8.0", "the client's certificate of the same", _MYSQL, [
        v1("CN=app", serial=1), v3("CN=MySQL CA", *REQ_X509)], role="client", run=mysql("app")),
    Recipe("mariadb-manual", "MariaDB", "the same commands", "MariaDB Knowledge Base, Certificate Creation with OpenSSL", [
        v1(f"CN={NAME}", serial=1), v3("CN=MySQL CA", *REQ_X509)], run=mysql(NAME)),
    Recipe("cloud-sql", "Google Cloud SQL", "one CA for each instance; the common name is `project:instance`, and there is "
           "no subjectAltName", "Cloud SQL documentation, Configure SSL/TLS certificates; serverCaCert of its API",
           [v3("CN=example-project:orders"), _CLOUD_SQL_CA], name="10.20.0.3"),
    Recipe("redis-generic", "Redis", "the certificate for everything", _REDIS,
           [v1(f"O=Redis Test,CN={NAME}"), _REDIS_CA], run=redis()),
    Recipe("redis-server", "Redis", "the server's certificate, with keyUsage and nsCertType", _REDIS,
           [v3(f"O=Redis Test,CN={NAME}", *_REDIS_TYPED, *_KEYS), _REDIS_CA], run=redis(_SERVER_CERT)),
    Recipe("redis-server-san", "Redis", "the same with a subjectAltName", _REDIS,
           [v3(f"O=Redis Test,CN={NAME}", *_REDIS_TYPED, SAN, *_KEYS), _REDIS_CA],
           run=redis(f"{_SERVER_CERT}subjectAltName = DNS:{NAME}\n")),
    Recipe("redis-server-111", "Redis", "the same by OpenSSL 1.1.1", _REDIS,
           [v3(f"O=Redis Test,CN={NAME}", *_REDIS_TYPED, SAN), _REDIS_CA]),
    Recipe("mongodb", "MongoDB", "root, intermediate, server: the configuration files of the appendices",
           "MongoDB manual, Appendix A to C: OpenSSL Certificates for Testing", [
               v3(f"O=MongoDB,OU=MongoDBServer,CN={NAME}", "subjectKeyIdentifier", "basicConstraints=CA:FALSE",
                  "keyUsage=critical,digitalSignature,keyEncipherment", "nsComment=OpenSSL Generated Certificate for TESTING",
                  "extendedKeyUsage=serverAuth,clientAuth", SAN, "authorityKeyIdentifier=keyid", key="rsa4096"),
               v3("O=MongoDB,CN=CAForTesting Intermediate", *_MONGODB_CA, key="rsa4096"),
               v3("O=MongoDB,CN=CAForTesting", *_MONGODB_CA, key="rsa4096")]),
    Recipe("elasticsearch-dns", "Elasticsearch", "`elasticsearch-certutil cert --ca --dns NAME`",
           "Elasticsearch reference, elasticsearch-certutil", [
               v3("CN=instance", *_KEYS, SAN, "basicConstraints=CA:FALSE"), _ELASTIC_CA]),
    Recipe("elasticsearch", "Elasticsearch", "the same without `--dns`", "Elasticsearch reference, elasticsearch-certutil", [
        v3("CN=instance", *_KEYS, "basicConstraints=CA:FALSE"), _ELASTIC_CA]),
    Recipe("opensearch-node", "OpenSearch", "`x509 -req -extfile node1.ext` with a subjectAltName",
           "OpenSearch documentation, Generating self-signed certificates", [
               v3(f"CN={NAME}", SAN, *_KEYS), v3("CN=Example CA", *REQ_X509)], run=signed(SAN)),
    Recipe("opensearch-admin", "OpenSearch", "the administrator's client certificate, without `-extfile`",
           "OpenSearch documentation, Generating self-signed certificates", [
               v1("CN=A"), v3("CN=Example CA", *REQ_X509)], role="client", run=signed(subject="/CN=A")),
    Recipe("clickhouse", "ClickHouse", "`x509 -req -copy_extensions copy` of a request with `-addext subjectAltName`",
           "ClickHouse documentation, Configuring SSL-TLS", [
               v3(f"CN={NAME}", "subjectAltName=DNS:" + NAME + ",IP:192.0.2.8", *_KEYS), v3("CN=Example CA", *REQ_X509)],
           run=signed("", "-copy_extensions", "copy", request=["-addext", f"{SAN},IP:192.0.2.8"])),
    Recipe("cockroachdb-node", "CockroachDB", "`cockroach cert create-node NAME`", "CockroachDB documentation, cockroach cert", [
        v3("O=Cockroach,CN=node", _COCKROACH_KU, "extendedKeyUsage=serverAuth,clientAuth", "authorityKeyIdentifier=keyid",
           SAN), _COCKROACH_CA]),
    Recipe("cockroachdb-client", "CockroachDB", "`cockroach cert create-client app`",
           "CockroachDB documentation, cockroach cert", [
               v3("O=Cockroach,CN=app", _COCKROACH_KU, "extendedKeyUsage=clientAuth", "authorityKeyIdentifier=keyid"),
               _COCKROACH_CA], role="client"),
    Recipe("kafka-signed", "Apache Kafka", "`keytool -certreq`, and `x509 -req -CA` without `-extfile`", _KAFKA, [
        v1(f"CN={NAME}"), _KAFKA_CA]),
    Recipe("kafka-ca", "Apache Kafka", "the same by `openssl ca -extensions signing_req` with copied names", _KAFKA, [
        v3(f"CN={NAME}", *_KEYS, "basicConstraints=CA:FALSE", "keyUsage=digitalSignature,keyEncipherment", SAN),
        v3("CN=Kafka-Security-CA", *_KEYS, "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,cRLSign",
           key="rsa4096")]),
    Recipe("rabbitmq-tls-gen", "RabbitMQ tls-gen", "`make` of the basic profile", "RabbitMQ, tls-gen basic/openssl.cnf", [
        v3(f"CN={NAME},O=server", "basicConstraints=CA:FALSE", "keyUsage=digitalSignature,keyEncipherment",
           "extendedKeyUsage=serverAuth", f"{SAN},DNS:localhost", *_KEYS), _TLS_GEN_CA], run=tls_gen("server")),
    Recipe("rabbitmq-tls-gen-client", "RabbitMQ tls-gen", "the client's certificate of the same",
           "RabbitMQ, tls-gen basic/openssl.cnf", [
               v3(f"CN={NAME},O=client", "basicConstraints=CA:FALSE", "keyUsage=digitalSignature,keyEncipherment",
                  "extendedKeyUsage=clientAuth", f"{SAN},DNS:localhost", *_KEYS), _TLS_GEN_CA],
           role="client", run=tls_gen("client")),
    Recipe("mosquitto", "Eclipse Mosquitto", "`req -new -x509 -extensions v3_ca`, `x509 -req -CA`", "mosquitto-tls(7)", [
        v1(f"CN={NAME}"), v3("CN=Example CA", *REQ_X509)], run=signed()),
    Recipe("influxdb", "InfluxDB", "`req -x509 -nodes -newkey rsa:2048`", "InfluxDB documentation, Enable TLS encryption", [
        v3(f"CN={NAME}", *REQ_X509)], run=self_signed("-nodes")),
]
