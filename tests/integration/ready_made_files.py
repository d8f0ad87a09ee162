"""conf/, contrib/: what is shipped to be used as it is. Configurations are checked by persona, alerts by promtool. Those for
clusters are container_files.py's."""

import http.client
import json
import pathlib
import re

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, address_of, cli, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRIB = ROOT / "contrib"
DATABASES = {"postgres": "postgresql", "mariadb": "mariadb", "redis": "redis", "sqlserver": "sqlserver"}
FUNCTIONS = {"by", "on", "unless", "and", "group_left", "offset"}


def code_of(text):
    """The lines without comments, those of files left out."""
    lines = [re.sub(r" +# .*", "", line).rstrip() for line in text.splitlines() if not line.startswith("#")]
    return [line for line in lines if not re.match(r"identity:|trust:|  (certificate|private_key|ca): .*\.(crt|key|pem)", line)]


@case("conf/: persona check finds nothing in an example for each database and end")
def examples(case):
    pki = Pki(case)
    folder = case.folder / "conf"
    folder.mkdir()
    for name in (f"{database}{end}" for database in DATABASES for end in ("", "-gateway")):
        text = (ROOT / "conf" / f"{name}.yaml").read_text()
        for file in re.findall(r"[\w-]+\.(?:crt|key)", text):
            ours = pki.gateway if "-gateway." in file else pki.client
            source = pki.ca.certificate if "ca." in file else ours.key if file.endswith(".key") else ours.certificate
            (folder / file).write_bytes(pathlib.Path(source).read_bytes())
            (folder / file).chmod(0o600)
        (folder / f"{name}.yaml").write_text(text)
        output = cli("check", folder / f"{name}.yaml")
        check(output.endswith(f"{name}.yaml: ok\n"), f"persona check {name}.yaml", output)
    check((ROOT / "conf/full.yaml").is_file(), "conf/full.yaml")


@case("conf/ says what docs/databases says")
def documents(case):
    for database, document in DATABASES.items():
        text = (ROOT / "docs/databases" / f"{document}.md").read_text()
        for name in (database, f"{database}-gateway"):
            blocks = re.findall(rf"`/etc/persona/{name}\.yaml`.*?```yaml\n(.*?)```", text, re.DOTALL)
            ours = code_of((ROOT / "conf" / f"{name}.yaml").read_text())
            check(any(set(code_of(block)) <= set(ours) for block in blocks), f"conf/{name}.yaml and {document}.md differ",
                  ours, blocks)


def metrics_in(text):
    """Names of metrics in expressions."""
    return set(re.findall(r"\b((?:persona|process)_[a-z_]+)\b", text)) - FUNCTIONS


def scraped(case):
    """Those that a persona has."""
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    host, port = address_of(persona.find("answering administrators")[0]["address"])
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.request("GET", "/metrics", headers={"Host": f"localhost:{port}"})
    text = connection.getresponse().read().decode()
    connection.close()
    return set(re.findall(r"^([a-z_]+)[{ ]", text, re.MULTILINE))


@case("each alert fires when it should and only then, and needs only metrics that there are", deadline=200)
def alerts(case):
    folder = CONTRIB / "prometheus"
    files = sorted(folder.glob("*.rules.yaml"))
    equal(len(files), 1, "files of rules")
    process.run("promtool", "check", "rules", *files)
    tests = sorted(folder.glob("*.test.yaml"))
    output = process.run("promtool", "test", "rules", *tests, timeout=180)
    equal(output.count("SUCCESS"), len(tests), f"promtool test rules: {output}")
    tested = "".join(test.read_text() for test in tests)
    for file in files:
        for alert in re.findall(r"- alert: (\w+)", file.read_text()):
            check(re.search(rf"alertname: {alert}\n +exp_alerts:\n +- exp_labels", tested), f"no test in which {alert} fires")
            check(re.search(rf"alertname: {alert}, exp_alerts: \[\]", tested), f"no test in which {alert} is silent")
    expressions = re.sub(r"#.*", "", (folder / "persona.rules.yaml").read_text())
    equal(metrics_in(expressions) - scraped(case), set(), "metrics of persona.rules.yaml that are not there")


@case("the dashboard: each panel has a valid expression, and needs only metrics that there are")
def dashboard(case):
    board = json.loads((CONTRIB / "grafana/persona.json").read_text())
    ids = [panel["id"] for panel in board["panels"]]
    equal(len(ids), len(set(ids)), "panels of their own number")
    rules, expressions = [], ""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "5m")
            rules.append({"record": f"panel:number:{len(rules)}", "expr": expression})
            expressions += target["expr"] + "\n"
    path = case.folder / "panels.yaml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))  # JSON is YAML
    check(f"{len(rules)} rules found" in process.run("promtool", "check", "rules", path), "expressions")
    equal(metrics_in(expressions) - scraped(case), set(), "metrics of panels that are not there")


main()
