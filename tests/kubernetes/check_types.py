#!/usr/bin/env python3
"""The files of contrib/kubernetes against the published types of Kubernetes and cert-manager.

    check_types.py FOLDER    FOLDER has node_modules of package.json (scripts/test-kubernetes puts it there)

Each object becomes a literal of TypeScript: the compiler refuses a field that the type does not have, which the schemas of
kubernetes-models let pass; and these refuse what the types let pass, such as a quantity that is none. Last, objects with a mistake
each have to be refused.
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

CONTRIB = pathlib.Path(__file__).resolve().parents[2] / "contrib/kubernetes"
OPTIONS = {"strict": True, "skipLibCheck": True, "noEmitOnError": True, "target": "es2022", "module": "commonjs",
           "moduleResolution": "node10", "types": [], "rootDir": ".", "outDir": "out"}


def module_of(api):
    """Where the types of an apiVersion are."""
    package = "@kubernetes-models/cert-manager" if api.startswith("cert-manager.io/") else "kubernetes-models"
    return f"{package}/{api}"


def script(name, value):
    kind = value["kind"]
    return (f'import {{ {kind}, I{kind} }} from "{module_of(value["apiVersion"])}";\n'
            f"const value: I{kind} = {json.dumps(value, indent=1)};\n"
            f"try {{ new {kind}(value).validate(); }} catch (error) {{ throw `{name}: ${{error}}`; }}\n")


def complaint(folder, objects):
    """What the compiler or a schema says against objects, each with its name; empty: nothing."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        for name, value in objects.items():
            (pathlib.Path(work) / f"{name}.ts").write_text(script(name, value))
        (pathlib.Path(work) / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "include": ["*.ts"]}))
        compiled = subprocess.run(["node", folder / "node_modules/typescript/bin/tsc", "--project", work], capture_output=True,
                                  text=True, timeout=300, cwd=work)
        if compiled.returncode != 0:
            return compiled.stdout + compiled.stderr
        for name in objects:
            run = subprocess.run(["node", f"out/{name}.js"], capture_output=True, text=True, timeout=60, cwd=work)
            if run.returncode != 0:
                return run.stderr
    return ""


def shipped():
    return {f"{path.stem}-{number}-{value['kind']}": value for path in sorted(CONTRIB.glob("*.yaml"))
            for number, value in enumerate(yaml.safe_load_all(path.read_text()))}


def mistakes(objects):
    """Objects with one mistake, and words of the complaint that has to come."""
    def changed(kind, change):
        value = copy.deepcopy(next(each for each in objects.values() if each["kind"] == kind))
        change(value)
        return value

    def pod(value):
        return value["spec"]["template"]["spec"]

    def container(value):
        return (pod(value).get("initContainers") or pod(value)["containers"])[0]

    return [
        ("'\"readynessProbe\"' does not exist", changed("Deployment", lambda value: container(value).update(readynessProbe={}))),
        ("Type 'string' is not assignable to type 'number'",
         changed("Deployment", lambda value: pod(value).update(terminationGracePeriodSeconds="75"))),
        ("limits/memory must match format",
         changed("Deployment", lambda value: container(value).update(resources={"limits": {"memory": "32Mega"}}))),
        ("Type 'string' is not assignable to type '(\"Egress\"",
         changed("NetworkPolicy", lambda value: value["spec"].update(policyTypes="Ingress"))),
        ("'\"isuerRef\"' does not exist", changed("Certificate", lambda value: value["spec"].update(isuerRef={"name": "x"}))),
    ]


def main():
    folder = pathlib.Path(sys.argv[1])
    failed = False
    objects = shipped()
    if said := complaint(folder, objects):
        print(f"contrib/kubernetes is not what Kubernetes has:\n{said}")
        failed = True
    for words, value in mistakes(objects):
        if words not in (said := complaint(folder, {"mistake": value})):
            print(f"not noticed: {words} | {said or 'no complaint'}")
            failed = True
    print(f"{len(objects)} objects of contrib/kubernetes, {len(mistakes(objects))} mistakes")
    return 1 if failed else 0


sys.exit(main())
