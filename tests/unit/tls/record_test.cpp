// The record layer: framing, padding, limits, sequence numbers, keys.
#include <doctest/doctest.h>

#include "ends.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// The header of a record of `length`, and so many bytes behind it.
Bytes header(std::size_t length, std::size_t behind = 0) {
  Bytes record(record_header_size + behind);
  record[0] = 23;
  record[1] = record[2] = 3;
  record[3] = static_cast<std::uint8_t>(length >> 8);
  record[4] = static_cast<std::uint8_t>(length);
  return record;
}

AlertDescription error_of(const tl::expected<RecordProtection::Opened, AlertDescription>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

constexpr AeadProvider all_providers[] = {AeadProvider::psa, AeadProvider::ipsec_mb};

}  // namespace

TEST_CASE("the size of a record is known from its header") {
  CHECK(whole_record({}) == 0U);
  for (std::size_t length : {0UL, 1UL, 17UL, 300UL, 16'640UL}) {
    const Bytes record = header(length, length);
    for (std::size_t i = 1; i < record.size(); ++i) {
      if (whole_record(ByteView(record).first(i)) != 0U) {
        FAIL_CHECK("whole at " << i << " of " << record.size());
      }
    }
    CHECK(whole_record(record) == record.size());
    CHECK(whole_record(header(length, length + 100)) == record.size());
  }
}

TEST_CASE("record_overflow: a header that announces more than 2^14 + 256 bytes (section 5.2)") {
  for (std::size_t length : {16'641UL, 20'000UL, 65'535UL}) {
    const auto size = whole_record(header(length));
    REQUIRE_FALSE(size);
    CHECK(size.error() == AlertDescription::record_overflow);
  }
}

TEST_CASE("unexpected_message: any type but application_data in the clear, by its first byte") {
  for (unsigned type = 0; type < 256; ++type) {
    const Bytes record{static_cast<std::uint8_t>(type)};
    const auto size = whole_record(record);
    if (type == 23) {
      CHECK(size == 0U);
    } else {
      REQUIRE_FALSE(size);
      CHECK(size.error() == AlertDescription::unexpected_message);
    }
  }
}

TEST_CASE("legacy_record_version is ignored") {
  Forger forger(aes_128, 1);
  RecordProtection receiving = protection(aes_128, 1);
  constexpr std::uint16_t versions[] = {0x0000, 0x0301, 0x0303, 0x0304, 0xffff};
  for (const std::uint16_t version : versions) {
    Bytes inner = bytes_of(as_bytes("words"));
    inner.push_back(23);
    Bytes record = forger.seal(inner, version);
    REQUIRE(whole_record(record) == record.size());
    const auto opened = receiving.open(record);
    REQUIRE(opened);
    CHECK(as_text(opened->content) == "words");
  }
}

TEST_CASE("records come out as they went in, at every size around the limits") {
  for (const std::uint16_t suite : suites) {
    for (const AeadProvider provider : all_providers) {
      if (!aead_provider_available(provider)) {
        continue;
      }
      RecordProtection sending = protection(suite, 1, provider);
      RecordProtection receiving = protection(suite, 1);
      for (const std::size_t size : {0UL, 1UL, 16'383UL, 16'384UL, 16'385UL, 32'768UL, 32'769UL, 262'144UL}) {
        CAPTURE(size);
        const Bytes content = random_bytes(size, 5);
        Buffer wire;
        wire.append(as_bytes("before"));
        REQUIRE(sending.seal(ContentType::application_data, content, wire));
        wire.consume(6);
        const std::size_t records = size == 0 ? 1 : (size + max_record_plaintext - 1) / max_record_plaintext;
        CHECK(wire.size() == size + records * record_overhead);
        Bytes result;
        for (std::size_t i = 0; i < records; ++i) {
          const auto whole = whole_record(wire.view());
          REQUIRE(whole.value_or(0) > 0);
          CHECK(bytes_of(wire.view().first(3)) == Bytes{23, 3, 3});
          Bytes record = bytes_of(wire.view().first(*whole));
          wire.consume(*whole);
          const auto opened = receiving.open(record);
          REQUIRE(opened);
          CHECK(opened->type == ContentType::application_data);
          CHECK(opened->content.size() <= max_record_plaintext);
          result = join({result, opened->content});
        }
        CHECK(wire.empty());
        CHECK(result == content);
        CHECK(sending.records() == receiving.records());
      }
    }
  }
}

TEST_CASE("padding is taken off, whatever its length") {
  Forger forger(aes_256, 1);
  RecordProtection receiving = protection(aes_256, 1);
  for (const std::size_t size : {0UL, 1UL, 100UL, 16'384UL}) {
    for (const std::size_t padding : {0UL, 1UL, 15UL, 16UL, 255UL, 5'000UL, 16'384UL}) {
      if (size + padding > max_record_plaintext) {
        continue;
      }
      for (const ContentType type :
           {ContentType::alert, ContentType::handshake, ContentType::application_data}) {
        Bytes content = random_bytes(size, 6);
        if (size > 0) {
          content.back() = 0;  // a zero that belongs to the content
        }
        Bytes record = forger.record(type, content, padding);
        const auto opened = receiving.open(record);
        REQUIRE(opened);
        CHECK(opened->type == type);
        CHECK(bytes_of(opened->content) == content);
      }
    }
  }
}

TEST_CASE(
    "record_overflow: an inner plaintext of more than 2^14 + 1 bytes, padding or content (section 5.4)") {
  for (const std::size_t content : {0UL, 1UL, 16'384UL, 16'385UL, 16'600UL}) {
    for (const std::size_t total : {16'385UL, 16'386UL, 16'624UL}) {
      if (content + 1 > total) {
        continue;
      }
      CAPTURE(content);
      CAPTURE(total);
      Forger forger(aes_128, 1);
      RecordProtection receiving = protection(aes_128, 1);
      Bytes record = forger.data(Bytes(content, 'x'), total - content - 1);
      REQUIRE(whole_record(record) == record.size());
      const auto opened = receiving.open(record);
      if (total == 16'385) {
        CHECK(opened);
      } else {
        CHECK(error_of(opened) == AlertDescription::record_overflow);
      }
    }
  }
}

TEST_CASE("unexpected_message: an inner plaintext of zeros only, or of a type that is never protected") {
  for (const std::size_t size : {1UL, 2UL, 100UL, 16'385UL}) {
    Forger forger(aes_128, 1);
    Bytes record = forger.seal(Bytes(size, 0));
    CHECK(error_of(protection(aes_128, 1).open(record)) == AlertDescription::unexpected_message);
  }
  for (unsigned type = 1; type < 256; ++type) {
    Forger forger(aes_128, 1);
    Bytes record = forger.record(static_cast<std::uint8_t>(type), as_bytes("words"));
    const auto opened = protection(aes_128, 1).open(record);
    if (type >= 21 && type <= 23) {
      CHECK(opened);
    } else {
      CHECK(error_of(opened) == AlertDescription::unexpected_message);
    }
  }
}

TEST_CASE("bad_record_mac: a record with room for less than a tag and a content type") {
  for (std::size_t length = 0; length <= aead_tag_size; ++length) {
    Bytes record = header(length, length);
    CHECK(error_of(protection(aes_128, 1).open(record)) == AlertDescription::bad_record_mac);
  }
}

TEST_CASE("bad_record_mac: another key, another generation, another place in the order") {
  Buffer wire;
  RecordProtection sending = protection(aes_256, 1);
  REQUIRE(sending.seal(ContentType::application_data, as_bytes("words"), wire));
  const auto open_by = [&](RecordProtection receiving) {
    Bytes record = bytes_of(wire.view());
    return receiving.open(record);
  };
  CHECK(open_by(protection(aes_256, 1)));
  CHECK(error_of(open_by(protection(aes_256, 2))) == AlertDescription::bad_record_mac);
  CHECK(error_of(open_by(protection(aes_128, 1))) == AlertDescription::bad_record_mac);
  RecordProtection later = protection(aes_256, 1);
  later.set_sequence(1);
  CHECK(error_of(open_by(std::move(later))) == AlertDescription::bad_record_mac);
  RecordProtection next = protection(aes_256, 1);
  REQUIRE(next.update());
  CHECK(error_of(open_by(std::move(next))) == AlertDescription::bad_record_mac);
}

TEST_CASE("the whole sequence number is in the nonce") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    RecordProtection sending = protection(aes_256, 1);
    sending.set_sequence(std::uint64_t{1} << bit);
    Buffer wire;
    REQUIRE(sending.seal(ContentType::application_data, as_bytes("words"), wire));
    Bytes record = bytes_of(wire.view());
    RecordProtection receiving = protection(aes_256, 1);
    receiving.set_sequence(std::uint64_t{1} << bit);
    CHECK(receiving.open(record));
    record = bytes_of(wire.view());
    RecordProtection first = protection(aes_256, 1);
    CHECK_FALSE(first.open(record));
  }
}

TEST_CASE("updates keep in step, and begin again at sequence number 0") {
  for (const std::uint16_t suite : suites) {
    RecordProtection sending = protection(suite, 1);
    Forger forger(suite, 1);
    for (int generation = 0; generation < 20; ++generation) {
      for (std::uint64_t i = 0; i < 3; ++i) {
        CHECK(sending.records() == i);
        Buffer wire;
        REQUIRE(sending.seal(ContentType::application_data, as_bytes("words"), wire));
        CHECK(bytes_of(wire.view()) == forger.data(as_bytes("words")));
      }
      REQUIRE(sending.update());
      forger.next_keys();
    }
  }
}

TEST_CASE("sequence numbers never wrap: the last one is not used") {
  RecordProtection sending = protection(aes_256, 1);
  sending.set_sequence(UINT64_MAX - 2);
  Buffer wire;
  CHECK_FALSE(sending.seal(ContentType::application_data, Bytes(max_record_plaintext * 3), wire));
  CHECK(wire.empty());
  REQUIRE(sending.seal(ContentType::application_data, Bytes(max_record_plaintext * 2), wire));
  const Bytes good = bytes_of(wire.view());
  CHECK_FALSE(sending.seal(ContentType::application_data, {}, wire));
  CHECK(bytes_of(wire.view()) == good);
  CHECK(sending.records() == UINT64_MAX);

  RecordProtection receiving = protection(aes_256, 1);
  receiving.set_sequence(UINT64_MAX - 2);
  for (int i = 0; i < 2; ++i) {
    Bytes record = bytes_of(wire.view().first(*whole_record(wire.view())));
    wire.consume(record.size());
    CHECK(receiving.open(record));
  }
  // What a peer seals with the last number does not open.
  Forger forger(aes_256, 1);
  forger.set_sequence(UINT64_MAX - 1);
  Bytes record = forger.data(as_bytes("words"));
  RecordProtection good_until_here = protection(aes_256, 1);
  good_until_here.set_sequence(UINT64_MAX - 1);
  CHECK(good_until_here.open(record));
  record = forger.data(as_bytes("words"));
  CHECK(error_of(receiving.open(record)) == AlertDescription::bad_record_mac);
  CHECK(receiving.records() == UINT64_MAX);

  // New keys begin again.
  REQUIRE(sending.update());
  CHECK(sending.seal(ContentType::application_data, as_bytes("words"), wire));
}

TEST_CASE("no keys for a suite that is not known or a secret that does not fit it") {
  CHECK_FALSE(RecordProtection::create(0x1304, Secret(Bytes(32, 1))));
  CHECK_FALSE(RecordProtection::create(0xc02c, Secret(Bytes(48, 1))));
  CHECK_FALSE(RecordProtection::create(aes_256, Secret(Bytes(32, 1))));
  CHECK_FALSE(RecordProtection::create(aes_128, Secret(Bytes(48, 1))));
  CHECK_FALSE(RecordProtection::create(aes_128, Secret()));
}
