// Properties by which Windows and administrators take trust from a CA.
#include <chrono>

#include <doctest/doctest.h>

#include "persona/store/stored_certificate.hpp"

using namespace persona;
using namespace persona::store;
using trust::PeerRole;

namespace {

const Bytes for_servers = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
const Bytes for_clients = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
const Bytes for_mail = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04};
const Bytes for_any = {0x30, 0x06, 0x06, 0x04, 0x55, 0x1d, 0x25, 0x00};
const Bytes for_none = {0x30, 0x00};
const Bytes garbage = {0x31, 0x02, 0x05};

const x509::TimePoint past = x509::TimePoint(std::chrono::seconds(1'000));
const x509::TimePoint today = x509::TimePoint(std::chrono::seconds(2'000));
const x509::TimePoint future = x509::TimePoint(std::chrono::seconds(3'000));

bool vouches(const Restrictions& restrictions, PeerRole role = PeerRole::gateway) {
  return may_vouch(restrictions, role, today);
}

}  // namespace

TEST_CASE("a CA without restrictions vouches for both roles") {
  CHECK(vouches({}));
  CHECK(vouches({}, PeerRole::client));
}

TEST_CASE("usages that it is restricted to") {
  CHECK(vouches({.usages = for_servers}));
  CHECK_FALSE(vouches({.usages = for_servers}, PeerRole::client));
  CHECK(vouches({.usages = for_clients}, PeerRole::client));
  CHECK_FALSE(vouches({.usages = for_mail}));
  CHECK(vouches({.usages = for_any}));
  CHECK_FALSE(vouches({.usages = for_none}));
  CHECK_FALSE(vouches({.usages = garbage}));
  CHECK_FALSE(vouches({.usages = Bytes()}));
}

TEST_CASE("usages that are disallowed, some time or always") {
  CHECK_FALSE(vouches({.disallowed_usages = for_servers}));
  CHECK(vouches({.disallowed_usages = for_mail}));
  CHECK_FALSE(vouches({.disallowed_usages = garbage}));
  CHECK_FALSE(vouches({.disallowed_since = past}));
  CHECK_FALSE(vouches({.disallowed_since = today}));
  CHECK(vouches({.disallowed_since = future}));
  CHECK(vouches({.disallowed_usages = for_mail, .disallowed_since = past}));
  CHECK_FALSE(vouches({.disallowed_usages = for_servers, .disallowed_since = past}));
  CHECK(vouches({.disallowed_usages = for_servers, .disallowed_since = future}));
}

TEST_CASE("one that may vouch for what is older alone does not vouch") {
  CHECK_FALSE(vouches({.not_issued_after = future}));
  CHECK_FALSE(vouches({.not_issued_after = past, .not_issued_after_usages = for_servers}));
  CHECK(vouches({.not_issued_after = past, .not_issued_after_usages = for_mail}));
}
