#!/bin/bash
# What scripts/test-package runs in a Debian with the package and a systemd that is process 1 (scripts/boot-root), a part before
# it is booted again and a part after: lives.sh first|second FOLDER_OF_THE_NEXT_VERSION. A line "ok ..." or "FAIL ..." for each behaviour.
set -uo pipefail
part=$1 next=$2
failed=0
units=(persona@gateway persona@client persona-agent@keys)

verdict() { # verdict STATUS SENTENCE
  if [ "$1" -eq 0 ]; then
    echo "ok $2"
  else
    echo "FAIL $2"
    failed=1
  fi
}
eventually() { # eventually COMMAND...: within half a minute
  local tries=300
  until "$@"; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.1
  done
}
echoes() { # echoes DESCRIPTOR WORD: what was sent through the tunnel comes back
  local line
  echo "$2" >&"$1" && IFS= read -r -t 20 line <&"$1" && [ "$line" = "$2" ]
}
calls() { # a connection of its own
  exec {calling}<>/dev/tcp/127.0.0.1/5432 && echoes "$calling" "hello $RANDOM"
  local status=$?
  exec {calling}>&-
  return "$status"
} 2>/dev/null
main_process() { systemctl show --property=MainPID --value "$1"; }
told() { journalctl --no-pager -o cat -u "$1" | tail -n 5; }
all_active() { systemctl is-active --quiet "${units[@]}"; }

configure() {
  local folder=/etc/persona
  # Devices are the machine's here.
  for unit in persona@ persona-agent@; do
    mkdir -p "/etc/systemd/system/$unit.service.d"
    printf '[Service]\nPrivateDevices=no\n' >"/etc/systemd/system/$unit.service.d/here.conf"
  done
  # Who is served: everything that is said comes back.
  printf '[Socket]\nListenStream=127.0.0.1:7000\nAccept=yes\n[Install]\nWantedBy=sockets.target\n' >/etc/systemd/system/echo.socket
  printf '[Service]\nExecStart=/bin/cat\nStandardInput=socket\n' >/etc/systemd/system/echo@.service
  mkdir /root/ca && cd /root/ca && persona pki init --name "Test CA" && persona pki issue server gateway.test && persona pki issue client laptop || return
  install -m 0644 pki/issued/gateway.test/certificate.pem "$folder/gateway.crt"
  install -m 0600 -o persona pki/issued/gateway.test/private_key.pem "$folder/gateway.key"
  install -m 0644 pki/issued/laptop/certificate.pem "$folder/client.crt"
  install -m 0600 -o persona-agent pki/issued/laptop/private_key.pem "$folder/agent/client.key"
  install -m 0644 pki/ca/ca.crt "$folder/ca.crt"
  cat >"$folder/gateway.yaml" <<END
listen: 127.0.0.1:8443
service: 127.0.0.1:7000
identity: {certificate: gateway.crt, private_key: gateway.key}
trust: {ca: ca.crt}
sandbox: required
log: {file: /var/log/persona/gateway.log}
END
  cat >"$folder/client.yaml" <<END
listen: 127.0.0.1:5432
gateway: {address: 127.0.0.1:8443, server_name: gateway.test}
identity: {certificate: client.crt, private_key: "agent:/run/persona-agent/keys.sock"}
trust: {ca: ca.crt}
sandbox: required
END
  cat >"$folder/agent/keys.yaml" <<END
listen: unix:/run/persona-agent/keys.sock
allow_users: [persona]
keys: [{certificate: /etc/persona/client.crt, private_key: client.key}]
END
  systemctl daemon-reload && systemctl enable --now echo.socket
}

