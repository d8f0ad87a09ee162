// Two sessions back to back: any chunking; damage, truncation, reordering and replay of any record.
#include <doctest/doctest.h>

#include "ends.hpp"

using namespace persona;
using namespace persona::tls;
using namespace persona::tls::test;

namespace {

/// Delivers `wire` in pieces of random sizes.
Status deliver(End& end, ByteView wire, std::mt19937& generator) {
  Status status = Status::want_input;
  while (!wire.empty() && status == Status::want_input) {
    // Mostly small, so that headers are cut too; sometimes many records at once.
    const std::size_t most = generator() % 4 == 0 ? 100'000 : 40;
    const ByteView piece = wire.first(std::min<std::size_t>(generator() % most + 1, wire.size()));
    wire = wire.subspan(piece.size());
    status = end.receive(piece);
  }
  return status;
}

/// The records of a wire.
std::vector<Bytes> records_of(Buffer& wire) {
  std::vector<Bytes> records;
  while (!wire.empty()) {
    const std::size_t size = whole_record(wire.view()).value_or(0);
    REQUIRE(size > 0);
    records.push_back(bytes_of(wire.view().first(size)));
    wire.consume(size);
  }
  return records;
}

Bytes joined(const std::vector<Bytes>& records) {
  Bytes all;
  for (const Bytes& record : records) {
    all = join({all, record});
  }
  return all;
}

/// Feeds a fresh session, whose peer is the test, and expects bad_record_mac after `good` bytes.
void check_bad_mac(Role role, std::uint16_t suite, const std::vector<Bytes>& records, std::size_t good) {
  Duel duel(role, suite);
  const Status status = duel.end.receive(joined(records));
  CHECK(duel.end.plaintext.size() == good);
  check_refused(duel, status, AlertDescription::bad_record_mac);
}

}  // namespace

TEST_CASE("what one session seals the other opens, both ways, in any chunking") {
  for (const std::uint16_t suite : suites) {
    for (unsigned seed = 0; seed < 40; ++seed) {
      CAPTURE(seed);
      std::mt19937 generator(seed);
      End client = make_end(Role::client, suite);
      End server = make_end(Role::server, suite);
      Bytes sent[2];
      for (int turn = 0; turn < 20; ++turn) {
        const bool up = generator() % 2 == 0;
        End& from = up ? client : server;
        End& to = up ? server : client;
        const std::size_t sizes[] = {0, 1, 64, 1'000, 16'384, 16'385, 70'000};
        const Bytes piece = random_bytes(sizes[generator() % std::size(sizes)], seed * 100 + 1);
        sent[up] = join({sent[up], piece});
        REQUIRE(from.send(piece));
        REQUIRE(deliver(to, from.output.view(), generator) == Status::want_input);
        from.output.clear();
      }
      CHECK(server.text() == sent[1]);
      CHECK(client.text() == sent[0]);
      CHECK(client.output.empty());
      CHECK(server.output.empty());
    }
  }
}

TEST_CASE("one byte at a time gives the same plaintext as all at once") {
  Duel duel(Role::server);
  Bytes wire;
  for (const std::size_t size : {0UL, 5UL, 1UL, 300UL}) {
    wire = join({wire, duel.forger.data(random_bytes(size, 9), 3)});
  }
  wire = join({wire, duel.forger.update(false), duel.forger.data(as_bytes("after"))});
  for (const std::uint8_t byte : wire) {
    REQUIRE(duel.end.receive({&byte, 1}) == Status::want_input);
  }
  CHECK(duel.end.text() ==
        join({random_bytes(5, 9), random_bytes(1, 9), random_bytes(300, 9), as_bytes("after")}));
}

TEST_CASE("plaintext is left in place: pieces point into the input") {
  Duel duel;
  Bytes wire = join({duel.forger.data(as_bytes("first")), duel.forger.data({}),
                     duel.forger.data(as_bytes("second")), Bytes{23, 3}});
  ByteSpan input(wire);
  Plaintext plaintext;
  Buffer output;
  REQUIRE(duel.end->open(input, plaintext, output) == Status::want_input);
  REQUIRE(plaintext.pieces.size() == 2);  // an empty record gives none
  CHECK(plaintext.pieces[0].data() == wire.data() + record_header_size);
  CHECK(as_text(plaintext.pieces[0]) == "first");
  CHECK(as_text(plaintext.pieces[1]) == "second");
  CHECK(plaintext.copied.empty());
  CHECK(plaintext.size() == 11);
  CHECK(input.size() == 2);  // the beginning of a record is left
  CHECK(input.data() == wire.data() + wire.size() - 2);
}

TEST_CASE("empty application data is no end and no error") {
  Duel duel;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(duel.end.receive(duel.forger.data({}, static_cast<std::size_t>(i % 3))) == Status::want_input);
  }
  CHECK(duel.end.plaintext.empty());
  REQUIRE(duel.end.receive(duel.forger.data(as_bytes("words"))) == Status::want_input);
  CHECK(as_text(duel.end.plaintext.view()) == "words");
}

