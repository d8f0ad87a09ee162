"""contrib/kubernetes, contrib/compose, contrib/nomad: what persona is told there is accepted by it, and what one object names is in
another one. That the fields are those of Kubernetes, scripts/test-kubernetes compares with the published types."""

import http.client
import pathlib
import re

import yaml

from harness.certificates import Pki
from harness.persona import Persona, address_of, cli
from harness.runner import case, check, equal, main

CONTRIB = pathlib.Path(__file__).resolve().parents[2] / "contrib"
SECRET = {"tls.crt", "tls.key", "ca.crt"}  # of cert-manager


def objects(*files):
    """All of contrib/kubernetes, or those of some files."""
    paths = [CONTRIB / "kubernetes" / file for file in files] or sorted((CONTRIB / "kubernetes").glob("*.yaml"))
    return [value for path in paths for value in yaml.safe_load_all(path.read_text())]


def of_kind(kind, within=None):
    return {value["metadata"]["name"]: value for value in within or objects() if value["kind"] == kind}


def pods():
    """Name, pod, its labels, and persona's container in it."""
    found = []
    for value in objects():
        if value["kind"] in ("Deployment", "Job"):
            template = value["spec"]["template"]
            containers = template["spec"]["containers"] + template["spec"].get("initContainers", [])
            persona, = [each for each in containers if "/persona:" in each["image"]]
            found.append((value["metadata"]["name"], template["spec"], template["metadata"]["labels"], persona))
    equal(sorted(name for name, *_ in found), ["application", "job", "service"], "pods with persona")
    return found


def volume(pod, container, name):
    """Where it is mounted, and what it is."""
    mount, = [each for each in container["volumeMounts"] if each["name"] == name]
    source, = [each for each in pod["volumes"] if each["name"] == name]
    check(mount["readOnly"], f"{name} may be written")
    return mount["mountPath"], source


def configuration(pod, container):
    """The one that the container is started with, parsed."""
    folder, source = volume(pod, container, "config")
    equal(container["args"][:2], ["run", "--config"], "arguments")
    path = pathlib.PurePosixPath(container["args"][2])
    equal(str(path.parent), folder, "folder of the configuration")
    return yaml.safe_load(of_kind("ConfigMap")[source["configMap"]["name"]]["data"][path.name])


def seconds(text):
    equal(text[-1], "s", f"unit of {text}")
    return int(text[:-1])


def names_of(content):
    return [content["identity"]["certificate"], content["identity"].get("private_key"), content["trust"]["ca"]]


def with_files(case, content, listen="127.0.0.1:0"):
    """The same with certificates that there are, and at ports that are free."""
    pki = Pki(case)
    ours = pki.gateway if "service" in content else pki.client
    more = {"identity": ours.config(), "trust": {"ca": str(pki.ca.certificate)}, "listen": listen}
    return content | more | ({"admin": content["admin"] | {"listen": "127.0.0.1:0"}} if "admin" in content else {})


def accepted(case, name, content):
    """persona check has nothing against it but the files, which are put in its place."""
    path = case.folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(with_files(case, content, content["listen"]) | {"admin": content["admin"]}))
    output = cli("check", path)
    check(output.endswith(f"{name}.yaml: ok\n"), f"persona check of {name}", output)


@case("each pod of Kubernetes: persona accepts its configuration, and finds there what that names")
def configurations(case):
    certificates = {value["spec"]["secretName"]: value["spec"] for value in of_kind("Certificate").values()}
    for name, pod, _, container in pods():
        content = configuration(pod, container)
        accepted(case, name, content)
        folder, source = volume(pod, container, "tls")
        equal({str(pathlib.PurePosixPath(file).parent) for file in names_of(content)}, {folder}, f"{name}: folder of certificates")
        equal({pathlib.PurePosixPath(file).name for file in names_of(content)}, SECRET, f"{name}: certificates")
        usage = "server auth" if "service" in content else "client auth"
        check(usage in certificates[source["secret"]["secretName"]]["usages"], f"{name}: a certificate for {usage}")
        equal((source["secret"]["defaultMode"], pod["securityContext"]["fsGroup"] > 0), (0o440, True), f"{name}: who reads the key")


@case("certificates: the name that the gateway is dialled by, whom it lets in, and an issuer")
def ends_fit(case):
    certificates = of_kind("Certificate")
    gateway = configuration(*next((pod, container) for name, pod, _, container in pods() if name == "service"))
    check(f"{next(iter(of_kind('Service')))}.default.svc" in certificates["persona-gateway"]["spec"]["dnsNames"],
          "the gateway's certificate has the name of its Service")
    equal(gateway["clients"]["allow"]["cn"], [certificates["persona"]["spec"]["commonName"]], "who is let in")
    for value in certificates.values():
        check(value["spec"]["issuerRef"]["name"] in of_kind("Issuer"), "its issuer")


