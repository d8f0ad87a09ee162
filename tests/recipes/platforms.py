"""Clusters, meshes and schedulers. What Go's crypto/x509 writes: keyUsage and basicConstraints are critical, an
authorityKeyIdentifier where the issuer has a key identifier, no subjectKeyIdentifier but in a CA."""

from .openssl_command import REQ_X509, SAN, signed
from .recipe import NAME, Recipe, v3

_KEYS = ("subjectKeyIdentifier", "authorityKeyIdentifier=keyid")
_KU = "keyUsage=critical,digitalSignature,keyEncipherment"
_NO_CA = "basicConstraints=critical,CA:FALSE"
_GO_CA = ("keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign", "basicConstraints=critical,CA:TRUE",
          "subjectKeyIdentifier")
_API = "kubernetes.default.svc.cluster.local"
_KUBERNETES_CA = v3("CN=kubernetes", *_GO_CA, "subjectAltName=DNS:kubernetes", serial=0)
_KUBERNETES = "Kubernetes documentation, Certificate Management with kubeadm"
_CERT_MANAGER = "cert-manager documentation, Certificate resource, usages"
_CERT_MANAGER_CA = v3("CN=example-ca", *_GO_CA)
_ISTIO_CA = v3("O=cluster.local", "keyUsage=critical,keyCertSign", "basicConstraints=critical,CA:TRUE",
               "subjectKeyIdentifier")
_SPIFFE = "spiffe://example.org/database"
_SPIRE_CA = v3("C=US,O=SPIFFE", "keyUsage=critical,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE",
               "subjectKeyIdentifier", "subjectAltName=URI:spiffe://example.org", key="p256")
_CONSUL_CA = ("keyUsage=critical,digitalSignature,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE", *_KEYS)
_CONSUL = "C=US,ST=CA,L=San Francisco,O=HashiCorp Inc.,CN={} Agent CA 1"
_SWARM_CA = v3("CN=swarm-ca", "keyUsage=critical,keyCertSign,cRLSign", "basicConstraints=critical,CA:TRUE",
               "subjectKeyIdentifier", key="p256")
_MACHINE_CA = v3("O=example", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement,keyCertSign",
                 "basicConstraints=critical,CA:TRUE", "subjectKeyIdentifier")
_DOCKER = "Docker documentation, Protect the Docker daemon socket"
_DOCKER_SAN = f"subjectAltName=DNS:{NAME},IP:192.0.2.20,IP:127.0.0.1"
_EXAMPLE_CA = v3("CN=Example CA", *REQ_X509)
_LINKERD_ROOT = v3("CN=root.linkerd.cluster.local", "keyUsage=critical,keyCertSign,cRLSign",
                   "basicConstraints=critical,CA:TRUE,pathlen:1", "subjectKeyIdentifier", key="p256")
_LINKERD_NAME = "orders.default.serviceaccount.identity.linkerd.cluster.local"


