// Services without files, and their log.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "../tls/pair.hpp"
#include "persona/forward/service.hpp"

namespace persona::forward::test {

/// What a logger wrote, without the time.
class Lines {
 public:
  std::shared_ptr<log::Logger> logger() {
    return log::Logger::to_function(
        "db", {}, [this](std::string_view line) { lines_.emplace_back(line.substr(line.find(' ') + 1)); });
  }
  std::size_t count(std::string_view words) const {
    std::size_t found = 0;
    for (const auto& line : lines_) {
      found += line.find(words) != std::string::npos ? 1 : 0;
    }
    return found;
  }
  const std::vector<std::string>& all() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Of a persona. `certificates`: what the digest of its certificate files is to be.
inline Material material(const std::string& certificates = "", const std::string& gateway = "192.0.2.1:1") {
  Material material;
  material.config.name = "db";
  material.config.mode = config::Mode::persona;
  material.config.gateway.addresses.push_back({*Endpoint::parse(gateway), {}});
  material.config.reload.watch = false;
  material.identity = tls::test::make_identity(tls::test::client_request());
  material.trust = tls::test::trust_in(tls::test::test_ca());
  material.digest = certificates;
  material.certificate_digest = certificates;
  return material;
}

inline std::shared_ptr<Service> make_service(Material from, Lines& lines) {
  auto service = Service::create(std::move(from), lines.logger());
  REQUIRE(service);
  return *service;
}

inline std::shared_ptr<const Generation> make_generation(Material from, const Generation* before) {
  auto generation = Generation::create(std::move(from), before);
  REQUIRE(generation);
  return *generation;
}

}  // namespace persona::forward::test