@case("ports, selectors and times of Kubernetes fit the configuration")
def fits(case):
    ports, labels = {}, {}
    for name, pod, its_labels, container in pods():
        content = configuration(pod, container)
        labels[name] = its_labels
        ports[name] = {each["name"]: each["containerPort"] for each in container.get("ports", [])}
        probes = [probe["httpGet"] for key, probe in container.items() if key.endswith("Probe")]
        equal(len(probes), 0 if name == "job" else 3, f"{name}: probes")
        for probe in probes:
            equal(ports[name][probe["port"]], int(content["admin"]["listen"].rpartition(":")[2]), f"{name}: port of probes")
        if "service" in content:
            equal(ports[name]["mtls"], int(content["listen"].rpartition(":")[2]), f"{name}: port of clients")
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        others = [each for each in pod["containers"] if each is not container]
        if "service" in content:  # which has to be there until persona has drained
            stays = others[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
            check(pod["terminationGracePeriodSeconds"] > stays > before + seconds(content["timeouts"]["shutdown"]),
                  f"{name}: time of the service")
        check(pod.get("terminationGracePeriodSeconds", 30) > before + seconds(content["timeouts"]["shutdown"]), f"{name}: time to drain")
    for value in objects():
        kind, spec = value["kind"], value["spec"] if "spec" in value else {}
        selector = spec.get("podSelector") or spec.get("selector")
        if kind == "Service":
            equal(selector, labels[value["metadata"]["name"]], "pods of the Service")
            check(all(each["targetPort"] in ports[selector["app"]] for each in spec["ports"]), "ports of the Service")
        elif kind in ("Deployment", "PodDisruptionBudget", "NetworkPolicy"):
            equal(selector["matchLabels"], labels[value["metadata"]["name"]], f"pods of a {kind}")
        if kind == "NetworkPolicy":
            named = {port["port"] for rule in spec["ingress"] for port in rule["ports"]}
            check(named <= set(ports[value["metadata"]["name"]]), "ports of a NetworkPolicy", named)


@case("each container is shut in, says what it needs, and is this version")
def shut_in(case):
    version = cli("version").split()[1]
    for name, pod, _, container in pods():
        whole, its = pod["securityContext"], container["securityContext"]
        equal((whole["runAsNonRoot"], whole["seccompProfile"]["type"], its["allowPrivilegeEscalation"], its["readOnlyRootFilesystem"],
               its["capabilities"]), (True, "RuntimeDefault", False, True, {"drop": ["ALL"]}), name)
        check("memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"], f"{name}: resources")
    texts = {path: path.read_text() for path in CONTRIB.rglob("*") if path.suffix in (".yaml", ".hcl")}
    images = {path.name: re.findall(r"image.*[ /]persona:([^\s\"]+)", text) for path, text in texts.items()}
    equal({name: set(tags) for name, tags in images.items() if tags},
          {name: {version} for name in ("sidecar.yaml", "gateway.yaml", "compose.yaml", "persona.nomad.hcl")}, "tags")


def asked(address, method, path):
    connection = http.client.HTTPConnection(*address, timeout=20)
    connection.request(method, path, headers={"Host": f"{address[0]}:{address[1]}"})
    status = connection.getresponse().status
    connection.close()
    return status


@case("the sidecar: its probes are answered, and its job ends persona")
def sidecar(case):
    _, pod, _, container = next(each for each in pods() if each[0] == "application")
    content = configuration(pod, container)
    persona = Persona(case, with_files(case, content))
    address = address_of(persona.find("answering administrators")[0]["address"])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        equal(asked(address, "GET", container[probe]["httpGet"]["path"]), 200, probe)
    commands = of_kind("Job")["job"]["spec"]["template"]["spec"]["containers"][0]["command"][-1]
    method, where, path = re.search(r"-X (\w+) http://127.0.0.1:(\d+)(/\w+)", commands).groups()
    equal((int(where), asked(address, method, path)), (int(content["admin"]["listen"].rpartition(":")[2]), 200),
          "what the job does at its end")
    persona.wait_stopped()


@case("Compose: persona accepts its configuration, which is where it is mounted; it is shut in, and has time to drain")
def compose(case):
    services = yaml.safe_load((CONTRIB / "compose/compose.yaml").read_text())["services"]
    content = yaml.safe_load((CONTRIB / "compose/postgres.yaml").read_text())
    accepted(case, "postgres", content)
    ours = services["persona"]
    outside, inside, how = ours["volumes"][0].split(":")
    equal((ours["command"], how), (["run", "--config", f"{inside}/postgres.yaml"], "ro"), "what it runs")
    equal({str(pathlib.PurePosixPath(file).parent) for file in names_of(content)}, {inside}, "folder of certificates")
    equal(ours["healthcheck"]["test"], ["CMD", "/usr/bin/persona", "ready", "--config", f"{inside}/postgres.yaml"], "health check")
    check(seconds(ours["stop_grace_period"]) > seconds(content.get("timeouts", {}).get("shutdown", "30s")), "time to drain")
    equal((ours["read_only"], ours["cap_drop"], ours["security_opt"]), (True, ["ALL"], ["no-new-privileges:true"]), "shut in")
    equal(services["application"]["network_mode"], "service:persona", "network of the application")


@case("Nomad: persona accepts its configuration, whose files are templates, and has time to drain")
def nomad(case):
    text = (CONTRIB / "nomad/persona.nomad.hcl").read_text()
    content = yaml.safe_load(re.search(r"<<-CONFIGURATION\n(.*?)\n +CONFIGURATION", text, re.DOTALL)[1])
    accepted(case, "persona", content)
    templates = {f"/{name}" for name in re.findall(r'destination = "([^"]+)"', text)}
    equal(templates, {"/secrets/persona.yaml", content["identity"]["certificate"], content["trust"]["ca"]}, "files")
    check('"--config", "/secrets/persona.yaml"' in text, "its configuration")
    check(int(re.search(r'kill_timeout = "(\d+)s"', text)[1]) > seconds(content["timeouts"]["shutdown"]), "time to drain")
    without = re.sub(r'"[^"\n]*"|#.*|<<-(\w+)\n.*?\n +\1\n', "", text, flags=re.DOTALL)
    equal(without.count("{"), without.count("}"), "braces")


main()