def consul(tool, name, *constraints):
    return [v3(f"CN={name}", _KU, "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, *_KEYS,
               f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1", key="p256", key_id_in_words=True),
            v3(_CONSUL.format(tool), *_CONSUL_CA, *constraints, key="p256", key_id_in_words=True)]


RECIPES = [
    Recipe("kubeadm-apiserver", "Kubernetes kubeadm", "the API server's certificate; the serial number of older CAs is 0",
           _KUBERNETES, [v3("CN=kube-apiserver", _KU, "extendedKeyUsage=serverAuth", _NO_CA, "authorityKeyIdentifier=keyid",
                            f"subjectAltName=DNS:kubernetes,DNS:{_API},IP:10.96.0.1"), _KUBERNETES_CA], name=_API),
    Recipe("kubeadm-client", "Kubernetes kubeadm", "apiserver-kubelet-client", _KUBERNETES, [
        v3("O=kubeadm:cluster-admins,CN=kube-apiserver-kubelet-client", _KU, "extendedKeyUsage=clientAuth", _NO_CA,
           "authorityKeyIdentifier=keyid"), _KUBERNETES_CA], role="client"),
    Recipe("kubelet", "Kubernetes kubelet", "the certificate that it makes for itself",
           "Kubernetes documentation, TLS bootstrapping; client-go, GenerateSelfSignedCertKey", [
               v3(f"CN={NAME}@1700000000", _KU, "extendedKeyUsage=serverAuth", _NO_CA, "authorityKeyIdentifier=keyid", SAN,
                  serial=2), v3(f"CN={NAME}-ca@1700000000", *_GO_CA, serial=1)]),
    Recipe("k3s", "k3s and Rancher", "dynamiclistener: the CA's serial number is 0", "Rancher, dynamiclistener", [
        v3("O=k3s,CN=k3s", _KU, "extendedKeyUsage=serverAuth", "authorityKeyIdentifier=keyid",
           f"{SAN},DNS:localhost,IP:127.0.0.1", key="p256"), v3("CN=k3s-server-ca@1700000000", *_GO_CA, key="p256", serial=0)]),
    Recipe("ingress-nginx", "ingress-nginx", "the fake certificate, where there is no other",
           "ingress-nginx documentation, Default SSL Certificate", [
               v3("O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate", _KU, "extendedKeyUsage=serverAuth", _NO_CA,
                  "subjectAltName=DNS:ingress.local")], name="ingress.local"),
    Recipe("traefik", "Traefik", "the default certificate; it is for a name that nobody dials",
           "Traefik documentation, Default Certificate", [
               v3("CN=TRAEFIK DEFAULT CERT",
                  "keyUsage=critical,digitalSignature,keyEncipherment,dataEncipherment,keyAgreement",
                  "extendedKeyUsage=serverAuth", _NO_CA, "subjectAltName=DNS:0123.4567.traefik.default")]),
    Recipe("cert-manager", "cert-manager", "a Certificate of a CA issuer with the default usages", _CERT_MANAGER, [
        v3(f"CN={NAME}", _KU, _NO_CA, "authorityKeyIdentifier=keyid", SAN), _CERT_MANAGER_CA]),
    Recipe("cert-manager-no-cn", "cert-manager", "the same without `commonName`, as recommended", _CERT_MANAGER, [
        v3("", _KU, _NO_CA, "authorityKeyIdentifier=keyid", f"subjectAltName=critical,DNS:{NAME}"), _CERT_MANAGER_CA]),
    Recipe("cert-manager-usages", "cert-manager", "the same with `usages: [server auth, client auth]`", _CERT_MANAGER, [
        v3("", "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, "authorityKeyIdentifier=keyid",
           f"subjectAltName=critical,DNS:{NAME}"), _CERT_MANAGER_CA]),
    Recipe("cert-manager-self-signed", "cert-manager", "a Certificate of the SelfSigned issuer, not a CA's", _CERT_MANAGER, [
        v3(f"CN={NAME}", _KU, _NO_CA, SAN)]),
    Recipe("istio", "Istio", "a workload's certificate: a SPIFFE ID, no subject", "Istio documentation, Security; pki/util", [
        v3("", _KU, "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, "authorityKeyIdentifier=keyid",
           "subjectAltName=critical,URI:spiffe://cluster.local/ns/default/sa/database"), _ISTIO_CA],
        name="spiffe://cluster.local/ns/default/sa/database"),
    Recipe("istiod", "Istio", "istiod's own certificate", "Istio documentation, Security; pki/util", [
        v3("", _KU, "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, "authorityKeyIdentifier=keyid",
           "subjectAltName=critical,DNS:istiod.istio-system.svc"), _ISTIO_CA], name="istiod.istio-system.svc"),
    Recipe("linkerd", "Linkerd", "a proxy's certificate below an issuer by `step`",
           "Linkerd documentation, Generating your own mTLS root certificates", [
               v3(f"CN={_LINKERD_NAME}", _KU, "extendedKeyUsage=serverAuth,clientAuth", "authorityKeyIdentifier=keyid",
                  f"subjectAltName=DNS:{_LINKERD_NAME}", key="p256"),
               v3("CN=identity.linkerd.cluster.local", "keyUsage=critical,keyCertSign,cRLSign",
                  "basicConstraints=critical,CA:TRUE,pathlen:0", *_KEYS, key="p256"), _LINKERD_ROOT], name=_LINKERD_NAME),
    Recipe("spire", "SPIRE", "an X.509-SVID", "SPIFFE, X.509-SVID; SPIRE, x509 templates", [
        v3("C=US,O=SPIRE", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement",
           "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, *_KEYS, f"subjectAltName=URI:{_SPIFFE}", key="p256"), _SPIRE_CA],
        name=_SPIFFE),
    Recipe("spire-dns", "SPIRE", "the same with `dns_names`", "SPIFFE, X.509-SVID; SPIRE, x509 templates", [
        v3(f"C=US,O=SPIRE,CN={NAME}", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement",
           "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, *_KEYS, f"subjectAltName=DNS:{NAME},URI:{_SPIFFE}", key="p256"),
        _SPIRE_CA]),
    Recipe("spire-client", "SPIRE", "the same of a client", "SPIFFE, X.509-SVID; SPIRE, x509 templates", [
        v3("C=US,O=SPIRE", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement",
           "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, *_KEYS, f"subjectAltName=URI:{_SPIFFE}", key="p256"), _SPIRE_CA],
        role="client"),
    Recipe("consul", "HashiCorp Consul", "`consul tls cert create -server`; key identifiers are text of 95 letters", "Consul documentation, consul tls",
           consul("Consul", "server.dc1.consul"), name="server.dc1.consul"),
    Recipe("consul-constrained", "HashiCorp Consul", "the same, the CA with `-name-constraint`",
           "Consul documentation, consul tls", consul("Consul", "server.dc1.consul", "nameConstraints=critical,"
           "permitted;DNS:consul,permitted;DNS:localhost"), name="server.dc1.consul"),
    Recipe("nomad", "HashiCorp Nomad", "`nomad tls cert create -server`", "Nomad documentation, nomad tls",
           consul("Nomad", "server.global.nomad"), name="server.global.nomad"),
    Recipe("docker", "Docker", "`x509 -req -extfile`: names and extendedKeyUsage", _DOCKER, [
        v3(f"CN={NAME}", _DOCKER_SAN, "extendedKeyUsage=serverAuth", *_KEYS), _EXAMPLE_CA],
        run=signed(f"{_DOCKER_SAN}\nextendedKeyUsage = serverAuth\n")),
    Recipe("docker-client", "Docker", "the client's certificate of the same", _DOCKER, [
        v3("CN=client", "extendedKeyUsage=clientAuth", *_KEYS), _EXAMPLE_CA], role="client",
        run=signed("extendedKeyUsage = clientAuth\n", subject="/CN=client")),
    Recipe("docker-111", "Docker", "the server's by OpenSSL 1.1.1: no key identifiers", _DOCKER, [
        v3(f"CN={NAME}", _DOCKER_SAN, "extendedKeyUsage=serverAuth"), _EXAMPLE_CA]),
    Recipe("docker-swarm", "Docker Swarm", "a manager's certificate by the swarm's own CA",
           "Docker documentation, Manage swarm security with PKI", [
               v3("O=swarm,OU=swarm-manager,CN=node1", _KU, "extendedKeyUsage=serverAuth,clientAuth", _NO_CA, *_KEYS,
                  "subjectAltName=DNS:swarm-manager,DNS:node1,DNS:swarm-ca", key="p256"), _SWARM_CA], name="swarm-manager"),
    Recipe("docker-machine", "Docker Machine", "`docker-machine create`", "Docker Machine, libmachine/cert", [
        v3("O=example.machine", "keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement",
           "extendedKeyUsage=clientAuth,serverAuth", _NO_CA, "authorityKeyIdentifier=keyid", f"{SAN},IP:192.0.2.30"),
        _MACHINE_CA]),
    Recipe("etcd-auto-tls", "etcd", "`--auto-tls`", "etcd documentation, Transport security model", [
        v3("O=etcd", _KU, "extendedKeyUsage=serverAuth", _NO_CA, SAN, key="p521")]),
]
