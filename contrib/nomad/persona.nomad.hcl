# persona beside an application in one group: they share a network, so that 127.0.0.1:5432 is the database to the application.
# Certificates are Vault's; persona follows the files by itself, so that nothing is restarted when they are renewed.
job "application" {
  group "application" {
    network {
      mode = "bridge"
    }

    task "persona" {
      driver = "docker"
      user   = "65532:65532"

      lifecycle {
        hook    = "prestart"
        sidecar = true
      }

      config {
        image           = "registry.example.com/persona:0.1.0"
        args            = ["run", "--config", "/secrets/persona.yaml"]
        readonly_rootfs = true
        cap_drop        = ["all"]
        security_opt    = ["no-new-privileges"]
      }

      vault {}

      template {
        destination = "secrets/persona.yaml"
        perms       = "0444"
        change_mode = "noop"
        data        = <<-CONFIGURATION
          listen: 127.0.0.1:5432
          gateway: db.example.com:5433
          identity: {certificate: /secrets/identity.pem}
          trust: {ca: /secrets/ca.pem}
          admin: {listen: 127.0.0.1:9901}
          timeouts: {shutdown: 20s}
          threads: 1
        CONFIGURATION
      }

      # Certificate and key in one file, so that they never differ.
      template {
        destination = "secrets/identity.pem"
        perms       = "0400"
        uid         = 65532
        gid         = 65532
        change_mode = "noop"
        data        = <<-PEM
          {{ with pkiCert "pki/issue/persona" "common_name=application" }}
          {{ .Cert }}
          {{ .Key }}
          {{ end }}
        PEM
      }

      template {
        destination = "secrets/ca.pem"
        perms       = "0444"
        change_mode = "noop"
        data        = <<-PEM
          {{ with secret "pki/cert/ca" }}{{ .Data.certificate }}{{ end }}
        PEM
      }

      kill_signal  = "SIGTERM"
      kill_timeout = "30s" # more than timeouts.shutdown

      resources {
        cpu    = 50
        memory = 64
      }
    }

    task "application" {
      driver = "docker"
      config {
        image = "registry.example.com/application:1.0"
      }
      env {
        PGHOST = "127.0.0.1"
      }
    }
  }
}
