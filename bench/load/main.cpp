// bench_load: the load generator and the gateway of scripts/bench. It is run by bench/*.py, not by hand.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <sys/resource.h>

#include "beside.hpp"
#include "clients.hpp"
#include "gateway.hpp"

namespace bench {
namespace {

constexpr const char* usage_text =
    "usage: bench_load gateway [--certificate FILE --key FILE --ca FILE --groups LIST --tickets N "
    "--live-first 0|1]\n"
    "       bench_load openssl\n"
    "       bench_load bulk --port P --direction up|down --connections N --warm-up BYTES --bytes BYTES\n"
    "       bench_load rtt --port P --connections N --seconds S\n"
    "       bench_load paced --port P --connections N --megabits N --seconds S\n"
    "       bench_load connect --port P --warm-up N --count N\n"
    "       bench_load idle --port P\n"
    "       bench_load beside --port P --direction up|down --seconds S\n"
    "       bench_load burst --port P --connections N\n"
    "       bench_load storm --port P --live N --openers N --seconds S";

class Options {
 public:
  Options(int argc, char** argv) {
    for (int i = 2; i + 1 < argc; i += 2) values_[argv[i]] = argv[i + 1];
    if (argc < 2 || argc % 2 != 0) fail(usage_text);
  }

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  const std::string& text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) fail(name + " is missing\n" + usage_text);
    return found->second;
  }
  std::uint64_t number(const std::string& name) const {
    return std::strtoull(text(name).c_str(), nullptr, 10);
  }
  double seconds() const { return std::strtod(text("--seconds").c_str(), nullptr); }
  std::uint16_t port() const { return static_cast<std::uint16_t>(number("--port")); }

 private:
  std::map<std::string, std::string> values_;
};

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int argc, char** argv) {
  const Options options(argc, argv);
  const std::string what = argv[1];
  raise_descriptor_limit();
  if (what == "gateway") {
    if (!options.has("--certificate")) {
      run_gateway(nullptr);
      return 0;
    }
    const TlsSettings settings{options.text("--certificate"),
                               options.text("--key"),
                               options.text("--ca"),
                               options.text("--groups"),
                               static_cast<unsigned>(options.number("--tickets")),
                               options.number("--live-first") != 0};
    run_gateway(&settings);
  } else if (what == "openssl") {
    std::printf("{\"version\": \"%s\", \"hybrid\": %s}\n", OpenSSL_version(OPENSSL_VERSION),
                knows_group(hybrid_group) ? "true" : "false");
  } else if (what == "bulk") {
    run_bulk({options.port(), options.text("--direction") == "up", options.number("--connections"),
              options.number("--warm-up"), options.number("--bytes")});
  } else if (what == "rtt") {
    run_round_trips({options.port(), options.number("--connections"), options.seconds()});
  } else if (what == "paced") {
    run_paced(
        {options.port(), options.number("--connections"), options.number("--megabits"), options.seconds()});
  } else if (what == "connect") {
    run_connects({options.port(), options.number("--warm-up"), options.number("--count")});
  } else if (what == "idle") {
    run_idle({options.port()});
  } else if (what == "beside") {
    run_beside({options.port(), options.text("--direction") == "up", options.seconds()});
  } else if (what == "burst") {
    run_burst({options.port(), options.number("--connections")});
  } else if (what == "storm") {
    run_storm({options.port(), options.number("--live"), options.number("--openers"), options.seconds()});
  } else {
    fail(usage_text);
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run(argc, argv);
}
