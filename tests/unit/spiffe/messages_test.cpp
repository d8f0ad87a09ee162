// What persona-spiffe tells persona: put together from any pieces, and bounded.
#include "persona/spiffe/messages.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::spiffe;

namespace {

Bytes bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

Svid svid(std::string_view id) {
  return {std::string(id), bytes("chain of " + std::string(id)), x509::Secret("key"), bytes("bundle")};
}

Update some() {
  Update update;
  update.svids.push_back(svid("spiffe://example.org/db"));
  update.svids.push_back(svid("spiffe://example.org/app"));
  update.federated.push_back({"spiffe://example.com", bytes("other bundle")});
  update.crls = {bytes("list"), Bytes()};
  return update;
}

/// Everything that comes of these bytes, given in pieces of that size; the sentences of failures too.
struct Came {
  std::vector<Message> messages{};
  std::vector<std::string> failures{};
  bool lost = false;
};

Came read(std::string_view bytes, std::size_t piece = 1'000'000) {
  Came came;
  FrameReader reader;
  while (!bytes.empty() && !reader.is_lost()) {
    const auto wanted = reader.wanted();
    const std::size_t size = std::min({wanted.size(), bytes.size(), piece});
    std::copy_n(bytes.data(), size, wanted.data());
    bytes.remove_prefix(size);
    auto message = reader.got(size);
    if (!message) {
      came.failures.push_back(message.error().message);
    } else if (*message) {
      came.messages.push_back(std::move(**message));
    }
  }
  came.lost = reader.is_lost();
  return came;
}

std::string frame_of(const Update& update) {
  const auto frame = write(update);
  REQUIRE(frame);
  return std::string(frame->view());
}

/// A frame of items that no writer would make.
std::string frame(std::string_view items) {
  std::string whole("u\0\0\0", 4);
  return whole + static_cast<char>(items.size()) + std::string(items);
}

}  // namespace

TEST_CASE("updates and troubles come out as they went in, in whatever pieces") {
  const std::string both = write(Trouble{"it is away"}) + frame_of(some()) + write(Trouble{""});
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, both.size()}) {
    const Came came = read(both, piece);
    REQUIRE(came.messages.size() == 3);
    CHECK(std::get<Trouble>(came.messages[0]).sentence == "it is away");
    CHECK(std::get<Trouble>(came.messages[2]).sentence.empty());
    const Update& update = std::get<Update>(came.messages[1]);
    REQUIRE(update.svids.size() == 2);
    CHECK(update.svids[1].id == "spiffe://example.org/app");
    CHECK(as_text(update.svids[0].chain) == "chain of spiffe://example.org/db");
    CHECK(update.svids[0].key.view() == "key");
    CHECK(as_text(update.svids[1].bundle) == "bundle");
    REQUIRE(update.federated.size() == 1);
    CHECK(update.federated[0].domain == "spiffe://example.com");
    CHECK(as_text(update.federated[0].bundle) == "other bundle");
    REQUIRE(update.crls.size() == 2);
    CHECK(as_text(update.crls[0]) == "list");
  }
}

TEST_CASE("an update without something mandatory is neither written nor read") {
  CHECK(write(Update()).error().message == "no SVID is in it");
  for (const auto& [sentence, spoil] : std::vector<std::pair<std::string, void (*)(Svid&)>>{
           {"a SPIFFE ID", [](Svid& one) { one.id.clear(); }},
           {"a certificate", [](Svid& one) { one.chain.clear(); }},
           {"a private key", [](Svid& one) { one.key = x509::Secret(); }},
           {"a bundle", [](Svid& one) { one.bundle.clear(); }}}) {
    Update update = some();
    spoil(update.svids[1]);
    const auto frame = write(update);
    REQUIRE_FALSE(frame);
    CHECK(frame.error().message == "an SVID of it is without " + sentence);
  }
  const Came came = read(frame("") + frame(std::string_view("i\0\0\0\1x", 6)) + write(Trouble{"next"}));
  REQUIRE(came.failures.size() == 2);
  CHECK(came.failures[0] == "no SVID is in it");
  CHECK(came.failures[1] == "an SVID of it is without a certificate");
  CHECK(came.messages.size() == 1);  // what follows is read
}

TEST_CASE("items that are cut, unknown or belong to nothing are refused, and the next frame is read") {
  for (const std::string_view items :
       {std::string_view("i\0\0\0", 4), std::string_view("i\0\0\0\2x", 6),
        std::string_view("i\xff\xff\xff\xff", 5), std::string_view("?\0\0\0\0", 5),
        std::string_view("k\0\0\0\1x", 6), std::string_view("c\0\0\0\1x", 6),
        std::string_view("b\0\0\0\1x", 6), std::string_view("f\0\0\0\1x", 6)}) {
    const Came came = read(frame(items) + write(Trouble{"next"}));
    CHECK(came.failures.size() == 1);
    CHECK(came.messages.size() == 1);
    CHECK_FALSE(came.lost);
  }
}

TEST_CASE("what is no frame, or too long, is not waited for and allocates nothing") {
  for (const std::string_view head :
       {std::string_view("x\0\0\0\0", 5), std::string_view("u\x7f\xff\xff\xff", 5),
        std::string_view("t\0\0\x08\x01", 5)}) {
    const Came came = read(head);
    CHECK(came.lost);
    REQUIRE(came.failures.size() == 1);
    CHECK(came.failures[0] == "what it says is no frame");
  }
  CHECK(read(std::string_view("t\0\0\x08\0", 5)).failures.empty());  // 2048 bytes are to come
  CHECK(read(write(Trouble{std::string(5000, 'x')})).messages.size() == 1);
}

TEST_CASE("more items or bytes than are taken are not written") {
  Update update = some();
  update.crls.assign(most_items, bytes("x"));
  CHECK(write(update).error().message == "it has more than 1024 SVIDs, bundles and CRLs");
  update.crls.clear();
  update.svids[0].bundle.assign(largest_frame, 0);
  CHECK(write(update).error().message == "it has more than 4194304 bytes");
}