first() {
  local before after held call sum pid version
  version=$(dpkg-deb --field "$next"/persona_*.deb Version)
  [ -z "$(systemctl list-units --all --plain --no-legend 'persona*.service' 'persona*.socket')" ] &&
    [ -z "$(find /etc/systemd/system -name 'persona*')" ]
  verdict $? "installed, nothing is started or enabled"
  [ "$(stat -c '%U:%G %a' /var/log/persona /var/log/persona-agent /etc/persona)" = "persona:persona 750
persona-agent:persona-agent 750
root:root 755" ]
  verdict $? "the folders of logs and configurations have their owners and modes"
  [ -z "$(find /etc/persona -type f)" ] && [ -z "$(dpkg-query -W -f '${Conffiles}' persona)" ]
  verdict $? "there is no configuration yet"
  configure >/tmp/configure.log 2>&1 || cat /tmp/configure.log
  systemctl enable --now "${units[@]}" 2>/dev/null && eventually calls
  verdict $? "one file each, and they are services that are enabled and serve"
  all_active || for unit in "${units[@]}"; do told "$unit"; done

  exec {held}<>/dev/tcp/127.0.0.1/5432
  echoes "$held" "before the upgrade"
  verdict $? "a connection is open"
  before=$(main_process persona@client) sum=$(sha256sum /etc/persona/*.yaml)
  while [ ! -e /tmp/upgraded ]; do # as clients do that know of nothing
    calls || echo "a client was not served" >>/tmp/refused
  done &
  call=$!
  apt-get install -y "$next"/*.deb >/tmp/upgrade.log 2>&1
  verdict $? "the upgrade ends well"
  touch /tmp/upgraded
  wait "$call"
  grep -E '^persona: ' /tmp/upgrade.log
  for unit in persona@client persona@gateway; do
    pid=$(main_process "$unit")
    [ "$("/proc/$pid/exe" version | head -n 1)" = "persona ${version%-*}" ]
    verdict $? "$unit is the new program"
  done
  after=$(main_process persona@client)
  [ "$before" != "$after" ] && [ -e "/proc/$before" ] && echoes "$held" "after the upgrade"
  verdict $? "the connection of before lives on in the old one"
  [ ! -e /tmp/refused ] && calls
  verdict $? "no new one was refused meanwhile, or is now"
  [ "$(systemctl show --property=NRestarts --value persona@client)" = 0 ] && [ "$(sha256sum /etc/persona/*.yaml)" = "$sum" ]
  verdict $? "nothing was restarted, and the configuration is as it was"
  grep -q "persona-agent@keys.service still runs the program of before" /tmp/upgrade.log
  verdict $? "of the agent, which has nobody to take over, the upgrade says so"
  exec {held}>&-
  eventually [ ! -e "/proc/$before" ]
  verdict $? "the old one ends with its last connection"

  cat >/etc/persona/spiffe.yaml <<END
listen: 127.0.0.1:5433
gateway: {address: 127.0.0.1:8443, server_name: spiffe://gateway.test/db}
identity: {spiffe: unix:/run/no-agent.sock, spiffe_wait: 1s}
END
  timeout 30 persona run /etc/persona/spiffe.yaml >/tmp/spiffe.log 2>&1
  [ $? -eq 2 ] && grep -q 'no-agent.sock' /tmp/spiffe.log && ! grep -q 'not installed' /tmp/spiffe.log
  verdict $? "with persona-spiffe it asks for the agent"
  rm /etc/persona/spiffe.yaml

  # A new program that refuses the configuration: the old one goes on. (To be configured again is what an upgrade is to the scripts.)
  echo "nonsense: true" >>/etc/persona/client.yaml
  before=$(main_process persona@client)
  dpkg-reconfigure persona >/tmp/again.log 2>&1 && grep -q "persona@client.service still runs the program of before" /tmp/again.log &&
    [ "$(main_process persona@client)" = "$before" ] && calls
  verdict $? "one that cannot be replaced serves on, and that is said"
  sed -i '/^nonsense/d' /etc/persona/client.yaml
}

second() {
  eventually all_active && eventually calls
  verdict $? "booted again, the services are there"
  apt-get remove -y persona >/tmp/remove.log 2>&1
  verdict $? "it is removed"
  [ -z "$(systemctl list-units --plain --no-legend --state=active 'persona*')" ] && ! calls && [ ! -e /usr/bin/persona ]
  verdict $? "removed, it is stopped"
  [ -e /etc/persona/client.yaml ] && [ -e /var/log/persona/gateway.log ] && getent passwd persona >/dev/null
  verdict $? "configurations, logs and users stay"
  apt-get purge -y persona >/tmp/purge.log 2>&1
  verdict $? "it is purged"
  [ ! -e /var/log/persona ] && [ ! -e /var/log/persona-agent ] && [ -z "$(find /etc/systemd/system -name 'persona*.service')" ]
  verdict $? "purged, its logs and what enabled it are gone"
  [ -e /etc/persona/client.yaml ] && [ -e /etc/persona/agent/client.key ]
  verdict $? "what the administrator wrote, keys among it, stays"
}

eventually [ -S /run/systemd/private ] && systemctl is-system-running --wait >/dev/null 2>&1
"$part"
exit "$failed"