TEST_CASE("a changed byte anywhere behind the header is bad_record_mac, for good") {
  for (const std::uint16_t suite : suites) {
    for (const Role role : {Role::client, Role::server}) {
      End peer = make_end(role == Role::client ? Role::server : Role::client, suite);
      REQUIRE(peer.send(as_bytes("good")));
      REQUIRE(peer.send(as_bytes("damaged")));
      REQUIRE(peer.send(as_bytes("behind")));
      const auto records = records_of(peer.output);
      for (std::size_t at = record_header_size; at < records[1].size(); ++at) {
        for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
          CAPTURE(suite);
          CAPTURE(at);
          CAPTURE(change);
          auto damaged = records;
          damaged[1][at] ^= static_cast<std::uint8_t>(change);
          check_bad_mac(role, suite, damaged, 4);
        }
      }
    }
  }
}

TEST_CASE("a changed header is refused by what it then says") {
  End peer = make_end(Role::server);
  REQUIRE(peer.send(as_bytes("words")));
  const Bytes record = bytes_of(peer.output.view());
  for (std::size_t at = 0; at < record_header_size; ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      Bytes damaged = record;
      damaged[at] ^= static_cast<std::uint8_t>(change);
      Duel duel;
      const Status status = duel.end.receive(damaged);
      const std::size_t length = std::size_t{damaged[3]} << 8 | damaged[4];
      if (at == 0) {
        check_refused(duel, status, AlertDescription::unexpected_message);
      } else if (length > max_record_ciphertext) {
        check_refused(duel, status, AlertDescription::record_overflow);
      } else if (length > record.size() - record_header_size) {
        CHECK(status == Status::want_input);  // it waits for the rest
      } else {
        check_refused(duel, status, AlertDescription::bad_record_mac);
      }
      CHECK(duel.end.plaintext.empty());
    }
  }
}

TEST_CASE("a record that is cut gives nothing, and no end") {
  End peer = make_end(Role::server);
  REQUIRE(peer.send(as_bytes("words")));
  const Bytes record = bytes_of(peer.output.view());
  for (std::size_t size = 0; size < record.size(); ++size) {
    Duel duel;
    CHECK(duel.end.receive(ByteView(record).first(size)) == Status::want_input);
    CHECK(duel.end.plaintext.empty());
    CHECK(duel.end.output.empty());
    if (size > 0) {  // what follows is taken for the rest of it
      const Status status = duel.end.receive(record);
      if (status == Status::want_input) {
        CHECK(duel.end.plaintext.empty());
      } else {
        check_refused(duel, status, AlertDescription::bad_record_mac);
      }
    }
  }
}

TEST_CASE("missing, reordered and replayed records are bad_record_mac") {
  for (const std::uint16_t suite : suites) {
    End peer = make_end(Role::server, suite);
    for (const char* text : {"1", "2", "3", "4"}) {
      REQUIRE(peer.send(as_bytes(text)));
    }
    const auto r = records_of(peer.output);
    REQUIRE(r.size() == 4);
    check_bad_mac(Role::client, suite, {r[1]}, 0);
    check_bad_mac(Role::client, suite, {r[0], r[2]}, 1);
    check_bad_mac(Role::client, suite, {r[0], r[2], r[1]}, 1);
    check_bad_mac(Role::client, suite, {r[0], r[0]}, 1);
    check_bad_mac(Role::client, suite, {r[0], r[1], r[0]}, 2);
    check_bad_mac(Role::client, suite, {r[0], r[1], r[2], r[3], r[3]}, 4);
  }
}

TEST_CASE("what a session sent is not taken by itself: directions have keys of their own") {
  End client = make_end(Role::client);
  REQUIRE(client.send(as_bytes("words")));
  const Bytes reflected = bytes_of(client.output.view());
  check_bad_mac(Role::client, aes_256, {reflected}, 0);
}

TEST_CASE("a record of old keys is bad_record_mac after a KeyUpdate") {
  Duel duel;
  End peer = make_end(Role::server);
  REQUIRE(peer.send(as_bytes("1")));
  REQUIRE(peer.send(as_bytes("2")));
  const auto old = records_of(peer.output);
  REQUIRE(duel.end.receive(duel.forger.data(as_bytes("1"))) == Status::want_input);
  REQUIRE(duel.end.receive(duel.forger.update(false)) == Status::want_input);
  check_refused(duel, duel.end.receive(old[0]), AlertDescription::bad_record_mac);
}

TEST_CASE("PSA's sessions and ipsec-mb's understand each other") {
  if (!aead_provider_available(AeadProvider::ipsec_mb)) {
    MESSAGE("not compared: " << describe_aead_provider(AeadProvider::ipsec_mb));
    return;
  }
  for (const std::uint16_t suite : suites) {
    End client(parts_of(context_of(Role::client), suite, {7}, nullptr, AeadProvider::psa));
    End server(parts_of(context_of(Role::server), suite, {5}, nullptr, AeadProvider::ipsec_mb));
    const Bytes bulk = random_bytes(300'000, 3);
    for (int round = 0; round < 3; ++round) {
      REQUIRE(client.send(bulk));
      REQUIRE(server.receive(client.output.view()) == Status::want_input);
      client.output.clear();
      REQUIRE(server.send(bulk));
      REQUIRE(client.receive(server.output.view()) == Status::want_input);
      server.output.clear();
    }
    CHECK(server.text() == join({bulk, bulk, bulk}));
    CHECK(client.text() == join({bulk, bulk, bulk}));
  }
}
