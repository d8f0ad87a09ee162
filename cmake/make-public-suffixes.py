"""Usage: make-public-suffixes.py LIST OUTPUT: the public suffix list's rules as sorted C++ string literals."""
import sys


def main() -> None:
    source, output = sys.argv[1:]
    rules = set()
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            rule = line.split("//")[0].strip().lower()
            if not rule:
                continue
            mark = "!" if rule.startswith("!") else ""
            labels = rule.removeprefix("!").split(".")
            rules.add(mark + ".".join(label if label == "*" else label.encode("idna").decode() for label in labels))
    if len(rules) < 1000:
        sys.exit(f"{source} has {len(rules)} rules only: is it the public suffix list?")
    with open(output, "w", encoding="ascii") as out:
        out.writelines(f'"{rule}"sv,\n' for rule in sorted(rules))


main()
