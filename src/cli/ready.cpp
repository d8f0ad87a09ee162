// persona ready: does the persona of a configuration serve? For exec probes and scripts.
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commands.hpp"
#include "persona/config/load.hpp"
#include "persona/doctor/readiness.hpp"
#include "persona/net/timer.hpp"

namespace persona::cli {

namespace {

constexpr Milliseconds between_attempts{250};

/// Why it is not known where that is; empty: it is.
std::string_view why_unknown(const Endpoint& endpoint) {
  if (endpoint.is_systemd()) {
    return "is a socket that systemd passes, whose address is not known here: give it one";
  }
  return !endpoint.is_unix() && endpoint.port == 0
             ? "has the port 0, which the system chooses: give it a number"
             : "";
}

/// Why it can never be told; empty: it can.
std::string why_never(const config::Config& config) {
  if (config.admin) {
    const std::string_view why = why_unknown(config.admin->value);
    return why.empty() ? "" : fmt::format("{}: admin.listen {}", config.file.string(), why);
  }
  for (const config::Listen& listen : config.listen) {
    if (const std::string_view why = why_unknown(listen.value); !why.empty()) {
      return fmt::format("{}: listen {}, or set admin.listen, which is asked then", config.file.string(),
                         why);
    }
  }
  return "";
}

/// Asks until the answer is yes, or the time is over.
class Wait final : public net::HandleOwner {
 public:
  Wait(net::Loop& loop, const std::vector<config::Config>& configs, Milliseconds time)
      : loop_(loop),
        configs_(configs),
        timer_(net::Timer::create(loop, this)),
        ends_(net::precise_now() + time) {
    timer_->start(Milliseconds(0), [this] { ask(); });
  }

  /// Runs the loop; what is missing, empty if nothing is.
  std::vector<std::string> run() {
    loop_.run();
    return why_not_;
  }

 private:
  void on_handles_closed() override {}

  void ask() {
    readiness_ = std::make_unique<doctor::Readiness>(
        loop_, *this, resolver_, configs_, [this](const std::vector<std::string>& why_not) {
          why_not_ = why_not;
          if (why_not.empty() || net::precise_now() + between_attempts > ends_) {
            timer_.reset();
            loop_.finish();
          } else {
            timer_->start(between_attempts, [this] { ask(); });
          }
        });
  }

  net::Loop& loop_;
  net::Resolver resolver_;
  const std::vector<config::Config>& configs_;
  net::HandlePtr<net::Timer> timer_;
  const Milliseconds ends_;
  std::unique_ptr<doctor::Readiness> readiness_;
  std::vector<std::string> why_not_;
};

}  // namespace

int ready(const std::filesystem::path& config, Milliseconds wait, std::FILE* out, std::FILE* err) {
  const auto files = config::find_files(config);
  if (!files) {
    std::fprintf(err, "persona: %s\n", files.error().message.c_str());
    return exit_usage;
  }
  std::vector<config::Config> configs;
  for (const std::filesystem::path& file : *files) {
    config::Loaded loaded = config::load(file);
    // A running persona keeps what it has when a file is broken: only its addresses are needed here.
    if (loaded.report.has_errors() && loaded.config.listen.empty()) {
      std::fputs(loaded.report.render().c_str(), err);
      return exit_usage;
    }
    if (const std::string never = why_never(loaded.config); !never.empty()) {
      std::fprintf(err, "persona: %s\n", never.c_str());
      return exit_failure;
    }
    configs.push_back(std::move(loaded.config));
  }
  auto loop = net::Loop::create();
  if (!loop) {
    std::fprintf(err, "persona: %s\n", loop.error().message.c_str());
    return exit_failure;
  }
  std::vector<std::string> why_not = Wait(**loop, configs, wait).run();
  if (!(*loop)->close()) {
    why_not.emplace_back("loop not closed: a handle leaked; please report this");
  }
  if (why_not.empty()) {
    std::fputs("ready\n", out);
    return exit_done;
  }
  const std::string more =
      why_not.size() > 1 ? fmt::format("; and {} more of the kind", why_not.size() - 1) : std::string();
  std::fprintf(err, "persona: not ready: %s%s\n", why_not.front().c_str(), more.c_str());
  return exit_failure;
}

}  // namespace persona::cli
